import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { sourceOf } from '../model/decode';
import { kindOf } from '../model/files';
import { Host } from '../model/host';
import { factsOf } from './collect/facts';
import { readAnswer, type Answer } from './collect/frames';
import { collector } from './collect/script';
import { redact } from './redact';
import { FleetError, type FleetLog, type Runner, type Snapshot } from './types';

export interface SnapshotRequest {
  /** The node's name in livemig.ini. */
  readonly node: string;
  /** Names and addresses of the other nodes: what they resolve to there is noted. */
  readonly peers?: readonly string[];
  /** Paths to look at, beside those that the node's own files name. */
  readonly paths?: readonly string[];
  /** `ADDRESS:PORT` to try, IPv6 in brackets. Nothing is dialled from the node unless it is asked for here. */
  readonly probes?: readonly string[];
  /** Where the node's instances lie, if the caller knows better than the node's nova.conf. */
  readonly instancesPath?: string;
  /** In place of `/`: a tree of files, of which nothing but the files is taken. */
  readonly root?: string;
  /** Seconds for all of the collector's commands; 60 if it is not given. */
  readonly deadline?: number;
  readonly signal?: AbortSignal;
}

/** How much longer than its own time the collector is waited for, in s: it is sent, and its answer comes over a network. */
const GRACE = 20;

/** `$state_path/instances`, as nova and its packages have it. */
const USUAL_PATH = '/var/lib/nova/instances';

/** The words of one command line, in bytes: Linux takes 128 KiB for one that a login shell is handed, quotes included. */
const MAX_WORDS = 60_000;

/**
 * Reads a node: its files and what can be measured there. What could not be read is in `failures`, and the rest is there.
 *
 * @throws FleetError when the node cannot be reached, or nothing of the collector's comes back
 */
export async function takeSnapshot(runner: Runner, request: SnapshotRequest, log?: FleetLog): Promise<Snapshot> {
  const { node, root, instancesPath } = request;
  const taken = Math.floor(Date.now() / 1000);
  const began = performance.now();
  const failures: { what: string; why: string }[] = [];
  const ask = asker(runner, request, failures);
  if (root !== undefined) {
    const answer = await ask([`root:${root}`]);
    return { node, taken, files: filesOf(answer), facts: {}, failures: [...failures, ...answer.failures] };
  }
  const given = valid(request, failures);
  // Most nodes have their instances where nova puts them by itself: these need not be asked twice.
  const usual = pathWords(instancesPath ?? USUAL_PATH);
  const [first = [], ...more] = chunks([...usual, ...given]);
  const whole = await ask(first);
  const files = filesOf(whole);
  const host = hostOf(node, files);
  const actual = instancesPath ?? host.instancesPath;
  const answers = [actual === USUAL_PATH ? whole : withoutRoom(whole, USUAL_PATH)];
  const known = new Set([...usual, ...given]);
  const named = [...pathWords(actual), ...ownWords(host)].filter((word) => !known.has(word));
  for (const words of [...more, ...chunks(named).filter((w) => w.length > 0)]) {
    try {
      answers.push(await ask(['only:asked', ...words]));
    } catch (error) {
      if (!(error instanceof FleetError) || error.code === 'cancelled') throw error;
      failures.push({ what: 'what the files of the node name', why: error.message });
      break;
    }
  }
  const snapshot = snapshotOf(node, taken, answers, failures);
  log?.(`${node}: snapshot of ${files.length} files in ${Math.round(performance.now() - began)} ms`);
  return snapshot;
}

/** Who may write where guests are not is no fact of theirs. */
function withoutRoom(answer: Answer, path: string): Answer {
  const of = new RegExp(`^(?:room|writer [^ ]+) ${path}$`);
  return { ...answer, outputs: new Map([...answer.outputs].filter(([name]) => !of.test(name))) };
}

/** The words by which the collector is asked, when its files are there, for what they name. */
export function wordsNamedBy(node: string, files: Snapshot['files']): readonly string[] {
  const host = hostOf(node, files);
  return [...pathWords(host.instancesPath), ...ownWords(host)];
}

/**
 * What the collector's answers say of a node.
 * @param answers the first one has the files
 * @param failures what is known to be missing
 */
