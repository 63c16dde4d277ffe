import { setOsloValue } from '../edits';
import { defineRule } from '../rule';
import { placeOf } from './_entry';
import { runsGuests } from './_guests';
import { integerOf, optionOf } from './_options';

export default defineRule({
  id: 'nova/parallel-nonpositive',
  scope: 'host',
  title: 'No connection at all is asked for',
  severity: 'info',
  files: ['nova'],
  releases: { from: '2026.1' },
  messages: {
    default:
      'live_migration_parallel_connections = {value} counts as 1, one connection: write how many there are to be',
  },
  fixes: { one: 'Write 1, which is what counts' },
  why: `Nova asks libvirt for parallel connections only where there is more than one. Zero, which means "no limit" or "as many as there
are processors" elsewhere, and negative numbers, are taken and switch it off.`,
  sources: ['nova/conf/libvirt.py and nova/virt/libvirt/guest.py, 33.0.0'],
  examples: [
    {
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_parallel_connections = ⟦0⟧\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_parallel_connections = 1\n' },
    },
    {
      title: 'a negative number',
      files: { 'etc/nova/nova.conf': '[libvirt]\r\nlive_migration_parallel_connections=⟦-1⟧\r\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\r\nlive_migration_parallel_connections=1\r\n' },
    },
    {
      title: 'one, and several',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_parallel_connections = 1\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_parallel_connections = 8\n',
      },
    },
  ],
  check(host, report) {
    const parallel = optionOf(host, 'libvirt/live_migration_parallel_connections');
    const place = placeOf(parallel);
    const count = integerOf(parallel);
    if (!parallel?.entry || !place || count === undefined || count >= 1 || !runsGuests(host)) return;
    report({
      ...place,
      values: { value: count },
      fixes: [{ title: 'one', edits: [setOsloValue(place.file, parallel.entry, '1')] }],
    });
  },
});
