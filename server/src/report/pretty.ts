import { styleText } from 'node:util';
import type { Finding } from '../lint';
import { lineIndexOf } from '../model/parsed';
import { regionOf, type Report } from './item';

const COLOUR = { error: 'red', warning: 'yellow', info: 'blue' } as const;

/** More of a line than this is cut off round the marked range. */
const WIDTH = 100;

type Paint = (style: Parameters<typeof styleText>[0], text: string) => string;

/** For people: each finding with its line and a caret under the range. */
export function pretty(report: Report, colour: boolean): string {
  const paint: Paint = colour ? (style, text) => styleText(style, text, { validateStream: false }) : (_, text) => text;
  const out: string[] = [];
  for (const failure of report.failures)
    out.push(`${paint('red', 'unreadable')} ${paint('bold', report.show(failure.uri))}: ${failure.reason}`, '');
  for (const finding of report.findings) out.push(...one(finding, report, paint), '');
  for (const [file, count] of report.hidden)
    out.push(`${report.show(file.uri)}: ${count} more findings are not shown`, '');
  out.push(summary(report, paint));
  return out.join('\n') + '\n';
}

function one(finding: Finding, report: Report, paint: Paint): string[] {
  const region = regionOf(finding.file, finding.span);
  const index = lineIndexOf(finding.file);
  const { start, end } = index.lineSpan(region.startLine - 1);
  const line = finding.file.text.slice(start, end);
  const last = region.endLine === region.startLine ? region.endColumn : line.length + 1;
  // A line of ten megabytes must not fill the terminal.
  const cut = region.startColumn - 1 > WIDTH / 2 ? region.startColumn - 1 - WIDTH / 2 : 0;
  const shown = line.slice(cut, cut + WIDTH);
  const before = shown.slice(0, region.startColumn - 1 - cut);
  const carets = Math.max(1, Math.min(last - region.startColumn, shown.length - before.length));
  const number = String(region.startLine);
  const gutter = ' '.repeat(number.length);
  const colour = COLOUR[finding.severity];
  const lines = [
    `${paint('bold', `${report.show(finding.file.uri)}:${number}:${region.startColumn}`)} ${paint(colour, finding.severity)} ${finding.message} ${paint('gray', `[${finding.rule.id}]`)}`,
    `${paint('gray', `${number} |`)} ${visible(shown)}`,
    `${paint('gray', `${gutter} |`)} ${blank(before)}${paint(colour, '^'.repeat(carets))}`,
  ];
  for (const related of finding.related) {
    const at = regionOf(related.file, related.span);
    lines.push(
      `${paint('gray', `${gutter} = ${report.show(related.file.uri)}:${at.startLine}:${at.startColumn}`)} ${related.message}`,
    );
  }
  const fix = finding.fixes.find((f) => f.preferred);
  if (fix) lines.push(`${paint('gray', `${gutter} = fix:`)} ${fix.title}`);
  // Where the choice is the operator's, all of them.
  else for (const choice of finding.fixes) lines.push(`${paint('gray', `${gutter} = choice:`)} ${choice.title}`);
  return lines;
}

/** Control characters made visible, so that a file cannot drive the terminal. */
function visible(line: string): string {
  return line.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    '\u00b7',
  );
}

/** As wide as the text, tabs kept so that the caret stands right. */
function blank(text: string): string {
  return text.replace(/[^\t]/g, ' ');
}

function summary(report: Report, paint: Paint): string {
  const count = (severity: Finding['severity']): number =>
    report.findings.filter((f) => f.severity === severity).length;
  const errors = count('error');
  const warnings = count('warning');
  const infos = count('info');
  if (errors + warnings + infos === 0)
    return report.failures.length > 0 ? 'No problems in what could be read.' : paint('green', 'No problems.');
  const parts = [plural(errors, 'error'), plural(warnings, 'warning'), infos > 0 ? `${infos} info` : undefined].filter(
    (p) => p !== undefined,
  );
  const fixable = report.findings.filter((f) => f.fixes.some((x) => x.preferred)).length;
  return `${parts.join(', ')}${fixable > 0 ? `; \`livemig fix\` repairs ${fixable}` : ''}`;
}

function plural(n: number, word: string): string {
  return `${n} ${word}${n === 1 ? '' : 's'}`;
}
