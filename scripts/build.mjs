// Bundles client, server and command line into dist/. Usage: node scripts/build.mjs [--quiet]
import { build } from 'esbuild';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { stripDocumentation } from './strip.mjs';
import { takeWords, wordsTable } from './words.mjs';

const root = path.resolve(import.meta.dirname, '..');

/** @type {import('esbuild').Plugin} */
const rules = {
  name: 'strip-rule-documentation',
  setup(b) {
    b.onLoad({ filter: /[\\/]server[\\/]src[\\/]rules[\\/].*\.ts$/ }, ({ path: file }) => ({
      contents: takeWords(stripDocumentation(readFileSync(file, 'utf8'), file), file).source,
      loader: 'ts',
    }));
  },
};

const words = wordsTable(path.join(root, 'server/src/rules'));

/**
 * Tables are files of their own beside the bundles, which share them, and are read when they are first required: nothing at
 * all for a command that never asks.
 * @type {import('esbuild').Plugin}
 */
const tables = {
  name: 'lazy-tables',
  setup(b) {
    b.onLoad({ filter: /[\\/]generated[\\/].*\.json$/ }, ({ path: file }) => ({
      contents: `module.exports = JSON.parse(require('node:fs').readFileSync(__dirname + '/tables/${path.basename(file)}', 'utf8'))`,
      loader: 'js',
    }));
  },
};

const GENERATED = path.join(root, 'server/src/knowledge/generated');

/** Whoever reads it meanwhile reads a whole one. */
function put(file, content, mode = 0o644) {
  const made = path.join(root, 'out/built', `${process.pid}-${path.basename(file)}`);
  for (const name of [made, file]) mkdirSync(path.dirname(name), { recursive: true });
  writeFileSync(made, content, { mode });
  renameSync(made, file);
}

function copyTables() {
  for (const name of readdirSync(GENERATED)) {
    const table = JSON.stringify(JSON.parse(readFileSync(path.join(GENERATED, name), 'utf8')));
    put(path.join(root, 'dist/tables', name), table);
  }
}

/**
 * An entry loads the rest later, from a file of its own: what it `import()`s becomes that file.
 * @param {string} specifier
 * @param {string} file
 * @returns {import('esbuild').Plugin}
 */
const later = (specifier, file) => ({
  name: 'main-apart',
  setup(b) {
    b.onResolve({ filter: /^\.\/\w+$/ }, ({ kind, path: wanted }) =>
      kind === 'dynamic-import' && wanted === specifier ? { path: file, external: true } : undefined,
    );
  },
});

/** What is run on nodes stands in the bundle as text: there is no folder beside it to read it from. @type {import('esbuild').Plugin} */
const collector = {
  name: 'scripts-inside',
  setup(b) {
    b.onLoad({ filter: /[\\/]fleet[\\/]files[\\/]script\.ts$/ }, ({ path: file }) => ({
      contents: `import { bare } from './bare'; import replace from './replace.sh'; import look from './look.sh';
        export const replaceScript = () => bare(replace); export const lookScript = () => bare(look);`,
      resolveDir: path.dirname(file),
      loader: 'ts',
    }));
    b.onLoad({ filter: /[\\/]fleet[\\/]collect[\\/]script\.ts$/ }, ({ path: file }) => ({
      contents: `import text from './collect.sh'; export const collector = () => text;`,
      resolveDir: path.dirname(file),
      loader: 'ts',
    }));
  },
};

/**
 * The fleet process borrows the rules from the language server's bundle, when a repair is asked for: they are the largest part
 * of the package already. What they are handed is plain objects of the same model.
 * @type {import('esbuild').Plugin}
 */
const borrowed = {
  name: 'rules-borrowed',
  setup(b) {
    b.onLoad({ filter: /[\\/]server[\\/]src[\\/](?:lint|rules[\\/]index)\.ts$/ }, () => ({
      contents: `const judge = () => require('./server-main.js');
        Object.defineProperties(exports, {
          RULES: { enumerable: true, get: () => judge().RULES },
          lint: { enumerable: true, get: () => judge().lint },
          lintSteps: { enumerable: true, get: () => judge().lintSteps },
        });`,
      loader: 'js',
    }));
    b.onResolve({ filter: /^\.\/server-main\.js$/ }, ({ path: file }) => ({ path: file, external: true }));
  },
};

