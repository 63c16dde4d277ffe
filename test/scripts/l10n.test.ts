import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

const root = path.resolve(__dirname, '../..');

test('texts of the client are gathered for translators; what could not be looked up is refused with its line', async () => {
  const { textsOf } = (await import(path.join(root, 'scripts/generate/l10n.mjs'))) as {
    textsOf: (file: string, source: string) => string[];
  };
  assert.deepEqual(textsOf('a.ts', "l10n.t('One {0}', l10n.t(`two`));\nvscode.l10n.t('three');\n// l10n.t('no')\n"), [
    'One {0}',
    'two',
    'three',
  ]);
  assert.throws(() => textsOf('a.ts', "\nl10n.t('Of ' + name);"), /a\.ts, line 2/);
  assert.throws(() => textsOf('a.ts', 'l10n.t(`Of ${name}`);'), /a\.ts, line 1/);
});

test('the bundle is where VS Code looks for translations', () => {
  const bundle = JSON.parse(readFileSync(path.join(root, 'l10n/bundle.l10n.json'), 'utf8')) as Record<string, string>;
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { l10n?: string };
  assert.equal(manifest.l10n, './l10n');
  assert.equal(bundle['Apply the changes on {0}?'], 'Apply the changes on {0}?');
});
