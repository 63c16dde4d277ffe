// Entry for `extensionTestsPath`, in code-server's extension host as in the desktop's. Bundled to out/inhost.
import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

interface Result {
  title: string;
  ok: boolean;
  skipped: boolean;
  ms: number;
  error?: string;
}

export async function run(): Promise<void> {
  // The host's console does not expand printf formats.
  Mocha.reporters.Base.consoleLog = (...args: unknown[]) => console.log(args.map(String).join(' '));
  const mocha = new Mocha({ ui: 'tdd', timeout: 120_000, color: false, grep: process.env.MOCHA_GREP ?? '' });
  mocha.suite.emit('pre-require', globalThis, 'index', mocha); // defines suite() and test()
  await import('./diagnostics.suite');
  await import('./actions.suite');
  await import('./commands.suite');
  await import('./languages.suite'); // opens all files: after those that want them closed
  await import('./nodes.suite'); // last: it has another livemig.ini
  return start(mocha);
}

function start(mocha: Mocha): Promise<void> {
  return new Promise((resolve, reject) => {
    const tests: Result[] = [];
    const done = (t: Mocha.Test, result: Omit<Result, 'title' | 'ms'>): void => {
      tests.push({ title: t.fullTitle(), ms: t.duration ?? 0, ...result });
      save(tests); // after each: a run that hangs has told how far it came
    };
    const runner = mocha.run((failures) => {
      if (failures > 0) reject(new Error(`${failures} tests failed`));
      else resolve();
    });
    runner.on('pass', (t) => done(t, { ok: true, skipped: false }));
    runner.on('pending', (t) => done(t, { ok: false, skipped: true }));
    runner.on('fail', (t, e: Error) => done(t, { ok: false, skipped: false, error: e.stack ?? String(e) }));
  });
}

function save(tests: readonly Result[]): void {
  if (!process.env.LIVEMIG_RESULTS) return;
  const count = (wanted: (t: Result) => boolean): number => tests.filter(wanted).length;
  const results = {
    passed: count((t) => t.ok),
    failed: count((t) => !t.ok && !t.skipped),
    skipped: count((t) => t.skipped),
    tests,
  };
  writeFileSync(process.env.LIVEMIG_RESULTS, JSON.stringify(results, null, 2));
}
