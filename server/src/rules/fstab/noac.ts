import { lastOf } from '../../model/nfs';
import { defineRule } from '../rule';
import { dropMountOption, nfsStorage } from './_mounts';

export default defineRule({
  id: 'fstab/noac',
  scope: 'host',
  title: 'Every write and every look waits for the server',
  severity: 'info',
  files: ['fstab'],
  messages: {
    default:
      '{option} on {point}: guests are slow with it, and migrations do not need it; QEMU flushes disks by itself',
  },
  fixes: { drop: 'Take {option} out' },
  why: `\`noac\` asks the server for a file's attributes each time and makes all writes synchronous, as \`sync\` does. QEMU flushes a
guest's disk before it hands it over, and a file that is opened anew is looked at anew; what is left is the cost.`,
  sources: ['nfs(5) of nfs-utils 2.6.2, noac', 'mount(8) of util-linux 2.38, sync'],
  examples: [
    {
      files: {
        'a/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs hard,⟦noac⟧ 0 0\n',
        'b/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs ⟦sync⟧ 0 0\n',
      },
      fix: 'drop',
      good: {
        'a/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs hard 0 0\n',
        'b/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs defaults 0 0\n',
      },
    },
    {
      title: 'undone, another mount',
      files: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs noac,ac,sync,async 0 0\nn:/b /b nfs sync 0 0\n' },
    },
  ],
  check(host, report) {
    const mount = nfsStorage(host);
    if (!mount) return;
    for (const pair of [
      ['ac', 'noac'],
      ['async', 'sync'],
    ]) {
      const option = lastOf(mount.entry, pair);
      if (option?.name !== pair[1]) continue;
      report({
        file: mount.file,
        span: option!.span,
        values: { option: pair[1]!, point: mount.entry.file.value },
        fixes: [{ title: 'drop', edits: [dropMountOption(mount, option!)], preferred: false }],
      });
    }
  },
});
