// Loaded into a process that is measured, by NODE_OPTIONS: writes down how long it does not come to its timers, in stretches of
// 100 ms, as lines of `TIME BLOCKED`: ms since 1970, and ms, into the file that LIVEMIG_BENCH_BLOCKED names.
const { appendFileSync } = require('node:fs');
const { monitorEventLoopDelay } = require('node:perf_hooks');

const file = process.env.LIVEMIG_BENCH_BLOCKED;
if (file && process.argv[1]?.endsWith('fleet.js')) {
  // What it starts itself is not watched.
  delete process.env.LIVEMIG_BENCH_BLOCKED;
  delete process.env.NODE_OPTIONS;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  setInterval(() => {
    appendFileSync(file, `${Date.now()} ${(delay.max / 1e6).toFixed(2)}\n`);
    delay.reset();
  }, 100).unref();
}
