import { instancesStorage } from '../../model/cluster';
import { lastOf } from '../../model/nfs';
import { defineRule } from '../rule';
import { waitsFor } from '../../model/units';
import { dropMountOption } from './_mounts';

export default defineRule({
  id: 'fstab/noauto',
  scope: 'host',
  title: 'The instances are not mounted at boot',
  severity: 'warning',
  files: ['fstab'],
  messages: {
    default: 'noauto on {point}: after a reboot nova writes to the local disk below it; take noauto out',
  },
  fixes: { drop: 'Take noauto out' },
  why: `The share is mounted only when somebody mounts it. nova-compute starts without it, *is not on shared storage* ends the first
migration, and guests that are started meanwhile have their disks under the mount point, hidden once it is mounted.`,
  sources: ['fstab(5)', 'systemd.mount(5)'],
  explains: [/is not on shared storage/],
  examples: [
    {
      files: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs rw,⟦noauto⟧ 0 0\n' },
      good: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs rw 0 0\n' },
    },
    {
      title: 'alone',
      files: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs ⟦noauto⟧\n' },
      good: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs defaults\n' },
    },
    {
      title: 'mounted on demand, or by a unit that asks for it',
      files: {
        'etc/fstab':
          'nfs:/srv /var/lib/nova/instances nfs noauto,x-systemd.automount 0 0\n/dev/sr0 /media/cdrom iso9660 noauto 0 0\n',
      },
    },
    {
      title: 'asked for by nova-compute',
      files: {
        'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs noauto,x-systemd.required-by=nova-compute.service 0 0\n',
      },
    },
    {
      title: 'asked for by its unit, under the name it has at Red Hat',
      files: {
        'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs noauto 0 0\n',
        'etc/systemd/system/openstack-nova-compute.service.d/o.conf':
          '[Unit]\nRequiresMountsFor=/var/lib/nova/instances/x\n',
      },
    },
  ],
  check(host, report) {
    const mount = instancesStorage(host);
    if (!mount) return;
    const last = lastOf(mount.entry, ['auto', 'noauto']);
    if (last?.name !== 'noauto') return;
    const asked = mount.entry.optionList.some(
      (o) =>
        /^x-systemd\.(automount|required-by|wanted-by)$/.test(o.name) ||
        (o.name === 'comment' && o.value === 'systemd.automount'),
    );
    if (asked || waitsFor(host, mount.entry.file.value)) return;
    report({
      file: mount.file,
      span: last.span,
      values: { point: mount.entry.file.value },
      fixes: [{ title: 'drop', edits: [dropMountOption(mount, last)] }],
    });
  },
});
