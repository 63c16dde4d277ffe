import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import SSHConfig, { LineType, type Directive, type Line } from 'ssh-config';
import { FleetError } from '../types';
import { matchesAny, matchesList, matchesPattern } from '../../model/patterns';

/** Values by key in lower case, as `ssh -G` prints them; of most keys only the first counts. */
export type ConfigValues = ReadonlyMap<string, readonly string[]>;

/** What is asked of a configuration; given before it is read, as on ssh's command line. */
export interface Question {
  readonly name: string;
  readonly address: string | undefined;
  readonly user: string | undefined;
  readonly port: number | undefined;
}

export interface Files {
  readonly home: string;
  /** Instead of the user's and the system's. */
  readonly configFile?: string | undefined;
  readonly localUser: string;
}

const DEFAULT_KEYS = ['rsa', 'ecdsa', 'ecdsa_sk', 'ed25519', 'ed25519_sk', 'xmss', 'dsa'];
const MOST_INCLUDES = 16;

/** Lines of the files that were read so far, by their paths; undefined for one that is not there. */
export type ReadFiles = Map<string, readonly Line[] | undefined>;

export function readFiles(): ReadFiles {
  return new Map();
}

/**
 * Reads ~/.ssh/config and /etc/ssh/ssh_config as ssh does, for where there is no ssh: Host, Match by host, originalhost,
 * user, localuser and all, Include. A Match by anything else, `exec` above all, never holds.
 * @throws FleetError of code `refused` for a file that cannot be read
 */
export function parsedConfig(
  { name, address, user, port }: Question,
  files: Files,
  cache: ReadFiles = readFiles(),
): ConfigValues {
  const values = new Map<string, string[]>();
  const set = (key: string, value: string | undefined) => value !== undefined && values.set(key, [value]);
  set('hostname', address);
  set('user', user);
  set('port', port?.toString());
  const reader = new Reader(values, name, files, cache);
  const { home, configFile } = files;
  if (configFile !== undefined) reader.file(configFile, path.join(home, '.ssh'));
  else {
    reader.file(path.join(home, '.ssh/config'), path.join(home, '.ssh'));
    reader.file('/etc/ssh/ssh_config', '/etc/ssh');
  }
  const known = (folder: string, file: string) => [path.join(folder, file), path.join(folder, `${file}2`)];
  const defaults: Readonly<Record<string, readonly string[]>> = {
    user: [files.localUser],
    hostname: [name],
    port: ['22'],
    identityfile: DEFAULT_KEYS.map((k) => `~/.ssh/id_${k}`),
    userknownhostsfile: known(path.join(home, '.ssh'), 'known_hosts'),
    globalknownhostsfile: known('/etc/ssh', 'ssh_known_hosts'),
  };
  for (const [key, value] of Object.entries(defaults)) if (!values.has(key)) values.set(key, [...value]);
  values.set('hostname', [expandHost(values.get('hostname')?.[0] ?? name, name)]);
  return values;
}

class Reader {
  #depth = 0;

  constructor(
    private readonly values: Map<string, string[]>,
    private readonly name: string,
    private readonly files: Files,
    private readonly cache: ReadFiles,
  ) {}

  file(file: string, base: string): void {
    this.#lines(linesOf(file, this.cache), base);
  }

