import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { lint } from '../../server/src/lint';
import type { Cluster } from '../../server/src/model/cluster';
import { livemig } from '../support/cli';
import { alone, declared, readCorpus, undeclared, type Sample } from '../support/corpus';
import { lineOf } from '../support/place';

/** Errors and warnings of a cluster, one line each. */
function problems(cluster: Cluster): string[] {
  return lint(cluster)
    .findings.filter((f) => f.severity !== 'info')
    .map((f) => `${f.file.uri}:${lineOf(f.file.text, f.span.start)} ${f.severity} ${f.rule.id}: ${f.message}`);
}

describe('correct configurations lint without an error or a warning', () => {
  let samples: Sample[] = [];
  before(async () => {
    samples = await readCorpus();
  });

  test('there are a hundred of them, from every release', () => {
    assert.ok(samples.length >= 100, `${samples.length}`);
    const releases = new Set(samples.flatMap((s) => declared(s).hosts.map((h) => h.release.index)));
    for (let r = 0; r <= 25; r++) assert.ok(releases.has(r), `no sample of release ${r}`);
  });

  test('as livemig.ini declares them', () => {
    assert.deepEqual(
      samples.flatMap((s) => problems(declared(s))),
      [],
    );
  });

  test('release, roles and addresses not declared', () => {
    assert.deepEqual(
      samples.flatMap((s) => problems(undeclared(s))),
      [],
    );
  });

  for (const inventory of [true, false]) {
    test(`each file alone, ${inventory ? 'with' : 'without'} livemig.ini above it`, async () => {
      const found: string[] = [];
      for (const sample of samples)
        for (const cluster of await alone(sample, inventory)) found.push(...problems(cluster));
      assert.deepEqual(found, []);
    });
  }

  test('all of them by the command line', async () => {
    const run = await livemig(['lint', '--severity', 'warning', '--max-warnings', '0', '.'], { cwd: __dirname });
    assert.equal(run.stderr, '');
    assert.equal(run.code, 0, run.stdout);
  });
});
