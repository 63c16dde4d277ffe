import { defineRule } from '../rule';
import { copiesOf } from './_copies';

export default defineRule({
  id: 'cluster/asked-copy-other-size',
  scope: 'cluster',
  title: 'Disks are to be copied, and a disk of another size is there',
  severity: 'error',
  files: ['facts'],
  messages: {
    default:
      '{who}: {path} is there on {destination} already, with a disk of {theirs} bytes in it, not {own}: the copy fails; move that file away',
  },
  why: `Where disks are copied with the guest, libvirt takes the file of the same path on the destination if there is one, left over from an
earlier migration perhaps. If the disk in it is smaller or larger than that of the guest, the copy ends with *operation failed: migration
of disk hda failed: Source and target image have different sizes*. Said only of a migration that copies disks.`,
  sources: ['virsh migrate --copy-storage-all to a file of 8 MiB and to one of 16 MiB, libvirt 9.0.0, QEMU 7.2.22'],
  explains: [/Source and target image have different sizes/],
  preflight: true,
  examples: [
    {
      asked: { copy: true },
      files: {
        'c1/facts.json':
          '{"images": {"/i/a": {"qcow2": 16}}, "instances": [{"name": "a", "uuid": "1", "state": "paused", "disks": [{"device": "lun", "type": "file", "format": "qcow2", "source": ⟦"/i/a"⟧}]}]}',
        'c2/facts.json': '{"images": {"/i/a": {"qcow2": 8}}, "pools": []}',
      },
    },
    {
      title: 'the same size; none of qcow2; a format that is not judged; not seen',
      asked: { copy: true },
      files: {
        'c1/facts.json':
          '{"images": {"/i/a": {"qcow2": 16}, "/i/c": {}, "/i/d": {"qcow2": 16}}, "instances": [{"name": "a", "uuid": "1", "state": "running", "disks": [{"device": "disk", "type": "file", "format": "qcow2", "source": "/i/a"}, {"device": "disk", "type": "file", "format": "raw", "source": "/i/d"}, {"device": "disk", "type": "file", "format": "qcow2", "source": "/i/c"}]}]}',
        'c2/facts.json': '{"images": {"/i/a": {"qcow2": 16}, "/i/c": {"qcow2": 8}, "/i/d": {"qcow2": 8}}}',
        'c3/facts.json': '{"images": {"/i/a": {}}}',
        'c4/facts.json': '{"images": {"/i/c": null}}',
      },
    },
    {
      title: 'nobody asked for a copy',
      files: {
        'c1/facts.json':
          '{"images": {"/i/a": {"qcow2": 16}}, "instances": [{"name": "a", "uuid": "1", "state": "running", "disks": [{"device": "disk", "type": "file", "format": "qcow2", "source": "/i/a"}]}]}',
        'c2/facts.json': '{"images": {"/i/a": {"qcow2": 8}}}',
      },
    },
  ],
  check(cluster, report) {
    for (const { host, who, path, disk, place, destination, there } of copiesOf(cluster)) {
      const own = host.facts?.images?.[path]?.qcow2;
      const theirs = there?.qcow2;
      if (disk.format !== 'qcow2' || own === undefined || theirs === undefined || own === theirs) continue;
      report({ host, ...place, values: { who, path, own, theirs, destination: destination.name } });
    }
  },
});
