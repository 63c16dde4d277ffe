import { covers, sharedInstancesMount, type Mount } from '../../model/cluster';
import { normalise } from '../../model/host';
import { defineRule } from '../rule';

export default defineRule({
  id: 'fstab/mountpoint-above-wrong',
  scope: 'cluster',
  title: "All of nova's own directory is shared, not only the instances",
  severity: 'warning',
  files: ['fstab'],
  // Before, nova-compute kept no identity there, and guides shared all of it on purpose.
  releases: { from: '2023.1' },
  messages: {
    default:
      '{point} of {host} is the same share: what nova keeps in {state} for each host is mixed up too; mount {path} only',
  },
  why: `state_path holds what belongs to one host: locks of its services, keys of its users, and since 2023.1 the file
\`compute_id\`, by which nova-compute knows itself. On a directory that two hosts share, the second one finds the first one's
identity and does not start.`,
  sources: [
    'nova/conf/paths.py, state_path',
    'nova/virt/node.py, write_local_node_uuid and read_local_node_uuid, 27.0.0',
  ],
  examples: [
    {
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\nstate_path = /var/lib/nova\n',
        'c1/etc/fstab': 'nfs:/nova ⟦/var/lib/nova⟧ nfs defaults 0 0\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\ndebug = true\n',
        'c2/etc/fstab': 'nfs:/nova ⟦/var/lib/nova/⟧ nfs defaults 0 0\n',
      },
    },
    {
      title: 'before hosts kept an identity there',
      release: 'grizzly',
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\nstate_path = /mnt/ceph/nova\ninstances_path = $state_path/instances\n',
        'c1/etc/fstab': '10.0.0.1:/ /mnt/ceph ceph name=nova,secretfile=/etc/ceph/secret 0 0\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nstate_path = /mnt/ceph/nova\ninstances_path = $state_path/instances\n',
        'c2/etc/fstab': '10.0.0.1:/ /mnt/ceph ceph name=nova,secretfile=/etc/ceph/secret 0 0\n',
      },
    },
    {
      title:
        'the instances alone, a directory above them that is not state_path, a share for each host, one host alone',
      files: {
        'a/etc/nova/nova.conf': '[DEFAULT]\n',
        'a/etc/fstab': 'nfs:/i /var/lib/nova/instances nfs defaults 0 0\n',
        'b/etc/nova/nova.conf': '[DEFAULT]\ninstances_path = /srv/nfs/instances\n',
        'b/etc/fstab': 'nfs:/s /srv/nfs nfs defaults 0 0\n',
        'c/etc/nova/nova.conf': '[DEFAULT]\ninstances_path = /srv/nfs/instances\n',
        'c/etc/fstab': 'nfs:/s /srv/nfs nfs defaults 0 0\n',
        'd/etc/nova/nova.conf': '[DEFAULT]\n',
        'd/etc/fstab': 'nfs:/d /var/lib/nova nfs defaults 0 0\n',
        'e/etc/nova/nova.conf': '[DEFAULT]\n',
        'e/etc/fstab': 'nfs:/e /var/lib/nova nfs defaults 0 0\n',
      },
    },
  ],
  check(cluster, report) {
    const bySource = new Map<string, { readonly mount: Mount; readonly state: string }[]>();
    for (const host of cluster.hosts) {
      const mount = sharedInstancesMount(host);
      // Nova's own default is where its code lies; packages put /var/lib/nova there.
      const state = host.nova.get('state_path')?.value?.replace(/^<[^>]*>/, '/var/lib/nova');
      if (!mount || !state?.startsWith('/')) continue;
      const point = normalise(mount.entry.file.value);
      if (point === '/' || point === host.instancesPath || !covers(point, normalise(state))) continue;
      const list = bySource.get(mount.entry.spec.value);
      if (list) list.push({ mount, state });
      else bySource.set(mount.entry.spec.value, [{ mount, state }]);
    }
    for (const list of bySource.values()) {
      if (list.length < 2) continue;
      for (const { mount, state } of list) {
        const other = (list[0]!.mount === mount ? list[1] : list[0])!.mount;
        report({
          host: mount.host,
          file: mount.file,
          span: mount.entry.file.span,
          values: {
            point: normalise(mount.entry.file.value),
            host: other.host.name,
            state,
            path: mount.host.instancesPath!,
          },
          related: [{ file: other.file, span: other.entry.span, message: `Mounted on ${other.host.name}` }],
        });
      }
    }
  },
});
