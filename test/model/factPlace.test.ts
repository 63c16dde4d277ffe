import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { factPlace, inventoryPlace } from '../../server/src/model/factPlace';
import type { Place } from '../../server/src/model/host';
import { JsonPlaces } from '../../server/src/syntax/json';
import { clusterOf } from '../support/cluster';

type Step = string | number;

/** Every path into a value, its own empty one included. */
function pathsOf(value: unknown): Step[][] {
  if (typeof value !== 'object' || value === null) return [[]];
  const steps: [Step, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [[], ...steps.flatMap(([step, inner]) => pathsOf(inner).map((p) => [step, ...p]))];
}

function at(value: unknown, path: readonly Step[]): unknown {
  return path.reduce<unknown>((inner, step) => (inner as Record<Step, unknown>)[step], value);
}

describe('places in JSON', () => {
  test('the text at the place of a value is that value, whatever the value and however it is written', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, '\t', '\r\n '), (value, blanks) => {
        const text = ` ${JSON.stringify(value, undefined, blanks)}\n`;
        // What JSON itself reads back: -0 becomes 0, and a member called __proto__ is a member like others.
        const read: unknown = JSON.parse(text);
        const places = new JsonPlaces(text);
        for (const path of pathsOf(read)) {
          const found = places.at(path);
          assert.ok(found, JSON.stringify(path));
          assert.deepEqual(JSON.parse(text.slice(found.value.start, found.value.end)), at(read, path));
          const last = path.at(-1);
          if (typeof last === 'string') assert.equal(JSON.parse(text.slice(found.key!.start, found.key!.end)), last);
        }
      }),
    );
  });

  test('of equal names the last counts, as for JSON.parse', () => {
    assert.deepEqual(new JsonPlaces('{"a": 1, "a": 22}').at(['a'])?.value, { start: 14, end: 16 });
  });

  test('there is no place for what is not there', () => {
    for (const path of [['b'], ['a', 'b'], ['a', 0], [0]]) assert.equal(new JsonPlaces('{"a": 1}').at(path), undefined);
    assert.equal(new JsonPlaces('[1]').at([1]), undefined);
    assert.equal(new JsonPlaces('').at([]), undefined);
  });

  test('any text is borne', () => {
    const piece = fc.constantFrom('{', '}', '[', ']', ':', ',', '"a"', '"', '\\', '1', 'null', ' ', '\n');
    fc.assert(
      fc.property(fc.array(piece), fc.constantFrom([], ['a'], ['a', 'a'], [0, 'a']), (pieces, path) => {
        const text = pieces.join('');
        const found = new JsonPlaces(text).at(path);
        assert.ok(!found || (found.value.start < found.value.end && found.value.end <= text.length));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('places of facts', () => {
  const cluster = clusterOf({
    'livemig.ini': '[node a]\nqemu = 6.2.0\n[node b]\nqemu = 7.2.0\nqemu = 7.2.1\n',
    'a/facts.json': '{"qemu": "7.2.0",\n "paths": {"/srv": {"type": "folder", "mode": 493, "uid": 0, "gid": 0}}}\n',
    'b/etc/hostname': 'b\n',
  });
  const [a, b] = cluster.hosts as [(typeof cluster.hosts)[0], (typeof cluster.hosts)[0]];
  const text = (place: Place | undefined): string | undefined =>
    place && place.file.text.slice(place.span.start, place.span.end);

  test('a value, the name of an object, and the nearest there is', () => {
    assert.equal(text(factPlace(a, ['qemu'])), '"7.2.0"');
    assert.equal(text(factPlace(a, ['paths', '/srv', 'mode'])), '493');
    assert.equal(text(factPlace(a, ['paths', '/srv'])), '"/srv"');
    assert.equal(text(factPlace(a, ['paths', '/tmp', 'mode'])), '"paths"');
    assert.deepEqual(factPlace(a, ['libvirt'])?.span, { start: 0, end: 0 });
    assert.equal(factPlace(b, ['qemu']), undefined);
  });

  test('what livemig.ini says of a node', () => {
    assert.equal(text(inventoryPlace(cluster, a, 'qemu')), '6.2.0');
    assert.equal(text(inventoryPlace(cluster, b, 'qemu')), '7.2.1');
    assert.equal(inventoryPlace(cluster, b, 'libvirt'), undefined);
  });
});