/** The library that both halves of the language server use, from a file of its own. @type {import('esbuild').Plugin} */
const library = {
  name: 'library-apart',
  setup(b) {
    b.onResolve({ filter: /^vscode-languageserver(\/node|-textdocument)$/ }, () => ({
      path: './languageserver.js',
      external: true,
    }));
  },
};

/** What of the protocol's types is more than a type to our server or to the library itself. */
const TYPES = [
  ...['DocumentUri', 'URI', 'WorkspaceFolder', 'integer', 'uinteger'],
  ...['CodeActionKind', 'CodeActionTriggerKind', 'DiagnosticSeverity', 'DiagnosticTag'],
];

/**
 * Constructors and guards of all types of the protocol are a seventh of the library, and nobody calls them. They are written
 * so that no bundler dares to leave one out; as values of expressions without side effects they can be.
 * @type {import('esbuild').Plugin}
 */
const lean = {
  name: 'types-lean',
  setup(b) {
    b.onResolve(
      { filter: /^vscode-languageserver-types$/ },
      async ({ path: name, importer, kind, resolveDir, pluginData }) => {
        if (pluginData === lean) return undefined;
        const found = await b.resolve(name, { importer, kind, resolveDir, pluginData: lean });
        return { path: found.path, namespace: 'lean' };
      },
    );
    b.onLoad({ filter: /.*/, namespace: 'lean' }, ({ path: file }) => ({
      contents: `export { ${TYPES.join(', ')} } from ${JSON.stringify(file)};`,
      resolveDir: path.dirname(file),
    }));
    b.onLoad({ filter: /vscode-languageserver-types[\\/]lib[\\/]esm[\\/]main\.js$/ }, ({ path: file }) => ({
      contents: readFileSync(file, 'utf8')
        .replace(
          /^(?:export )?var (\w+);\n(?:\/\*\*(?:(?!\*\/)[^])*\*\/\n)?\(function \(\1\) \{$/gm,
          (all, name) =>
            `${all.startsWith('export') ? 'export ' : ''}var ${name} = /* @__PURE__ */ (function (${name}) {`,
        )
        .replace(/^\}\)\((\w+) \|\| \(\1 = \{\}\)\);$/gm, 'return $1; })({});'),
    }));
  },
};

/** What ssh2 tries and does without: compiled parts. */
const compiled = ['*.node', 'cpu-features'];

/** @type {import('esbuild').BuildOptions} */
export const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  external: compiled,
  // vscode-languageclient and -server publish CommonJS only under `main`; `module` would pull in browser builds.
  mainFields: ['main', 'module'],
};

// Names are shortened where size counts. esbuild's keepNames would keep them for stack traces, but it wraps every closure
// in a call: a fifth of an edit's time in the language server. The command line keeps the long names: it starts 8 ms
// faster so.
const small = { minifyIdentifiers: true };

/** `import()` becomes `require`: what is imported is read twice, once for the names of its exports. */
const required = { 'dynamic-import': false };
/** @type {import('esbuild').BuildOptions} */
const page = { ...small, platform: 'browser', format: 'iife', target: 'chrome114', mainFields: ['module', 'main'] };

