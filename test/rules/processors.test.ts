import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { GUEST_FLAGS, kernelFlag } from '../../server/src/rules/nova/_processors';

const MAP = '/usr/share/libvirt/cpu_map/x86_features.xml';

test("every flag that hosts are compared by is one of libvirt's features", { skip: !existsSync(MAP) }, () => {
  const features = [...readFileSync(MAP, 'utf8').matchAll(/<feature name='([^']+)'/g)].map((m) => m[1]!);
  assert.ok(features.length > 100);
  const known = new Set(features.map(kernelFlag));
  assert.deepEqual(
    GUEST_FLAGS.filter((flag) => !known.has(flag)),
    [],
  );
});

test('flags have one name each, and libvirt may write them in its own way', () => {
  assert.equal(new Set(GUEST_FLAGS).size, GUEST_FLAGS.length);
  assert.deepEqual(['sse4.2', 'AVX512-BF16', 'pclmuldq', 'sha-ni', 'x2apic', 'md-clear', ''].map(kernelFlag), [
    'sse4_2',
    'avx512_bf16',
    'pclmulqdq',
    'sha_ni',
    undefined,
    undefined,
    undefined,
  ]);
});
