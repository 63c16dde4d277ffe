import { defineRule } from '../rule';
import { misfits } from './_guests';
import { mountOf } from './_mounts';

export default defineRule({
  id: 'cluster/guest-disk-read-only',
  scope: 'cluster',
  title: 'A guest writes to what is read-only elsewhere',
  severity: 'warning',
  files: ['facts'],
  messages: {
    default:
      '{who}: what its disk {need} lies on is mounted read-only on {where}, so that it cannot go there; mount it rw there',
  },
  why: `QEMU of the destination opens the disk for writing as the guest is to go on, after all of its memory was sent: *unable to execute QEMU
command 'cont': Could not open '…/disk': Read-only file system*. The guest goes on where it was.`,
  sources: ['virsh migrate to a host whose share is mounted read-only, libvirt 9.0.0'],
  explains: [/Could not open '[^']*': Read-only file system/],
  preflight: true,
  examples: [
    {
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/facts.json':
          '{"mounts": {"/": {"source": "/dev/vda1", "type": "ext4", "options": "rw"}, "/guests": {"source": "nas:/g", "type": "nfs4", "options": "rw"}}, "instances": [{"name": "a", "uuid": "1", "state": "running", "disks": [{"device": "disk", "type": "file", "source": ⟦"/guests/a"⟧}]}]}',
        'c2/facts.json':
          '{"mounts": {"/": {"source": "/dev/vda1", "type": "ext4", "options": "rw"}, "/guests": {"source": "nas:/g", "type": "nfs4", "options": "ro,relatime"}}}',
      },
    },
    {
      title: 'read by the guest alone; not mounted there, which is another matter; it may write; not looked at',
      files: {
        'livemig.ini':
          '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n[node c4]\nroles = compute\n',
        'c1/facts.json':
          '{"mounts": {"/": {"source": "/dev/vda1", "type": "ext4", "options": "rw"}, "/guests": {"source": "nas:/g", "type": "nfs4", "options": "rw"}, "/iso": {"source": "nas:/iso", "type": "nfs4", "options": "ro"}}, "instances": [{"name": "a", "uuid": "1", "state": "running", "disks": [{"device": "disk", "type": "file", "source": "/guests/a"}, {"device": "cdrom", "type": "file", "source": "/iso/x"}, {"device": "disk", "type": "file", "source": "/iso/y", "readonly": true}]}]}',
        'c2/facts.json':
          '{"mounts": {"/": {"source": "/dev/vda1", "type": "ext4", "options": "ro"}, "/iso": {"source": "nas:/iso", "type": "nfs4", "options": "ro"}}}',
        'c3/facts.json':
          '{"mounts": {"/": {"source": "/dev/vda1", "type": "ext4", "options": "rw"}, "/guests": {"source": "nas:/g", "type": "nfs4", "options": "rw"}}}',
        'c4/facts.json': '{}',
      },
    },
  ],
  check(cluster, report) {
    const found = misfits(
      cluster,
      ({ disks }) =>
        (disks ?? []).flatMap(({ device, type, source, readonly }) =>
          device === 'disk' && type === 'file' && readonly !== true && source?.startsWith('/') === true ? [source] : [],
        ),
      (host, path) => {
        const mount = mountOf(host, path);
        return mount && mount.point !== '/' && /(?:^|,)ro(?:,|$)/.test(mount.facts.options ?? '') ? false : undefined;
      },
    );
    for (const { guest, who, where, need } of found) {
      const place = guest.place(
        'disks',
        guest.instance.disks!.findIndex((d) => d.source === need),
        'source',
      );
      if (place) report({ host: guest.host, ...place, values: { who, where, need } });
    }
  },
});
