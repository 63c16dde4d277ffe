import type { Host } from '../../model/host';
import { outliers } from '../nova/_groups';
import { defineRule } from '../rule';
import { accountOf, DISTRIBUTION_USERS, sharers, type Account } from './_ids';

export default defineRule({
  id: 'cluster/qemu-uid-differs',
  scope: 'cluster',
  title: 'QEMU runs under another number on another host',
  severity: 'error',
  files: ['passwd', 'facts'],
  messages: {
    default:
      "{name} has uid {id} here and {other} on {host}: QEMU cannot open the other's disks on the shared instances; use one uid",
    local: '{name} has uid {id} here and {other} on {host}: harmless until the instances lie on shared files',
  },
  why: `While a guest runs its disks belong to the account that QEMU runs as, by number. With another number on the destination QEMU
there ends with *Could not open '…/disk': Permission denied*, or libvirt refuses: *Setting different DAC user or group on … which is
already in use*. Debian and Ubuntu use 64055 on installations since libvirt 2.5.0-2; older ones keep what they had.`,
  sources: [
    'virsh migrate with two uids of libvirt-qemu on one share, libvirt 9.0.0, with and without dynamic_ownership',
    'NEWS.Debian of libvirt 2.5.0-2',
  ],
  explains: [
    /Could not open '[^']*': Permission denied/,
    /Setting different DAC user or group on .* which is already in use/,
  ],
  preflight: true,
  repair: 'ids',
  examples: [
    {
      files: {
        'c1/etc/fstab': 'filer:/v /var/lib/nova/instances nfs defaults 0 0\n',
        'c1/etc/passwd': 'libvirt-qemu:x:64055:108::/var/lib/libvirt:/bin/false\n',
        'c1/etc/libvirt/qemu.conf': '',
        'c2/etc/fstab': 'filer:/v /var/lib/nova/instances nfs defaults 0 0\n',
        'c2/etc/passwd': 'libvirt-qemu:x:64055:108::/var/lib/libvirt:/bin/false\n',
        'c2/etc/libvirt/qemu.conf': '',
        'c3/etc/fstab': 'filer:/v /var/lib/nova/instances nfs defaults 0 0\n',
        'c3/etc/passwd': 'libvirt-qemu:x:⟦107⟧:108::/var/lib/libvirt:/bin/false\n',
        'c3/etc/libvirt/qemu.conf': '',
      },
    },
    {
      title: 'on local disks',
      severity: 'info',
      files: {
        'c1/etc/passwd': 'qemu:x:⟦107⟧:107::/:/sbin/nologin\n',
        'c1/etc/libvirt/qemu.conf': '',
        'c2/etc/passwd': 'qemu:x:⟦993⟧:107::/:/sbin/nologin\n',
        'c2/etc/libvirt/qemu.conf': '',
      },
    },
    {
      title: 'QEMU runs as root or nova: the account has no part in it',
      files: {
        'c1/etc/fstab': 'filer:/v /var/lib/nova/instances nfs defaults 0 0\n',
        'c1/etc/passwd': 'libvirt-qemu:x:64055:108::/var/lib/libvirt:/bin/false\n',
        'c1/etc/libvirt/qemu.conf': 'user = "root"\n',
        'c2/etc/fstab': 'filer:/v /var/lib/nova/instances nfs defaults 0 0\n',
        'c2/etc/passwd': 'libvirt-qemu:x:107:108::/var/lib/libvirt:/bin/false\n',
        'c2/etc/libvirt/qemu.conf': 'user = "root"\n',
      },
    },
    {
      title: 'the same on all',
      files: {
        'c1/etc/fstab': 'filer:/v /var/lib/nova/instances nfs defaults 0 0\n',
        'c1/etc/passwd': 'libvirt-qemu:x:64055:108::/var/lib/libvirt:/bin/false\n',
        'c1/etc/libvirt/qemu.conf': 'user = "libvirt-qemu"\n',
        'c2/etc/fstab': 'filer:/v /var/lib/nova/instances nfs defaults 0 0\n',
        'c2/etc/passwd': 'libvirt-qemu:x:64055:109::/var/lib/libvirt:/bin/false\n',
        'c2/etc/libvirt/qemu.conf': '',
      },
    },
  ],
  check(cluster, report) {
    const { computes } = sharers(cluster);
    const all = cluster.hosts.map(qemuAccount).filter((a) => a !== undefined);
    const shared = all.filter((a) => computes.has(a.host));
    for (const [accounts, message] of [
      [shared, 'default'],
      [all, 'local'],
    ] as const) {
      for (const { item, other } of outliers(accounts, (a) => String(a.uid))) {
        const local = !computes.has(item.host);
        if (local !== (message === 'local')) continue;
        report({
          host: item.host,
          ...item.uidPlace,
          message,
          // Without qemu.conf nobody knows whether QEMU runs as this account at all.
          severity: local || !item.host.qemu.file || !other.host.qemu.file ? 'info' : 'error',
          values: { name: item.name, id: item.uid, other: other.uid, host: other.host.name },
          related: [{ ...other.uidPlace, message: `${other.name} has uid ${other.uid} on ${other.host.name}` }],
        });
      }
    }
  },
});

/** The account of QEMU's own; undefined for root, nova and plain numbers. */
function qemuAccount(host: Host): Account | undefined {
  if (!host.isCompute) return undefined;
  const set = host.qemu.get('user');
  if (!set) return DISTRIBUTION_USERS.map((name) => accountOf(host, name)).find((a) => a !== undefined);
  const name = host.qemu.string('user');
  return name === undefined || name === 'root' || name === 'nova' || /^\+?\d+$/.test(name)
    ? undefined
    : accountOf(host, name);
}
