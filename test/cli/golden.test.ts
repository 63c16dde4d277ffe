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

describe('golden outputs of the demo cluster', () => {
  test('lint, pretty', async () => {
    const run = await livemig(['lint', 'test/demo/nfs']);
    assert.equal(run.stderr, '');
    assert.equal(run.code, 1);
    same('demo-nfs.txt', run.stdout);
  });

  test('lint, json', async () => {
    const run = await livemig(['lint', '--format', 'json', 'test/demo/nfs']);
    assert.equal(run.stderr, '');
    same('demo-nfs.json', run.stdout);
  });

  test('lint, sarif: one log and nothing else', async () => {
    const run = await livemig(['lint', '--format', 'sarif', '--release', 'grizzly', 'test/demo/nfs']);
    assert.equal(run.stderr, '');
    // Where the checkout lies is the machine's own matter.
    same(
      'demo-nfs.sarif',
      run.stdout.replace(/"uri": "file:[^"]*\/test\/demo\/nfs\/"/, '"uri": "file:///…/test/demo/nfs/"'),
    );
  });

  test('fix --dry-run prints a diff and changes nothing; fix changes just that', async () => {
    const folder = tempFolder();
    try {
      cpSync(path.join(root, 'test/demo/nfs'), folder.path, { recursive: true });
      const dry = await livemig(['fix', '--dry-run', '.'], { cwd: folder.path });
      same('demo-nfs.diff', dry.stdout);
      assert.deepEqual(await livemig(['fix', '--dry-run', '.'], { cwd: folder.path }), dry, 'nothing was changed');
      const fixed = await livemig(['fix', '.'], { cwd: folder.path });
      same('demo-nfs-fix.txt', fixed.stdout);
      const again = await livemig(['fix', '.'], { cwd: folder.path });
      assert.match(again.stdout, /^0 files repaired/);
      same('demo-nfs-fixed.txt', (await livemig(['lint', '.'], { cwd: folder.path })).stdout);
    } finally {
      folder.remove();
    }
  });

  test('rules', async () => {
    const run = await livemig(['rules']);
    assert.equal(run.code, 0);
    same('rules.txt', run.stdout);
    const page = await livemig(['rules', 'nova/uri-no-placeholder']);
    assert.equal(page.stdout, readFileSync(path.join(root, 'docs/rules/nova/uri-no-placeholder.md'), 'utf8'));
  });
});
