import { buildSync } from 'esbuild';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

let bundle: string | undefined;

/** Path of the language server, bundled from the sources as they are now, once for each test file. */
export function serverBundle(): string {
  if (bundle === undefined) {
    const folder = mkdtempSync(path.join(tmpdir(), 'livemig-server-'));
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
    chmodSync(folder, 0o755); // one test runs it as somebody else
    bundle = path.join(folder, 'server.js');
    buildSync({
      entryPoints: [path.resolve(__dirname, '../../../server/src/lsp/main.ts')],
      outfile: bundle,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
      mainFields: ['main', 'module'],
      logLevel: 'warning',
    });
  }
  return bundle;
}
