import type { Host } from '../../model/host';
import { isWorld } from '../../model/nfs';
import type { Mount } from '../../model/cluster';
import { defineRule } from '../rule';
import { clientName, clientSpan, hasFlavours, instancesGrants, mountsRelated, writtenOption } from './_instances';
import { setOption } from './_options';
import { disksAreFiles, qemuRunsAs } from './_qemu';

export default defineRule({
  id: 'exports/root-squash',
  scope: 'cluster',
  title: 'root is squashed on the instances',
  severity: 'warning',
  files: ['exports'],
  messages: {
    default:
      '{client} gets {path} with root_squash ({reason}): where QEMU does not run as nova it cannot open the disks; write no_root_squash',
    denied:
      '{client} gets {path} with root_squash ({reason}), and QEMU of {host} does not run as nova: Could not open the disk, Permission denied',
  },
  fixes: { no: 'Give {client} no_root_squash' },
  why: `Nova's disks belong to \`nova\`; libvirt, as root, hands them to the user that QEMU runs as. With root_squash root is nobody
on the share: the hand-over is refused, and QEMU as \`libvirt-qemu\` or \`qemu\` ends with *Could not open
'/var/lib/nova/instances/…/disk': Permission denied*. It works with \`no_root_squash\`, and also with \`user = "nova"\` in qemu.conf
on all compute nodes.`,
  sources: [
    'libvirt 9.0.0 with a chown that is refused: guests start and migrate with user = "nova", and do not with the default user',
    'Nova administration guide, Configure live migrations, shared storage',
  ],
  explains: [/Could not open '[^']*': Permission denied/],
  preflight: true,
  examples: [
    {
      title: 'the compute node runs QEMU as the default user of its distribution',
      severity: 'error',
      files: {
        'livemig.ini': '[node c1]\naddress = 10.0.0.1\n[node nfs]\naddress = 10.0.0.9\n',
        'nfs/etc/exports': '/var/lib/nova/instances 10.0.0.0/24(rw,sync,⟦root_squash⟧)\n',
        'c1/etc/fstab': '10.0.0.9:/var/lib/nova/instances /var/lib/nova/instances nfs defaults 0 0\n',
        'c1/etc/libvirt/qemu.conf': '#user = "libvirt-qemu"\n',
      },
      good: { 'nfs/etc/exports': '/var/lib/nova/instances 10.0.0.0/24(rw,sync,no_root_squash)\n' },
    },
    {
      title: 'not said, and nothing known of the clients',
      files: { 'etc/exports': '/var/lib/nova/instances ⟦10.0.0.0/24(rw,sync)⟧\n' },
      good: { 'etc/exports': '/var/lib/nova/instances 10.0.0.0/24(no_root_squash,rw,sync)\n' },
    },
    {
      title: 'everybody: whether root of any machine should be let in is for the user to say',
      files: { 'etc/exports': '/var/lib/nova/instances ⟦*(rw,sync)⟧\n' },
      fix: 'no',
      good: { 'etc/exports': '/var/lib/nova/instances *(no_root_squash,rw,sync)\n' },
    },
    {
      title: 'QEMU runs as nova',
      files: {
        'livemig.ini': '[node c1]\naddress = 10.0.0.1\n[node nfs]\naddress = 10.0.0.9\n',
        'nfs/etc/exports': '/var/lib/nova/instances 10.0.0.0/24(rw,sync)\n',
        'c1/etc/fstab': '10.0.0.9:/var/lib/nova/instances /var/lib/nova/instances nfs defaults 0 0\n',
        'c1/etc/libvirt/qemu.conf': 'user = "nova"\ngroup = "nova"\n',
      },
    },
    {
      title: 'the disks are in Ceph',
      files: {
        'livemig.ini': '[node c1]\naddress = 10.0.0.1\n[node nfs]\naddress = 10.0.0.9\n',
        'nfs/etc/exports': '/var/lib/nova/instances 10.0.0.0/24(rw,sync)\n',
        'c1/etc/fstab': '10.0.0.9:/var/lib/nova/instances /var/lib/nova/instances nfs defaults 0 0\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nimages_type = rbd\n',
      },
    },
    {
      title: 'something else',
      files: { 'etc/exports': '/home 10.0.0.0/24(rw,sync)\n/var/lib/nova/instances 10.0.0.0/24(rw,no_root_squash)\n' },
    },
    {
      title: 'a blank parts the client from what it is meant to get',
      files: { 'etc/exports': '/var/lib/nova/instances 10.0.0.0/24 (rw,sync,no_root_squash)\n' },
    },
  ],
  check(cluster, report) {
    for (const grant of instancesGrants(cluster)) {
      const { options, client, mounts, server } = grant;
      if (options.has('no_root_squash') || options.has('all_squash') || hasFlavours(grant)) continue;
      const bothered = mounts.filter((m) => disksAreFiles(m.host) && bothers(m.host, options));
      if (bothered.length === 0 && (mounts.length > 0 || cluster.unseen.length > 0)) continue;
      const denied = bothered.find(deniesSurely);
      const { file, entry } = grant.export;
      const squash = writtenOption(grant, 'root_squash');
      const user = denied?.host.qemu.get('user');
      report({
        host: server,
        file,
        span: squash?.span ?? clientSpan(grant),
        message: denied ? 'denied' : 'default',
        values: {
          client: clientName(client),
          path: entry.path,
          reason: squash ? 'written' : 'the default',
          host: denied?.host.name ?? '',
        },
        severity: denied ? 'error' : 'warning',
        related: [
          ...mountsRelated(bothered),
          ...(denied && user
            ? [{ file: user.file, span: user.entry.span, message: `QEMU of ${denied.host.name} runs as this user` }]
            : []),
        ],
        fixes: [{ title: 'no', edits: [setOption(grant, 'no_root_squash')], preferred: !isWorld(client.host) }],
      });
    }
  },
});

/** Where QEMU is nova, or root that the server takes for an account of its own, the disks can be opened. */
function bothers(host: Host, options: ReadonlyMap<string, string | undefined>): boolean {
  const as = qemuRunsAs(host);
  return as !== 'nova' && !(as === 'root' && options.has('anonuid'));
}

function deniesSurely(mount: Mount): boolean {
  const as = qemuRunsAs(mount.host);
  // A group of one's own choosing may have been let in.
  return (as === 'default' || as === 'root') && mount.host.qemu.get('group') === undefined;
}
