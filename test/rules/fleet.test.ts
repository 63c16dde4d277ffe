import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lint } from '../../server/src/lint';
import type { Cluster } from '../../server/src/model/cluster';
import { RULES } from '../../server/src/rules/index';
import { DEFAULT_SETTINGS } from '../../server/src/settings';
import { clusterOf } from '../support/cluster';

/** Rules that go by what was measured, each of which has something to say of the fleet below. */
const MEASURED = [
  'cluster/clock-skew',
  'cluster/emulator-missing',
  'cluster/firewall-ports',
  'cluster/hugepages-missing',
  'cluster/instances-dir-mode',
  'cluster/libvirt-qemu-version',
  'cluster/machine-type-missing',
  'cluster/nova-not-in-libvirt-group',
  'cluster/qemu-version-differs',
  'cluster/release-mismatch',
  'cluster/restart-needed',
  'libvirtd/not-listening',
  'nova/cpu-differs',
  'nova/cpu-extra-flags-missing',
  'nova/cpu-mode-differs',
  'nova/cpu-mode-none-kvm',
];

/** Hosts that differ in everything: the worst for those who compare them. */
function fleet(size: number): Cluster {
  const files: Record<string, string> = {};
  for (let i = 0; i < size; i++) {
    const own = (list: readonly string[]): string[] => list.filter((_, bit) => (i >> bit) & 1);
    const nova = [
      '[libvirt]',
      i % 5 === 0 ? 'cpu_mode = none' : i % 5 === 1 ? 'cpu_mode = custom' : 'cpu_mode = host-model',
      ...(i % 5 === 1 ? [`cpu_models = Model${i}`, 'cpu_model_extra_flags = vmx'] : []),
      `hw_machine_type = x86_64=pc-i440fx-${i}`,
      'live_migration_scheme = tcp',
    ];
    const file = (modified: number): object => ({ type: 'file', mode: 420, uid: 0, gid: 0, modified });
    const facts = {
      nova: i % 2 ? '33.0.0' : '29.0.0',
      libvirt: `${i % 9}.${i}.0`,
      qemu: `${i % 9}.${i}.0`,
      cpu: {
        vendor: 'GenuineIntel',
        flags: ['sse2', ...own(['avx', 'avx2', 'avx512f', 'aes', 'bmi1', 'bmi2', 'fma', 'adx', 'rtm', 'pku', 'mpx'])],
      },
      machineTypes: ['pc', ...(i % 3 ? [`pc-i440fx-${i}`] : [])],
      emulator: `/usr/bin/qemu-${i}`,
      hugepages: { '2048': i % 2, '1048576': i % 3 },
      clockOffset: 1000,
      groups: { nova: ['nova'] },
      ids: { qemu: { uid: 107, gid: 107 } },
      listening: ['0.0.0.0:22'],
      reaches: { [`10.0.${(i + 1) >> 8}.${(i + 1) & 255}:16509`]: 'filtered' },
      started: { 'nova-compute': 1000, libvirtd: 1000 },
      paths: {
        '/etc/nova/nova.conf': file(5000),
        '/var/lib/nova/instances': { type: 'folder', mode: 448, uid: 162, gid: 162 },
      },
    };
    files[`c${i}/etc/nova/nova.conf`] = `${nova.join('\n')}\n`;
    files[`c${i}/etc/libvirt/qemu.conf`] = '';
    files[`c${i}/etc/libvirt/libvirtd.conf`] =
      'listen_tcp = 1\nunix_sock_group = "libvirt"\nunix_sock_rw_perms = "0770"\n';
    files[`c${i}/facts.json`] = JSON.stringify(facts);
  }
  return clusterOf(files);
}

test('of 2,000 hosts that differ in everything each rule tells in a moment', () => {
  const cluster = fleet(2000);
  // What is read once for all rules is not theirs to answer for.
  lint(cluster);
  const slow: string[] = [];
  for (const id of MEASURED) {
    const rule = RULES.find((r) => r.id === id);
    assert.ok(rule, id);
    // By the processor's time: others may keep the machine busy.
    const started = process.cpuUsage();
    const { findings } = lint(cluster, DEFAULT_SETTINGS, [{ ...rule }]);
    const { user, system } = process.cpuUsage(started);
    const took = (user + system) / 1000;
    assert.ok(findings.length > 100, `${id} has ${findings.length} findings`);
    if (took > 3000) slow.push(`${id}: ${Math.round(took)} ms`);
  }
  assert.deepEqual(slow, []);
});
