/** Correct files give neither "unknown" nor "removed", whoever wrote them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lookup } from '../../server/src/knowledge/nova';
import { releaseIndex } from '../../server/src/knowledge/releases';
import { FIELD } from './field';

for (const { release, style, names } of FIELD) {
  test(`${release}, ${style}`, () => {
    const r = releaseIndex(release)!;
    const wrong: string[] = [];
    let count = 0;
    for (const line of names.trim().split('\n')) {
      const [section, ...keys] = line.trim().split(/ +/);
      for (const key of keys) {
        count++;
        const { kind } = lookup(section!, key, r);
        if (kind !== 'option' && kind !== 'alias') wrong.push(`[${section!}] ${key}: ${kind}`);
      }
    }
    assert.ok(count > 20);
    assert.deepEqual(wrong, []);
  });
}
