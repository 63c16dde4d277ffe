import { defineRule } from '../rule';
import { copiesOf } from './_copies';

export default defineRule({
  id: 'cluster/asked-copy-no-pool',
  scope: 'cluster',
  title: 'Disks are to be copied, and the destination has nowhere to make them',
  severity: 'error',
  files: ['facts'],
  messages: {
    default:
      '{who}: {destination} has neither {path} nor an active storage pool at {folder}, and libvirt makes the copy in a pool only: define one there',
  },
  why: `Where disks are copied with the guest, libvirt writes into the file of the same path on the destination. One that is not there it
makes as a volume of the storage pool whose target is that folder; where no such pool is active the migration ends with *Storage pool not
found: no storage pool with matching target path '/var/lib/libvirt/images/g1'*. Said only of a migration that copies disks.`,
  sources: ['virsh migrate --copy-storage-all with and without a file and a pool on the destination, libvirt 9.0.0'],
  explains: [/no storage pool with matching target path/],
  preflight: true,
  examples: [
    {
      title: 'no pool at all; pools of other folders',
      asked: { copy: true },
      files: {
        'c1/facts.json':
          '{"images": {"/i/a/disk": {"qcow2": 16}}, "pools": ["/i/a"], "instances": [{"name": "a", "uuid": "1", "state": "running", "disks": [{"device": "disk", "type": "file", "source": ⟦"/i/a/disk"⟧}]}]}',
        'c2/facts.json': '{"images": {"/i/a/disk": null}, "pools": ["/i", "/i/a/disk", "/i/ab"]}',
      },
    },
    {
      title: 'it is there; a pool; nobody asked for pools; what is not copied',
      asked: { copy: true },
      files: {
        'c1/facts.json':
          '{"images": {"/i/a": {"qcow2": 16}}, "pools": [], "instances": [{"name": "a", "uuid": "1", "state": "running", "disks": [{"device": "disk", "type": "file", "source": "/i/a"}, {"device": "disk", "type": "file", "source": "/j/b"}, {"device": "cdrom", "type": "file", "source": "/k/c"}, {"device": "disk", "type": "file", "source": "/k/d", "readonly": true}, {"device": "disk", "type": "file", "source": "/k/d", "shareable": true}, {"device": "disk", "type": "block", "source": "/k/d"}]}]}',
        'c2/facts.json': '{"images": {"/i/a": {}, "/j/b": null, "/k/c": null, "/k/d": null}, "pools": ["/j"]}',
        'c3/facts.json': '{"images": {"/i/a": null}}',
      },
    },
    {
      title: 'nobody asked for a copy',
      files: {
        'c1/facts.json':
          '{"images": {}, "instances": [{"name": "a", "uuid": "1", "state": "running", "disks": [{"device": "disk", "type": "file", "source": "/i/a"}]}]}',
        'c2/facts.json': '{"images": {"/i/a": null}, "pools": []}',
      },
    },
  ],
  check(cluster, report) {
    for (const { host, who, path, place, destination, there } of copiesOf(cluster)) {
      const folder = path.slice(0, path.lastIndexOf('/')) || '/';
      const pools = destination.facts?.pools;
      if (there !== null || !pools || pools.includes(folder)) continue;
      report({ host, ...place, values: { who, path, folder, destination: destination.name } });
    }
  },
});