export function snapshotOf(
  node: string,
  taken: number,
  answers: readonly Answer[],
  failures: Snapshot['failures'] = [],
): Snapshot {
  const all: Answer = {
    ...answers[0]!,
    outputs: new Map(answers.flatMap((a) => [...a.outputs])),
    failures: answers.flatMap((a) => a.failures),
  };
  const measured = factsOf(all);
  const user = all.outputs.get('user')?.text.trim();
  const rights =
    user === undefined || user === '0'
      ? []
      : [{ what: 'everything', why: 'was read without the rights of root: files and facts may be missing' }];
  return {
    node,
    taken,
    files: filesOf(answers[0]!),
    facts: measured.facts,
    failures: [...failures, ...rights, ...all.failures, ...measured.failures],
  };
}

/** Runs the collector with some words, as root where that is allowed. */
function asker(
  runner: Runner,
  { node, deadline = 60, signal }: SnapshotRequest,
  failures: { what: string; why: string }[],
): (words: readonly string[]) => Promise<Answer> {
  let root = true;
  return async (words) => {
    const argv = ['sh', '-s', '--', `deadline:${deadline}`, ...words];
    const options = { input: collector(), timeout: (deadline + GRACE) * 1000, ...(signal && { signal }) };
    const run = root
      ? runner.run(argv, { ...options, root }).catch((error: unknown) => {
          if (!(error instanceof FleetError) || error.code !== 'sudo') throw error;
          root = false;
          failures.push({ what: 'the rights of root', why: error.detail?.trim() || error.message });
          return runner.run(argv, options);
        })
      : runner.run(argv, options);
    const ran = await run;
    const answer = readAnswer(ran.stdout);
    if (!answer.begun)
      throw new FleetError(
        'refused',
        `${node}: the collector was not run: sh ended with ${ran.code ?? ran.signal ?? 'no status'}`,
        ran.stderr.trim() || new TextDecoder().decode(ran.stdout.slice(0, 2000)).trim(),
      );
    if (!answer.whole)
      failures.push({
        what: 'the snapshot',
        why: `was cut off (sh ended with ${ran.code ?? ran.signal ?? 'no status'}): what came before is kept`,
      });
    return answer;
  };
}

/** Words for the collector, of which each is what it says: without line breaks, and no option of a program's. */
function valid(request: SnapshotRequest, failures: { what: string; why: string }[]): string[] {
  const words: string[] = [];
  const take = (prefix: string, values: readonly string[] | undefined, pattern: RegExp): void => {
    for (const value of new Set(values)) {
      if (pattern.test(value)) words.push(`${prefix}:${value}`);
      else failures.push({ what: value, why: `is no ${prefix} that can be asked for` });
    }
  };
  take('peer', request.peers, /^[A-Za-z0-9_:][A-Za-z0-9_.:%-]{0,254}$/);
  take('path', request.paths, PATH);
  take('probe', request.probes, /^(?:[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}|\[[0-9A-Fa-f:.]+(?:%\w+)?\]):\d{1,5}$/);
  return words;
}

const PATH = /^\/[^\x00-\x1f\x7f]{0,4000}$/;

/** Words in lists that fit into a command line each. */
function chunks(words: readonly string[]): string[][] {
  const found: string[][] = [[]];
  let length = 0;
  for (const word of words) {
    length += Buffer.byteLength(word) + 4;
    if (length > MAX_WORDS) {
      found.push([]);
      length = Buffer.byteLength(word) + 4;
    }
    found.at(-1)!.push(word);
  }
  return found;
}

/** A path and all folders above it: each must let QEMU through; and how much is free there. */
function pathWords(wanted: string | undefined): string[] {
  if (wanted === undefined || !PATH.test(wanted)) return [];
  const parts = wanted.split('/').filter((p) => p !== '');
  return [...parts.map((_, i) => `path:/${parts.slice(0, i + 1).join('/')}`), `room:${wanted}`];
}

