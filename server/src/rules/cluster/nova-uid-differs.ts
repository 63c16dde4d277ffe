import { documentOf } from '../../model/parsed';
import { replace } from '../edits';
import { defineRule, type Edit, type Severity } from '../rule';
import { outliers, type Outlier } from '../nova/_groups';
import { accountOf, sharers, type Account } from './_ids';

export default defineRule({
  id: 'cluster/nova-uid-differs',
  scope: 'cluster',
  title: 'The nova account has another number on another host',
  severity: 'error',
  files: ['passwd', 'facts'],
  messages: {
    default:
      "nova has uid {id} here and {other} on {host}: on the shared instances each finds the other's files forbidden; use one uid",
    group:
      'nova has gid {id} here and {other} on {host}: on the shared instances group rights do not hold; use one gid',
    local: 'nova has {what} {id} here and {other} on {host}: harmless until the instances lie on shared files',
    server:
      'nova has uid {id} here and {other} on {host}, which mounts the instances from here: guides ask for one uid, NFS does not',
  },
  fixes: {
    write: 'Write {what} {other} as on {host}; on the node {command}, then {give} nova what {id} owned',
  },
  why: `NFS and CephFS carry numbers, not names. A directory that nova made on one host belongs to a stranger, or to another account,
on the other: *[Errno 13] Permission denied* when the destination looks for nova's test file, and the instance goes to ERROR. Stop
nova and libvirt, then \`usermod -u UID nova\`, \`groupmod -g GID nova\`, and \`chown\` what had the old numbers. The NFS server itself
needs no nova account.`,
  sources: [
    'Configure live migrations, nova administration guide: users and groups are the same on all hosts',
    'nova 26.2.2: instances_path not writable for nova on the destination',
  ],
  explains: [/PermissionError: \[Errno 13\]/, /Migration error: \[Errno 13\] Permission denied/],
  preflight: true,
  repair: 'ids',
  examples: [
    {
      title: 'on the share of a controller',
      release: 'grizzly',
      files: {
        'livemig.ini':
          '[node ctl]\naddress = 10.0.0.1\nroles = controller, nfs\n[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'ctl/etc/exports': '/var/lib/nova/instances *(rw,sync,no_root_squash)\n',
        'ctl/etc/passwd': 'nova:x:106:107::/var/lib/nova:/bin/sh\n',
        'c1/etc/fstab': '10.0.0.1:/var/lib/nova/instances /var/lib/nova/instances nfs defaults 0 0\n',
        'c1/etc/passwd': 'nova:x:106:107::/var/lib/nova:/bin/sh\n',
        'c2/etc/fstab': '10.0.0.1:/var/lib/nova/instances /var/lib/nova/instances nfs defaults 0 0\n',
        'c2/etc/passwd': 'nova:x:106:107::/var/lib/nova:/bin/sh\n',
        'c3/etc/fstab': '10.0.0.1:/var/lib/nova/instances /var/lib/nova/instances nfs defaults 0 0\n',
        'c3/etc/passwd': 'root:x:0:0::/root:/bin/sh\nnova:x:⟦110⟧:107::/var/lib/nova:/bin/sh\n',
      },
      fix: 'write',
      good: { 'c3/etc/passwd': 'root:x:0:0::/root:/bin/sh\nnova:x:106:107::/var/lib/nova:/bin/sh\n' },
    },
    {
      title: 'two computes disagree, and the server has the number of one of them; its group file goes along',
      release: 'grizzly',
      severity: 'warning',
      files: {
        'livemig.ini':
          '[node ctl]\naddress = 10.0.0.1\nroles = controller, nfs\n[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'ctl/etc/exports': '/srv *(rw,sync,no_root_squash)\n',
        'ctl/etc/passwd': 'nova:x:108:114::/var/lib/nova:/bin/sh\n',
        'c1/etc/fstab': '10.0.0.1:/srv /var/lib/nova/instances nfs defaults 0 0\n',
        'c1/etc/passwd': 'nova:x:108:⟦107⟧::/var/lib/nova:/bin/sh\n',
        'c1/etc/group': 'kvm:x:106:\nnova:x:107:\n',
        'c2/etc/fstab': '10.0.0.1:/srv /var/lib/nova/instances nfs defaults 0 0\n',
        'c2/etc/passwd': 'nova:x:108:114::/var/lib/nova:/bin/sh\n',
      },
      fix: 'write',
      good: { 'c1/etc/passwd': 'nova:x:108:114::/var/lib/nova:/bin/sh\n', 'c1/etc/group': 'kvm:x:106:\nnova:x:114:\n' },
    },
    {
      title: 'the number is taken by another account here: no repair is offered',
      files: {
        'c1/etc/fstab': 'mon:/ /var/lib/nova/instances ceph defaults 0 0\n',
        'c1/etc/passwd': 'libvirt-dnsmasq:x:117:117::/:/bin/false\nnova:x:⟦106⟧:107::/var/lib/nova:/bin/sh\n',
        'c1/etc/libvirt/qemu.conf': '',
        'c2/etc/fstab': 'mon:/ /var/lib/nova/instances ceph defaults 0 0\n',
        'c2/etc/passwd': 'nova:x:⟦117⟧:107::/var/lib/nova:/bin/sh\n',
        'c2/etc/libvirt/qemu.conf': '',
      },
    },
    {
      title: 'the group only',
      severity: 'warning',
      files: {
        'c1/etc/fstab': 'mon:/ /var/lib/nova/instances ceph defaults 0 0\n',
        'c1/etc/passwd': 'nova:x:106:⟦107⟧::/var/lib/nova:/bin/sh\n',
        'c1/etc/libvirt/qemu.conf': '',
        'c2/etc/fstab': 'mon:/ /var/lib/nova/instances ceph defaults 0 0\n',
        'c2/etc/passwd': 'nova:x:106:⟦117⟧::/var/lib/nova:/bin/sh\n',
        'c2/etc/libvirt/qemu.conf': '',
      },
    },
    {
      title: 'as measured, and on local disks',
      severity: 'info',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/facts.json': '{"ids": {"nova": {"uid": 106, "gid": 107}}}',
        'c2/facts.json': '{"ids": {"nova": {"uid": 106, "gid": 107}}}',
        'c3/facts.json': '⟦⟧{"ids": {"nova": {"uid": 999, "gid": 107}}}',
      },
    },
    {
      title: 'the server has another',
      severity: 'info',
      files: {
        'livemig.ini':
          '[node ctl]\naddress = 10.0.0.1\nroles = controller, nfs\n[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'ctl/etc/exports': '/srv *(rw,sync,no_root_squash)\n',
        'ctl/etc/passwd': 'nova:x:⟦999⟧:107::/var/lib/nova:/bin/sh\n',
        'c1/etc/fstab': '10.0.0.1:/srv /var/lib/nova/instances nfs defaults 0 0\n',
        'c1/etc/passwd': 'nova:x:106:107::/var/lib/nova:/bin/sh\n',
        'c2/etc/fstab': '10.0.0.1:/srv /var/lib/nova/instances nfs defaults 0 0\n',
        'c2/etc/passwd': 'nova:x:106:107::/var/lib/nova:/bin/sh\n',
      },
    },
    {
      title: 'one number on all computes; another on a controller that has no part in it',
      files: {
        'livemig.ini': '[node ctl]\nroles = controller\n[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'ctl/etc/passwd': 'nova:x:999:999::/var/lib/nova:/bin/sh\n',
        'c1/etc/fstab': 'filer:/v /var/lib/nova/instances nfs4 defaults 0 0\n',
        'c1/etc/passwd': 'nova:x:42436:42436::/var/lib/nova:/bin/sh\n',
        'c2/etc/fstab': 'filer:/v /var/lib/nova/instances nfs4 defaults 0 0\n',
        'c2/etc/passwd': 'nova:x:42436:42436::/var/lib/nova:/bin/sh\n',
      },
    },
  ],
  check(cluster, report) {
    const { computes, servers } = sharers(cluster);
    const all = cluster.hosts
      .filter((h) => h.isCompute)
      .map((h) => accountOf(h, 'nova'))
      .filter((a) => a !== undefined);
    const shared = all.filter((a) => computes.has(a.host));
    const serving = [...servers].map((h) => accountOf(h, 'nova')).filter((a) => a !== undefined);
    const complain = (
      { item, other }: Outlier<Account>,
      what: 'uid' | 'gid',
      message: 'default' | 'group' | 'local' | 'server',
      severity: Severity,
    ): void => {
      const place = what === 'uid' ? item.uidPlace : item.gidPlace;
      const theirs = what === 'uid' ? other.uidPlace : other.gidPlace;
      report({
        host: item.host,
        ...place,
        message,
        severity,
        values: { what, id: item[what], other: other[what], host: other.host.name },
        related: [{ ...theirs, message: `${what} ${other[what]} on ${other.host.name}` }],
        // The file is the smaller half of it, and which host is right is the operator's to say: never "the obvious one".
        fixes: [
          {
            title: 'write',
            values: {
              command: `${what === 'uid' ? 'usermod -u' : 'groupmod -g'} ${other[what]} nova`,
              give: what === 'uid' ? 'chown' : 'chgrp',
            },
            edits: renumber(item, what, other[what]),
            preferred: false,
          },
        ],
      });
    };
    for (const what of ['uid', 'gid'] as const) {
      const split = new Set(shared.map((a) => a[what])).size > 1;
      // The server needs no nova account, but where computes disagree its number is the one the disks carry.
      for (const outlier of outliers(split ? [...shared, ...serving] : [], (a) => String(a[what]))) {
        if (computes.has(outlier.item.host))
          complain(outlier, what, what === 'uid' ? 'default' : 'group', what === 'uid' ? 'error' : 'warning');
      }
      for (const outlier of outliers(all, (a) => String(a[what])))
        if (!computes.has(outlier.item.host)) complain(outlier, what, 'local', 'info');
    }
    const reference = shared[0];
    for (const item of serving) {
      if (reference && shared.every((a) => a.uid !== item.uid))
        complain({ item, other: reference, majority: true }, 'uid', 'server', 'info');
    }
  },
});

/** The account's line, and its group's, with another number; nothing where that is somebody else's, or only measured. */
function renumber(account: Account, what: 'uid' | 'gid', id: number): Edit[] {
  const line = account.host.account(account.name);
  if (!line) return [];
  const { entries } = documentOf(line.file, 'passwd');
  if (what === 'uid')
    return entries.some((e) => e.uid === id) ? [] : [replace(line.file, line.entry.uidSpan, String(id))];
  const groups = account.host.first('group');
  const list = groups ? documentOf(groups, 'group').entries : [];
  if (list.some((g) => g.gid === id && g.name !== account.name)) return [];
  const own = list.filter((g) => g.name === account.name && g.gid === account.gid);
  return [
    replace(line.file, line.entry.gidSpan, String(id)),
    ...own.map((g) => replace(groups!, g.gidSpan, String(id))),
  ];
}
