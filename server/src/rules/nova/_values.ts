import type { NovaOption } from '../../knowledge/nova';
import { lookup } from '../../knowledge/nova';
import { checkValue, type ValueProblem } from '../../knowledge/values';
import type { Host } from '../../model/host';
import type { Span } from '../../syntax/types';
import { holdsAtAll, type Severity } from '../rule';
import { insideQuotes, plain, typographic } from './_characters';
import { isPlaceholder, novaItems, type NovaItem } from './_items';
import { swallowedLines, type Swallowed } from './_swallowed';

interface FaultBase {
  readonly item: NovaItem;
  readonly severity: Severity;
  /** Another release that the host may run would take the value. */
  readonly guess: boolean;
}

/** What is wrong with a value: one fault each, by the most telling of the rules. */
export type ValueFault =
  | (FaultBase & { readonly kind: 'swallowed'; readonly lines: readonly Swallowed[] })
  | (FaultBase & { readonly kind: 'characters'; readonly name: string; readonly right: string })
  | (FaultBase & {
      readonly kind: 'comment';
      /** The comment and the blanks before it, and the comment alone. */
      readonly cut: Span;
      readonly comment: Span;
    })
  | (FaultBase & { readonly kind: 'quotes'; readonly list: boolean; readonly right: string })
  | (FaultBase & { readonly kind: 'empty'; readonly unset: boolean; readonly problem: ValueProblem | undefined })
  | (FaultBase & { readonly kind: 'bad'; readonly problem: ValueProblem });

export type FaultKind = ValueFault['kind'];

const known = new WeakMap<Host, readonly ValueFault[]>();

/** The faults of one kind in all of a host's nova files. */
export function faultsOf<K extends FaultKind>(host: Host, kind: K): Extract<ValueFault, { kind: K }>[] {
  let all = known.get(host);
  if (!all) {
    const { items, overridden } = novaItems(host);
    all = items.flatMap((item) => judge(host, item, overridden.has(item.entry)) ?? []);
    known.set(host, all);
  }
  return all.filter((f): f is Extract<ValueFault, { kind: K }> => f.kind === kind);
}

/** Plain strings of which a single wrong character makes every migration fail, or nova-compute end at once. */
const FATAL = new Set([
  'live_migration_uri',
  'live_migration_scheme',
  'connection_uri',
  'cpu_model',
  'cpu_models',
  'vncserver_listen',
]);

/** Sections of other hypervisors' drivers: nobody on a libvirt host reads their values. */
const OTHER_DRIVERS = new Set(['vmware', 'xenserver', 'hyperv', 'powervm', 'zvm', 'baremetal', 'ironic']);

function judge(host: Host, item: NovaItem, overridden: boolean): ValueFault | undefined {
  const { entry, option, file } = item;
  const r = host.release.index;
  if (entry.continuations.length > 0) {
    const lines = swallowedLines(item, r);
    if (lines.length > 0) {
      const value = option && host.nova.interpolate(entry.value, option.group);
      const broken = value !== undefined && checkValue(option!, r, value) !== undefined;
      return { kind: 'swallowed', item, lines, guess: false, severity: broken ? severityOf(option!) : 'warning' };
    }
  }
  if (!option || overridden || isPlaceholder(entry.value)) return undefined;
  const value = host.nova.interpolate(entry.value, option.group);
  // A name that cannot be resolved has its own finding.
  if (value === undefined || isPlaceholder(value)) return undefined;
  // A reference to what nova works out on the host when it starts, such as my_ip: fits, as far as a file can tell.
  if (value !== entry.value && /<[^<>]*>/.test(value)) return undefined;
  const problem = checkValue(option, r, value);
  if (entry.value === '') return empty(host, item, option, problem);
  const raw = file.text.slice(entry.rawSpan.start, entry.rawSpan.end);
  const accepts = (text: string): boolean => {
    const whole = host.nova.interpolate(unquote(text), option.group);
    return whole !== undefined && whole !== '' && checkValue(option, r, whole) === undefined;
  };
  const fault =
    characters(item, option, raw, problem, accepts) ??
    comment(item, option, raw, problem, accepts) ??
    quotes(item, option, raw, problem, accepts) ??
    (problem && { kind: 'bad' as const, item, problem, guess: false, severity: severityOf(option, problem) });
  return fault && { ...fault, guess: problem !== undefined && onlyHere(host, item, value) };
}

/** A library's table is that of one version: what another one adds to its choices is not known. */
function severityOf(option: NovaOption, problem?: ValueProblem): Severity {
  if (option.origin === 'library') return problem?.code === 'choice' ? 'info' : 'warning';
  return OTHER_DRIVERS.has(option.group) ? 'warning' : 'error';
}

