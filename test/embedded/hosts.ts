/** Nodes out of folders of hosts: compute nodes of our days, alike but for their files, names and addresses. */
import path from 'node:path';
import type { InstanceFacts } from '../../server/src/model/instance';
import { IMAGES } from './migrations';
import type { Measured, NodeSpec } from './node';
import { now, Tree } from './tree';

const EPYC_FLAGS =
  'fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ht syscall nx mmxext fxsr_opt pdpe1gb rdtscp lm constant_tsc rep_good nopl nonstop_tsc cpuid extd_apicid aperfmperf rapl pni pclmulqdq monitor ssse3 fma cx16 pcid sse4_1 sse4_2 x2apic movbe popcnt aes xsave avx f16c rdrand lahf_lm cmp_legacy svm extapic cr8_legacy abm sse4a misalignsse 3dnowprefetch osvw ibs skinit wdt tce topoext perfctr_core perfctr_nb bpext perfctr_llc mwaitx cpb cat_l3 cdp_l3 invpcid_single hw_pstate ssbd mba ibrs ibpb stibp vmmcall fsgsbase bmi1 avx2 smep bmi2 erms invpcid cqm rdt_a rdseed adx smap clflushopt clwb sha_ni xsaveopt xsavec xgetbv1 xsaves';

const MACHINES = ['pc', 'q35', 'microvm', 'none'].concat(
  ...['7.2', '7.1', '7.0', '6.2', '6.1', '6.0', '5.2', '5.1', '5.0', '4.2', '4.1', '4.0'].map((v) => [
    `pc-i440fx-${v}`,
    `pc-q35-${v}`,
  ]),
);

/** A small guest with its disk on its node alone. */
function guest(number: number): InstanceFacts {
  const name = `instance-${number.toString(16).padStart(8, '0')}`;
  return {
    name,
    uuid: `6f1c2d5e-8a47-4b0e-9d31-${number.toString(16).padStart(12, '0')}`,
    title: `guest-${number}`,
    ...{ state: 'running', memory: 512, vcpus: 1, type: 'kvm', emulator: '/usr/bin/qemu-system-x86_64' },
    ...{ machine: 'pc-i440fx-7.2', graphics: [], bridges: [], snapshots: 0 },
    disks: [{ device: 'disk', type: 'file', source: `${IMAGES}/${name}`, format: 'raw', cache: 'none' }],
  };
}

/**
 * @param folder of the host, with `etc/` in it
 * @param guests how many run on it
 */
export function hostSpec(folder: string, guests = 0): NodeSpec {
  const name = path.basename(folder);
  const booted = now() - 20 * 86_400;
  const tree = Tree.fromFolder(folder, booted - 86_400);
  const address = /^my_ip *= *(\S+)/m.exec(tree.text('/etc/nova/nova.conf') ?? '')?.[1] ?? '127.0.0.2';
  tree.folder('/var/lib/nova/instances');
  tree.put('/usr/bin/qemu-system-x86_64', '', { mode: 0o755 });
  tree.special('/dev/kvm', 2, { mode: 0o660 });
  tree.folder(IMAGES);
  const instances = Array.from({ length: guests }, (_, i) => guest(i + 1));
  for (const disk of instances.flatMap(({ disks = [] }) => disks)) tree.put(disk.source!, 'boot');
  const facts: Measured = {
    hostname: name,
    fqdn: `${name}.example.net`,
    addresses: { eth0: [address] },
    init: 'systemd',
    kernel: '6.1.0-27-amd64',
    libvirt: '9.0.0',
    qemu: '7.2.22',
    nova: '26.2.2',
    distribution: { id: 'debian', version: '12' },
    sockets: ['virtlogd.socket', 'virtlockd.socket'],
    cpu: {
      vendor: 'AuthenticAMD',
      model: 'AMD EPYC 7502 32-Core Processor',
      flags: EPYC_FLAGS.split(' '),
      microcode: '0x830107c',
    },
    cpuModels: ['486', 'kvm64', 'qemu64', 'Conroe', 'Penryn', 'Nehalem', 'Westmere', 'EPYC', 'EPYC-IBPB', 'EPYC-Rome'],
    machineTypes: MACHINES,
    machineAliases: { pc: 'pc-i440fx-7.2', q35: 'pc-q35-7.2' },
    emulator: '/usr/bin/qemu-system-x86_64',
    memory: { total: 515_000, available: 201_000 },
    hugepages: { '2048': 0, '1048576': 0 },
    sysctls: { 'vm.swappiness': '10', 'vm.overcommit_memory': '0', 'net.ipv4.ip_local_port_range': '32768 60999' },
    clockOffset: 0.000_05,
    mounts: {
      '/': { source: '/dev/vda1', type: 'ext4', options: 'rw,relatime' },
      '/var/lib/nova/instances': { source: 'filer:/nova', type: 'nfs4', options: 'rw,vers=4.2,hard' },
    },
    hostUuid: `4c4c4544-0051-3010-8048-${Buffer.from(name).toString('hex').slice(-12).padStart(12, '0')}`,
    pools: [IMAGES],
    ...(guests > 0 && { instances }),
  };
  return { name, tree, facts, booted, daemons: ['libvirtd', 'nova-compute'] };
}
