import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { readFacts, type Facts } from '../../server/src/model/facts';

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
  mounts: { '/var/lib/nova/instances': { source: 'filer:/nova', type: 'nfs4' } },
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
