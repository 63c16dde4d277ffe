import { tlsWanted } from '../../model/transport';
import { defineRule } from '../rule';
import { checkDates, DATE_MESSAGES, libvirtFiles, libvirtPlace } from './_certificates';
import { tlsListens } from './_listening';

export default defineRule({
  id: 'libvirtd/certificate-dates',
  scope: 'host',
  title: "A certificate of libvirt's is not good on this day",
  severity: 'error',
  files: ['libvirtd', 'nova', 'facts'],
  messages: DATE_MESSAGES,
  why: `libvirtd looks at its own certificates before it listens, and ends with *The server certificate
/etc/pki/libvirt/servercert.pem has expired* (or *is not yet active*, where a clock goes wrong); with tls_no_sanity_certificate it starts,
and every connection fails. A source with an old one says *The client certificate … has expired*. A daemon that runs goes on with the
certificate that it has read, so that this often comes to light at a restart.`,
  sources: [
    'libvirtd 9.0.0 with certificates that have ended and that begin in the future, with and without tls_no_sanity_certificate',
  ],
  explains: [/The (server|client|CA) certificate \S+ (has expired|is not yet active)/],
  preflight: 'destination',
  examples: [
    {
      title: 'ended',
      files: {
        'facts.json':
          '{"measured": 1750000000, "certificates": {"/etc/pki/libvirt/servercert.pem": {"names": ["c1"], "notBefore": 1600000000, "notAfter": 1700000000}}}',
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'etc/libvirt/libvirtd.conf': '⟦listen_tls = 1⟧\r\n',
      },
    },
    {
      title: 'not yet good; TLS listens, though nova does not use it',
      release: 'zed',
      files: {
        'facts.json':
          '{"measured": 1750000000, "certificates": {"/etc/pki/nova/ca.pem": {"names": [], "notBefore": 1760000000}}}',
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'etc/libvirt/libvirtd.conf':
          'auth_tcp = "sasl"\n⟦ca_file = "/etc/pki/nova/ca.pem"⟧\ncert_file = "/etc/pki/nova/c.pem"\nkey_file = "/etc/pki/nova/k.pem"\n',
      },
    },
    {
      title: "ends within a month, the client's",
      severity: 'warning',
      files: {
        'facts.json':
          '{"measured": 1750000000, "certificates": {"/etc/pki/libvirt/clientcert.pem": {"names": ["c1"], "notAfter": 1751000000}}}',
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = ⟦tls⟧\n',
        'etc/libvirt/libvirtd.conf': '',
      },
    },
    {
      title: 'good for long, of a day that is not known, or of no use',
      files: {
        'c1/facts.json':
          '{"measured": 1750000000, "certificates": {"/etc/pki/libvirt/servercert.pem": {"names": ["c1"], "notAfter": 1800000000}}}',
        'c1/etc/nova/nova.conf': '[DEFAULT]\nhost = c1\n[libvirt]\nlive_migration_scheme = tls\n',
        'c1/etc/libvirt/libvirtd.conf': 'listen_tls = 1\n',
        'c2/facts.json': '{"certificates": {"/etc/pki/libvirt/servercert.pem": {"names": ["c2"], "notAfter": 1000}}}',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nhost = c2\n[libvirt]\nlive_migration_scheme = tls\n',
        'c2/etc/libvirt/libvirtd.conf': 'listen_tls = 1\n',
        'c3/facts.json':
          '{"measured": 1750000000, "certificates": {"/etc/pki/libvirt/servercert.pem": {"names": [], "notAfter": 1000}}}',
        'c3/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'c3/etc/libvirt/libvirtd.conf': 'listen_tls = 0\n',
      },
    },
  ],
  check(host, report) {
    const wanted = tlsWanted(host);
    const listens = tlsListens(host) === true;
    const files = libvirtFiles(host).filter(({ side }) => (side === 'server' ? listens || wanted : wanted));
    for (const file of files) {
      // One authority for both sides: said once.
      if (file.side === 'client' && files.some((f) => f.side === 'server' && f.path === file.path)) continue;
      const place = libvirtPlace(host, file.key === undefined ? [] : [file.key]);
      if (!place) continue;
      if (file.side === 'server') checkDates(host, [file], place, 'libvirt opens no TLS at its next start', report);
      else checkDates(host, [file], place, 'migrations from here fail', (c) => report({ ...c, preflight: 'source' }));
    }
  },
});
