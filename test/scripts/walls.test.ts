import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { ESLint } from 'eslint';

/** An import that a room may not make, and the file that makes it. */
const BREACHES: readonly (readonly [file: string, from: string])[] = [
  ['server/src/addresses.ts', './syntax/oslo'],
  ['server/src/syntax/oslo.ts', '../model/host'],
  ['server/src/syntax/oslo.ts', 'node:fs'],
  ['server/src/knowledge/nova.ts', '../syntax/oslo'],
  ['server/src/model/host.ts', '../rules/index'],
  ['server/src/model/host.ts', 'vscode-languageserver/node'],
  ['server/src/rules/index.ts', '../cli/program'],
  ['server/src/rules/index.ts', 'node:child_process'],
  ['server/src/lint.ts', './lsp/server'],
  ['client/src/main.ts', '../../server/src/lint'],
  ['client/src/main.ts', 'ssh2'],
  ['server/src/report/json.ts', '../cli/main'],
];

test('the walls of the house are lint rules', async () => {
  const cwd = path.resolve(__dirname, '../..');
  // Types are not needed for imports, and parsing with them would read the whole project for each.
  const eslint = new ESLint({ cwd, overrideConfig: { languageOptions: { parserOptions: { projectService: false } } } });
  for (const [file, from] of BREACHES) {
    const config = (await eslint.calculateConfigForFile(path.join(cwd, file))) as { rules: Record<string, unknown> };
    const only = new ESLint({
      cwd,
      overrideConfigFile: true,
      overrideConfig: {
        files: ['**/*.ts'],
        languageOptions: { parser: (await import('typescript-eslint')).parser },
        rules: { 'no-restricted-imports': config.rules['no-restricted-imports'] as never },
      },
    });
    const [result] = await only.lintText(`import x from '${from}';\nexport default x;\n`, {
      filePath: path.join(cwd, file),
    });
    assert.deepEqual(
      result?.messages.map((m) => m.ruleId),
      ['no-restricted-imports'],
      `${file} imports ${from}`,
    );
  }
});
