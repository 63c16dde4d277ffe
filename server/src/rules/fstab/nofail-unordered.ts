import { instancesStorage } from '../../model/cluster';
import { lastOf } from '../../model/nfs';
import { defineRule } from '../rule';
import { waitsFor } from '../../model/units';
import { dropMountOption } from './_mounts';

export default defineRule({
  id: 'fstab/nofail-unordered',
  scope: 'host',
  title: 'Nova does not wait for its share at boot',
  severity: 'warning',
  files: ['fstab'],
  messages: {
    default:
      '{option} on {point}: boot goes on without the share and nova-compute may write to the local disk below it; take {option} out',
  },
  fixes: { drop: 'Take {option} out' },
  why: `A plain entry is required by remote-fs.target, and libvirtd and nova-compute start after that. With nofail (and bg, which
systemd turns into nofail) nobody waits: guests that start before the share is there have their disks under the mount point, and
migrations fail with *is not on shared storage*. x-systemd.required-by= with x-systemd.before=, or x-systemd.automount, order it
again.`,
  sources: [
    'systemd.mount(5), nofail',
    'systemd-fstab-generator of systemd 252: no Before=remote-fs.target, bg gives nofail',
  ],
  explains: [/is not on shared storage/],
  examples: [
    {
      files: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs rw,⟦nofail⟧,_netdev 0 0\n' },
      good: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs rw,_netdev 0 0\n' },
    },
    {
      title: 'in the background',
      release: 'grizzly',
      files: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs ⟦bg⟧ 0 0\n' },
      good: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs defaults 0 0\n' },
    },
    {
      title: 'ordered before nova-compute, or mounted on demand',
      files: {
        'etc/fstab':
          'nfs:/srv /var/lib/nova/instances nfs nofail,x-systemd.required-by=nova-compute.service,x-systemd.before=nova-compute.service 0 0\n',
      },
    },
    {
      title: 'nova-compute asks for it by its unit',
      files: {
        'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs nofail 0 0\n',
        'etc/systemd/system/nova-compute.service.d/o.conf': '[Unit]\nRequiresMountsFor=/var/lib/nova/instances\n',
      },
    },
    {
      title: 'bg undone by fg, another mount, an init that knows no nofail',
      release: 'grizzly',
      files: {
        'etc/init/libvirt-bin.conf': 'start on runlevel [2345]\n',
        'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs bg,nofail,fg 0 0\nnfs:/b /backup nfs nofail 0 0\n',
      },
    },
  ],
  check(host, report) {
    const mount = instancesStorage(host);
    if (!mount) return;
    const { entry } = mount;
    const bg = lastOf(entry, ['bg', 'fg']);
    const nofail = host.platform.init === 'systemd' ? lastOf(entry, ['nofail', 'fail']) : undefined;
    const ordered = entry.optionList.some(
      (o) => /^x-systemd\.(automount|required-by|before)$/.test(o.name) || o.value === 'systemd.automount',
    );
    // Not mounted at boot anyhow: that is another rule's.
    if (ordered || waitsFor(host, entry.file.value) || lastOf(entry, ['auto', 'noauto'])?.name === 'noauto') return;
    for (const option of [nofail, bg]) {
      if (option?.name !== 'nofail' && option?.name !== 'bg') continue;
      report({
        file: mount.file,
        span: option.span,
        values: { option: option.name, point: entry.file.value },
        guess: option.name === 'nofail' && host.platform.guessed,
        fixes: [{ title: 'drop', edits: [dropMountOption(mount, option)] }],
      });
    }
  },
});
