import { instancesStorage } from '../../model/cluster';
import { factPlace } from '../../model/factPlace';
import { defineRule } from '../rule';
import { claimsShare } from './_mounts';

export default defineRule({
  id: 'cluster/storage-differs',
  scope: 'cluster',
  title: 'Instances lie on other storage than those of another host',
  severity: 'error',
  files: ['facts'],
  messages: {
    default:
      '{path} here is not what {hosts} have there, though it is to be shared: guests find no disk, or another one; mount the same',
  },
  why: `A file that one host wrote into the folder of its instances was not seen by the other, though both mount it from a server. A guest that
migrates finds no disk (*unable to stat: /var/lib/nova/instances/…/disk: No such file or directory*) or, worse, an old copy under the same
name: libvirt looks at names, not at contents, and the migration succeeds on the wrong disk.`,
  sources: ['virsh migrate between hosts with other files under the same names, libvirt 9.0.0: it succeeds'],
  explains: [/unable to stat: \S+: No such file or directory/, /is not on shared storage/],
  preflight: true,
  repair: 'mount',
  examples: [
    {
      title: 'the same name for two servers, or a mount that is missing',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '',
        'c1/etc/fstab': 'nas:/i /var/lib/nova/instances nfs4 defaults 0 0\n',
        'c1/facts.json': '{"sharesInstances": {"c2": true, "c3": false}}',
        'c2/etc/nova/nova.conf': '',
        'c2/facts.json':
          '{"mounts": {"/var/lib/nova/instances": {"source": "nas:/i", "type": "nfs"}}, "sharesInstances": {"c1": true, "c3": false}}',
        'c3/etc/nova/nova.conf': '',
        'c3/etc/fstab': 'nas:/i /var/lib/nova/instances nfs4 defaults 0 0\n',
        'c3/facts.json': '{⟦"sharesInstances"⟧: {"c1": false, "c2": false}}',
      },
    },
    {
      title: 'two and none who is right',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '',
        'c1/etc/fstab': 'nas:/i /var/lib/nova/instances nfs4 defaults 0 0\n',
        'c1/facts.json': '{⟦"sharesInstances"⟧: {"c2": false}}',
        'c2/etc/nova/nova.conf': '',
        'c2/etc/fstab': 'nas:/i /var/lib/nova/instances nfs4 defaults 0 0\n',
        'c2/facts.json': '{⟦"sharesInstances"⟧: {"c1": false}}',
      },
    },
    {
      title: 'local disks on purpose, on one or on all; not known',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '',
        'c1/etc/fstab': 'nas:/i /var/lib/nova/instances nfs4 defaults 0 0\n',
        'c1/facts.json': '{"sharesInstances": {"c2": false}}',
        'c2/etc/nova/nova.conf': '',
        'c2/facts.json': '{"sharesInstances": {"c1": false}, "mounts": {"/": {"source": "/dev/vda", "type": "ext4"}}}',
        'c3/etc/nova/nova.conf': '',
        'c3/etc/fstab': 'nas:/i /var/lib/nova/instances nfs4 defaults 0 0\n',
        'c3/facts.json': '{}',
      },
    },
  ],
  check(cluster, report) {
    const shared = cluster.hosts.filter((h) => h.isCompute && claimsShare(h));
    const claims = new Set(shared);
    for (const host of shared) {
      const entries = Object.entries(host.facts?.sharesInstances ?? {});
      const of = (seen: boolean): string[] =>
        entries.flatMap(([name, same]) => {
          const peer = same === seen ? cluster.hostByName(name) : undefined;
          return peer && claims.has(peer) ? [peer.name] : [];
        });
      const apart = of(false);
      // Of two groups the smaller one is wrong, of equal ones either.
      const place = apart.length > of(true).length ? factPlace(host, ['sharesInstances']) : undefined;
      if (!place) continue;
      const mount = instancesStorage(host);
      report({
        host,
        ...place,
        values: {
          path: host.instancesPath ?? 'the instances path',
          hosts: apart.length > 3 ? `${apart.length} hosts` : apart.join(', '),
        },
        related: mount ? [{ file: mount.file, span: mount.entry.span, message: 'Where it is to come from' }] : [],
      });
    }
  },
});
