import type { Finding } from '../lint';
import type { Rule } from '../rules/rule';
import type { Cause, KnownMessage } from './message';
import { control } from './messages/control';
import { guest } from './messages/guest';
import { identity } from './messages/identity';
import { nova } from './messages/nova';
import { running } from './messages/running';
import { storage } from './messages/storage';
import { stream } from './messages/stream';

/** The more exact one first, where two fit one line. */
export const MESSAGES: readonly KnownMessage[] = [
  ...control,
  ...identity,
  ...stream,
  ...storage,
  ...guest,
  ...running,
  ...nova,
];

export interface Explanation {
  readonly message: KnownMessage;
  /** The line that it was found in. */
  readonly line: string;
  readonly means: string;
  /** The host that the message names, as it does: a name or an address. */
  readonly host: string | undefined;
  readonly causes: readonly Cause[];
  /** Rules that find one of the causes: those that the causes name, and those that know the message. */
  readonly rules: readonly string[];
}

/**
 * What the messages in a text mean: one line, or a whole log. What is vague comes last, and is left out where the text has
 * something more exact in the same line.
 */
export function explain(text: string, rules: readonly Rule[]): Explanation[] {
  const found = new Map<string, Explanation>();
  const lines = text.split(/\r\n|\r|\n/).filter((line) => line.trim() !== '');
  for (const line of lines) {
    const fitting = MESSAGES.flatMap((message) => {
      const groups = message.pattern.exec(line);
      return groups ? [{ message, values: groups.groups ?? {} }] : [];
    });
    const exact = fitting.filter(({ message }) => !message.vague);
    for (const { message, values } of exact.length > 0 ? exact : fitting)
      if (!found.has(message.id)) found.set(message.id, explanation(message, values, line, rules));
  }
  const all = [...found.values()];
  return [...all.filter((e) => !e.message.vague), ...all.filter((e) => e.message.vague)];
}

/**
 * Which of the findings may be the cause: what a rule found that knows the message. Those on the host that the message names
 * come first, then errors.
 * @param findings of the hosts that the migration was between
 */
export function causesAmong(findings: readonly Finding[], { rules, host }: Explanation): Finding[] {
  const weight = ({ host: own, severity, rule }: Finding): number =>
    (host !== undefined && own?.aliases.has(host.toLowerCase()) ? 0 : 1e6) +
    ['error', 'warning', 'info'].indexOf(severity) * 1e3 +
    rules.indexOf(rule.id);
  return findings.filter((f) => rules.includes(f.rule.id)).sort((a, b) => weight(a) - weight(b));
}

/** Why a migration failed. */
export interface Why {
  readonly explanation: Explanation;
  /** Findings that may be the cause, the likeliest first. */
  readonly found: readonly Finding[];
}

/** Findings without those that would matter only if the migration went the other way. */
export function inDirection(
  findings: readonly Finding[],
  source: string,
  destination: string | undefined,
): readonly Finding[] {
  return findings.filter(({ rule, preflight, host }) => {
    const side = preflight ?? rule.preflight;
    if (side === 'source') return host?.name === source;
    return side !== 'destination' || destination === undefined || host?.name === destination;
  });
}

/**
 * Why a migration failed, by the words of who ran it and what was logged meanwhile: what is exact goes before what is vague,
 * and of what is equally exact that of which the cause was found.
 * @param said what libvirt or nova said, then lines of logs and events
 * @param findings of the hosts that the migration was between, as they are now
 */
export function whyFailed(
  said: readonly string[],
  findings: readonly Finding[],
  rules: readonly Rule[],
): Why | undefined {
  const all = explain(said.join('\n'), rules).map((e): Why => ({ explanation: e, found: causesAmong(findings, e) }));
  return all.find(({ explanation: { message }, found }) => !message.vague && found.length > 0) ?? all[0];
}

function explanation(
  message: KnownMessage,
  values: Readonly<Record<string, string | undefined>>,
  line: string,
  rules: readonly Rule[],
): Explanation {
  const fill = (text: string): string => text.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? 'it');
  const known = new Set(rules.map((r) => r.id as string));
  const named = message.causes.flatMap((c) => c.rules ?? []).filter((id) => known.has(id));
  const knowing = rules.filter((r) => r.explains?.some((pattern) => pattern.test(line))).map((r) => r.id);
  return {
    message,
    line: line.trim(),
    means: fill(message.means),
    host: values.host,
    causes: message.causes.map(({ text, remedy, rules: ids = [] }) => ({
      text: fill(text),
      ...(remedy !== undefined && { remedy: fill(remedy) }),
      rules: ids.filter((id) => known.has(id)),
    })),
    rules: [...new Set([...named, ...knowing])],
  };
}
