// Lets Node run TypeScript that was translated beforehand (translate.mjs), in a fraction of the time that it takes to ask a
// loader for each file: `node --require ./scripts/translated.cjs FILE.ts` with $LIVEMIG_TRANSLATED set.
const { existsSync, readFileSync } = require('node:fs');
const { Module, SourceMap } = require('node:module');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const folder = process.env.LIVEMIG_TRANSLATED;
/** Where a source's translation lies. */
const translated = (file) => path.join(folder, path.relative(root, file));

const usual = Module._extensions['.js'];
for (const extension of ['.ts', '.mjs'])
  Module._extensions[extension] = (module, file) => {
    const script = `${translated(file)}.js`;
    if (existsSync(script)) module._compile(readFileSync(script, 'utf8'), file);
    else usual(module, file);
  };

/** @type {Map<string, SourceMap | undefined>} */
const maps = new Map();
function mapOf(file) {
  if (!maps.has(file)) {
    const map = `${translated(file)}.map`;
    maps.set(file, existsSync(map) ? new SourceMap(JSON.parse(readFileSync(map, 'utf8'))) : undefined);
  }
  return maps.get(file);
}

// Only who looks at a stack pays for its lines.
Error.prepareStackTrace = (error, sites) => {
  const at = sites.map((site) =>
    String(site).replace(/([^\s(]+\.(?:ts|mjs)):(\d+):(\d+)/, (all, file, line, column) => {
      const entry = path.isAbsolute(file) && mapOf(file)?.findEntry(line - 1, column - 1);
      return entry && 'originalLine' in entry ? `${file}:${entry.originalLine + 1}:${entry.originalColumn + 1}` : all;
    }),
  );
  return [Error.prototype.toString.call(error), ...at.map((line) => `    at ${line}`)].join('\n');
};
