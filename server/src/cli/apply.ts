import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { planApply, runApply, type Plan } from '../fleet/apply';
import { dial, type Dialled, type DialNode, type DialOptions } from '../fleet/dial';
import { previousFolder } from '../fleet/files/place';
import { PreviousVersions } from '../fleet/files/previous';
import { RemoteFiles } from '../fleet/files/remote';
import { hostOf } from '../fleet/host';
import { MARK, redact } from '../fleet/redact';
import { takeSnapshot } from '../fleet/snapshot';
import { SshConnection } from '../fleet/ssh/connection';
import { KeyStore } from '../fleet/ssh/keys';
import { FleetError, type Snapshot } from '../fleet/types';
import { kindOf } from '../model/files';
import { readInventory, type InventoryNode } from '../model/inventory';
import { confirmed, printable, terminalPrompts } from './ask';
import { chosen, inventoryOf, usage, UsageError, type FleetOptions } from './fleet';
import { write } from './options';

export interface ApplyOptions extends FleetOptions {
  /** A folder as `livemig snapshot` saves it, edited: what differs in NODE/etc is written first. */
  readonly from: string | undefined;
  /** Only tell what would be done. */
  readonly plan: boolean;
  /** Ask nobody. */
  readonly yes: boolean;
}

interface Change {
  /** Absolute. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A node that is connected, and what is to be done there. */
interface Ready {
  readonly node: string;
  readonly dialled: Dialled;
  readonly files: RemoteFiles | undefined;
  readonly changes: readonly Change[];
  readonly plan: Plan;
}

/**
 * `livemig apply`: writes what was edited, restarts what needs it, looks whether it came up, and puts the old files back if
 * not. Exit code 0 when all took effect or nothing was to be done, 1 when something did not, 2 when a node cannot be reached
 * or the call is wrong.
 */
export async function applyCommand(names: readonly string[], options: ApplyOptions): Promise<number> {
  const open: Dialled[] = [];
  try {
    return await apply(names, options, open);
  } catch (error) {
    return usage(error);
  } finally {
    for (const { close } of open) close();
  }
}

async function apply(names: readonly string[], options: ApplyOptions, open: Dialled[]): Promise<number> {
  const { from } = options;
  if (from !== undefined && options.local) throw new UsageError('--from writes over SSH, which --local does without');
  if (from !== undefined && !existsSync(from)) throw new UsageError(`${from}: no such folder`);
  const inventory = inventoryOf(options);
  const all: readonly InventoryNode[] = inventory ? readInventory(inventory).nodes : [];
  const saved = from === undefined || names.length > 0 ? names : foldersOf(from, all);
  const wanted = chosen(saved, all, options, inventory);
  const keep = new PreviousVersions(previousFolder(inventory?.uri ?? 'local'));
  const way: DialOptions = {
    ...{ local: options.local, prompts: terminalPrompts(), keys: new KeyStore() },
    ...{ nodes: all, configFile: options.sshConfig },
  };
  let unread = 0;
  const ready = await each(wanted, options.parallel, async (node) => {
    try {
      const dialled = await dial(node, way);
      open.push(dialled);
      return await prepare(node, dialled, keep, all, options);
    } catch (error) {
      unread++;
      say(node.name, error);
      return undefined;
    }
  });
  const todo = ready.filter((r): r is Ready => r !== undefined);
  const busy = todo.filter((r) => r.changes.length > 0 || r.plan.steps.length > 0);
  await write(todo.map(described).join(''));
  if (options.plan || busy.length === 0) return unread > 0 ? 2 : 0;
  if (!options.yes && !(await confirmed(`Apply this on ${busy.map((r) => r.node).join(', ')}? [yes/no] `))) {
    if (!process.stdin.isTTY) throw new UsageError('nobody can be asked whether to apply this: say --yes');
    await write('Nothing was done.\n');
    return unread > 0 ? 2 : 1;
  }
  const done = await each(busy, options.parallel, one);
  const failed = done.filter((ok) => !ok).length;
  await write(`${done.length - failed} of ${wanted.length} applied${unread > 0 ? `, ${unread} left out` : ''}\n`);
  return unread > 0 ? 2 : failed > 0 ? 1 : 0;
}

/** Reads a node, and plans. */
async function prepare(
  { name }: DialNode,
  dialled: Dialled,
  keep: PreviousVersions,
  all: readonly InventoryNode[],
  { from, timeout }: ApplyOptions,
): Promise<Ready> {
  const { runner } = dialled;
  const files =
    runner instanceof SshConnection ? new RemoteFiles(() => Promise.resolve(runner), name, keep) : undefined;
  const snapshot = await takeSnapshot(runner, { node: name, deadline: timeout });
  const changes = from === undefined || !files ? [] : await edited(path.join(from, name), name, files, snapshot);
  const changed = new Map(changes.map((c) => [c.path.slice(1), c.bytes]));
  const kept = snapshot.files.filter((f) => !changed.has(f.path));
  const added = [...changed].map(([at, bytes]) => ({ path: at, bytes, mode: 0o644, uid: 0, gid: 0 }));
  const host = hostOf(
    { ...snapshot, files: [...kept, ...added] },
    all.find((n) => n.name === name),
  );
  const written = from === undefined ? await files?.unapplied(host.files.map((f) => `/${f.path}`)) : undefined;
  const plan = planApply(host, from === undefined ? undefined : [...changed.keys()], written);
  return { node: name, dialled, files, changes, plan };
}

/** Files of a saved snapshot that are not what the node has. */
async function edited(folder: string, node: string, files: RemoteFiles, snapshot: Snapshot): Promise<Change[]> {
  if (!existsSync(path.join(folder, 'etc')))
    throw new FleetError('not-found', `${node}: there is no ${path.join(folder, 'etc')}`);
  const taken = takenAt(folder);
  const changes: Change[] = [];
  const now = new Map(snapshot.files.map((f) => [f.path, f.bytes]));
  for (const name of walk(folder, 'etc')) {
    const kind = kindOf(name);
    if (kind === undefined || kind === 'wants' || kind === 'os-release') continue;
    const bytes = readFileSync(path.join(folder, name));
    const there = now.get(name);
    // As it was saved: what is secret in it is not what was edited.
    if (there && same(bytes, there)) continue;
    if (there && same(bytes, redact(name, there))) continue;
    const line = bytes
      .toString('latin1')
      .split('\n')
      .findIndex((l) => l.includes(MARK) || l.includes('$redacted'));
    if (line >= 0)
      throw new FleetError(
        'refused',
        `${path.join(folder, name)}:${line + 1}: ${MARK} stands in place of a secret, which the node would lose: write the secret itself, or delete the file from this folder. Nothing was written`,
      );
    const modified = snapshot.facts.paths?.[`/${name}`]?.modified;
    if (there && taken !== undefined && modified !== undefined && modified > taken)
      throw new FleetError(
        'conflict',
        `${node}: /${name} was changed on the node since the snapshot was taken. Nothing was written: take a new one`,
      );
    // What is to be replaced is what was compared.
    const seen = await files.read(`/${name}`).catch((error: unknown) => {
      if (error instanceof FleetError && error.code === 'not-found') return undefined;
      throw error;
    });
    if (seen && there && !same(seen.bytes, there))
      throw new FleetError('conflict', `${node}: /${name} is just being changed on the node. Nothing was written`);
    changes.push({ path: `/${name}`, bytes });
  }
  return changes;
}

/** When a saved snapshot was taken by the node's own clock, in seconds since 1970. */
function takenAt(folder: string): number | undefined {
  try {
    const facts = JSON.parse(readFileSync(path.join(folder, 'facts.json'), 'utf8')) as { measured?: unknown };
    return typeof facts.measured === 'number' ? facts.measured : undefined;
  } catch {
    return undefined;
  }
}

function described({ node, changes, plan }: Ready): string {
  const lines = [
    ...changes.map((c) => `write ${c.path}`),
    ...plan.steps.map((s) => s.title + (s.command === undefined ? '' : `\n    ${s.command}`)),
  ].map((text, i) => `  ${i + 1}. ${text}`);
  const notes = plan.notes.map((n) => `  ${n}`);
  return printable(`${node}\n${[...lines, ...notes].join('\n')}\n`);
}

/** @returns whether all took effect */
async function one({ node, dialled, files, changes, plan }: Ready): Promise<boolean> {
  const written: string[] = [];
  try {
    for (const { path: name, bytes } of changes) {
      tell(`${node}: write ${name}`);
      await files!.write(name, bytes, { create: true, overwrite: true });
      written.push(name);
    }
  } catch (error) {
    say(node, error);
    // All of a node's files, or none.
    for (const name of written.reverse()) {
      await files!.restore(name).then(
        () => tell(`${node}: ${name} was put back`),
        (again: unknown) => say(node, again),
      );
    }
    return false;
  }
  const result = await runApply(plan, dialled.runner, files, (message) => tell(`${node}: ${message}`), undefined);
  for (const { title, state, said } of result.steps)
    if (state === 'failed')
      tell(`${node}: ${title}: failed${said === undefined ? '' : `\n  ${said.replaceAll('\n', '\n  ')}`}`);
  if (result.why !== undefined) tell(result.why);
  return result.ok;
}

/** Several at a time, in their order. */
async function each<T, R>(list: readonly T[], parallel: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = list.entries();
  const worker = async (): Promise<void> => {
    for (const [i, item] of queue) results[i] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(parallel, list.length) }, worker));
  return results;
}

function foldersOf(from: string, all: readonly InventoryNode[]): string[] {
  const found = all.map((n) => n.name).filter((name) => existsSync(path.join(from, name, 'etc')));
  if (found.length === 0) throw new UsageError(`${from} has no folder of a node of livemig.ini with etc in it`);
  return found;
}

function* walk(folder: string, below: string): Generator<string> {
  for (const entry of readdirSync(path.join(folder, below), { withFileTypes: true })) {
    const name = `${below}/${entry.name}`;
    if (entry.isDirectory()) yield* walk(folder, name);
    else if (entry.isFile()) yield name;
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function say(node: string, error: unknown): void {
  if (!(error instanceof FleetError)) throw error;
  const detail = error.detail?.trim();
  const more = detail && !error.message.includes(detail) ? `\n  ${detail.replaceAll('\n', '\n  ')}` : '';
  tell((error.message.includes(node) ? '' : `${node}: `) + error.message + more);
}

function tell(text: string): void {
  // What a node says must not move the cursor.
  process.stderr.write(`${printable(text)}\n`);
}
