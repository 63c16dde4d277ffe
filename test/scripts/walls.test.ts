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
  ['client/src/main.ts', 'node:child_process'],
  ['server/src/report/json.ts', '../cli/main'],
  ['server/src/model/host.ts', 'ssh-config'],
  ['server/src/model/host.ts', '../fleet/types'],
  ['server/src/rules/index.ts', '../fleet/pool'],
  ['server/src/workspace/load.ts', 'ssh2'],
  ['server/src/cli/lint.ts', 'node:child_process'],
  ['server/src/cli/lint.ts', 'ssh2/lib/protocol/keyParser'],
  ['server/src/lsp/server.ts', 'ssh-config'],
  ['server/src/report/json.ts', 'child_process'],
  ['server/src/fleet/ssh/connect.ts', '../../lsp/server'],
  ['server/src/fleet/ssh/connect.ts', '../../cli/program'],
  ['server/src/fleet/ssh/connect.ts', '../../../../client/src/main'],
  ['server/src/fleet/pool.ts', 'vscode'],
];

/** Imports that look like a breach and are none. */
const DOORS: typeof BREACHES = [
  ['server/src/fleet/ssh/connect.ts', 'ssh2'],
  ['server/src/fleet/ssh/config.ts', 'ssh-config'],
  ['server/src/fleet/shell.ts', 'node:child_process'],
  ['server/src/fleet/ssh/config.ts', '../../model/inventory'],
  ['server/src/cli/lint.ts', '../fleet/pool'],
];

test('the walls of the house are lint rules', async () => {
  const cwd = path.resolve(__dirname, '../..');
  // Types are not needed for imports, and parsing with them would read the whole project for each.
  const eslint = new ESLint({ cwd, overrideConfig: { languageOptions: { parserOptions: { projectService: false } } } });
  const cases = [
    ...BREACHES.map((b) => [...b, ['no-restricted-imports']] as const),
    ...DOORS.map((d) => [...d, []] as const),
  ];
  for (const [file, from, expected] of cases) {
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
      expected,
      `${file} imports ${from}`,
    );
  }
});
