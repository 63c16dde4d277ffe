// Usage: npm run preflight-matrix [-- --only ID…]
// Makes each fault in the lab of test/lab, lists what livemig finds, takes it back, and looks again.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { setup } from './setup.mjs';

process.chdir(path.resolve(import.meta.dirname, '..'));
await setup('unit');
const { status } = spawnSync(process.execPath, ['--import', 'tsx', 'test/lab/preflight.ts', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
