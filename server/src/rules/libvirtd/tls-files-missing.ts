import { tlsWanted } from '../../model/transport';
import { defineRule } from '../rule';
import { libvirtFiles, libvirtPlace } from './_certificates';
import { tlsListens } from './_listening';

export default defineRule({
  id: 'libvirtd/tls-files-missing',
  scope: 'host',
  title: 'Certificates that libvirt needs for TLS are not there',
  severity: 'error',
  files: ['libvirtd', 'nova', 'facts'],
  messages: {
    server:
      '{paths} not there, and TLS listens: libvirt does not start; put the certificates there, or set listen_tls = 0',
    client: '{paths} not there: migrations from this host over TLS fail; put the certificate and its key there',
  },
  why: `A listener for TLS needs the certificate of the authority, one of its own and the key of that: without, libvirtd ends with
*Cannot read CA certificate '/etc/pki/CA/cacert.pem': No such file or directory*, and takes plain TCP down with it. The source of a migration shows a certificate, too, clientcert.pem: without it the destination hangs up, *Unable
to read TLS confirmation: Input/output error*.`,
  sources: [
    'libvirtd 9.0.0 run with --listen and without each of the three files',
    'virsh migrate --p2p over qemu+tls between two libvirtd 9.0.0, no clientcert.pem on the source',
  ],
  explains: [
    /Cannot read (CA certificate|server certificate|server key|client certificate|client key) '/,
    /Unable to read TLS confirmation: Input\/output error/,
  ],
  preflight: 'destination',
  examples: [
    {
      title: 'nothing was installed',
      release: 'zed',
      files: {
        'facts.json': '{"paths": {"/etc/pki/CA/cacert.pem": null, "/etc/pki/libvirt/servercert.pem": null}}',
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'etc/libvirt/libvirtd.conf':
          '⟦listen_tls = 1⟧ # as the guide has it\r\nlisten_tcp = 1\r\nauth_tcp = "sasl"\r\n',
      },
    },
    {
      title: 'the certificate of a client is missing; where the others lie is not known',
      files: {
        'facts.json': '{"paths": {"/etc/pki/libvirt/clientcert.pem": null}}',
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = ⟦tls⟧\n',
        'etc/libvirt/libvirtd.conf': '',
      },
    },
    {
      title: 'all there, not looked for, or not needed',
      files: {
        'c1/facts.json':
          '{"paths": {"/etc/pki/CA/cacert.pem": {"type": "file", "mode": 420, "uid": 0, "gid": 0}, "/etc/pki/libvirt/servercert.pem": {"type": "file", "mode": 420, "uid": 0, "gid": 0}}}',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c1/etc/libvirt/libvirtd.conf': 'listen_tls = 1\n',
        'c2/facts.json': '{"paths": {"/etc/pki/CA/cacert.pem": null}}',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'c2/etc/libvirt/libvirtd.conf': 'listen_tls = 0\nlisten_tcp = 1\nauth_tcp = "sasl"\n',
      },
    },
  ],
  check(host, report) {
    const { paths } = host.facts ?? {};
    if (!paths) return;
    const wanted = tlsWanted(host);
    // Libvirtd's default, TLS, with nobody who wants it is told by libvirtd/listen-tls-default-no-certs.
    const listens = tlsListens(host) === true && (wanted || host.libvirtd.get('listen_tls') !== undefined);
    for (const side of ['server', 'client'] as const) {
      if (!(side === 'server' ? listens : wanted)) continue;
      const gone = libvirtFiles(host).filter((f) => f.side === side && paths[f.path] === null);
      // The authority's is the server's to tell.
      const told = side === 'client' && listens ? gone.filter((f) => f.path !== '/etc/pki/CA/cacert.pem') : gone;
      const place = libvirtPlace(host, []);
      if (told.length === 0 || !place) continue;
      const list = told.map((f) => f.path).join(' and ');
      const values = { paths: `${list} ${told.length > 1 ? 'are' : 'is'}` };
      report({ ...place, message: side, values, ...(side === 'client' && { preflight: 'source' }) });
    }
  },
});