  #lines(lines: readonly Line[], base: string): void {
    for (const line of lines) {
      if (line.type !== LineType.DIRECTIVE) continue;
      const words = wordsOf(line);
      const key = line.param.toLowerCase();
      if ('config' in line) {
        const holds = key === 'host' ? matchesAny(this.name, words) : this.#matches(words);
        if (holds) this.#lines(line.config, base);
      } else if (key === 'include') this.#include(words, base);
      else this.#set(key, words);
    }
  }

  #set(key: string, words: readonly string[]): void {
    const have = this.values.get(key);
    // Commands are taken word by word, with what stood between them lost: one blank is what ssh's users write.
    const value = key === 'proxycommand' ? [words.join(' ')] : [...words];
    if (key === 'identityfile') this.values.set(key, [...new Set([...(have ?? []), ...value])]);
    else if (key === 'proxyjump') {
      if (!have && !this.values.has('proxycommand')) this.values.set(key, value);
    } else if (key === 'proxycommand') {
      // A jump that was switched off leaves the command in force; the other way round it does not.
      const jump = this.values.get('proxyjump')?.[0]?.toLowerCase() ?? 'none';
      if (!have && jump === 'none') this.values.set(key, value);
    } else if (!have) this.values.set(key, value);
  }

  #matches(words: readonly string[]): boolean {
    for (let i = 0; i < words.length;) {
      const [, negated, word] = /^(!?)(.*)$/.exec(words[i++]?.toLowerCase() ?? '') ?? [];
      if (word === 'all') {
        if (negated) return false;
        continue;
      }
      const subject = this.#subject(word ?? '');
      if (subject === undefined) return false;
      if (matchesList(subject, words[i++] ?? '') === (negated === '!')) return false;
    }
    return words.length > 0;
  }

  #subject(criterion: string): string | undefined {
    const { localUser } = this.files;
    if (criterion === 'originalhost') return this.name;
    if (criterion === 'host') return expandHost(this.values.get('hostname')?.[0] ?? this.name, this.name);
    if (criterion === 'user') return this.values.get('user')?.[0] ?? localUser;
    return criterion === 'localuser' ? localUser : undefined;
  }

  #include(patterns: readonly string[], base: string): void {
    if (++this.#depth > MOST_INCLUDES) throw new FleetError('refused', `${base}: Include goes too deep`);
    for (const file of included(patterns, base, this.files.home)) this.file(file, base);
    this.#depth--;
  }
}

/** The hosts that a file and what it includes name, each once; patterns are left out, and Match has no names. */
export function listedHosts(file: string, files: Files, cache: ReadFiles): readonly string[] {
  const base = path.join(files.home, '.ssh');
  const names = new Set<string>();
  const walk = (lines: readonly Line[], depth: number, within: (name: string) => boolean): void => {
    if (depth > MOST_INCLUDES) throw new FleetError('refused', `${base}: Include goes too deep`);
    for (const line of lines) {
      if (line.type !== LineType.DIRECTIVE) continue;
      const words = wordsOf(line);
      const key = line.param.toLowerCase();
      if ('config' in line && key === 'host') {
        const holds = (name: string) => within(name) && matchesAny(name, words);
        for (const word of words) if (!/[*?!]/.test(word) && holds(word)) names.add(word);
        walk(line.config, depth, holds);
      } else if ('config' in line) walk(line.config, depth, within);
      else if (key === 'include')
        for (const more of included(words, base, files.home)) walk(linesOf(more, cache), depth + 1, within);
    }
  };
  walk(linesOf(file, cache), 0, () => true);
  return [...names];
}

function wordsOf(line: Directive): readonly string[] {
  return typeof line.value === 'string' ? [line.value] : line.value.map((v) => v.val);
}

/** @throws FleetError of code `refused` for a file that is there and cannot be read */
function linesOf(file: string, cache: ReadFiles): readonly Line[] {
  if (cache.has(file)) return cache.get(file) ?? [];
  let lines: readonly Line[] | undefined;
  try {
    lines = SSHConfig.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (!['ENOENT', 'EACCES', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw new FleetError('refused', `${file} cannot be read: ${(error as Error).message}`);
  }
  cache.set(file, lines);
  return lines ?? [];
}

export function included(patterns: readonly string[], base: string, home: string): readonly string[] {
  return patterns.flatMap((pattern) =>
    glob(
      path.resolve(
        base,
        pattern.replace(/^~(?=\/)/, () => home),
      ),
    ),
  );
}

/** Files of a path whose parts may be patterns, by name. */
function glob(pattern: string): readonly string[] {
  const { root } = path.parse(pattern);
  let found = [root];
  for (const part of pattern.slice(root.length).split(path.sep)) {
    if (!/[*?]/.test(part)) {
      found = found.map((folder) => path.join(folder, part));
      continue;
    }
    found = found.flatMap((folder) =>
      list(folder)
        .filter((entry) => (!entry.startsWith('.') || part.startsWith('.')) && matchesPattern(entry, part))
        .sort()
        .map((entry) => path.join(folder, entry)),
    );
  }
  return found;
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function expandHost(text: string, name: string): string {
  return text.replace(/%([%h])/g, (_, token: string) => (token === 'h' ? name : '%'));
}
