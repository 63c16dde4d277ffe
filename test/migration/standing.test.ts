// Where a guest is, by what its two nodes say.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readJobInfo } from '../../server/src/migration/libvirt/jobinfo';
import { standingOf } from '../../server/src/migration/libvirt/standing';
import { readState } from '../../server/src/migration/libvirt/state';

/** What a node answers: `running (booted)`, with a job or without; `-` for a guest that is not there, `?` for no answer. */
function said(text: string) {
  if (text === '?') return undefined;
  const job = text.endsWith(', sends') ? 'Job type: 2\n  operation: 5' : 'Job type: 0';
  const state = text.replace(/, sends$/, '');
  return { info: readJobInfo(job), state: state === '-' ? undefined : readState(state) };
}

const TABLE: readonly (readonly [here: string, there: string, standing: ReturnType<typeof standingOf>])[] = [
  // As long as the source has a job of it nothing is over, whatever the other one says.
  ['running (booted), sends', '?', undefined],
  ['paused (migrating), sends', 'running (migrated)', undefined],
  ['running (migration canceled)', '-', 'source'],
  ['running (booted)', 'paused (migrating)', 'source'],
  ['running (booted)', '?', 'source'],
  ['paused (user)', '-', 'source'],
  ['-', 'running (migrated)', 'destination'],
  ['shut off (migrated)', 'running (migrated)', 'destination'],
  ['-', 'paused (user)', 'destination'],
  ['?', 'running (migrated)', 'destination'],
  // At both: it was started there, whoever did so, and never sent.
  ['running (booted)', 'running (booted)', 'source'],
  ['paused (migrating)', 'running (booted)', undefined],
  // Nobody says which is the right one.
  ['running (booted)', 'running (migrated)', undefined],
  ['paused (migrating)', 'paused (migrating)', undefined],
  ['-', 'paused (migrating)', undefined],
  ['?', 'paused (migrating)', undefined],
  ['-', '?', undefined],
  ['?', '?', undefined],
  ['paused (post-copy)', 'running (post-copy)', undefined],
  ['paused (post-copy failed), sends', 'paused (post-copy failed)', 'broken'],
  ['paused (post-copy failed)', '-', 'broken'],
  ['shut off (crashed)', 'paused (post-copy failed)', 'broken'],
  ['shut off (destroyed)', '-', 'gone'],
  ['-', '-', 'gone'],
];

for (const [here, there, standing] of TABLE)
  test(`${here} and ${there}: ${standing ?? 'open'}`, () => {
    assert.equal(standingOf(said(here), said(there)), standing);
  });
