// Usage: npm run fault-matrix [-- --only ID|reach|names|stream|storage|guests|nova|plain|tls…] [--verbose]
// Makes each fault in the lab of test/lab, asks pre-flight, migrates a guest for real, and has a failure explained.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { setup } from './setup.mjs';

process.chdir(path.resolve(import.meta.dirname, '..'));
await setup('unit');
const { status } = spawnSync(
  process.execPath,
  ['--import', 'tsx', 'test/lab/drills/run.ts', ...process.argv.slice(2)],
  {
    stdio: 'inherit',
  },
);
process.exitCode = status ?? 1;
