import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { livemig } from '../support/cli';
import { tempFolder } from '../support/temp';

const root = path.resolve(__dirname, '../..');
const golden = path.join(root, 'test/golden');

/** Compares with the file kept under test/golden; UPDATE_GOLDEN=1 writes it anew, to be read before it is committed. */
function same(name: string, actual: string): void {
  const file = path.join(golden, name);
  if (process.env.UPDATE_GOLDEN) writeFileSync(file, actual);
  assert.ok(existsSync(file), `${name} is missing: run with UPDATE_GOLDEN=1`);
  assert.equal(actual, readFileSync(file, 'utf8'));
}

for (const name of ['nfs', 'cephfs']) {
  const demo = `test/demo/${name}`;

  describe(`golden outputs of the demo cluster ${name}`, () => {
    test('lint, pretty', async () => {
      const run = await livemig(['lint', demo]);
      assert.equal(run.stderr, '');
      assert.equal(run.code, 1);
      same(`demo-${name}.txt`, run.stdout);
    });

    test('lint, json', async () => {
      const run = await livemig(['lint', '--format', 'json', demo]);
      assert.equal(run.stderr, '');
      same(`demo-${name}.json`, run.stdout);
    });

    test('lint, sarif: one log and nothing else', async () => {
      const run = await livemig(['lint', '--format', 'sarif', '--release', 'grizzly', demo]);
      assert.equal(run.stderr, '');
      // Where the checkout lies is the machine's own matter.
      const here = new RegExp(`"uri": "file:[^"]*/${demo}/"`);
      same(`demo-${name}.sarif`, run.stdout.replace(here, `"uri": "file:///…/${demo}/"`));
    });

    test('fix --dry-run prints a diff and changes nothing; fix changes just that', async () => {
      const folder = tempFolder();
      try {
        cpSync(path.join(root, demo), folder.path, { recursive: true });
        const dry = await livemig(['fix', '--dry-run', '.'], { cwd: folder.path });
        same(`demo-${name}.diff`, dry.stdout);
        assert.deepEqual(await livemig(['fix', '--dry-run', '.'], { cwd: folder.path }), dry, 'nothing was changed');
        const fixed = await livemig(['fix', '.'], { cwd: folder.path });
        same(`demo-${name}-fix.txt`, fixed.stdout);
        const again = await livemig(['fix', '.'], { cwd: folder.path });
        assert.match(again.stdout, /^0 files repaired/);
        same(`demo-${name}-fixed.txt`, (await livemig(['lint', '.'], { cwd: folder.path })).stdout);
      } finally {
        folder.remove();
      }
    });
  });
}

test('both demo clusters below one folder are two clusters', async () => {
  const run = await livemig(['lint', 'test/demo']);
  const of = (name: string): string => readFileSync(path.join(golden, `demo-${name}.txt`), 'utf8');
  const places = (text: string): string[] => text.match(/^\S+:\d+:\d+ (?=error|warning|info).*$/gm) ?? [];
  assert.deepEqual(
    places(run.stdout).sort(),
    ['cephfs', 'nfs'].flatMap((name) => places(of(name)).map((line) => `${name}/${line}`)).sort(),
  );
});

test('rules', async () => {
  const run = await livemig(['rules']);
  assert.equal(run.code, 0);
  same('rules.txt', run.stdout);
  const page = await livemig(['rules', 'nova/uri-no-placeholder']);
  assert.equal(page.stdout, readFileSync(path.join(root, 'docs/rules/nova/uri-no-placeholder.md'), 'utf8'));
});
