import { pretty } from '../report/pretty';
import { checkstyle } from '../report/checkstyle';
import { github } from '../report/github';
import { json } from '../report/json';
import type { Report } from '../report/item';
import { sarif } from '../report/sarif';
import type { Severity } from '../rules/rule';
import type { Settings } from '../settings';
import { readPaths, readStandardInput, reportOf, type Input } from './input';
import { write, type Common } from './options';
import { progress, SILENT, type Progress } from './progress';

export const FORMATS = ['pretty', 'json', 'sarif', 'github', 'checkstyle'] as const;

export interface LintOptions extends Common {
  readonly format: (typeof FORMATS)[number];
  readonly severity: Severity;
  readonly maxWarnings: number | undefined;
  readonly stdinFilename: string | undefined;
}

const WEIGHT = { error: 0, warning: 1, info: 2 };

/** `livemig lint`: exit code 0 without errors, 1 with an error or too many warnings, 2 when a PATH could not be read. */
export async function lintCommand(paths: readonly string[], options: LintOptions): Promise<number> {
  const settings: Settings = { rules: options.rules };
  const bar = options.format === 'pretty' ? progress() : SILENT;
  const input = paths.includes('-')
    ? await readStandardInput(options.stdinFilename ?? '', options.release)
    : await readPaths(paths, options.release, bar);
  return answer(input, settings, options, bar);
}

/** Prints what is wrong with the input, and gives the exit code. */
export async function answer(
  input: Input,
  settings: Settings,
  options: Omit<LintOptions, 'stdinFilename'>,
  bar: Progress = SILENT,
): Promise<number> {
  const all = reportOf(input, settings, bar);
  const report: Report = {
    ...all,
    findings: all.findings.filter((f) => WEIGHT[f.severity] <= WEIGHT[options.severity]),
  };
  const text = await render(report, input.base, options);
  bar.end();
  await write(text);
  if (report.failures.length > 0) return 2;
  const errors = all.findings.some((f) => f.severity === 'error');
  const warnings = all.findings.filter((f) => f.severity === 'warning').length;
  return errors || (options.maxWarnings !== undefined && warnings > options.maxWarnings) ? 1 : 0;
}

async function render(report: Report, base: string, options: Omit<LintOptions, 'stdinFilename'>): Promise<string> {
  if (options.format === 'json') return json(report);
  if (options.format === 'pretty') return pretty(report, options.colour);
  if (options.format === 'github') return github(report);
  if (options.format === 'checkstyle') return checkstyle(report);
  return sarif(report, base, options.version);
}
