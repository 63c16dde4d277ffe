import { atLeast } from '../../model/platform';
import { defineRule } from '../rule';
import { placeOf, removeAll } from './_entry';
import { runsGuests } from './_guests';
import { integerOf, isOn, optionOf, usesQemu } from './_options';

export default defineRule({
  id: 'nova/parallel-post-copy-qemu',
  scope: 'host',
  title: 'This QEMU cannot do post-copy over several connections',
  severity: 'error',
  files: ['nova'],
  releases: { from: '2026.1' },
  messages: {
    default:
      'Parallel connections and post-copy need QEMU 10.1, here is {qemu}: nova-compute does not start; turn one of the two off',
  },
  fixes: {
    parallel: 'Delete live_migration_parallel_connections',
    postCopy: 'Delete live_migration_permit_post_copy',
  },
  why: `nova-compute asks for it when it starts and ends with *Nova requires QEMU version 10.1.0 or greater to use live migration parallel
connections with post-copy*.`,
  sources: ['nova/virt/libvirt/driver.py, 33.0.0'],
  explains: [/parallel connections with post-copy/],
  preflight: 'source',
  examples: [
    {
      files: {
        'c1/etc/nova/nova.conf':
          '[libvirt]\nlive_migration_permit_post_copy = true\nlive_migration_parallel_connections = ⟦4⟧\nvirt_type = kvm\n',
        'c1/facts.json': '{"qemu": "9.2.0"}',
      },
      fix: 'parallel',
      good: { 'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_permit_post_copy = true\nvirt_type = kvm\n' },
    },
    {
      title: 'the other way out, the version by the inventory',
      files: {
        'livemig.ini': '[node c1]\nqemu = 10.0.3\n',
        'c1/etc/nova/nova.conf':
          '[libvirt]\r\nlive_migration_parallel_connections=⟦2⟧\r\nlive_migration_permit_post_copy=on\r\nvirt_type=kvm\r\n',
      },
      fix: 'postCopy',
      good: { 'c1/etc/nova/nova.conf': '[libvirt]\r\nlive_migration_parallel_connections=2\r\nvirt_type=kvm\r\n' },
    },
    {
      title: 'new enough, not known, one connection, no post-copy',
      files: {
        'livemig.ini': '[node c1]\nqemu = 10.1.0\n[node c3]\nqemu = 9.0.0\n[node c4]\nqemu = 9.0.0\n',
        'c1/etc/nova/nova.conf':
          '[libvirt]\nlive_migration_parallel_connections = 4\nlive_migration_permit_post_copy = true\n',
        'c2/etc/nova/nova.conf':
          '[libvirt]\nlive_migration_parallel_connections = 4\nlive_migration_permit_post_copy = true\n',
        'c3/etc/nova/nova.conf':
          '[libvirt]\nlive_migration_parallel_connections = 1\nlive_migration_permit_post_copy = true\n',
        'c4/etc/nova/nova.conf': '[libvirt]\nlive_migration_parallel_connections = 4\n',
      },
    },
  ],
  check(host, report) {
    const parallel = optionOf(host, 'libvirt/live_migration_parallel_connections');
    const postCopy = optionOf(host, 'libvirt/live_migration_permit_post_copy');
    const place = placeOf(parallel);
    const other = placeOf(postCopy);
    if (!parallel || !place || !other || (integerOf(parallel) ?? 1) <= 1 || !isOn(postCopy)) return;
    const { qemu } = host.platform;
    if (atLeast(qemu, [10, 1]) !== false || !usesQemu(host) || !runsGuests(host)) return;
    report({
      ...place,
      values: { qemu: qemu?.join('.') ?? '' },
      related: [{ ...other, message: 'Post-copy is permitted' }],
      fixes: [
        { title: 'parallel', edits: removeAll(host, parallel.option) },
        { title: 'postCopy', edits: removeAll(host, postCopy.option) },
      ],
    });
  },
});
