import { defineRule } from '../rule';
import { clientName, clientSpan, hasFlavours, instancesGrants, mountsRelated, writtenOption } from './_instances';
import { setOption } from './_options';

export default defineRule({
  id: 'exports/not-rw',
  scope: 'cluster',
  title: 'The instances are exported read-only',
  severity: 'error',
  files: ['exports'],
  messages: {
    default: '{client} gets {path} read-only ({reason}): guests there cannot write their disks; write rw',
    other:
      '{client} gets {path} read-only ({reason}), others get it read-write: a guest that moves to it cannot write its disk',
  },
  fixes: { rw: 'Give {client} rw' },
  why: `Without \`rw\` an export is read-only. nova-compute cannot make its test file (*is not on shared storage* or a
*PermissionError*), and a guest that arrives stops with *unable to execute QEMU command 'cont': Could not open
'/var/lib/nova/instances/…/disk': Read-only file system*.`,
  sources: ['exports(5)', 'exportfs -s of nfs-utils 2.6.2', 'virsh migrate of libvirt 9.0.0 onto a read-only mount'],
  explains: [/Read-only file system/],
  preflight: true,
  examples: [
    {
      title: 'one compute node has a line of its own',
      files: {
        'livemig.ini': '[node c1]\naddress = 10.0.0.1\n[node c2]\naddress = 10.0.0.2\n[node nfs]\naddress = 10.0.0.9\n',
        'nfs/etc/exports':
          '/var/lib/nova/instances *(rw,sync,no_root_squash)\n/var/lib/nova/instances 10.0.0.2(⟦ro⟧,sync,no_root_squash)\n',
        'c1/etc/fstab': '10.0.0.9:/var/lib/nova/instances /var/lib/nova/instances nfs defaults 0 0\n',
        'c2/etc/fstab': '10.0.0.9:/var/lib/nova/instances /var/lib/nova/instances nfs defaults 0 0\n',
      },
      good: {
        'nfs/etc/exports':
          '/var/lib/nova/instances *(rw,sync,no_root_squash)\n/var/lib/nova/instances 10.0.0.2(rw,sync,no_root_squash)\n',
      },
    },
    {
      title: 'neither rw nor ro; the name tells what the directory is for',
      files: { 'etc/exports': '/srv/nova/instances ⟦10.0.0.0/24(sync,no_root_squash)⟧ # computes\n' },
      good: { 'etc/exports': '/srv/nova/instances 10.0.0.0/24(rw,sync,no_root_squash) # computes\n' },
    },
    {
      title: 'no options at all',
      files: { 'etc/exports': '/var/lib/nova/instances ⟦10.0.0.0/24⟧\n' },
      good: { 'etc/exports': '/var/lib/nova/instances 10.0.0.0/24(rw)\n' },
    },
    {
      title: 'nobody in view mounts it, and only some may write',
      severity: 'warning',
      files: { 'etc/exports': '/var/lib/nova/instances 10.0.0.0/24(rw,sync) 10.0.1.5(⟦ro⟧,sync)\n' },
      good: { 'etc/exports': '/var/lib/nova/instances 10.0.0.0/24(rw,sync) 10.0.1.5(rw,sync)\n' },
    },
    {
      title: 'rw among the default options, and a read-only export of something else',
      files: {
        'etc/exports': '/var/lib/nova/instances -rw,sync 10.0.0.0/24\n/var/lib/glance/images 10.0.0.0/24(ro)\n',
      },
    },
    {
      title: 'the hosts have a line of their own beside a read-only one for the rest',
      files: {
        'livemig.ini': '[node c1]\naddress = 10.0.0.1\n[node nfs]\naddress = 10.0.0.9\n',
        'nfs/etc/exports': '/srv/i *(ro) 10.0.0.1(rw,no_root_squash)\n',
        'c1/etc/nova/nova.conf': '[DEFAULT]\ninstances_path = /srv/mnt\n',
        'c1/etc/fstab': 'nfs:/srv/i /srv/mnt nfs defaults 0 0\n',
      },
    },
    {
      title: 'a blank parts the client from what it is meant to get',
      files: { 'etc/exports': '/var/lib/nova/instances 10.0.0.0/24 (rw,sync,no_root_squash)\n' },
    },
  ],
  check(cluster, report) {
    const grants = instancesGrants(cluster);
    const written = new Set(grants.filter((g) => g.options.has('rw')).map((g) => g.export.entry));
    for (const grant of grants) {
      const { options, client, mounts, server } = grant;
      if (options.has('rw') || hasFlavours(grant)) continue;
      const { file, entry } = grant.export;
      const ro = writtenOption(grant, 'ro');
      const othersWrite = mounts.length === 0 && written.has(entry);
      report({
        host: server,
        file,
        span: ro?.span ?? clientSpan(grant),
        message: othersWrite ? 'other' : 'default',
        values: { client: clientName(client), path: entry.path, reason: ro ? 'ro' : 'the default' },
        ...(othersWrite && { severity: 'warning' as const }),
        related: mountsRelated(mounts),
        fixes: [{ title: 'rw', edits: [setOption(grant, 'rw')] }],
      });
    }
  },
});
