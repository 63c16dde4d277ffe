import { DiagnosticSeverity, DiagnosticTag, type Diagnostic } from 'vscode-languageserver/node';
import { MAX_FINDINGS_PER_FILE, type Finding } from '../lint';
import type { Features } from './features';
import { rangeOf } from './positions';
import type { Key } from './uris';

const SEVERITIES = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  info: DiagnosticSeverity.Information,
} as const;

const TAGS = { deprecated: DiagnosticTag.Deprecated, unnecessary: DiagnosticTag.Unnecessary } as const;

export class Converter {
  readonly #features: Features;
  readonly #ruleUri: string | undefined;
  readonly #spell: (key: Key) => string;

  constructor(features: Features, ruleUri: string | undefined, spell: (key: Key) => string) {
    this.#features = features;
    this.#ruleUri = ruleUri;
    this.#spell = spell;
  }

  diagnostic(finding: Finding): Diagnostic {
    const { rule, file, span, related } = finding;
    const can = this.#features;
    const tags = finding.tags.map((t) => TAGS[t]).filter((t) => can.tags.has(t));
    return {
      range: rangeOf(file, span),
      severity: SEVERITIES[finding.severity],
      code: rule.id,
      ...(this.#ruleUri !== undefined &&
        can.codeDescription && { codeDescription: { href: ruleHref(this.#ruleUri, rule.id) } }),
      source: 'livemig',
      message: finding.message,
      ...(tags.length > 0 && { tags }),
      ...(related.length > 0 &&
        can.relatedInformation && {
          relatedInformation: related.map((r) => ({
            location: { uri: this.#spell(r.file.uri), range: rangeOf(r.file, r.span) },
            message: r.message,
          })),
        }),
    };
  }

  /** Tells of a file that should have been judged, where there is no text to mark. */
  failure(reason: string): Diagnostic {
    return {
      range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } },
      severity: DiagnosticSeverity.Warning,
      source: 'livemig',
      message: `livemig cannot read this and judges the host without it: ${reason}`,
    };
  }

  /** Tells on the first line that not everything is shown. */
  note(hidden: number): Diagnostic {
    return {
      range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } },
      severity: DiagnosticSeverity.Information,
      source: 'livemig',
      message: `${hidden} more ${hidden === 1 ? 'finding is' : 'findings are'} hidden: at most ${MAX_FINDINGS_PER_FILE} are shown for one file`,
    };
  }
}

/** The template with a rule's id in it: whole in a query or fragment, with its slash kept in a path. */
export function ruleHref(template: string, id: string): string {
  const at = template.search(/[?#]/);
  const whole = encodeURIComponent(id);
  const inPath = id.split('/').map(encodeURIComponent).join('/');
  return template.replace(/\{id\}/g, (_, offset: number) => (at >= 0 && offset > at ? whole : inPath));
}
