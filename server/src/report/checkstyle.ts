import type { Finding } from '../lint';
import { regionOf, type Report } from './item';

/** Checkstyle's XML, which most CI servers read. */
export function checkstyle(report: Report): string {
  const byFile = new Map<string, string[]>();
  const add = (uri: string, line: string): void => {
    const path = report.show(uri);
    byFile.set(path, [...(byFile.get(path) ?? []), line]);
  };
  for (const { uri, reason } of report.failures)
    add(uri, error({ severity: 'error', message: reason, source: 'livemig.unreadable' }));
  const findings = new Map<string, Finding[]>();
  for (const finding of report.findings) {
    const list = findings.get(finding.file.uri);
    if (list) list.push(finding);
    else findings.set(finding.file.uri, [finding]);
  }
  for (const [uri, list] of findings) {
    const lines = list.map((f) => {
      const { startLine, startColumn } = regionOf(f.file, f.span);
      return error({
        line: startLine,
        column: startColumn,
        severity: f.severity,
        message: f.message,
        source: `livemig.${f.rule.id}`,
      });
    });
    byFile.set(report.show(uri), [...(byFile.get(report.show(uri)) ?? []), ...lines]);
  }
  for (const [file, count] of report.hidden)
    add(
      file.uri,
      error({ severity: 'info', message: `${count} more findings are not shown`, source: 'livemig.hidden' }),
    );
  const files = [...byFile].map(([path, lines]) => `  <file name="${escaped(path)}">\n${lines.join('')}  </file>\n`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<checkstyle version="4.3">\n${files.join('')}</checkstyle>\n`;
}

function error(attributes: Readonly<Record<string, string | number>>): string {
  const list = Object.entries(attributes).map(([name, value]) => `${name}="${escaped(String(value))}"`);
  return `    <error ${list.join(' ')}/>\n`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** XML text; control characters, which XML 1.0 cannot hold at all, become U+FFFD. */
function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ENTITIES[c]!).replace(/[\u0000-\u001f\ufffe\uffff]/g, '\ufffd');
}
