import { instancesStorage } from '../../model/cluster';
import type { Host, Place } from '../../model/host';
import { accountOf, sharers } from '../cluster/_ids';
import { TOP } from '../edits';
import { outliers } from '../nova/_groups';
import { defineRule, type Severity } from '../rule';

/** Whom QEMU runs as on a host. */
interface User {
  readonly host: Host;
  /** `root`, `nova`, a number, or `the package's account`: by number that one is cluster/qemu-uid-differs' to compare. */
  readonly name: string;
  readonly uid: number | undefined;
  readonly place: Place;
  /** How sure it is that the other's disks cannot be opened. */
  readonly severity: Severity;
}

const PACKAGED = "the package's account";

export default defineRule({
  id: 'qemu/user-differs',
  scope: 'cluster',
  title: 'QEMU runs under another account on another host',
  severity: 'error',
  files: ['qemu'],
  messages: {
    default:
      "QEMU runs as {user} here and as {other} on {host}: on the shared instances one cannot open the other's disks; use one account",
  },
  why: `While a guest runs its disks belong to the account that QEMU runs as. Another one on the destination ends the migration with *Could
not open '…/disk': Permission denied* where libvirt leaves owners alone (dynamic_ownership = 0), or with *Setting different DAC user or
group on … which is already in use* where it does not and the file system keeps its notes. On NFS, which keeps none, the destination takes the
disk over while the source still writes to it.`,
  sources: [
    'virsh migrate between two libvirtd 9.0.0 with two accounts on one share, with and without dynamic_ownership',
    'qemu.conf of libvirt 9.0.0, user and dynamic_ownership',
  ],
  explains: [
    /Could not open '[^']*': Permission denied/,
    /Setting different DAC user or group on .* which is already in use/,
  ],
  preflight: true,
  examples: [
    {
      title: 'libvirt leaves owners alone',
      files: {
        'c1/etc/fstab': 'filer:/v /var/lib/nova/instances nfs defaults 0 0\n',
        'c1/etc/libvirt/qemu.conf': 'user = "nova"\ndynamic_ownership = 0\n',
        'c2/etc/fstab': 'filer:/v /var/lib/nova/instances nfs defaults 0 0\n',
        'c2/etc/libvirt/qemu.conf': 'user = "nova"\ndynamic_ownership = 0\n',
        'c3/etc/fstab': 'filer:/v /var/lib/nova/instances nfs defaults 0 0\n',
        'c3/etc/libvirt/qemu.conf': '⟦⟧dynamic_ownership = 0\r\n',
      },
    },
    {
      title: 'a file system that keeps notes of owners',
      files: {
        'c1/etc/fstab': 'mon:/ /var/lib/nova/instances ceph defaults 0 0\n',
        'c1/etc/libvirt/qemu.conf': '⟦user = "root"⟧\n',
        'c2/etc/fstab': 'mon:/ /var/lib/nova/instances ceph defaults 0 0\n',
        'c2/etc/libvirt/qemu.conf': '⟦user = "nova"⟧\n',
      },
    },
    {
      title: 'NFS, and libvirt changes owners',
      severity: 'warning',
      files: {
        'c1/etc/fstab': 'filer:/v /var/lib/nova/instances nfs4 defaults 0 0\n',
        'c1/etc/libvirt/qemu.conf': '⟦user = "root"⟧\n',
        'c2/etc/fstab': 'filer:/v /var/lib/nova/instances nfs4 defaults 0 0\n',
        'c2/etc/libvirt/qemu.conf': '⟦⟧#user = "root"\n',
      },
    },
    {
      title: 'the same by number; a file that is not in view; local disks',
      files: {
        'c1/etc/fstab': 'filer:/v /var/lib/nova/instances nfs defaults 0 0\n',
        'c1/etc/passwd': 'nova:x:162:162::/var/lib/nova:/bin/sh\n',
        'c1/etc/libvirt/qemu.conf': 'user = "nova"\n',
        'c2/etc/fstab': 'filer:/v /var/lib/nova/instances nfs defaults 0 0\n',
        'c2/etc/libvirt/qemu.conf': 'user = "+162"\n',
        'c3/etc/fstab': 'filer:/v /var/lib/nova/instances nfs defaults 0 0\n',
        'c3/etc/libvirt/libvirtd.conf': '',
        'c4/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'c4/etc/libvirt/qemu.conf': 'user = "root"\n',
      },
    },
  ],
  check(cluster, report) {
    const { computes } = sharers(cluster);
    const users = [...computes].map(userOf).filter((u) => u !== undefined);
    for (const { item, other } of outliers(users, (u) => u.name)) {
      if (item.uid !== undefined && item.uid === other.uid) continue;
      report({
        host: item.host,
        ...item.place,
        severity: item.severity,
        values: { user: item.name, other: other.name, host: other.host.name },
        related: [{ ...other.place, message: `${other.name} on ${other.host.name}` }],
      });
    }
  },
});

/** Undefined without a qemu.conf in view: the package's account is a guess then. */
function userOf(host: Host): User | undefined {
  const { qemu } = host;
  if (!qemu.file || qemu.file.defect) return undefined;
  const set = qemu.get('user');
  const word = qemu.string('user');
  if (set && !word) return undefined;
  const number = /^\+?(\d+)$/.exec(word ?? '')?.[1];
  const uid = number === undefined ? (word === 'root' ? 0 : word && accountOf(host, word)?.uid) : Number(number);
  const nfs = instancesStorage(host)?.entry.type.value.startsWith('nfs') ?? true;
  const fails = nfs ? qemu.number('dynamic_ownership') === 0 && uid !== 0 : true;
  return {
    host,
    name: uid === 0 ? 'root' : word === 'nova' ? word : number !== undefined ? `number ${Number(number)}` : PACKAGED,
    uid: uid === '' ? undefined : uid,
    place: { file: qemu.file, span: set?.entry.span ?? TOP },
    severity: fails ? 'error' : 'warning',
  };
}
