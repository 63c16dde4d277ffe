// Reporter for `node --test`: one line a file, failures in full, and the counts as JSON in $LIVEMIG_COUNTS.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { inspect } from 'node:util';

const PRINTED_LIMIT = 4000;

const relative = (file) => (file ? path.relative(process.cwd(), file) : '(no file)');

/** The error as a reader wants it: its own stack, without the runner's frames. */
function describe(error) {
  const cause = error?.cause ?? error;
  const text = typeof cause === 'string' ? cause : (cause?.stack ?? cause?.message ?? inspect(cause));
  return text
    .split('\n')
    .filter((line) => !/^\s+at .*(node:|node_modules|async Promise\.all)/.test(line))
    .map((line) => `    ${line}`)
    .join('\n');
}

export default async function* reporter(source) {
  /** @type {Map<string, { passed: number, failed: number, skipped: number, ms: number }>} */
  const files = new Map();
  const of = (file) => {
    const key = relative(file);
    if (!files.has(key)) files.set(key, { passed: 0, failed: 0, skipped: 0, ms: 0 });
    return files.get(key);
  };
  /** Files that hold no test. @type {string[]} */
  const empty = [];
  let pending = { passed: 0, failed: 0, skipped: 0 };
  /** What each file has printed: shown when it breaks down as a whole. @type {Map<string, string>} */
  const printed = new Map();
  for await (const { type, data } of source) {
    if (type === 'test:stderr' || type === 'test:stdout') {
      if (process.env.VERBOSE) yield data.message;
      printed.set(data.file, ((printed.get(data.file) ?? '') + data.message).slice(-PRINTED_LIMIT));
      continue;
    }
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    // The runner reports a file that holds no test, or that cannot be loaded, as a test of the file's own name.
    const isFile = data.nesting === 0 && data.file !== undefined && path.resolve(data.name) === path.resolve(data.file);
    // A test is reported before the suite around it; a helper may have made it, so only the outermost names the file.
    const counts = pending;
    const suite = data.details?.type === 'suite';
    // One failure is one failure, however many suites and tests it is nested in.
    if (type === 'test:fail' && data.details.error?.failureType !== 'subtestsFailed') {
      counts.failed++;
      const about = isFile ? (printed.get(data.file) ?? '').trimEnd() : '';
      yield `FAILED ${relative(data.file)}: ${isFile ? '(the file)' : data.name}\n${describe(data.details.error)}\n${about ? `${about}\n` : ''}`;
    } else if (type === 'test:pass' && !suite && !isFile) {
      if (data.skip !== undefined || data.todo !== undefined) {
        counts.skipped++;
        yield `skipped ${relative(data.file)}: ${data.name}${typeof data.skip === 'string' && data.skip ? ` (${data.skip})` : ''}\n`;
      } else counts.passed++;
    }
    if (data.nesting > 0) continue;
    const file = of(data.file);
    for (const key of ['passed', 'failed', 'skipped']) file[key] += pending[key];
    file.ms += data.details?.duration_ms ?? 0;
    if (isFile && type === 'test:pass') empty.push(relative(data.file));
    pending = { passed: 0, failed: 0, skipped: 0 };
  }
  const total = { passed: 0, failed: 0, skipped: 0, empty };
  for (const [file, { passed, failed, skipped, ms }] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
    const parts = [`${passed} passed`, failed ? `${failed} failed` : '', skipped ? `${skipped} skipped` : ''].filter(
      Boolean,
    );
    yield `${failed ? 'FAILED' : 'ok    '} ${file.padEnd(48)} ${parts.join(', ')} (${(ms / 1000).toFixed(1)} s)\n`;
  }
  if (process.env.LIVEMIG_COUNTS) writeFileSync(process.env.LIVEMIG_COUNTS, JSON.stringify(total));
}
