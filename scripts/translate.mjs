// Translates all TypeScript of the repository, and the modules that tests load with it, for translated.cjs.
import { transform } from 'esbuild';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const root = path.resolve(import.meta.dirname, '..');

/** @param {string} folder */
const sources = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : sources(file);
    return /(?<!\.d)\.(?:ts|mjs)$/.test(entry.name) ? [file] : [];
  });

/** @param {string} folder where the translations are put, each below the path that its source has in the repository */
export async function translate(folder) {
  const files = ['client', 'scripts', 'server', 'test'].flatMap((name) => sources(path.join(root, name)));
  await Promise.all(
    files.map(async (file) => {
      const made = await transform(readFileSync(file, 'utf8'), {
        ...{ loader: file.endsWith('.ts') ? 'ts' : 'js', format: 'cjs', platform: 'node', target: 'node20' },
        ...{ sourcefile: file, sourcemap: 'external', sourcesContent: false },
        define: {
          'import.meta.dirname': JSON.stringify(path.dirname(file)),
          'import.meta.filename': JSON.stringify(file),
          'import.meta.url': JSON.stringify(pathToFileURL(file).href),
        },
        logLevel: 'silent',
      }).catch((error) => {
        // A script that awaits at its top level is run, and never loaded by a test.
        if (file.endsWith('.mjs')) return undefined;
        throw error;
      });
      if (!made) return;
      const to = path.join(folder, path.relative(root, file));
      mkdirSync(path.dirname(to), { recursive: true });
      writeFileSync(`${to}.js`, made.code);
      writeFileSync(`${to}.map`, made.map);
    }),
  );
}
