import { TOP } from '../edits';
import { factPlace } from '../../model/factPlace';
import { defineRule } from '../rule';
import { migrationFiles, nativeTls, unverified } from './_certificates';

export default defineRule({
  id: 'qemu/asked-tls-no-certs',
  scope: 'cluster',
  title: 'An encrypted migration is asked for, and there are no certificates',
  severity: 'error',
  files: ['facts'],
  messages: {
    default:
      'The stream is to be encrypted, and QEMU has no certificates here ({paths}): migrate without it, or install them',
  },
  why: `With --tls both QEMUs want certificates, before anything is sent: *unable to execute QEMU command 'object-add': Unable to access
credentials /etc/pki/qemu/ca-cert.pem: No such file or directory*. Said only of a migration that asks for it; what nova asks for by itself is
qemu/native-tls-no-certs.`,
  sources: ['virsh migrate --tls between hosts without certificates, libvirt 9.0.0'],
  explains: [/Unable to access credentials/],
  preflight: true,
  examples: [
    {
      asked: { tls: true },
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n',
        'c1/facts.json':
          '{"paths": {"/etc/pki/qemu/ca-cert.pem": ⟦null⟧, "/etc/pki/qemu/server-cert.pem": null, "/etc/pki/qemu/server-key.pem": null, "/etc/pki/qemu/client-cert.pem": null, "/etc/pki/qemu/client-key.pem": null}}',
      },
    },
    {
      title: 'not asked for',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n',
        'c1/facts.json': '{"paths": {"/etc/pki/qemu/ca-cert.pem": null, "/etc/pki/qemu/server-cert.pem": null}}',
      },
    },
    {
      title: 'they are there; nobody looked; runs no guests',
      asked: { tls: true },
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node s]\nroles = nfs\n',
        'c1/facts.json': '{"paths": {"/etc/pki/qemu/ca-cert.pem": {"type": "file", "mode": 420, "uid": 0, "gid": 0}}}',
        'c2/facts.json': '{"paths": {}}',
        's/facts.json': '{"paths": {"/etc/pki/qemu/ca-cert.pem": null}}',
      },
    },
  ],
  check(cluster, report) {
    if (cluster.asked.tls !== true) return;
    for (const host of cluster.hosts) {
      const paths = host.facts?.paths;
      const file = host.first('facts');
      if (!paths || !file || nativeTls(host) || !(host.isCompute || host.facts.emulator !== undefined)) continue;
      const files = migrationFiles(host).filter((f) => f.side === 'server' || !unverified(host));
      const gone = files.filter((f) => paths[f.path] === null).map((f) => f.path);
      if (gone.length === 0) continue;
      const place = factPlace(host, ['paths', gone[0]!]) ?? { file, span: TOP };
      report({
        host,
        ...place,
        values: { paths: gone.length > 2 ? `${gone[0]!} and ${gone.length - 1} more` : gone.join(', ') },
      });
    }
  },
});
