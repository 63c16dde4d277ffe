import { instancesMount, mountsOf, type Mount } from '../../model/cluster';
import type { Host } from '../../model/host';
import { NETWORK_FILE_SYSTEMS } from '../../model/storage';
import { appendListOption } from '../edits';
import { defineRule } from '../rule';
import { isForInstances } from './_mounts';

/** Devices that are there only once the network is: RBD, NBD, and disks by the address of their iSCSI target. */
const OVER_NETWORK = /^\/dev\/(rbd\d|rbd\/|nbd\d|disk\/by-path\/ip-)/;

export default defineRule({
  id: 'fstab/netdev-block-cluster',
  scope: 'host',
  title: 'A disk of the network is waited for before there is a network',
  severity: 'warning',
  files: ['fstab'],
  messages: {
    default: '{spec} comes over the network, but {type} looks local: boot waits for it in vain and stops; add _netdev',
  },
  fixes: { add: 'Add _netdev' },
  why: `By the type systemd takes the file system for a local one and mounts it before \`local-fs.target\`, which comes before the
network: *Dependency failed for Local File Systems*, *You are in emergency mode*. With \`_netdev\` it is a remote one and comes after
the network.`,
  sources: [
    'systemd-fstab-generator of systemd 252: Before=local-fs.target without _netdev, Before=remote-fs.target with it',
    'systemd.mount(5), _netdev',
  ],
  explains: [/Dependency failed for Local File Systems/],
  examples: [
    {
      files: { 'etc/fstab': '/dev/rbd/vms/node1 /var/lib/nova/instances xfs ⟦noatime⟧ 0 0\n' },
      good: { 'etc/fstab': '/dev/rbd/vms/node1 /var/lib/nova/instances xfs noatime,_netdev 0 0\n' },
    },
    {
      title: 'iSCSI; no options at all',
      files: {
        'etc/fstab': '/dev/disk/by-path/ip-10.0.0.9:3260-iscsi-iqn.2020-01.x:y-lun-1 /var/lib/nova/instances ⟦ext4⟧\n',
      },
    },
    {
      title: 'said, not waited for, of a cluster, local, not the instances',
      files: {
        'a/etc/fstab': '/dev/rbd0 /var/lib/nova/instances xfs _netdev 0 0\n/dev/nbd0 /b ext4 defaults 0 0\n',
        'b/etc/fstab': '/dev/rbd0 /var/lib/nova/instances xfs nofail 0 0\n',
        'c/etc/fstab': '/dev/rbd0 /var/lib/nova/instances ocfs2 defaults 0 0\n',
        'd/etc/fstab': '/dev/sdb1 /var/lib/nova/instances xfs defaults 0 0\n',
        'e/etc/fstab': '/dev/rbd0 /var/lib/nova/instances xfs x-systemd.automount 0 0\n',
      },
    },
  ],
  check(host, report) {
    const mount = candidate(host);
    if (!mount) return;
    const { entry, file } = mount;
    if (!OVER_NETWORK.test(entry.spec.value) || NETWORK_FILE_SYSTEMS.has(entry.type.value)) return;
    if (entry.optionList.some((o) => /^(_r?netdev|nofail|noauto|x-systemd\.automount)$/.test(o.name))) return;
    const add = appendListOption(file, entry.optionList, '_netdev');
    report({
      file,
      span: entry.options?.span ?? entry.type.span,
      values: { spec: entry.spec.value, type: entry.type.value },
      fixes: [add && { title: 'add', edits: [add] }],
    });
  },
});

function candidate(host: Host): Mount | undefined {
  return instancesMount(host) ?? mountsOf(host).find(isForInstances);
}
