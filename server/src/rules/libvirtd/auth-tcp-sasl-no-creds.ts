import { wantedTransport } from '../../model/transport';
import { defineRule } from '../rule';
import { tcpListens } from './_listening';

/** Any of them shows that somebody has set SASL up: Kerberos keys, or accounts for connections to others. */
const SIGNS = ['/etc/libvirt/krb5.tab', '/etc/krb5.keytab', '/etc/libvirt/auth.conf'];

export default defineRule({
  id: 'libvirtd/auth-tcp-sasl-no-creds',
  scope: 'host',
  title: 'SASL needs credentials for root on every host',
  severity: 'info',
  files: ['libvirtd'],
  messages: {
    default:
      'auth_tcp = "sasl": migrations over TCP work only with credentials for root on each source, as Kerberos keys or in /etc/libvirt/auth.conf',
  },
  why: `The source's libvirtd, which is root, logs in at the destination's; with nobody to ask it takes Kerberos' tickets or what
/etc/libvirt/auth.conf says. Without, and with a mechanism that does not encrypt (scram-sha-256; over plain TCP libvirt wants gssapi), the
migration ends with *authentication failed: authentication failed*, the destination's log with *no SASL mechanisms are available*.`,
  sources: [
    'virsh migrate --p2p to libvirtd 9.0.0 with auth_tcp = "sasl", without mechanisms and with scram-sha-256',
    'docs/auth.rst of libvirt 9.0.0',
  ],
  explains: [/authentication failed: authentication failed/, /no SASL mechanisms are available/],
  examples: [
    {
      release: 'zed',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\r\n⟦auth_tcp = "sasl"⟧\r\n',
      },
    },
    {
      title: 'accounts are named, or keys are there',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'c1/etc/libvirt/libvirtd.conf':
          'listen_tcp = 1\nauth_tcp = "sasl"\nsasl_allowed_username_list = ["nova@EXAMPLE.ORG"]\n',
        'c2/facts.json': '{"paths": {"/etc/libvirt/krb5.tab": {"type": "file", "mode": 384, "uid": 0, "gid": 0}}}',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'c2/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "sasl"\n',
      },
    },
    {
      title: 'not over TCP, or TCP is off',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c1/etc/libvirt/libvirtd.conf': 'listen_tls = 1\nlisten_tcp = 1\nauth_tcp = "sasl"\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'c2/etc/libvirt/libvirtd.conf': 'listen_tcp = 0\nauth_tcp = "sasl"\n',
      },
    },
  ],
  check(host, report) {
    const { libvirtd } = host;
    const set = libvirtd.get('auth_tcp');
    if (!set || libvirtd.string('auth_tcp') !== 'sasl' || tcpListens(host) === false) return;
    if (wantedTransport(host)?.transport !== 'tcp') return;
    if (libvirtd.get('sasl_allowed_username_list') || libvirtd.get('tcp_min_ssf')) return;
    if (SIGNS.some((path) => host.facts?.paths?.[path])) return;
    report({ file: set.file, span: set.entry.span });
  },
});
