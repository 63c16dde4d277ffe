import { RULES } from '../rules/index';
import { regionOf, type Region, type Report } from './item';

const LEVEL = { error: 'error', warning: 'warning', info: 'note' } as const;

/** One SARIF 2.1.0 log. Columns count UTF-16 units from 1; paths are relative to `base`, which %SRCROOT% names. */
export async function sarif(report: Report, base: string, version: string): Promise<string> {
  // Loaded here alone: the other formats need not wait for it. (Loading this module so would keep its rules from being
  // bundled flat, which costs 15 ms at every start.)
  const { SarifBuilder, SarifResultBuilder, SarifRuleBuilder, SarifRunBuilder } = await import('node-sarif-builder');
  const run = new SarifRunBuilder().initSimple({
    toolDriverName: 'livemig',
    toolDriverVersion: version,
    url: 'https://github.com/livemig/livemig',
  });
  run.run.columnKind = 'utf16CodeUnits';
  run.run.originalUriBaseIds = { SRCROOT: { uri: base.endsWith('/') ? base : `${base}/` } };
  for (const rule of RULES) {
    const builder = new SarifRuleBuilder().initSimple({ ruleId: rule.id, shortDescriptionText: rule.title });
    builder.rule.defaultConfiguration = { level: LEVEL[rule.severity] };
    run.addRule(builder);
  }
  const indexes = new Map(RULES.map((rule, i) => [rule.id as string, i]));
  for (const finding of report.findings) {
    const builder = new SarifResultBuilder().initSimple({
      level: LEVEL[finding.severity],
      messageText: finding.message,
      ruleId: finding.rule.id,
    });
    builder.result.ruleIndex = indexes.get(finding.rule.id) ?? -1;
    builder.result.locations = [location(report.show(finding.file.uri), regionOf(finding.file, finding.span))];
    if (finding.related.length > 0) {
      builder.result.relatedLocations = finding.related.map((related, id) => ({
        id: id + 1,
        ...location(report.show(related.file.uri), regionOf(related.file, related.span)),
        message: { text: related.message },
      }));
    }
    run.addResult(builder);
  }
  run.run.invocations = [
    {
      executionSuccessful: report.failures.length === 0,
      toolExecutionNotifications: [
        ...report.failures.map((f) => ({
          level: 'error' as const,
          message: { text: f.reason },
          locations: [{ physicalLocation: { artifactLocation: artifact(report.show(f.uri)) } }],
        })),
        ...[...report.hidden].map(([file, count]) => ({
          level: 'note' as const,
          message: { text: `${count} more findings are not shown` },
          locations: [{ physicalLocation: { artifactLocation: artifact(report.show(file.uri)) } }],
        })),
      ],
    },
  ];
  const log = new SarifBuilder();
  log.addRun(run);
  return log.buildSarifJsonString({ indent: true }) + '\n';
}

function location(
  path: string,
  region: Region,
): { physicalLocation: { artifactLocation: ReturnType<typeof artifact>; region: Region } } {
  return { physicalLocation: { artifactLocation: artifact(path), region } };
}

/** A path outside the base is shown as its absolute URI, which has no base. */
function artifact(path: string): { uri: string; uriBaseId?: string } {
  return /^[a-z][\w+.-]*:/i.test(path)
    ? { uri: path }
    : { uri: path.split('/').map(encodeURIComponent).join('/'), uriBaseId: 'SRCROOT' };
}
