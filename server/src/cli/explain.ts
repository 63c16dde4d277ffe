import { styleText } from 'node:util';
import { causesAmong, explain, type Explanation } from '../migration/explain';
import type { Report } from '../report/item';
import { regionOf } from '../report/item';
import type { Rule } from '../rules/rule';
import { write } from './options';

export interface ExplainOptions {
  readonly format: 'pretty' | 'json';
  readonly colour: boolean;
  readonly rules: readonly Rule[];
  /** What is wrong with the hosts that are at hand; undefined when none were named. */
  readonly report: Report | undefined;
}

/** A log of a gigabyte is not explained. */
const MOST_BYTES = 16 * 1024 * 1024;

/** `livemig explain`: exit code 0 when a message was known, 1 when none was, 2 when there was nothing to explain or a PATH could not be read. */
export async function explainCommand(words: readonly string[], options: ExplainOptions): Promise<number> {
  const text = words.length === 0 || words.join() === '-' ? await readAll() : words.join(' ');
  if (text === undefined || text.trim() === '') {
    process.stderr.write('livemig: explain what? Give the message, in quotes, or a log on standard input\n');
    return 2;
  }
  const explained = explain(text, options.rules);
  for (const { uri, reason } of options.report?.failures ?? [])
    process.stderr.write(`livemig: ${options.report?.show(uri)}: ${reason}\n`);
  await write(options.format === 'json' ? json(explained, options) : pretty(explained, options));
  if ((options.report?.failures.length ?? 0) > 0) return 2;
  return explained.length > 0 ? 0 : 1;
}

/** Standard input; undefined where it is a terminal, at which nobody would know what to do. */
async function readAll(): Promise<string | undefined> {
  if (process.stdin.isTTY) return undefined;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    // The end of a log tells more than its beginning.
    while (bytes > MOST_BYTES && chunks.length > 1) bytes -= chunks.shift()!.length;
  }
  return Buffer.concat(chunks).toString();
}

function pretty(explained: readonly Explanation[], { report, colour, rules }: ExplainOptions): string {
  const paint = (style: 'bold' | 'red' | 'dim', text: string): string =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  if (explained.length === 0)
    return 'No message in it is one that livemig knows. `livemig check` finds what is wrong with the nodes anyway.\n';
  const severity = new Map(rules.map((r) => [r.id as string, r.severity]));
  const out: string[] = [];
  for (const explanation of explained) {
    out.push(paint('bold', explanation.line), `  ${explanation.means}`);
    if (explanation.message.guest !== undefined) out.push(`  The guest: ${explanation.message.guest}`);
    const found = report ? causesAmong(report.findings, explanation) : [];
    if (found.length > 0) out.push('', '  Found here:');
    for (const finding of found) {
      const { startLine, startColumn } = regionOf(finding.file, finding.span);
      const where = `${report!.show(finding.file.uri)}:${startLine}:${startColumn}`;
      out.push(`    ${paint('red', where)} ${finding.message}  ${paint('dim', finding.rule.id)}`);
    }
    if (explanation.causes.length > 0) out.push('', found.length > 0 ? '  Other causes:' : '  Causes:');
    for (const { text, remedy, rules: ids = [] } of explanation.causes) {
      out.push(`    - ${text}`);
      if (remedy !== undefined) out.push(`      Do: ${remedy}.`);
      const finders = ids.filter((id) => severity.has(id));
      if (finders.length > 0) out.push(paint('dim', `      Found beforehand by: ${finders.join(', ')}`));
    }
    out.push('');
  }
  return out.join('\n');
}

function json(explained: readonly Explanation[], { report }: ExplainOptions): string {
  const messages = explained.map((explanation) => ({
    id: explanation.message.id,
    line: explanation.line,
    means: explanation.means,
    ...(explanation.message.guest !== undefined && { guest: explanation.message.guest }),
    causes: explanation.causes,
    rules: explanation.rules,
    ...(report && {
      found: causesAmong(report.findings, explanation).map((finding) => ({
        rule: finding.rule.id,
        severity: finding.severity,
        message: finding.message,
        uri: finding.file.uri,
        ...regionOf(finding.file, finding.span),
      })),
    }),
  }));
  return `${JSON.stringify({ messages }, undefined, 2)}\n`;
}
