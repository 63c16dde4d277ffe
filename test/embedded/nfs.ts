/** The three nodes of `test/demo/nfs` as they would be if they ran: Ubuntu 12.04 with OpenStack Grizzly. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Facts } from '../../server/src/model/facts';
import type { InstanceFacts } from '../../server/src/model/instance';
import type { Measured, NodeSpec } from './node';
import { now, Tree } from './tree';

const FOLDER = path.resolve(__dirname, '../demo/nfs');

const XEON: Facts['cpu'] = {
  vendor: 'GenuineIntel',
  model: 'Intel(R) Xeon(R) CPU E5620 @ 2.40GHz',
  flags:
    'fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ht syscall nx rdtscp lm constant_tsc pni pclmulqdq vmx ssse3 cx16 sse4_1 sse4_2 popcnt aes lahf_lm ept vpid'.split(
      ' ',
    ),
  microcode: '0x13',
};

/** Everything that is alike on all three. */
const COMMON: Measured = {
  init: 'upstart',
  kernel: '3.5.0-44-generic',
  distribution: { id: 'ubuntu', version: '12.04' },
  cpu: XEON,
  memory: { total: 24_098, available: 15_872 },
  sysctls: { 'vm.swappiness': '60', 'vm.overcommit_memory': '0', 'net.ipv4.ip_forward': '1' },
  clockOffset: 0.000_8,
};

const COMPUTE: Measured = {
  ...COMMON,
  libvirt: '1.0.2',
  qemu: '1.4.0',
  nova: '2013.1.4',
  emulator: '/usr/bin/kvm',
  cpuModels: ['486', 'pentium', 'kvm64', 'qemu64', 'core2duo', 'Conroe', 'Penryn', 'Nehalem', 'Westmere'],
  machineTypes: ['pc', 'pc-i440fx-1.4', 'pc-1.3', 'pc-1.2', 'pc-1.1', 'pc-1.0', 'isapc'],
  machineAliases: { pc: 'pc-i440fx-1.4' },
};

/** Guests as nova of that time made them. */
function guest(
  number: number,
  title: string,
  state: 'running' | 'shut off',
  memory: number,
  vcpus: number,
): InstanceFacts {
  const name = `instance-${number.toString(16).padStart(8, '0')}`;
  const uuid = `6f1c2d5e-8a47-4b0e-9d31-${number.toString(16).padStart(12, '0')}`;
  return {
    ...{ name, uuid, title, state, memory, vcpus, type: 'kvm', emulator: '/usr/bin/kvm', machine: 'pc-i440fx-1.4' },
    disks: [
      { device: 'disk', type: 'file', source: `/var/lib/nova/instances/${uuid}/disk`, format: 'qcow2', cache: 'none' },
    ],
    graphics: [{ type: 'vnc', listen: '0.0.0.0' }],
    bridges: ['br100'],
    snapshots: 0,
  };
}

const INSTANCES: readonly InstanceFacts[] = [
  guest(0x1a, 'web-1', 'running', 2048, 2),
  guest(0x1c, 'db-1', 'running', 8192, 4),
  guest(0x21, 'build', 'shut off', 4096, 2),
];

/** Broken lines of the demo that were written after the daemons came up: they run on, until somebody restarts them. */
const BEFORE: Readonly<Record<string, (text: string) => string>> = {
  'jovi-compute1/etc/libvirt/qemu.conf': (text) => text.replace(/[“”″]/g, '"'),
};

export function nfsCluster(): readonly NodeSpec[] {
  return readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }, i) => specOf(name, i));
}

function specOf(name: string, i: number): NodeSpec {
  const booted = now() - 42 * 86_400;
  const tree = machine(Tree.fromFolder(path.join(FOLDER, name), booted - 30 * 86_400));
  const controller = name === 'jovi-controller';
  const own = { 'jovi-controller': '10', 'jovi-compute1': '12', 'jovi-compute3': '14' }[name] ?? String(20 + i);
  const root = { source: '/dev/sda1', type: 'ext4', options: 'rw,errors=remount-ro' };
  const facts: Measured = {
    ...(controller ? COMMON : COMPUTE),
    ...(!controller && { hostUuid: `4c4c4544-0051-3010-8048-b${own}c04f4e303` }),
    ...(name === 'jovi-compute1' && { instances: INSTANCES }),
    hostname: name,
    fqdn: name,
    addresses: { eth0: [`192.168.3.${own}`], ...(!controller && { eth1: [`192.168.4.${own}`] }) },
    mounts: { '/': root },
  };
  const later = new Map<string, Uint8Array>();
  for (const [file, repair] of Object.entries(BEFORE)) {
    const where = file.slice(name.length);
    if (!file.startsWith(`${name}/`)) continue;
    later.set(where, tree.read(where));
    tree.put(where, repair(tree.text(where) ?? ''));
  }
  return {
    ...{ name, tree, facts, booted, later },
    daemons: controller ? ['nfs-server'] : ['libvirtd', 'nova-compute'],
    ...(controller && { listening: ['0.0.0.0:22', '0.0.0.0:3306', '0.0.0.0:5672', '0.0.0.0:8774', '0.0.0.0:9292'] }),
  };
}

/** What every machine of that kind has besides its configuration. */
function machine(tree: Tree): Tree {
  const { uid = 0, gid = 0 } = ids(tree, 'nova');
  tree.folder('/root', { mode: 0o700 });
  tree.folder('/tmp', { mode: 0o1777 });
  tree.folder('/var/lib/nova', { uid, gid });
  tree.folder('/var/lib/nova/instances', { uid, gid });
  tree.put('/usr/bin/kvm', '', { mode: 0o755 });
  tree.put('/usr/bin/qemu-system-x86_64', '', { mode: 0o755 });
  tree.special('/dev/kvm', 2, { mode: 0o660 });
  tree.special('/var/run/libvirt/libvirt-sock', 12, { mode: 0o770 });
  tree.special('/var/run/libvirt/libvirt-sock-ro', 12, { mode: 0o777 });
  return tree;
}

function ids(tree: Tree, name: string): { uid?: number; gid?: number } {
  const [, uid, gid] = new RegExp(`^${name}:[^:]*:(\\d+):(\\d+):`, 'm').exec(tree.text('/etc/passwd') ?? '') ?? [];
  return uid === undefined ? {} : { uid: Number(uid), gid: Number(gid) };
}
