import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { Facts } from '../../server/src/model/facts';
import { readFacts } from '../../server/src/model/readFacts';

/** One value for every field. */
const ALL: Required<Facts> = {
  measured: 1750000000,
  hostname: 'compute1',
  addresses: { eth0: ['192.0.2.11', 'fe80::1'] },
  init: 'systemd',
  libvirt: '9.0.0',
  qemu: '7.2.0',
  nova: '26.2.2',
  distribution: { id: 'debian', version: '12' },
  daemons: 'monolithic',
  sockets: ['libvirtd.socket'],
  daemonArguments: ['/usr/sbin/libvirtd', '--listen'],
  ids: { nova: { uid: 110, gid: 119 } },
  fqdn: 'compute1.example.net',
  kernel: '6.1.0-18-amd64',
  groups: { nova: ['nova', 'libvirt', 'kvm'] },
  cpu: {
    vendor: 'GenuineIntel',
    model: 'Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz',
    flags: ['sse2', 'vmx'],
    microcode: '0x5003604',
  },
  cpuModels: ['Skylake-Server', 'Cascadelake-Server'],
  machineTypes: ['pc', 'q35', 'pc-i440fx-7.2'],
  machineAliases: { pc: 'pc-i440fx-7.2' },
  emulator: '/usr/bin/qemu-system-x86_64',
  memory: { total: 192000, available: 64000 },
  hugepages: { '2048': 512 },
  sysctls: { 'vm.unprivileged_userfaultfd': '1' },
  clockOffset: -0.0002,
  resolves: { compute2: ['192.0.2.12'], nowhere: [] },
  listening: ['0.0.0.0:16509', '[::]:16509'],
  reaches: { '192.0.2.12:16509': 'open', '[2001:db8::2]:49152': 'filtered' },
  paths: {
    '/var/lib/nova/instances': { type: 'folder', mode: 0o755, uid: 110, gid: 119, modified: 1700000000 },
    '/etc/pki/qemu': null,
  },
  mounts: { '/var/lib/nova/instances': { source: 'filer:/nova', type: 'nfs4', options: 'rw,hard,vers=4.2' } },
  certificates: {
    '/etc/pki/libvirt/servercert.pem': {
      subject: 'CN=compute1.example.net',
      names: ['compute1.example.net', '192.0.2.11'],
      notBefore: 1700000000,
      notAfter: 1800000000,
    },
  },
  started: { libvirtd: 1700000000 },
  hostUuid: '11111111-2222-4333-8444-555555555555',
  productUuid: '11111111-2222-4333-8444-555555555556',
  interfaces: ['lo', 'eth0', 'br-int'],
  space: { '/var/lib/nova/instances': { total: 1_000_000, available: 400_000 } },
  writable: { nova: true, 'libvirt-qemu': false },
  sharesInstances: { compute2: true },
  firewall: {
    tools: ['nft', 'iptables-legacy'],
    manager: 'firewalld',
    ipv4: [
      [
        { ports: ['22', '49152-49215'], from: ['192.0.2.0/24'], to: ['192.0.2.11'], in: ['eth0'], verdict: 'accept' },
        { ports: ['2049'], verdict: 'accept', maybe: true },
        { verdict: 'reject' },
      ],
    ],
    ipv6: [],
  },
  securityModels: ['selinux', 'dac'],
  selinux: { mode: 'enforcing', booleans: { virt_use_nfs: true } },
  apparmor: false,
  secrets: ['11111111-2222-4333-8444-555555555557'],
  guestCpus: {
    type: 'kvm',
    usable: ['Skylake-Server'],
    unusable: { 'Icelake-Server': ['avx512-vbmi2'] },
    hostModel: 'Cascadelake-Server',
  },
  exported: { '/srv/instances': ['192.0.2.0/24(rw,no_root_squash)'] },
  shown: { '/srv/instances': ['192.0.2.0/24'] },
  rpc: ['mountd 3 tcp 20048'],
  images: { '/var/lib/libvirt/images/a': { qcow2: 16777216, used: 200704 }, '/var/lib/libvirt/images/b': null },
  pools: ['/var/lib/libvirt/images'],
  ssh: {
    known: ['compute2,192.0.2.12 ssh-ed25519 SHA256:jJ0uQzXlbFZ0xg5DRxDRwO3OQqY2Ov3k5e0bW8o0nR8'],
    keys: ['ssh-rsa SHA256:0rZ5u1vTDmZyDkKw2kyYV5WcZvQnYyK9rjQmTqI8v5o'],
    authorized: { root: ['options ssh-rsa SHA256:0rZ5u1vTDmZyDkKw2kyYV5WcZvQnYyK9rjQmTqI8v5o'], nova: [] },
    hostKeys: ['ssh-ed25519 SHA256:1rZ5u1vTDmZyDkKw2kyYV5WcZvQnYyK9rjQmTqI8v5o'],
    client: ['proxyjump ?'],
    server: ['permitrootlogin no'],
  },
  instances: [
    {
      name: 'instance-00000001',
      uuid: '11111111-2222-4333-8444-555555555558',
      title: 'web',
      state: 'running',
      memory: 2048,
      vcpus: 2,
      migrating: false,
      type: 'kvm',
      emulator: '/usr/bin/qemu-system-x86_64',
      machine: 'pc-i440fx-7.2',
      firmware: '/usr/share/OVMF/OVMF_CODE.fd',
      cpu: { mode: 'custom', model: 'Skylake-Server', requires: ['vmx'], without: ['hle'] },
      disks: [
        {
          device: 'disk',
          type: 'file',
          source: '/var/lib/nova/instances/x/disk',
          format: 'qcow2',
          cache: 'none',
          backing: '/var/lib/nova/instances/_base/y',
          readonly: false,
          shareable: false,
        },
      ],
      graphics: [{ type: 'vnc', listen: '0.0.0.0' }],
      hostDevices: ['pci 0000:3b:00.1'],
      bridges: ['br-int'],
      hugepages: [2048],
      secrets: ['11111111-2222-4333-8444-555555555557'],
      snapshots: 1,
      securityModels: ['selinux', 'dac'],
    },
  ],
};

test('every field is read as it is written, and the published schema has the same fields', () => {
  assert.deepEqual(readFacts(JSON.stringify(ALL)), ALL);
  const schema = JSON.parse(readFileSync(path.resolve(__dirname, '../../docs/facts.schema.json'), 'utf8')) as {
    properties: Record<string, { description?: string }>;
  };
  assert.deepEqual(Object.keys(schema.properties).sort(), Object.keys(ALL).sort());
  for (const [name, { description }] of Object.entries(schema.properties))
    assert.match(description ?? '', /Command: |etc\//, `${name} says what it was measured by`);
});

test('a field of the wrong type is dropped, the others stay', () => {
  for (const name of Object.keys(ALL)) {
    for (const wrong of [17, null, [[]], 'no', { x: 1 }, true]) {
      const facts = readFacts(JSON.stringify({ ...ALL, [name]: wrong }));
      assert.ok(facts, name);
      const kept = facts[name as keyof Facts];
      assert.deepEqual({ ...facts, [name]: undefined }, { ...ALL, [name]: undefined });
      // A string is a string; nothing else may come through as something it is not.
      if (kept !== undefined) assert.equal(typeof kept, typeof ALL[name as keyof Facts]);
    }
  }
  for (const text of ['', '[]', 'null', '"x"', '{']) assert.equal(readFacts(text), undefined);
});