function onlyHere(host: Host, item: NovaItem, value: string): boolean {
  return !holdsAtAll(host, (r) => {
    const found = lookup(item.section.lookup, item.entry.key, r);
    return (found.kind === 'option' || found.kind === 'alias') && checkValue(found.option, r, value) !== undefined;
  });
}

function empty(
  host: Host,
  item: NovaItem,
  option: NovaOption,
  problem: ValueProblem | undefined,
): ValueFault | undefined {
  const number = option.type === 'integer' || option.type === 'float' || option.type === 'port';
  if (problem) {
    const severity = severityOf(option);
    return { kind: 'empty', item, problem, unset: false, severity, guess: onlyHere(host, item, '') };
  }
  if (!number || !option.liveMigration) return undefined;
  return { kind: 'empty', item, problem, unset: true, severity: 'info', guess: false };
}

function characters(
  item: NovaItem,
  option: NovaOption,
  raw: string,
  problem: ValueProblem | undefined,
  accepts: (text: string) => boolean,
): ValueFault | undefined {
  const name = typographic(raw);
  if (name === undefined) return undefined;
  const inside = insideQuotes(raw);
  const right = plain(inside ?? raw).trim();
  const base = { kind: 'characters' as const, item, name, right, guess: false };
  if (problem) return accepts(right) ? { ...base, severity: severityOf(option) } : undefined;
  if (right === '' || option.secret) return undefined;
  // Python reads full-width digits as digits: of what a type accepts only names, paths and addresses can go wrong.
  if (option.type !== 'string' && option.type !== 'list' && option.type !== 'multistring') return undefined;
  if (option.liveMigration && option.origin === 'nova')
    return { ...base, severity: FATAL.has(option.name) ? 'error' : 'warning' };
  return inside === undefined ? undefined : { ...base, severity: 'warning' };
}

function comment(
  item: NovaItem,
  option: NovaOption,
  raw: string,
  problem: ValueProblem | undefined,
  accepts: (text: string) => boolean,
): ValueFault | undefined {
  if (item.entry.continuations.length > 0) return undefined;
  const tight = option.name === 'live_migration_uri' || problem !== undefined;
  const at = commentStart(raw, tight);
  if (at === undefined) return undefined;
  const left = raw.slice(0, at).trimEnd();
  const { start, end } = item.entry.rawSpan;
  const base = {
    kind: 'comment' as const,
    item,
    cut: { start: start + left.length, end },
    comment: { start: start + at, end },
  };
  if (problem)
    return left === '' || accepts(left) ? { ...base, guess: false, severity: severityOf(option) } : undefined;
  if (option.secret || option.origin === 'library') return undefined;
  // A semicolon may well belong to a string; of a number sign after a blank nobody has seen that.
  if (!option.liveMigration && raw[at] === ';') return undefined;
  return { ...base, guess: false, severity: FATAL.has(option.name) ? 'error' : 'warning' };
}

function quotes(
  item: NovaItem,
  option: NovaOption,
  raw: string,
  problem: ValueProblem | undefined,
  accepts: (text: string) => boolean,
): ValueFault | undefined {
  const base = { kind: 'quotes' as const, item, guess: false };
  if (problem?.code === 'list-quote') {
    const severity = FATAL.has(option.name) ? severityOf(option) : 'warning';
    return { ...base, list: true, right: raw.replace(/["']/g, ''), severity };
  }
  if (item.entry.quote !== undefined && !/^.["']|["'].$/s.test(raw)) return undefined;
  if (!/^["']|["']$/.test(raw)) return undefined;
  const right = raw.replace(/^["']+|["']+$/g, '');
  if (problem)
    return accepts(right) ? { ...base, list: option.type === 'list', right, severity: severityOf(option) } : undefined;
  if (item.entry.quote !== undefined || !option.liveMigration || option.origin === 'library' || option.secret)
    return undefined;
  return { ...base, list: false, right, severity: FATAL.has(option.name) ? 'error' : 'warning' };
}

/** Where a comment begins: at a `#` or `;` after a blank or at the start, or at any `#` where a value cannot hold one. */
function commentStart(raw: string, tight: boolean): number | undefined {
  for (let i = 0; i < raw.length; i++) {
    const c = raw[i];
    if (c !== '#' && c !== ';') continue;
    if (i === 0 || raw[i - 1] === ' ' || raw[i - 1] === '\t' || (tight && c === '#')) return i;
  }
  return undefined;
}

/** One pair of equal quotes is stripped from a value on one line. */
function unquote(text: string): string {
  const first = text[0];
  return (first === '"' || first === "'") && text.endsWith(first) ? text.slice(1, -1) : text;
}
