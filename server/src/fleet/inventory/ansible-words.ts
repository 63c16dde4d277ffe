/** How Ansible reads a line of an INI inventory: Python's shlex, its literals, and Ansible's own ranges. */

/** Words as Python's shlex takes them apart, with comments. @throws Error for a quote without its end */
export function shellSplit(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at);
    if (quote !== '') {
      if (char === quote) quote = '';
      else if (char === '\\' && quote === '"' && /["\\]/.test(line.charAt(at + 1)))
        word = (word ?? '') + line.charAt(++at);
      else word = (word ?? '') + char;
    } else if (/[ \t\r\n]/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === '#') break;
    else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (char === '\\') {
      if (at + 1 === line.length) throw new Error('there is nothing behind the last backslash');
      word = (word ?? '') + line.charAt(++at);
    } else word = (word ?? '') + char;
  }
  if (quote !== '') throw new Error(`the quote ${quote} has no end`);
  if (word !== undefined) words.push(word);
  return words;
}

/** A string in quotes, which Python reads as such; anything else as it is, save Python's word for nothing. */
export function literal(text: string): string {
  const inner = /^(?:"((?:[^"\\]|\\["'\\])*)"|'((?:[^'\\]|\\["'\\])*)')\s*(?:#.*)?$/.exec(text);
  if (inner) return (inner[1] ?? inner[2] ?? '').replace(/\\(.)/g, '$1');
  const number = /^(\d+)\s*#.*$/.exec(text)?.[1];
  return text === 'None' ? '' : (number ?? text);
}

const RANGE = /\[(?:[a-z]:[a-z]|\d+:\d+)(?::\d+)?\]/gi;
const MOST_NAMES = 100_000;

/**
 * `compute[01:20].example.org:2222`. What is no address and no host name is a name all the same, as Ansible has it.
 * @throws Error for ranges without an end, that go backwards or are too long
 */
export function hostPattern(pattern: string): { readonly names: readonly string[]; readonly port: string | undefined } {
  const [, inner, innerPort] = /^\[(.+)\]:(\d+)$/.exec(pattern) ?? [];
  const [, plain, plainPort] = /^((?:[^:[\]]|\[[^\]]*\])*):(\d+)$/.exec(inner ?? pattern) ?? [];
  const host = plain ?? inner ?? pattern;
  const parsed = isHost(host);
  const port = parsed ? (plainPort ?? innerPort) : undefined;
  if (port === undefined && pattern.endsWith(':')) throw new Error(`${pattern} ends with a colon`);
  const names = expand(parsed ? host : pattern);
  if (names.includes('---')) throw new Error('--- is what YAML begins with');
  return { names, port };
}

function isHost(host: string): boolean {
  const bare = host.replace(RANGE, '0');
  if (/^[\da-f:]*:[\da-f:.]*$/i.test(bare)) return /^[\da-f:.]*::?[\da-f:.]*$/i.test(bare) && bare.length > 1;
  return bare
    .split('.')
    .every((label) => /^[\p{L}\p{N}_](?:[\p{L}\p{N}_-]*[\p{L}\p{N}])?$/u.test(label) && !label.endsWith('_'));
}

function expand(host: string): readonly string[] {
  let names = [''];
  let rest = host;
  while (rest.includes('[')) {
    const [, before = '', range, after = ''] = /^([^[]*)\[([^\]|]*)\](.*)$/.exec(rest) ?? [];
    if (range === undefined || before.includes(']')) throw new Error(`${host} has a range without its end`);
    const steps = members(range.split(':'));
    if (names.length * steps.length > MOST_NAMES) throw new Error(`${host} stands for more than ${MOST_NAMES} hosts`);
    names = names.flatMap((name) => steps.map((step) => name + before + step));
    rest = after;
  }
  return names.map((name) => name + rest);
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

function members(bounds: readonly string[]): readonly string[] {
  const [first = '', last = '', by = '1'] = bounds;
  const [from, to] = [first || '0', last];
  const letters = /^[a-z]$/i.test(from) && /^[a-z]$/i.test(to);
  if (
    bounds.length > 3 ||
    !(letters || (/^\d+$/.test(from) && /^\d+$/.test(to))) ||
    !/^\d+$/.test(by) ||
    Number(by) === 0
  )
    throw new Error(`[${bounds.join(':')}] is no range: write [first:last] or [first:last:step]`);
  const padded = from.length > 1 && from.startsWith('0');
  if (padded && from.length !== to.length) throw new Error('both ends of a range have the same number of digits');
  const [begin, end] = letters ? [LETTERS.indexOf(from), LETTERS.indexOf(to)] : [Number(from), Number(to)];
  if (letters && begin > end) throw new Error('a range begins with its lower end');
  if ((end - begin) / Number(by) > MOST_NAMES) throw new Error(`a range stands for more than ${MOST_NAMES} hosts`);
  const found: string[] = [];
  for (let n = begin; n <= end; n += Number(by))
    found.push(letters ? LETTERS.charAt(n) : padded ? String(n).padStart(from.length, '0') : String(n));
  return found;
}