/** Certificates, keys, folders and accounts that libvirt's files name. */
function ownWords(host: Host): string[] {
  const words: string[] = [];
  for (const key of ['ca_file', 'cert_file', 'key_file']) {
    const file = host.libvirtd.string(key);
    if (file === undefined || !PATH.test(file)) continue;
    words.push(`path:${file}`);
    // Keys are looked at, and stay where they are.
    if (key !== 'key_file') words.push(`certificate:${file}`);
  }
  for (const [key, names] of Object.entries({
    default_tls_x509_cert_dir: [
      'ca-cert.pem',
      'server-cert.pem',
      'server-key.pem',
      'client-cert.pem',
      'client-key.pem',
    ],
    migrate_tls_x509_cert_dir: [
      'ca-cert.pem',
      'server-cert.pem',
      'server-key.pem',
      'client-cert.pem',
      'client-key.pem',
    ],
    vnc_tls_x509_cert_dir: ['ca-cert.pem', 'server-cert.pem', 'server-key.pem'],
  })) {
    const folder = host.qemu.string(key)?.replace(/\/+$/, '');
    if (folder === undefined || !PATH.test(folder)) continue;
    words.push(`path:${folder}`, ...names.map((name) => `path:${folder}/${name}`));
    words.push(...names.filter((n) => n.endsWith('-cert.pem')).map((name) => `certificate:${folder}/${name}`));
  }
  const user = host.qemu.string('user');
  if (user !== undefined && /^[A-Za-z_][\w.-]*$/.test(user)) words.push(`account:${user}`);
  return words;
}

/** The files that livemig knows. */
function filesOf(answer: Answer): Snapshot['files'] {
  return answer.files
    .filter(({ path: name }) => kindOf(name) !== undefined)
    .map(({ path: name, bytes, look }) => ({ path: name, bytes, mode: look.mode, uid: look.uid, gid: look.gid }));
}

/** Where a node's instances lie by its own files; undefined where that cannot be known. */
export function instancesPathOf({ node, files }: Snapshot): string | undefined {
  return hostOf(node, files).instancesPath;
}

function hostOf(node: string, files: Snapshot['files']): Host {
  const read = files.flatMap(({ path: name, bytes }) => sourceOf(`snapshot:///${name}`, name, bytes) ?? []);
  return new Host({ name: node, folder: '', files: read }, { node: undefined, releases: [] });
}

/** What a saved snapshot has beside its files: when it was taken, and what is missing from it. */
const ABOUT = 'snapshot.json';

/**
 * Writes NODE/etc/…, NODE/facts.json and NODE/snapshot.json below a folder, without secrets; whole or not at all. An
 * earlier snapshot of the node gives way.
 *
 * @throws FleetError of code `refused` where a folder of that name holds anything else
 */
export async function saveSnapshot(folder: string, snapshot: Snapshot): Promise<void> {
  const { node } = snapshot;
  if (!/^[\w.-]+$/.test(node) || /^\.+$/.test(node))
    throw new FleetError(
      'refused',
      `${node}: cannot be the name of a folder: letters, digits, dot, hyphen and underscore can`,
    );
  const place = path.join(folder, node);
  const old = await readdir(place).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (old && old.length > 0 && !old.includes(ABOUT))
    throw new FleetError('refused', `${place}: holds something else than a snapshot: choose another folder`);
  await mkdir(folder, { recursive: true });
  // Only its owner may look into it: what is secret in a file that livemig knows badly may still be there.
  const beside = await mkdtemp(path.join(folder, `.${node}.`));
  try {
    for (const { path: name, bytes } of savedFiles(snapshot)) {
      const file = path.join(beside, name);
      if (!file.startsWith(beside + path.sep)) continue;
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, bytes);
    }
    const { taken, failures } = snapshot;
    await writeFile(path.join(beside, ABOUT), `${JSON.stringify({ node, taken, failures }, undefined, 2)}\n`);
    const away = `${beside}.old`;
    if (old) await rename(place, away);
    await rename(beside, place);
    await rm(away, { recursive: true, force: true });
  } catch (error) {
    await rm(beside, { recursive: true, force: true });
    throw error;
  }
}

/** The files of a saved snapshot, by their paths below the node's folder: without secrets, and with facts.json. */
export function savedFiles(snapshot: Snapshot): readonly { readonly path: string; readonly bytes: Uint8Array }[] {
  const files = snapshot.files.map(({ path: name, bytes }) => ({ path: name, bytes: redact(name, bytes) }));
  // Indented: people look through it, and `diff` compares it.
  const facts = Buffer.from(`${JSON.stringify(snapshot.facts, undefined, 2)}\n`);
  return Object.keys(snapshot.facts).length > 0 ? [...files, { path: 'facts.json', bytes: facts }] : files;
}
