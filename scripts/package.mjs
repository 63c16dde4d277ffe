// Packs the extension into livemig.vsix at the top. Usage: node scripts/package.mjs [--no-build]
import { createVSIX, listFiles } from '@vscode/vsce';
import { statSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildAll } from './build.mjs';

const root = path.resolve(import.meta.dirname, '..');
const LIMIT_BYTES = 1.5 * 1024 * 1024;

/** What may be inside. A file that `.vscodeignore` lets through by mistake is an error, not a bigger download. */
const allowed =
  /^(dist\/(client|client-main|client-nodes|client-inventories|webview-pages|webview-chart|server|server-main|languageserver|cli|cli-main|explain-cli|fleet)\.js|dist\/tables\/\w+\.json|syntaxes\/[\w.-]+\.json|docs\/rules\/.+\.md|docs\/[\w.-]+\.schema\.json|docs\/livemig\.ini\.md|docs\/images\/[\w-]+\.webp|l10n\/[\w.-]+\.json|package(\.nls(\.[\w-]+)?)?\.json|README\.md|LICENSE|CHANGELOG\.md|icon\.png|client\/nodes\.svg)$/;

/** @returns {Promise<string>} path of the package */
export async function pack() {
  const files = await listFiles({ cwd: root, dependencies: false });
  const strange = files.filter((file) => !allowed.test(file.replaceAll('\\', '/')));
  if (strange.length > 0) throw new Error(`.vscodeignore lets these through: ${strange.join(', ')}`);
  const packagePath = path.join(root, 'livemig.vsix');
  await createVSIX({ cwd: root, dependencies: false, packagePath, allowMissingRepository: true, skipLicense: false });
  const { size } = statSync(packagePath);
  if (size > LIMIT_BYTES) throw new Error(`livemig.vsix has ${size} bytes, ${LIMIT_BYTES} are allowed`);
  console.log(`livemig.vsix: ${files.length} files, ${(size / 1024).toFixed(0)} KiB`);
  return packagePath;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (!process.argv.includes('--no-build')) await buildAll();
  await pack();
}
