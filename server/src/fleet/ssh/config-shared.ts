import { readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import { included, type ConfigValues, type Question } from './config-file';
import { matchesAny } from '../../model/patterns';

/** A line that says something: its option in lower case, and all that stands behind it. */
interface Line {
  readonly key: string;
  readonly value: string;
}

interface ReadFile {
  readonly mode: number;
  readonly uid: number;
  readonly text: string;
  /** Undefined: more is written there than is understood here. */
  readonly lines: readonly Line[] | undefined;
}

/** A configuration, and what ssh said of it as long as no file of it changed. */
interface Known {
  files: ReadonlyMap<string, ReadFile | undefined>;
  answers: Map<string, Promise<ConfigValues | undefined>>;
}

const MOST_INCLUDES = 16;

const known = new Map<string, Known>();

/**
 * Asks ssh once for all names of which its configuration says the same but for HostName and Port: for most fleets that is
 * once, instead of a process for each node. Which lines concern a name is told from its `Host` lines alone; where
 * anything else decides (`Match`, canonical names, tokens), or a line is written in a way that is not plain, ssh is asked
 * for the name itself, and so it is after any change of a file.
 */
export async function shared(
  ssh: string,
  question: Question,
  configFile: string | undefined,
  ask: () => Promise<ConfigValues | undefined>,
): Promise<ConfigValues | undefined> {
  const own = shapeOf(ssh, question, configFile);
  if (!own) return ask();
  const { answers } = own.known;
  let answer = answers.get(own.rest);
  if (!answer) {
    answer = ask();
    answers.set(own.rest, answer);
    answer.then(
      (said) => said ?? answers.delete(own.rest),
      () => answers.delete(own.rest),
    );
  }
  const said = await answer;
  return said && new Map([...said, ['host', [question.name]], ['hostname', [own.host]], ['port', [own.port]]]);
}

interface Shape {
  readonly known: Known;
  /** All that concerns the name, but for: */
  readonly rest: string;
  readonly host: string;
  readonly port: string;
}

/** @returns undefined where only ssh itself can tell */
function shapeOf(
  ssh: string,
  { name, address, user, port }: Question,
  configFile: string | undefined,
): Shape | undefined {
  if (configFile?.toLowerCase() === 'none') return undefined;
  const { homedir: home } = userInfo();
  const starts =
    configFile === undefined ? [path.join(home, '.ssh/config'), '/etc/ssh/ssh_config'] : [path.resolve(configFile)];
  const before = known.get(starts.join('\0'));
  const files = new Map<string, ReadFile | undefined>();
  const lines: Line[] = [];
  try {
    for (const file of starts) {
      const base = file.startsWith('/etc/ssh/') && configFile === undefined ? '/etc/ssh' : path.join(home, '.ssh');
      walk({ name, home, base, files, before: before?.files, lines }, file, true, 0);
    }
  } catch {
    return undefined;
  }
  const host = address ?? firstOf(lines, 'hostname') ?? name;
  const dialled = port?.toString() ?? firstOf(lines, 'port') ?? '22';
  if (!/^[a-z0-9_][a-z0-9_.:-]*$/.test(host) || !/^[1-9]\d{0,4}$/.test(dialled) || Number(dialled) > 65_535)
    return undefined;
  const rest = lines.filter(({ key }) => key !== 'hostname' && key !== 'port');
  if (rest.some(({ value }) => value.includes('%') || value.includes('${'))) return undefined;
  const current = before && same(before.files, files) ? before : { files, answers: new Map() };
  known.set(starts.join('\0'), current);
  // A jump host is reached without a jump, which ssh sees by its name.
  const own = rest.some(({ key, value }) => key === 'proxyjump' && value.toLowerCase().includes(host));
  const all = [ssh, user, rest.map(({ key, value }) => [key, value]), ...(own ? [host, dialled] : [])];
  return { known: current, rest: JSON.stringify(all), host, port: dialled };
}

interface Walk {
  readonly name: string;
  readonly home: string;
  /** What a relative Include is relative to. */
  readonly base: string;
  readonly files: Map<string, ReadFile | undefined>;
  readonly before: Known['files'] | undefined;
  /** Those that concern the name. */
  readonly lines: Line[];
}

/** Throws where it is not plain. */
function walk(to: Walk, file: string, holds: boolean, depth: number): void {
  if (depth > MOST_INCLUDES) throw new Error('too deep');
  if (!to.files.has(file)) to.files.set(file, read(file, to.before?.get(file)));
  const found = to.files.get(file);
  if (!found) return;
  if (!found.lines) throw new Error('not plain');
  let active = holds;
  for (const line of found.lines) {
    const { key, value } = line;
    // ssh reads what an Include names even where it does not hold: a fault in it is a fault.
    if (key === 'include')
      for (const one of included(value.split(/[ \t]+/), to.base, to.home)) walk(to, one, active, depth + 1);
    else if (key === 'host') active = holds && matchesAny(to.name, value.split(/[ \t]+/));
    else if (active) to.lines.push(line);
  }
}

function read(file: string, before: ReadFile | undefined): ReadFile | undefined {
  let text;
  let about;
  try {
    about = statSync(file);
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const { mode, uid } = about;
  return { mode, uid, text, lines: before?.text === text ? before.lines : linesOf(text) };
}

/** Of these each word counts here; of all others only that they are the same. */
const READ = new Set(['host', 'hostname', 'port', 'include']);
/** By these more than the name decides. */
const DECIDING = new Set(['match', 'tag', 'canonicalizehostname', 'canonicaldomains', 'canonicalizemaxdots']);

function linesOf(text: string): readonly Line[] | undefined {
  const lines: Line[] = [];
  if (/[\r\f\v\0]/.test(text)) return undefined;
  for (const raw of text.split('\n')) {
    if (/^[ \t]*(?:#.*)?$/.test(raw)) continue;
    const [, word, value] = /^[ \t]*([A-Za-z0-9]+)(?:[ \t]+|[ \t]*=[ \t]*)([^\s=].*?)[ \t]*$/.exec(raw) ?? [];
    const key = word?.toLowerCase();
    if (key === undefined || value === undefined || DECIDING.has(key)) return undefined;
    if (READ.has(key) && !/^[A-Za-z0-9_.:,!*?~/ \t-]+$/.test(value)) return undefined;
    // More words than one are an error, which is ssh's to tell.
    if ((key === 'hostname' || key === 'port') && /[ \t]/.test(value)) return undefined;
    if (key === 'include' && /~(?!\/)/.test(value)) return undefined;
    lines.push({ key, value });
  }
  return lines;
}

const firstOf = (lines: readonly Line[], key: string): string | undefined => lines.find((l) => l.key === key)?.value;

function same(a: Known['files'], b: Known['files']): boolean {
  return (
    a.size === b.size &&
    [...a].every(([file, one]) => {
      const other = b.get(file);
      return b.has(file) && one?.text === other?.text && one?.mode === other?.mode && one?.uid === other?.uid;
    })
  );
}
