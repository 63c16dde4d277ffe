import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { Bench } from '../bench';
import { noLab } from '../lab';
import { bench, type Try } from './bench';
import type { Stage } from './drill';
import { ALWAYS, DRILLS } from './index';
import { verdictOf } from './verdict';

/** A test for each drill of a stage that every run makes, in a lab of its own. */
export function drillTests(stage: Stage): void {
  describe(`migrations run into faults: ${stage}`, { skip: noLab }, () => {
    let lab: Bench<Try>;
    before(async () => {
      lab = await bench(stage);
    });
    after(() => lab.close());
    for (const drill of DRILLS.filter((d) => d.stage === stage && ALWAYS.includes(d.id)))
      test(`${drill.id}: ${drill.title}`, { skip: drill.needs === 'kvm' && !existsSync('/dev/kvm') }, async () => {
        const result = await lab.try(drill);
        const { reasons, outcome, explained } = result;
        assert.deepEqual(verdictOf(result).wrong, [], JSON.stringify({ reasons, outcome, explained }, undefined, 2));
      });
  });
}
