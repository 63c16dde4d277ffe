import { basename } from '../../model/files';
import { LibvirtConfig } from '../../model/libvirt';
import { enabledUnits, isMasked } from '../../model/units';
import { setLibvirtKey } from '../edits';
import { defineRule } from '../rule';
import { removeEntry } from './_keys';

/** What decides who gets in: without it virtproxyd goes by its defaults. */
const ACCESS = [
  'auth_tcp',
  'auth_tls',
  'ca_file',
  'cert_file',
  'key_file',
  'crl_file',
  'tls_allowed_dn_list',
  'tls_no_verify_certificate',
  'sasl_allowed_username_list',
  'tcp_min_ssf',
];

export default defineRule({
  id: 'libvirtd/monolithic-and-modular',
  scope: 'host',
  title: 'Settings in the file of a daemon that does not run',
  severity: 'warning',
  files: ['libvirtd', 'wants'],
  messages: {
    default: '{key} has no effect: {why}, and virtproxyd takes the connections by virtproxyd.conf; set it there',
    both: '{one} and {other} both start at boot, and exclude each other: which daemon runs is left to chance; disable one',
  },
  fixes: { move: 'Move it to virtproxyd.conf' },
  why: `With modular daemons libvirtd does not run and its file is not read: virtproxyd listens, by virtproxyd.conf. Certificates and
authentication that stand only in libvirtd.conf leave it with its defaults, and migrations end with *authentication failed* or for
want of a certificate. The two kinds of daemon exclude each other (\`Conflicts=\`): enabling one does not disable the other.`,
  sources: ['docs/daemons.rst of libvirt 9.0.0', 'virtproxyd.service.in of libvirt 9.0.0, Conflicts=libvirtd.service'],
  explains: [/authentication failed: authentication failed/],
  examples: [
    {
      files: {
        'etc/systemd/system/sockets.target.wants/virtproxyd-tls.socket': '',
        'etc/libvirt/libvirtd.conf': 'listen_tls = 1\r\n⟦auth_tls = "sasl"⟧\r\n',
        'etc/libvirt/virtproxyd.conf': '#auth_tls = "none"\r\n',
      },
      fix: 'move',
      good: {
        'etc/libvirt/libvirtd.conf': 'listen_tls = 1\r\n',
        'etc/libvirt/virtproxyd.conf': '#auth_tls = "none"\r\nauth_tls = "sasl"\r\n',
      },
    },
    {
      title: 'measured, without the other file',
      files: {
        'facts.json': '{"daemons": "modular"}',
        'etc/libvirt/libvirtd.conf': '⟦ca_file = "/a/ca.pem"⟧\n',
      },
      severity: 'info',
    },
    {
      title: 'both start at boot',
      files: {
        'etc/systemd/system/sockets.target.wants/libvirtd.socket': '⟦⟧',
        'etc/systemd/system/sockets.target.wants/virtproxyd.socket': '',
      },
    },
    {
      title: 'set in the right file too; one of them off; libvirtd runs; nobody knows',
      files: {
        'c1/etc/systemd/system/sockets.target.wants/virtproxyd.socket': '',
        'c1/etc/libvirt/libvirtd.conf': 'auth_tls = "sasl"\nunix_sock_group = "libvirt"\n',
        'c1/etc/libvirt/virtproxyd.conf': 'auth_tls = "none"\n',
        'c2/etc/systemd/system/sockets.target.wants/libvirtd.socket': '',
        'c2/etc/systemd/system/sockets.target.wants/virtproxyd.socket': '',
        'c2/etc/systemd/system/libvirtd.socket': '',
        'c3/etc/systemd/system/sockets.target.wants/libvirtd.socket': '',
        'c3/etc/libvirt/libvirtd.conf': 'auth_tls = "sasl"\n',
        'c3/etc/libvirt/virtproxyd.conf': '',
        'c4/etc/libvirt/libvirtd.conf': 'auth_tls = "sasl"\n',
        'c4/etc/libvirt/virtproxyd.conf': '',
      },
    },
  ],
  check(host, report) {
    const starting = [...enabledUnits(host.files)].filter((name) => !isMasked(host, name));
    const monolith = isMasked(host, 'libvirtd.service')
      ? []
      : starting.filter((n) => /^libvirtd(-t\w+)?\.socket$/.test(n));
    const modular = starting.filter((n) => /^virtproxyd(-t\w+)?\.socket$/.test(n));
    const [one] = monolith;
    const [other] = modular;
    if (one !== undefined && other !== undefined) {
      const link = host.filesOf('wants').find((f) => basename(f.path) === one);
      if (link && !host.facts?.daemons)
        report({ file: link, span: { start: 0, end: 0 }, message: 'both', values: { one, other } });
      return;
    }
    // That modular daemons' files are there proves nothing: what runs must be said or measured.
    if (host.facts?.daemons !== 'modular' && other === undefined) return;
    const files = host.filesOf('libvirtd');
    const file = files.find((f) => basename(f.path) === 'libvirtd.conf' && !f.defect);
    const proxy = files.find((f) => basename(f.path) === 'virtproxyd.conf' && !f.defect);
    if (!file) return;
    const there = new LibvirtConfig(proxy);
    const config = new LibvirtConfig(file);
    for (const key of ACCESS) {
      const set = config.get(key);
      if (!set || there.get(key)) continue;
      const remove = removeEntry(file, set.entry);
      const value = file.text.slice(set.entry.value.span.start, set.entry.value.span.end);
      report({
        file,
        span: set.entry.span,
        severity: proxy ? 'warning' : 'info',
        values: { key, why: other === undefined ? 'the daemons are modular' : `${other} is enabled` },
        fixes: [
          // What was without effect would take effect: the user's decision.
          proxy && remove
            ? { title: 'move', edits: [remove, setLibvirtKey(proxy, key, value)], preferred: false }
            : undefined,
        ],
      });
    }
  },
});
