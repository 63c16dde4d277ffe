import { basename } from '../../model/files';
import type { Host } from '../../model/host';
import { wantedTransport } from '../../model/transport';
import type { SourceFile } from '../../model/files';
import { defineRule } from '../rule';
import { tcpListens } from './_listening';

/** Ways to log in that encrypt nothing, which libvirt takes over TLS and local sockets alone. */
const PLAIN = /^(?:scram-sha-\S+|plain|login|anonymous|cram-md5|external|otp)$/i;
/** Where libvirt's own file and Kerberos have the keys of a service. */
const KEYTABS = ['/etc/libvirt/krb5.tab', '/etc/krb5.keytab'];

export default defineRule({
  id: 'libvirtd/sasl-unusable',
  scope: 'host',
  title: 'SASL has no way to log in over TCP',
  severity: 'error',
  files: ['sasl'],
  messages: {
    plain:
      'Over TCP libvirt wants SASL that encrypts, and {names} does not: every migration to here is refused; use gssapi, or TLS as the transport',
    keytab:
      'gssapi needs a key of Kerberos, and neither {paths} is here: every migration to here is refused; make one, or use TLS, or auth_tcp = "none"',
  },
  why: `auth_tcp is "sasl" unless it is set. A mechanism without encryption is no mechanism over plain TCP: *authentication failed:
authentication failed* on the source, *no SASL mechanisms are available* in the destination's log. The file that Debian brings says gssapi,
which without a keytab ends the same way: *cannot list SASL mechanisms*.`,
  sources: [
    'virsh migrate to libvirtd 9.0.0 with auth_tcp = "sasl" and mech_list of gssapi without a keytab, and of scram-sha-256',
  ],
  explains: [
    /authentication failed: (authentication failed|No authentication callback available)/,
    /no SASL mechanisms are available/,
    /cannot list SASL mechanisms/,
  ],
  preflight: 'destination',
  examples: [
    {
      title: 'nothing that encrypts',
      release: 'zed',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "sasl"\n',
        'etc/sasl2/libvirt.conf': '# accounts\r\n⟦mech_list: scram-sha-256⟧\r\nsasldb_path: /etc/libvirt/passwd.db\r\n',
      },
    },
    {
      title: "Debian's file, auth_tcp by default, no Kerberos",
      release: 'zed',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n',
        'etc/sasl2/libvirt.conf': '⟦mech_list: gssapi⟧\n',
        'facts.json': '{"paths": {"/etc/libvirt/krb5.tab": null, "/etc/krb5.keytab": null}}',
      },
    },
    {
      title: 'Kerberos with keys; keys elsewhere; nobody looked; no SASL; no TCP; another measure of encryption',
      release: 'zed',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'c1/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'c1/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "sasl"\n',
        'c1/etc/sasl2/libvirt.conf': 'mech_list: gssapi\n',
        'c1/facts.json':
          '{"paths": {"/etc/libvirt/krb5.tab": null, "/etc/krb5.keytab": {"type": "file", "mode": 384, "uid": 0, "gid": 0}}}',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'c2/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'c2/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "sasl"\n',
        'c2/etc/sasl2/libvirt.conf': 'mech_list: gssapi\nkeytab: /srv/krb5.tab\n',
        'c2/facts.json': '{"paths": {"/etc/libvirt/krb5.tab": null, "/etc/krb5.keytab": null}}',
        'c3/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'c3/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'c3/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "sasl"\n',
        'c3/etc/sasl2/libvirt.conf': 'mech_list: gssapi scram-sha-256\n',
        'c4/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'c4/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'c4/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "none"\n',
        'c4/etc/sasl2/libvirt.conf': 'mech_list: scram-sha-256\n',
        'c5/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c5/etc/libvirt/libvirtd.conf': 'listen_tls = 1\nlisten_tcp = 0\nauth_tls = "sasl"\n',
        'c5/etc/sasl2/libvirt.conf': 'mech_list: scram-sha-256\n',
        'c6/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'c6/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'c6/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "sasl"\ntcp_min_ssf = 112\n',
        'c6/etc/sasl2/libvirt.conf': 'mech_list: scram-sha-256\n',
      },
    },
  ],
  check(host, report) {
    const { libvirtd } = host;
    if (!libvirtd.file || libvirtd.file.defect || libvirtd.garbled('auth_tcp')) return;
    if ((libvirtd.string('auth_tcp') ?? 'sasl') !== 'sasl' || libvirtd.get('tcp_min_ssf')) return;
    if (wantedTransport(host)?.transport !== 'tcp' || tcpListens(host) !== true) return;
    const found = mechanisms(host);
    if (!found || found.names.length === 0) return;
    const place = { file: found.file, span: found.span };
    if (found.names.every((n) => PLAIN.test(n)))
      report({ ...place, message: 'plain', values: { names: found.names.join(', ') } });
    else if (found.names.every((n) => /^gssapi$/i.test(n)) && KEYTABS.every((p) => host.facts?.paths?.[p] === null)) {
      // Keys that lie elsewhere were not looked at.
      if (!/^[ \t]*keytab[ \t]*:[ \t]*(?!\/etc\/(?:libvirt\/krb5\.tab|krb5\.keytab)\s)/m.test(`${found.file.text}\n`))
        report({ ...place, message: 'keytab', values: { paths: KEYTABS.join(' nor ') } });
    }
  },
});

interface Mechanisms {
  readonly file: SourceFile;
  readonly span: { readonly start: number; readonly end: number };
  readonly names: readonly string[];
}

/** What Cyrus SASL reads for libvirt: a key, a colon and words in a line. */
function mechanisms(host: Host): Mechanisms | undefined {
  const file = host.filesOf('sasl').find((f) => basename(f.path) === 'libvirt.conf' && !f.defect);
  const line = file && /^[ \t]*mech_list[ \t]*:([^\r\n]*)/m.exec(file.text);
  if (!file || !line) return undefined;
  const names = line[1]!.split(/[\s,]+/).filter((n) => n !== '');
  return { file, span: { start: line.index, end: line.index + line[0].trimEnd().length }, names };
}
