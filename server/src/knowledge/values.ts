/** Whether a value would be accepted, as oslo.config 9.0.0's types decide (oslo_config/types.py). */
import { isAddress } from '../addresses';
import { isHostAddress, isHostDomain, isUri } from './address';
import { type NovaOption } from './catalogue';
import { nearest } from './near';
import { choicesOf, rangeOf, typeOf } from './nova';
import { type ReleaseIndex } from './releases';

export interface ValueProblem {
  readonly code:
    | 'boolean'
    | 'integer'
    | 'float'
    | 'range'
    | 'choice'
    | 'hostaddress'
    | 'hostdomain'
    | 'ip'
    | 'port'
    | 'uri'
    | 'dict'
    /** Accepted, but the quotes become part of the list's items. */
    | 'list-quote'
    /** Nothing, where nothing is not taken for "unset". */
    | 'empty';
  /** For the message: `value`, and `min`, `max` or `choices` where there are any. */
  readonly values: Readonly<Record<string, string>>;
  /** Values to offer instead, best first; all of them pass. */
  readonly suggestions: readonly string[];
}

/** str.strip() of Python: not the same blanks as JavaScript's trim(). */
const strip = (s: string): string =>
  s.replace(
    /^[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g,
    '',
  );

const TRUE = ['true', '1', 'on', 'yes'];
const FALSE = ['false', '0', 'off', 'no'];
/** What people write for the two, besides slips of the pen. */
const MEANT: Readonly<Record<string, string>> = {
  t: 'true',
  y: 'true',
  enable: 'true',
  enabled: 'true',
  f: 'false',
  n: 'false',
  disable: 'false',
  disabled: 'false',
  none: 'false',
};

type Check = (value: string) => ValueProblem | undefined;
const problem = (
  code: ValueProblem['code'],
  value: string,
  suggestions: readonly string[] = [],
  more: Readonly<Record<string, string>> = {},
): ValueProblem => ({ code, values: { value, ...more }, suggestions });

const checkBoolean: Check = (value) => {
  const word = value.toLowerCase();
  if (TRUE.includes(word) || FALSE.includes(word)) return undefined;
  if (value === '') return problem('empty', value, ['true', 'false']);
  const bare = strip(word);
  const meant = [...TRUE, ...FALSE].includes(bare) ? bare : MEANT[bare];
  const near = nearest(bare, ['true', 'false']);
  return problem('boolean', value, meant ? [meant] : near.length > 0 ? near : ['true', 'false']);
};

/** int() of Python: decimal digits of any script, single underscores between them; more than 4300 are refused. */
const INTEGER = /^[+-]?\p{Nd}+(?:_\p{Nd}+)*$/u;
const MAX_DIGITS = 4300;
const FLOAT =
  /^[+-]?(?:inf(?:inity)?|nan|(?:\p{Nd}+(?:_\p{Nd}+)*\.?(?:\p{Nd}+(?:_\p{Nd}+)*)?|\.\p{Nd}+(?:_\p{Nd}+)*)(?:e[+-]?\p{Nd}+(?:_\p{Nd}+)*)?)$/iu;

/** A digit of any script as 0 to 9: Unicode has each script's ten in a row. */
function asciiDigits(s: string): string {
  return s.replace(/\p{Nd}/gu, (d) => {
    if (d <= '9') return d;
    const code = d.codePointAt(0)!;
    let zero = code;
    while (code - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
    return String(code - zero);
  });
}

function numberOf(text: string, integer: boolean): number | undefined {
  if (!(integer ? INTEGER : FLOAT).test(text)) return undefined;
  const plain = asciiDigits(text.replaceAll('_', '')).toLowerCase();
  if (integer && plain.replace(/^[+-]/, '').length > MAX_DIGITS) return undefined;
  if (plain.includes('nan')) return NaN;
  if (plain.includes('inf')) return plain.startsWith('-') ? -Infinity : Infinity;
  return Number(plain);
}

/** The number somebody meant: `500.0`, `0x1ff`, `500ms`, `1,000`. */
function meantNumber(text: string, integer: boolean): string[] {
  const hex = /^0x[0-9a-f]{1,8}$/i.test(text) ? Number(text) : undefined;
  if (hex !== undefined) return [String(hex)];
  const plain = /^([+-]?\d{1,15})(?:\.0+)?(?:\s*[a-z%]+)?$/i.exec(text.replace(/(?<=\d),(?=\d{3}\b)/g, ''));
  if (plain) return [plain[1]!];
  const fraction = integer ? null : /^([+-]?\d{1,15})[.,](\d{1,15})$/.exec(text);
  return fraction ? [`${fraction[1]!}.${fraction[2]!}`] : [];
}

function checkNumber(
  o: NovaOption,
  r: ReleaseIndex,
  value: string,
  type: 'integer' | 'float' | 'port',
): ReturnType<Check> {
  const text = strip(value);
  if (text === '') return o.notNone ? problem('empty', value) : undefined;
  const integer = type !== 'float';
  const n = numberOf(text, integer);
  const { min = type === 'port' ? 0 : undefined, max = type === 'port' ? 65535 : undefined } = rangeOf(o, r);
  const inside = (x: number): boolean => !(min !== undefined && x < min) && !(max !== undefined && x > max);
  if (n === undefined) {
    return problem(
      type,
      value,
      meantNumber(text, integer).filter((s) => inside(Number(s))),
    );
  }
  const choices = choicesOf(o, r);
  if (choices) {
    if (choices.some((c) => Number(c) === n)) return undefined;
    const nearby = [...choices].sort((a, b) => Math.abs(Number(a) - n) - Math.abs(Number(b) - n)).slice(0, 1);
    return problem('choice', value, nearby, { choices: choices.join(', ') });
  }
  if (inside(n)) return undefined;
  const bound = min !== undefined && n < min ? min : max!;
  return problem(type === 'port' ? 'port' : 'range', value, [String(bound)], {
    ...(min === undefined ? {} : { min: String(min) }),
    ...(max === undefined ? {} : { max: String(max) }),
  });
}

function checkChoice(choices: readonly string[], value: string): ReturnType<Check> {
  if (choices.includes(value)) return undefined;
  const more = { choices: choices.join(', ') };
  if (value === '') return problem('empty', value, choices, more);
  const same = choices.filter((c) => c.toLowerCase() === strip(value).toLowerCase());
  return problem('choice', value, same.length > 0 ? same : nearest(value, choices), more);
}

/** A list's items are joined with what follows while they are no valid item, as oslo.config does for items with commas. */
function checkList(choices: readonly string[] | undefined, value: string): ReturnType<Check> {
  const text = strip(value).replace(/,+$/, '');
  if (text === '') return undefined;
  const words = text.split(',');
  const quoted = words.map(strip).some((w) => /^["']|["']$/.test(w));
  if (choices) {
    while (words.length > 0) {
      let item = words.shift()!;
      while (!choices.includes(strip(item))) {
        if (words.length === 0) {
          const bad =
            text
              .split(',')
              .map(strip)
              .find((w) => !choices.includes(w)) ?? strip(item);
          return { ...checkChoice(choices, bad)!, suggestions: [] };
        }
        item += `,${words.shift()!}`;
      }
    }
  }
  if (!quoted) return undefined;
  const bare = text.split(',').map((w) => strip(w).replace(/^["']|["']$/g, ''));
  return problem('list-quote', value, [bare.join(',')]);
}

/** oslo.config's Dict: `NAME:VALUE` pairs; a part without a colon belongs to the next. */
function checkDict(value: string): ReturnType<Check> {
  const text = strip(value);
  if (text === '') return undefined;
  const names = new Set<string>();
  const parts = text.split(',');
  while (parts.length > 0) {
    let pair = parts.shift()!;
    while (!pair.includes(':')) {
      if (parts.length === 0) return problem('dict', value);
      pair += `,${parts.shift()!}`;
    }
    const name = strip(pair.slice(0, pair.indexOf(':')));
    if (name === '' || names.has(name)) return problem('dict', value);
    names.add(name);
  }
  return undefined;
}

/** What remains of an address when scheme, brackets, port, prefix length and path are taken away. */
function barest(value: string): string {
  const host = strip(value)
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
    .replace(/[/?#].*$/s, '')
    .replace(/^[^@]*@/, '');
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(host);
  return bracketed ? bracketed[1]! : host.replace(/^([^:]*):\d+$/, '$1');
}

function checkHost(
  code: 'hostaddress' | 'hostdomain' | 'ip',
  accepts: (v: string) => boolean,
  value: string,
): ReturnType<Check> {
  if (accepts(value)) return undefined;
  const meant = barest(value);
  return problem(value === '' ? 'empty' : code, value, meant !== value && accepts(meant) ? [meant] : []);
}

function checkUri(value: string): ReturnType<Check> {
  if (isUri(value)) return undefined;
  if (value === '') return problem('empty', value);
  const meant = `http://${strip(value).replace(/^\/\//, '')}`;
  return problem('uri', value, !value.includes('://') && isUri(meant) ? [meant] : []);
}

/**
 * What oslo.config at a release would refuse `value` for, or undefined. The value comes as the type sees it: stripped,
 * without its pair of quotes, `$name` replaced. Options that repeat are checked one value at a time.
 */
export function checkValue(o: NovaOption, r: ReleaseIndex, value: string): ValueProblem | undefined {
  const choices = choicesOf(o, r);
  const type = typeOf(o, r);
  switch (type) {
    case 'boolean':
      return checkBoolean(value);
    case 'integer':
    case 'float':
    case 'port':
      return checkNumber(o, r, value, type);
    case 'list':
      return checkList(choices, value);
    case 'multi':
      return checkDict(value);
    case 'hostaddress':
      return checkHost('hostaddress', isHostAddress, value);
    case 'hostdomain':
      return checkHost('hostdomain', isHostDomain, value);
    case 'ip':
      return checkHost('ip', isAddress, value);
    case 'uri':
      return checkUri(value);
    case 'string':
    case 'multistring':
      if (!choices) return undefined;
      // Libraries may compare without case, as oslo.log does for its rotation; nova never does.
      if (o.origin === 'library' && choices.some((c) => c.toLowerCase() === value.toLowerCase())) return undefined;
      return checkChoice(choices, value);
  }
}
