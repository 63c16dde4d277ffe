import { regionOf, type Report } from './item';

const COMMAND = { error: 'error', warning: 'warning', info: 'notice' } as const;

/** Workflow commands, which GitHub shows beside the changed lines. https://docs.github.com/actions/reference/workflow-commands */
export function github(report: Report): string {
  const lines = report.findings.map((f) => {
    const { startLine, startColumn, endLine, endColumn } = regionOf(f.file, f.span);
    // GitHub counts the end column inclusive, and takes columns only within one line.
    const columns = endLine === startLine ? { col: startColumn, endColumn: Math.max(startColumn, endColumn - 1) } : {};
    return command(
      COMMAND[f.severity],
      { file: report.show(f.file.uri), line: startLine, endLine, ...columns, title: f.rule.id },
      f.message,
    );
  });
  const unreadable = report.failures.map((f) => command('error', { file: report.show(f.uri) }, f.reason));
  const hidden = [...report.hidden].map(([file, count]) =>
    command('notice', { file: report.show(file.uri) }, `${count} more findings are not shown`),
  );
  return [...unreadable, ...lines, ...hidden].map((l) => `${l}\n`).join('');
}

function command(name: string, properties: Readonly<Record<string, string | number>>, message: string): string {
  const list = Object.entries(properties).map(
    ([key, value]) => `${key}=${data(String(value)).replace(/:/g, '%3A').replace(/,/g, '%2C')}`,
  );
  return `::${name} ${list.join(',')}::${data(message)}`;
}

function data(text: string): string {
  return text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}
