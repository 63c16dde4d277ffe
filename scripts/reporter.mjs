// Reporter of a test file that is run by itself: failures in full, and the counts as JSON in $LIVEMIG_COUNTS.
import { writeFileSync } from 'node:fs';
import { inspect } from 'node:util';

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
  const file = process.env.LIVEMIG_FILE;
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for await (const { type, data } of source) {
    // What is thrown when no test runs is no failure of one: it is told as a warning.
    if (type === 'test:diagnostic' && /^(Warning|Error): /.test(data.message)) yield `    ${data.message}\n`;
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    // One failure is one failure, however many suites and tests it is nested in.
    if (type === 'test:fail' && data.details.error?.failureType !== 'subtestsFailed') {
      counts.failed++;
      yield `FAILED ${file}: ${data.name}\n${describe(data.details.error)}\n`;
    } else if (type === 'test:pass' && (data.skip !== undefined || data.todo !== undefined)) {
      // A suite that is skipped tells nothing of the tests in it.
      counts.skipped++;
      const why = typeof data.skip === 'string' && data.skip ? ` (${data.skip})` : '';
      yield `skipped ${file}: ${data.name}${why}\n`;
    } else if (type === 'test:pass' && data.details?.type !== 'suite') counts.passed++;
  }
  if (process.env.LIVEMIG_COUNTS) writeFileSync(process.env.LIVEMIG_COUNTS, JSON.stringify(counts));
}
