// Everything about the sources that can be checked without running them. Usage: node scripts/check.mjs
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { setup } from './setup.mjs';

const root = path.resolve(import.meta.dirname, '..');
process.chdir(root);
await setup('build');

const SERVER_LIMIT_BYTES = 700 * 1024;

/** A program of node_modules, or one of ours. @returns {Promise<string[]>} what it complained of */
async function program(script, ...args) {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  const status = await new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)));
  return status === 0 ? [] : [said.trim() || `${script} ended with ${status}`];
}

/** What package.json says against what is there. */
async function manifest() {
  const problems = [];
  const wrong = (text) => problems.push(text);
  const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
  const { contributes, icon, activationEvents, ...rest } = read('package.json');
  const strings = read('package.nls.json');
  const { buildSync } = await import('esbuild');

  const used = [...JSON.stringify({ contributes, ...rest }).matchAll(/"%([\w.]+)%"/g)].map(([, key]) => key);
  for (const key of used) if (!(key in strings)) wrong(`package.nls.json lacks ${key}`);
  for (const key of Object.keys(strings)) if (!used.includes(key)) wrong(`package.nls.json: nobody uses ${key}`);

  const files = [
    icon,
    ...contributes.languages.map((l) => l.configuration),
    ...contributes.grammars.map((g) => g.path),
    ...contributes.walkthroughs.flatMap((w) => w.steps.map(({ media }) => media.image ?? media.markdown)),
  ];
  for (const file of files) if (!existsSync(file)) wrong(`${file} does not exist`);
  for (const { path: file, scopeName } of contributes.grammars)
    if (existsSync(file) && read(file).scopeName !== scopeName) wrong(`${file}: its scopeName is not ${scopeName}`);

  // Commands and languages are listed in the client, too: asked there, not searched for.
  const { outputFiles } = buildSync({
    stdin: {
      contents: `export { languageIds } from './client/src/languages'; export { commandIds } from './client/src/extension';`,
      resolveDir: root,
    },
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    external: ['vscode', './main', './start'],
  });
  const client = { exports: {} };
  new Function('module', 'exports', 'require', outputFiles[0].text)(client, client.exports, () => ({}));
  const same = (what, a, b) => {
    const [left, right] = [[...a].sort().join(' '), [...b].sort().join(' ')];
    if (left !== right) wrong(`${what}: package.json has ${left}, the client has ${right}`);
  };
  same(
    'commands',
    contributes.commands.map((c) => c.command),
    client.exports.commandIds.map((id) => `livemig.${id}`),
  );
  same(
    'languages',
    contributes.languages.map((l) => l.id),
    client.exports.languageIds,
  );
  for (const { id } of contributes.languages)
    if (!activationEvents.includes(`onLanguage:${id}`)) wrong(`nothing activates for ${id}`);
  return problems;
}

async function sizes() {
  const { buildAll, serverBytes } = await import('./build.mjs');
  const own = serverBytes(await buildAll());
  return own > SERVER_LIMIT_BYTES
    ? [`the language server has ${own} bytes without its tables, ${SERVER_LIMIT_BYTES} are allowed`]
    : [];
}

/** Those that take longest come first: as many as there are processors are made beside each other. */
const checks = {
  lint: () => program('node_modules/eslint/bin/eslint.js', '--max-warnings', '0', '.'),
  format: () => program('node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'),
  types: async () => [
    ...(await program('node_modules/typescript/bin/tsc', '--noEmit', '-p', '.')),
    ...(await program('node_modules/typescript/bin/tsc', '--noEmit', '-p', 'client/webview')),
  ],
  generated: () => program('scripts/generate.mjs', '--check'),
  manifest,
  sizes,
};

let failed = 0;
const waiting = Object.entries(checks);
async function work() {
  for (let next; (next = waiting.shift()) !== undefined;) {
    const [name, check] = next;
    const start = performance.now();
    const problems = await Promise.resolve()
      .then(check)
      .catch((error) => [String(error?.stack ?? error)]);
    console.log(
      `${problems.length === 0 ? 'ok    ' : 'FAILED'} ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`,
    );
    for (const problem of problems) console.log(problem.replace(/^/gm, '       '));
    if (problems.length > 0) failed++;
  }
}
await Promise.all(Array.from({ length: availableParallelism() }, work));
process.exitCode = failed > 0 ? 1 : 0;
