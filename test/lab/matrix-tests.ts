import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Bench } from './bench';
import type { Fault } from './faults/fault';
import { noLab } from './lab';
import { bench, inWords, type Try } from './matrix';

/** A test for each fault, in a lab of its own for the file. */
export function matrixTests(name: string, faults: readonly Fault[]): void {
  describe(`faults made in the lab: ${name}`, { skip: noLab }, () => {
    let lab: Bench<Try>;
    before(async () => {
      lab = await bench(faults[0]!.stage);
    });
    after(() => lab.close());
    for (const fault of faults)
      test(`${fault.id}: ${fault.title}`, async () => {
        const { found, beside, left } = await lab.try(fault);
        assert.ok(found, `${fault.finds.rule} was not told, but: ${beside.map(inWords).join('; ') || 'nothing'}`);
        assert.deepEqual(left.map(inWords), [], 'what is left when it is taken back');
      });
  });
}
