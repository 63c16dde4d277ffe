// One linter for the whole project. The walls of the house (ARCHITECTURE.md) are rules here.
import tseslint from 'typescript-eslint';

const pure = ['syntax', 'knowledge', 'model', 'rules', 'editing'].map((room) => `server/src/${room}/**/*.ts`);
const outside = [
  {
    group: ['node:*', 'fs', 'path', 'os', 'child_process', 'net'],
    message: 'A pure room: it gets everything by argument.',
  },
  {
    group: [
      'vscode',
      'vscode-languageclient*',
      'vscode-languageserver',
      'vscode-languageserver/*',
      'vscode-jsonrpc*',
      'ssh2',
      'ssh2/*',
      'ssh-config',
    ],
    message: 'A pure room: no editor, no connection.',
  },
];
/** Rooms that a room may not look into, as import patterns. */
const above = (...rooms) => ({
  group: rooms.map((r) => `**/${r}/**`).concat(rooms.map((r) => `**/${r}`)),
  message: 'The wall: see ARCHITECTURE.md.',
});
/** What talks to nodes, and what starts programs. */
const dialling = {
  group: ['ssh2', 'ssh2/*', 'ssh-config', 'child_process', 'node:child_process'],
  message: 'Only server/src/fleet dials and starts programs.',
};
const thin = {
  regex: 'server/src/(?!(?:fleet-)?protocol$)',
  message: 'The client is thin: types of the two protocols only.',
};
const wall = (files, ...patterns) => ({ files, rules: { 'no-restricted-imports': ['error', { patterns }] } });
const entries = {
  group: ['**/cli/main', '**/lsp/main', '**/client/src/extension'],
  message: 'Nothing imports an entry.',
};

export default tseslint.config(
  { ignores: ['dist/**', 'out/**', '**/node_modules/**', 'test/tools/node_modules/**', 'server/src/**/generated/**'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-non-null-assertion': 'off', // noUncheckedIndexedAccess makes `a[i]!` the honest spelling in parsers
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      'no-restricted-imports': ['error', { patterns: [entries] }],
      // Nothing that came from a file or a node reaches a shell: programs are run by an argument list, in the one place for it.
      'no-restricted-syntax': [
        'error',
        {
          selector: 'CallExpression[callee.name=/^(exec|execSync)$/]',
          message: 'No shell: execFile or spawn with an argument list.',
        },
      ],
    },
  },
  wall(
    ['server/src/addresses.ts'],
    ...outside,
    above('syntax', 'knowledge', 'model', 'rules', 'lsp', 'cli', 'fleet', 'workspace', 'editing', 'report'),
    entries,
  ),
  wall(
    ['server/src/syntax/**/*.ts'],
    ...outside,
    above('knowledge', 'model', 'rules', 'lsp', 'cli', 'fleet', 'workspace', 'editing', 'report'),
    entries,
  ),
  wall(
    ['server/src/knowledge/**/*.ts'],
    ...outside,
    above('syntax', 'model', 'rules', 'lsp', 'cli', 'fleet', 'workspace', 'editing', 'report'),
    entries,
  ),
  wall(
    ['server/src/model/**/*.ts'],
    ...outside,
    above('rules', 'lsp', 'cli', 'fleet', 'workspace', 'editing', 'report'),
    entries,
  ),
  wall(
    [
      ...pure.filter((p) => /rules|editing/.test(p)),
      'server/src/lint.ts',
      'server/src/fixes.ts',
      'server/src/needless.ts',
      'server/src/suppress.ts',
      'server/src/settings.ts',
    ],
    ...outside,
    above('lsp', 'cli', 'fleet', 'workspace', 'report'),
    entries,
  ),
  // Last of the server's walls but one: it names whole rooms, and a file's last wall is the one that holds.
  wall(
    ['workspace', 'report', 'lsp', 'cli'].map((room) => `server/src/${room}/**/*.ts`),
    dialling,
    entries,
  ),
  wall(
    ['server/src/fleet/**/*.ts'],
    { group: ['vscode', 'vscode-languageclient*', 'vscode-languageserver*'], message: 'Nodes know no editor.' },
    above('lsp', 'cli', 'report', 'client'),
    entries,
  ),
  wall(
    ['server/src/migration/**/*.ts'],
    dialling,
    { group: ['vscode', 'vscode-languageclient*', 'vscode-languageserver*'], message: 'Migrations know no editor.' },
    above('lsp', 'cli', 'report', 'client'),
    entries,
  ),
  wall(['client/src/**/*.ts'], dialling, thin, entries),
  // The one file that starts the process that dials.
  wall(
    ['client/src/nodes/process.ts'],
    { group: ['ssh2', 'ssh2/*', 'ssh-config'], message: 'Only server/src/fleet dials.' },
    thin,
    entries,
  ),
  // The one file that brings a part of the server along: what livemig.ini says of nodes.
  wall(['client/src/nodes/inventories.ts'], dialling, entries),
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', name: ['test', 'it', 'describe', 'suite'], package: 'node:test' },
          ],
        },
      ],
    },
  },
  {
    files: ['**/*.mjs'],
    extends: [tseslint.configs.base],
    rules: { 'no-unused-vars': 'off', '@typescript-eslint/no-unused-vars': 'error' },
  },
);
