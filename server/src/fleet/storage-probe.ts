import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { readAnswer, type Answer } from './collect/frames';
import { collector } from './collect/script';
import { FleetError, type FleetLog, type Runner, type Snapshot } from './types';

/** A node whose instances path is to be compared with that of the others. */
export interface ProbedNode {
  /** The node's name in livemig.ini. */
  readonly node: string;
  readonly runner: Runner;
  /** Where its instances lie: absolute. */
  readonly path: string;
}

export interface StorageProbe {
  /** For each node, which others have the same folder: `sharesInstances` of its facts. Who is missing is not known. */
  readonly shares: ReadonlyMap<string, Readonly<Record<string, boolean>>>;
  readonly failures: readonly { readonly node: string; readonly why: string }[];
}

/** So many files are written at most, one for each storage that is apart from the others. */
const MAX_FILES = 8;
/** For one node to write, read or remove, in ms. */
const TIME = 40_000;

/**
 * Finds out which nodes share the folder of their instances: one writes a hidden file with a random word into it, the
 * others read theirs; of those who lack it another one writes, and so on. What was written is removed, also when the rest
 * fails. Nothing is thrown: what could not be found out is in `failures`.
 */
export async function probeStorage(
  nodes: readonly ProbedNode[],
  log?: FleetLog,
  signal?: AbortSignal,
): Promise<StorageProbe> {
  // All nodes are asked by it at once.
  if (signal) setMaxListeners(nodes.length + 10, signal);
  const failures: { node: string; why: string }[] = [];
  /** The storage that a node was found on, by the number of the file that it has seen. */
  const storage = new Map<string, number>();
  /** Nodes that looked for a file and found none, by its number. */
  const missed = new Map<number, Set<string>>();
  let left = nodes.filter(({ node, path }) => {
    const usable = /^\/[^\x00-\x1f\x7f]{0,4000}$/.test(path);
    if (!usable) failures.push({ node, why: `${path}: is no path that can be asked for` });
    return usable;
  });
  for (let file = 0; file < MAX_FILES && left.length > 0 && signal?.aborted !== true; file++) {
    const token = randomBytes(16).toString('hex');
    const [writer, ...others] = left;
    left = others;
    try {
      const why = said(await ask(writer!, 'probe-write', token, signal), 'probe-write');
      if (why !== undefined) {
        failures.push({ node: writer!.node, why: `the probe file could not be written: ${why}` });
        continue;
      }
      storage.set(writer!.node, file);
      missed.set(file, new Set());
      const looked = await Promise.all(others.map(async (n) => ({ n, found: await look(n, token, failures, signal) })));
      for (const { n, found } of looked) {
        if (found === true) storage.set(n.node, file);
        else if (found === false) missed.get(file)!.add(n.node);
      }
      // Who could not look is not asked again.
      left = looked.filter(({ found }) => found === false).map(({ n }) => n);
    } catch (error) {
      failures.push({ node: writer!.node, why: messageOf(error) });
    } finally {
      // Also when it was cancelled, or the answer of the writing was lost.
      const why = await ask(writer!, 'probe-remove', token)
        .then((a) => (storage.get(writer!.node) === file ? said(a, 'probe-remove') : undefined))
        .catch(messageOf);
      if (why !== undefined)
        failures.push({
          node: writer!.node,
          why: `the probe file may still be there, remove it: ${writer!.path}/.livemig-probe-${token}: ${why}`,
        });
    }
  }
  const files = new Set(storage.values());
  log?.(`storage of ${nodes.length} nodes: ${files.size} folders, ${nodes.length - storage.size} nodes not known`);
  return { shares: sharesOf(nodes, storage, missed), failures };
}

/** A snapshot with what the probe showed of its node. */
export function withStorage(snapshot: Snapshot, { shares, failures }: StorageProbe): Snapshot {
  const own = shares.get(snapshot.node) ?? {};
  const why = failures.flatMap((f) =>
    f.node === snapshot.node ? [{ what: 'the storage of the instances', why: f.why }] : [],
  );
  return {
    ...snapshot,
    facts: Object.keys(own).length > 0 ? { ...snapshot.facts, sharesInstances: own } : snapshot.facts,
    failures: [...snapshot.failures, ...why],
  };
}

function sharesOf(
  nodes: readonly ProbedNode[],
  storage: ReadonlyMap<string, number>,
  missed: ReadonlyMap<number, ReadonlySet<string>>,
): StorageProbe['shares'] {
  return new Map(
    nodes.map(({ node }) => {
      const own = storage.get(node);
      const entries = nodes.flatMap(({ node: peer }): [string, boolean][] => {
        if (peer === node) return [];
        const theirs = storage.get(peer);
        if (own !== undefined && own === theirs) return [[peer, true]];
        const apart =
          (theirs !== undefined && missed.get(theirs)?.has(node) === true) ||
          (own !== undefined && missed.get(own)?.has(peer) === true);
        return apart ? [[peer, false]] : [];
      });
      return [node, Object.fromEntries(entries)] as const;
    }),
  );
}

/** Whether a node has the file with its word in it; undefined where that cannot be told. */
async function look(
  node: ProbedNode,
  token: string,
  failures: { node: string; why: string }[],
  signal?: AbortSignal,
): Promise<boolean | undefined> {
  try {
    const answer = await ask(node, 'probe-read', token, signal);
    const output = [...answer.outputs].find(([name]) => name.startsWith('probe-read '))?.[1];
    // 5: there is such a folder, and no such file in it.
    if (output?.status === 5) return false;
    if (output?.status === 0) return output.text.trim() === token;
    failures.push({
      node: node.node,
      why: output?.status === 3 ? `${node.path}: no such folder` : `${node.path}: ${said(answer, 'probe-read') ?? ''}`,
    });
  } catch (error) {
    failures.push({ node: node.node, why: messageOf(error) });
  }
  return undefined;
}

async function ask(
  { node, runner, path }: ProbedNode,
  word: string,
  token: string,
  signal?: AbortSignal,
): Promise<Answer> {
  const argv = ['sh', '-s', '--', 'only:asked', 'deadline:30', `${word}:${token}:${path}`];
  const options = { input: collector(), timeout: TIME, ...(signal && { signal }) };
  const ran = await runner.run(argv, { ...options, root: true }).catch((error: unknown) => {
    // Nova's own account, or one of its group, may do as well.
    if (error instanceof FleetError && error.code === 'sudo') return runner.run(argv, options);
    throw error;
  });
  const answer = readAnswer(ran.stdout);
  if (!answer.begun) throw new FleetError('refused', `${node}: the collector was not run`, ran.stderr.trim());
  return answer;
}

/** Why a word did not do what it is for; undefined where it did. */
function said(answer: Answer, word: string): string | undefined {
  const output = [...answer.outputs].find(([name]) => name.startsWith(`${word} `))?.[1];
  if (output?.status === 0) return undefined;
  return output?.text.trim().split('\n')[0] || answer.failures[0]?.why || `ended with ${output?.status ?? 'no answer'}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
