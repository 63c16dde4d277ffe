/** What is measured of storage, of the guests on it, and of what the guests need on a node. */
import { all, both, C0, C1, C2, edit, nova, step, type Change, type Fault, type Unprovoked } from './fault';

const INSTANCES = '/var/lib/nova/instances';

/** A guest on compute1 by libvirt's own words; `more` are devices and the like. */
const guest = (more: string, name = 'g1', node: typeof C1 | typeof C2 = C1): Change => ({
  make: [
    {
      node,
      argv: ['sh', '-c', 'mkdir -p "$1" && qemu-img create -q -f qcow2 "$1/disk" 16M', 'sh', `${INSTANCES}/${name}`],
    },
    {
      node,
      argv: [
        'sh',
        '-c',
        'cat >/run/lab/guest.xml && virsh -q define /run/lab/guest.xml && virsh -q start "$1"',
        'sh',
        name,
      ],
      input: `<domain type='qemu'><name>${name}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='pc'>hvm</type></os>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
<disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='none'/><source file='${INSTANCES}/${name}/disk'/><target dev='hda'/></disk>
${more}<memballoon model='none'/></devices></domain>`,
    },
  ],
  undo: [
    { node, argv: ['virsh', '-q', 'destroy', name] },
    { node, argv: ['virsh', '-q', 'undefine', '--snapshots-metadata', name] },
    step(node, 'rm', '-rf', `${INSTANCES}/${name}`),
  ],
});

/** A change of what nfs-ganesha serves. */
const served = (change: Change): Change => {
  const restart = step(C0, '/etc/init.d/nfs-ganesha', 'restart');
  return { make: [...change.make, restart], undo: [...change.undo, restart] };
};

