import { mountsOf, type Mount } from '../../model/cluster';
import { normalise } from '../../model/host';
import { NETWORK_FILE_SYSTEMS } from '../../model/storage';
import { removeLines } from '../edits';
import { defineRule } from '../rule';
import { isForInstances } from './_mounts';

export default defineRule({
  id: 'fstab/duplicate-mountpoint',
  scope: 'host',
  title: 'Two entries for one mount point',
  severity: 'warning',
  files: ['fstab'],
  messages: {
    default:
      'A second entry for {point}: at boot systemd mounts the first only, mount -a puts this one on top; keep one of them',
    same: 'The same entry for {point} again: systemd refuses it at boot, mount -a mounts twice; take it out',
  },
  fixes: { second: 'Take this entry out', first: 'Take the first entry out' },
  why: `*Failed to create unit file …, as it already exists. Duplicate entry in "/etc/fstab"?* After a boot the first entry is mounted,
after \`mount -a\` the second lies on top of it: the guests' disks are there or not, depending on who mounted last.`,
  sources: ['systemd-fstab-generator of systemd 252', 'mount -a of util-linux 2.38'],
  explains: [/Duplicate entry in .*fstab/],
  examples: [
    {
      files: {
        'etc/fstab':
          '10.0.0.9:/srv /var/lib/nova/instances nfs rw 0 0\n10.0.0.8:/srv ⟦/var/lib/nova/instances/⟧ nfs rw 0 0\n',
      },
      fix: 'first',
      good: { 'etc/fstab': '10.0.0.8:/srv /var/lib/nova/instances/ nfs rw 0 0\n' },
    },
    {
      title: 'the same entry twice',
      files: { 'etc/fstab': 'nfs:/a /a nfs rw 0 0\r\n# again\r\nnfs:/a ⟦/a⟧ nfs rw 0 0\r\n' },
      good: { 'etc/fstab': 'nfs:/a /a nfs rw 0 0\r\n# again\r\n' },
    },
    {
      title: 'the second one is right, a comment says so',
      files: {
        'etc/fstab':
          '10.0.0.9:/srv /var/lib/nova/instances nfs rw 0 0\n# the new one\n10.0.0.8:/srv ⟦/var/lib/nova/instances⟧ nfs rw 0 0\n',
      },
      fix: 'first',
      good: { 'etc/fstab': '# the new one\n10.0.0.8:/srv /var/lib/nova/instances nfs rw 0 0\n' },
    },
    {
      title: 'swap, drives that are not mounted at boot, local disks that are none of our business',
      files: {
        'etc/fstab':
          'UUID=1 none swap sw 0 0\nUUID=2 none swap sw 0 0\nnfs:/a /a nfs noauto 0 0\nnfs:/b /a nfs noauto 0 0\n' +
          '/dev/sdb /media auto noauto 0 0\n/dev/sdc /media auto noauto 0 0\n',
      },
    },
  ],
  check(host, report) {
    const before = new Map<string, Mount>();
    for (const mount of mountsOf(host)) {
      const { entry, file } = mount;
      if (!entry.file.value.startsWith('/') || entry.optionList.some((o) => o.name === 'noauto')) continue;
      const point = normalise(entry.file.value);
      const first = before.get(point);
      if (!first) {
        before.set(point, mount);
        continue;
      }
      const network = [first, mount].some((m) => NETWORK_FILE_SYSTEMS.has(m.entry.type.value) || isForInstances(m));
      if (!network) continue;
      const same =
        first.entry.spec.value === entry.spec.value &&
        first.entry.type.value === entry.type.value &&
        (first.entry.options?.value ?? '') === (entry.options?.value ?? '');
      report({
        file,
        span: entry.file.span,
        message: same ? 'same' : 'default',
        values: { point },
        related: [{ file: first.file, span: first.entry.file.span, message: 'the first entry' }],
        fixes: [
          { title: 'second', edits: [removeLines(file, entry.span)], preferred: same },
          same ? undefined : { title: 'first', edits: [removeLines(first.file, first.entry.span)], preferred: false },
        ],
      });
    }
  },
});
