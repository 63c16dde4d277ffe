import { regionOf, type Report } from './item';

/** For other programs: one object, findings with places counted from 1. */
export function json(report: Report): string {
  return (
    JSON.stringify(
      {
        findings: report.findings.map((f) => ({
          rule: f.rule.id,
          severity: f.severity,
          message: f.message,
          host: f.host?.name,
          file: report.show(f.file.uri),
          ...regionOf(f.file, f.span),
          related: f.related.map((r) => ({
            file: report.show(r.file.uri),
            ...regionOf(r.file, r.span),
            message: r.message,
          })),
          fixes: f.fixes.map((x) => ({ title: x.title, preferred: x.preferred })),
          tags: f.tags,
        })),
        hidden: [...report.hidden].map(([file, count]) => ({ file: report.show(file.uri), count })),
        failures: report.failures.map((f) => ({ file: report.show(f.uri), reason: f.reason })),
      },
      undefined,
      2,
    ) + '\n'
  );
}
