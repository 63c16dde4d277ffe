import { RULES } from '../rules/index';
import type { Fix } from '../lint';
import type { SourceFile } from '../model/files';
import type { Span } from '../syntax/types';
import { regionOf, type Region, type Report } from './item';

const LEVEL = { error: 'error', warning: 'warning', info: 'note' } as const;

/** One SARIF 2.1.0 log. Columns count UTF-16 units from 1; paths are relative to `base`, which %SRCROOT% names. */
export async function sarif(report: Report, base: string, version: string): Promise<string> {
  // Loaded here alone: the other formats need not wait for it. (Loading this module so would keep its rules from being
  // bundled flat, which costs 15 ms at every start.)
  const { SarifBuilder, SarifResultBuilder, SarifRuleBuilder, SarifRunBuilder } = await import('node-sarif-builder');
  const root = base.endsWith('/') ? base : `${base}/`;
  const at = (uri: string): Artifact => artifact(root, uri);
  const place = (file: SourceFile, span: Span): Place => ({
    physicalLocation: { artifactLocation: at(file.uri), region: regionOf(file, span) },
  });
  const run = new SarifRunBuilder().initSimple({
    toolDriverName: 'livemig',
    toolDriverVersion: version,
    url: 'https://github.com/livemig/livemig',
  });
  run.run.columnKind = 'utf16CodeUnits';
  run.run.originalUriBaseIds = { SRCROOT: { uri: root } };
  // The builder would add them without their base.
  const files = new Set(report.findings.map((f) => f.file.uri));
  run.run.artifacts = [...files].map((uri) => ({ location: at(uri) }));
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
    builder.result.locations = [place(finding.file, finding.span)];
    if (finding.related.length > 0) {
      builder.result.relatedLocations = finding.related.map((related, id) => ({
        id: id + 1,
        ...place(related.file, related.span),
        message: { text: related.message },
      }));
    }
    if (finding.fixes.length > 0) {
      const preferredFirst = [...finding.fixes].sort((a, b) => Number(b.preferred) - Number(a.preferred));
      builder.result.fixes = preferredFirst.map((fix) => repair(fix, at));
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
          locations: [{ physicalLocation: { artifactLocation: at(f.uri) } }],
        })),
        ...[...report.hidden].map(([file, count]) => ({
          level: 'note' as const,
          message: { text: `${count} more findings are not shown` },
          locations: [{ physicalLocation: { artifactLocation: at(file.uri) } }],
        })),
      ],
    },
  ];
  const log = new SarifBuilder();
  log.addRun(run);
  // The builder's own way to a string fails when a word of its own stands in a message, which may hold any.
  return JSON.stringify(log.buildSarifOutput(), undefined, 2) + '\n';
}

interface Artifact {
  readonly uri: string;
  readonly uriBaseId?: string;
}

interface Place {
  readonly physicalLocation: { readonly artifactLocation: Artifact; readonly region: Region };
}

/** One way to repair a finding: of several, the reader takes one. */
function repair(fix: Fix, at: (uri: string) => Artifact) {
  return {
    description: { text: fix.title },
    artifactChanges: [...new Set(fix.edits.map((e) => e.file))].map((file) => ({
      artifactLocation: at(file.uri),
      replacements: fix.edits
        .filter((e) => e.file === file)
        .map((e) => ({ deletedRegion: regionOf(file, e.span), insertedContent: { text: e.text } })),
    })),
  };
}

/** Relative to the root where it lies below it; any other file by its absolute URI, without a base. */
function artifact(root: string, uri: string): Artifact {
  if (`${uri}/` === root) return { uri: './', uriBaseId: 'SRCROOT' };
  if (!uri.startsWith(root)) return { uri };
  // Encoded anew: a colon, which a path may hold, would make its first part a scheme.
  const parts = uri.slice(root.length).split('/');
  return {
    uri: parts.map((part) => encodeURIComponent(decodeURIComponent(part))).join('/'),
    uriBaseId: 'SRCROOT',
  };
}