const bundles = {
  'dist/client.js': {
    entryPoints: ['client/src/extension.ts'],
    external: ['vscode'],
    plugins: [later('./main', './client-main.js'), later('./start', './client-nodes.js')],
    supported: required,
  },
  'dist/client-main.js': { ...small, entryPoints: ['client/src/main.ts'], external: ['vscode'] },
  'dist/client-nodes.js': {
    ...small,
    entryPoints: ['client/src/nodes/start.ts'],
    external: ['vscode'],
    plugins: [later('./inventories', './client-inventories.js')],
    supported: required,
  },
  'dist/client-inventories.js': { ...small, entryPoints: ['client/src/nodes/inventories.ts'] },
  // What runs in pages of ours, in the browser's sandbox.
  'dist/webview-pages.js': { ...page, entryPoints: ['client/webview/pages.ts'] },
  'dist/webview-chart.js': { ...page, entryPoints: ['client/webview/chart.ts'] },
  'dist/server.js': {
    ...small,
    entryPoints: ['server/src/lsp/main.ts'],
    plugins: [later('./server', './server-main.js'), library],
    // `import()` becomes `require`: what is loaded must be there before the next message is handled.
    supported: { 'dynamic-import': false },
  },
  'dist/server-main.js': {
    ...small,
    stdin: {
      contents: `export { startServer } from './server/src/lsp/server';
        export { lint, lintSteps } from './server/src/lint';
        export { RULES } from './server/src/rules/index';`,
      resolveDir: root,
    },
    plugins: [library, rules, words, tables],
  },
  'dist/languageserver.js': {
    ...small,
    stdin: {
      contents: `export * from 'vscode-languageserver/node'; export { TextDocument } from 'vscode-languageserver-textdocument'`,
      resolveDir: root,
    },
    plugins: [lean],
  },
  'dist/cli.js': { ...small, entryPoints: ['server/src/cli/start.ts'] },
  'dist/cli-main.js': {
    entryPoints: ['server/src/cli/main.ts'],
    plugins: [later('./fleet', './fleet.js'), later('./explain', './explain-cli.js'), rules, words, tables],
    // It is run as a script of its own, which has no way to import.
    supported: required,
  },
  // What knows the messages of failures; the rules are handed to it.
  'dist/explain-cli.js': { ...small, entryPoints: ['server/src/cli/explain.ts'] },
  // What talks to nodes: run by the editor as a process of its own, loaded by the command line for what it asks of nodes, and
  // never by `lint`. One file for both: most of it is the same.
  'dist/fleet.js': {
    ...small,
    stdin: {
      contents: `import { main } from './server/src/fleet/process/main';
        export * from './server/src/cli/fleet';
        if (require.main === module) main();`,
      resolveDir: root,
    },
    plugins: [collector, borrowed, rules, words, tables],
    // As modules, of which a part can be left out; what is for Node alone comes as a whole.
    alias: { yaml: './node_modules/yaml/browser/dist/index.js' },
    loader: { '.sh': 'text' },
  },
};

/**
 * A part of what talks to nodes in a file of its own, as the fleet process has it, rules and tables included: to be measured alone.
 * @param {string} contents a module that exports it
 * @param {string} outfile
 */
export async function bundlePart(contents, outfile) {
  await build({
    ...common,
    ...small,
    stdin: { contents, resolveDir: root },
    plugins: [collector, rules, words],
    loader: { '.sh': 'text' },
    outfile,
  });
}

/**
 * @returns for each bundle its bytes, and how many of them are generated tables
 */
export async function buildAll() {
  /** @type {Record<string, { bytes: number, tables: number }>} */
  const sizes = {};
  const done = await Promise.all(
    Object.entries(bundles).map(async ([outfile, options]) => {
      const banner = outfile === 'dist/cli.js' ? { js: '#!/usr/bin/env node' } : {};
      const { metafile, outputFiles } = await build({ ...common, ...options, outfile, banner, write: false });
      put(path.join(root, outfile), outputFiles[0].contents, banner.js ? 0o755 : 0o644);
      return { outfile, output: metafile.outputs[outfile] };
    }),
  );
  for (const { outfile, output } of done) {
    const inputs = Object.entries(output.inputs).filter(([name]) => name.endsWith('.json'));
    sizes[outfile] = {
      bytes: output.bytes,
      tables: inputs.reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0),
    };
  }
  copyTables();
  return sizes;
}

/** What the language server consists of. */
const SERVER = ['dist/server.js', 'dist/server-main.js', 'dist/languageserver.js'];

/**
 * Bytes of the language server without its tables.
 * @param {Awaited<ReturnType<typeof buildAll>>} sizes
 */
export function serverBytes(sizes) {
  return SERVER.reduce((sum, file) => sum + sizes[file].bytes - sizes[file].tables, 0);
}

const kib = (bytes) => `${(bytes / 1024).toFixed(0)} KiB`;

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const sizes = await buildAll();
  if (!process.argv.includes('--quiet'))
    for (const [file, { bytes, tables }] of Object.entries(sizes))
      console.log(`${file.padEnd(22)}${kib(bytes).padStart(10)}${tables ? `, of it ${kib(tables)} tables` : ''}`);
}