export const storage: readonly Fault[] = [
  {
    ...{ id: 'D2-mount', title: 'the instances are not mounted', checks: [10, 11], shares: true, looks: [C2] },
    ...both(
      C2,
      ['umount', '-l', INSTANCES],
      ['bindfs', '-o', 'allow_other,fsname=controller:/srv/instances,subtype=glusterfs', '/srv/instances', INSTANCES],
    ),
    finds: { rule: 'cluster/storage-differs' },
  },
  {
    ...{
      id: 'D3',
      title: 'not mounted, and another file of the same name is there',
      checks: [11],
      shares: true,
      looks: [C2],
    },
    ...all(
      both(
        C2,
        ['umount', '-l', INSTANCES],
        ['bindfs', '-o', 'allow_other,fsname=controller:/srv/instances,subtype=glusterfs', '/srv/instances', INSTANCES],
      ),
      both(C2, ['mkdir', '-p', `${INSTANCES}/g1`], ['rm', '-rf', `${INSTANCES}/g1`]),
    ),
    finds: { rule: 'cluster/storage-differs' },
  },
  {
    ...{ id: 'D7-mount', title: 'the instances are mounted read-only', checks: [10, 13] },
    ...both(C2, ['mount', '-o', 'remount,ro,bind', INSTANCES], ['mount', '-o', 'remount,rw,bind', INSTANCES]),
    finds: { rule: 'cluster/instances-read-only', node: C2 },
  },
  {
    ...{ id: 'D-nova', title: 'nova may not write to the instances', checks: [12, 13] },
    ...{
      ...both(C0, ['chown', 'root:root', '/srv/instances'], ['chown', 'nova:nova', '/srv/instances']),
      looks: [C1, C2],
    },
    finds: { rule: 'cluster/instances-read-only' },
  },
  {
    ...{ id: 'D4', title: 'a guest has a disc in its drive that lies on its host alone', checks: [27] },
    ...all(
      both(C1, ['sh', '-c', 'echo disc >/var/tmp/cd.iso'], ['rm', '/var/tmp/cd.iso']),
      guest(`<disk type='file' device='cdrom'><source file='/var/tmp/cd.iso'/><target dev='hdb'/><readonly/></disk>`),
    ),
    finds: { rule: 'cluster/guest-disk-local', node: C1 },
  },
  {
    ...{ id: 'D12', title: 'a guest has snapshots of libvirt’s', checks: [28] },
    ...all(guest(''), both(C1, ['virsh', '-q', 'snapshot-create-as', 'g1', 's1'], ['true'])),
    finds: { rule: 'cluster/guest-snapshots', node: C1 },
  },
  {
    ...{ id: 'E11', title: 'a guest’s bridge is missing on the other node', checks: [27] },
    ...all(
      both(C1, ['ip', 'link', 'add', 'br-int', 'type', 'bridge'], ['ip', 'link', 'del', 'br-int']),
      guest(`<interface type='bridge'><source bridge='br-int'/><model type='e1000'/></interface>`),
    ),
    finds: { rule: 'cluster/guest-bridge-missing', node: C1 },
  },
  {
    ...{ id: 'E12-guest', title: 'a guest’s console listens on its host’s own address', checks: [27] },
    ...guest(`<graphics type='vnc' port='-1' autoport='yes' listen='@NET.0.11'/><video><model type='cirrus'/></video>`),
    finds: { rule: 'cluster/guest-listen-address', node: C1 },
  },
  {
    ...{ id: 'E14', title: 'a guest of one name on both nodes', checks: [27] },
    ...{ ...all(guest('', 'g1', C1), guest('', 'g1', C2)), looks: [C1, C2] },
    finds: { rule: 'cluster/guest-exists' },
  },
  {
    ...{ id: 'E4', title: 'there is no KVM, and nova wants it', checks: [7] },
    ...all(
      nova(C1, 'libvirt', 'virt_type', 'kvm'),
      nova(C2, 'libvirt', 'virt_type', 'kvm'),
      both(
        C2,
        ['sh', '-c', '[ ! -e /dev/kvm ] || mv /dev/kvm /run/lab/kvm'],
        ['sh', '-c', '[ ! -e /run/lab/kvm ] || mv /run/lab/kvm /dev/kvm'],
      ),
    ),
    finds: { rule: 'cluster/kvm-missing', node: C2 },
  },
  {
    ...{ id: 'E18', title: 'virtlogd does not run', checks: [23] },
    ...both(
      C2,
      ['sh', '-c', 'service virtlogd stop; rm -f /run/libvirt/virtlogd-sock'],
      ['service', 'virtlogd', 'start'],
    ),
    finds: { rule: 'cluster/virtlogd-missing', node: C2 },
  },
  {
    ...{ id: 'X8', title: 'the NFS server does not run', checks: [14], looks: [C0] },
    ...both(C0, ['/etc/init.d/nfs-ganesha', 'stop'], ['/etc/init.d/nfs-ganesha', 'start']),
    finds: { rule: 'exports/not-served', node: C0 },
  },
  {
    ...{ id: 'X9', title: 'the server’s table lacks what /etc/exports has', checks: [14], looks: [C0] },
    ...served(edit(C0, '/etc/ganesha/ganesha.conf', 's,/srv/instances,/srv,')),
    finds: { rule: 'exports/not-served', node: C0 },
  },
  {
    ...{ id: 'X10', title: 'mounts are of NFSv3, and rpcbind knows no mountd', checks: [14], looks: [C0, C1, C2] },
    ...all(
      edit(C1, '/etc/fstab', 's/vers=4.1/vers=3/'),
      edit(C2, '/etc/fstab', 's/vers=4.1/vers=3/'),
      both(C0, ['sh', '-c', 'for v in 1 3; do rpcinfo -d mountd $v; done'], ['/etc/init.d/nfs-ganesha', 'restart']),
    ),
    finds: { rule: 'exports/not-served', node: C0 },
  },
  {
    ...{ id: 'X11', title: 'a firewall closes NFS to the computes', checks: [14, 19], looks: [C0] },
    ...both(
      C0,
      ['iptables', '-A', 'INPUT', '-p', 'tcp', '--dport', '2049', '-j', 'DROP'],
      ['iptables', '-D', 'INPUT', '-p', 'tcp', '--dport', '2049', '-j', 'DROP'],
    ),
    finds: { rule: 'exports/port-blocked', node: C0 },
  },
];

export const unstored: readonly Unprovoked[] = [
  {
    id: 'E5',
    title: '/dev/kvm is there and may not be used',
    why: 'libvirt hands it to QEMU itself; its mode alone is no proof',
  },
  { id: 'E8', title: 'a guest’s firmware is missing on the target', why: 'facts hold no firmware files' },
  {
    id: 'E9',
    title: 'the target lacks the memory',
    why: 'nodes share the memory of one machine: none has less than another',
    checks: [26],
  },
  {
    id: 'E-space',
    title: 'the target lacks room for disks',
    why: 'facts hold no free room of file systems',
    checks: [15],
  },
  {
    id: 'S1',
    title: 'SELinux or AppArmor stand in the way',
    why: 'one kernel for all nodes, without SELinux',
    checks: [33],
  },
  { id: 'S2', title: 'secrets of Ceph’s volumes are missing', why: 'no Ceph in the lab', checks: [29] },
  {
    id: 'N',
    title: 'services, servers, locks, agents and ports of Nova and Neutron',
    why: 'asked of the API, which the lab does not have',
    checks: [1, 2, 3, 4, 30, 34],
  },
  {
    id: 'N-job',
    title: 'a migration runs already',
    why: 'a moment, not a configuration: seen by those who migrate',
    checks: [35],
  },
  {
    id: 'N-speed',
    title: 'the network is too slow for the guest',
    why: 'bridges in one machine have no speed',
    checks: [36],
  },
  {
    id: 'N-tools',
    title: 'nova-status, oslo-config-validator',
    why: 'programs of nova’s, which is not in the lab',
    checks: [37],
  },
];
