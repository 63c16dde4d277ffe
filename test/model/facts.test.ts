import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { readFacts, type Facts } from '../../server/src/model/facts';

/** One value for every field. */
const ALL: Required<Facts> = {
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
