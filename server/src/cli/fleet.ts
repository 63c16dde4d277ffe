import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { closest } from 'fastest-levenshtein';
import { dial, type DialNode, type DialOptions } from '../fleet/dial';
import { KeyStore } from '../fleet/ssh/keys';
import { instancesPathOf, saveSnapshot, savedFiles, takeSnapshot } from '../fleet/snapshot';
import { probeStorage, withStorage } from '../fleet/storage-probe';
import { FleetError, type Runner, type Snapshot } from '../fleet/types';
import { decode } from '../model/decode';
import type { SourceFile } from '../model/files';
import { readInventory } from '../model/inventory';
import { printable, terminalPrompts } from './ask';
import { write } from './options';

export { applyCommand } from './apply';
export { drainCommand } from './moving/drain';
export { instancesCommand } from './moving/instances';
export { migrateCommand } from './moving/migrate';
export { preflightCommand } from './moving/preflight';
export { abortCommand, watchCommand } from './moving/watch';
export { unpackCommand } from './unpack';

/** What the commands that talk to nodes take. */
export interface FleetOptions {
  /** livemig.ini; undefined for that of the current folder or one of three above. */
  readonly inventory: string | undefined;
  /** Every node is this machine. */
  readonly local: boolean;
  /** How many nodes at a time. */
  readonly parallel: number;
  /** Seconds for one node. */
  readonly timeout: number;
  /** Ports of the other nodes that each is to try; none are dialled otherwise. */
  readonly probe: readonly number[];
  /** Find out by a file which nodes share the folder of their instances. */
  readonly probeStorage: boolean;
  /** Instead of ~/.ssh/config and /etc/ssh/ssh_config. */
  readonly sshConfig: string | undefined;
}

export interface Taken {
  readonly snapshots: readonly Snapshot[];
  /** Nodes of which there is none, and why. */
  readonly failures: readonly { readonly node: string; readonly why: string }[];
  readonly inventory: SourceFile | undefined;
}

/** A wrong usage, in words. */
export class UsageError extends Error {}

/** `livemig snapshot`: exit code 0 when all nodes were read to the end, else 2. */
export async function snapshotCommand(names: readonly string[], out: string, options: FleetOptions): Promise<number> {
  const through: Snapshot[] = [];
  try {
    const { failures } = await takeAll(names, options, async (snapshot) => {
      await saveSnapshot(out, snapshot);
      through.push(snapshot);
    });
    const cut = through.some((s) => s.failures.some((f) => f.what === 'the snapshot'));
    await write(
      `${count(through.length, 'node')} saved in ${out}${failures.length > 0 ? `, ${failures.length} failed` : ''}\n`,
    );
    return failures.length > 0 || cut ? 2 : 0;
  } catch (error) {
    return usage(error);
  }
}

/** A node's files as a saved snapshot has them, facts.json among them. */
export interface NodeFiles {
  readonly name: string;
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[];
}

/** What `livemig check` judges: no file is written, and no secret leaves here. */
export async function readNodes(
  names: readonly string[],
  options: FleetOptions,
): Promise<Omit<Taken, 'snapshots'> & { readonly nodes: readonly NodeFiles[] }> {
  const { snapshots, ...rest } = await takeAll(names, options);
  return { nodes: snapshots.map((s) => ({ name: s.node, files: savedFiles(s) })), ...rest };
}

/** Says what is wrong with the call, and gives its exit code. */
export function usage(error: unknown): number {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`livemig: ${error.message}\n`);
  return 2;
}

/**
 * Reads nodes, several at a time, and tells on standard error how it goes. One that fails delays nobody.
 *
 * @param names of nodes in livemig.ini; none for all
 * @throws UsageError when there is no such node
 */
export async function takeAll(
  names: readonly string[],
  options: FleetOptions,
  each: (snapshot: Snapshot) => Promise<void> = () => Promise.resolve(),
): Promise<Taken> {
  const inventory = inventoryOf(options);
  const all: DialNode[] = inventory ? [...readInventory(inventory).nodes] : [];
  const wanted = chosen(names, all, options, inventory);
  const progress = new Progress(wanted.length);
  const snapshots = new Map<string, Snapshot>();
  const failures: { node: string; why: string }[] = [];
  const queue = wanted.values();
  const way: DialOptions = {
    local: options.local,
    prompts: terminalPrompts(() => progress.clear()),
    keys: new KeyStore(),
    nodes: all,
    configFile: options.sshConfig,
  };
  const work = async (): Promise<void> => {
    for (const node of queue) {
      const began = performance.now();
      progress.begin(node.name);
      try {
        const snapshot = await one(node, all, options, way);
        if (!options.probeStorage) await each(snapshot);
        snapshots.set(node.name, snapshot);
        progress.done(node.name, snapshot, performance.now() - began);
      } catch (error) {
        const said = error instanceof Error ? error.message : String(error);
        const why = said.startsWith(`${node.name}: `) ? said.slice(node.name.length + 2) : said;
        failures.push({ node: node.name, why });
        progress.failed(node.name, error instanceof FleetError ? [why, error.detail] : [why]);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.parallel, wanted.length) }, work));
  progress.clear();
  const read = wanted.flatMap((n) => snapshots.get(n.name) ?? []);
  const ordered = options.probeStorage ? await probed(read, wanted, way) : read;
  if (options.probeStorage) for (const snapshot of ordered) await each(snapshot);
  return { snapshots: ordered, failures, inventory };
}

async function one(
  node: DialNode,
  all: readonly DialNode[],
  options: FleetOptions,
  way: DialOptions,
): Promise<Snapshot> {
  const others = all.filter((n) => n.name !== node.name);
  const { runner, close } = await dial(node, way);
  try {
    return await takeSnapshot(runner, {
      node: node.name,
      peers: others.map((n) => n.name),
      probes: others.flatMap(({ name, address = name }) =>
        options.probe.map((port) => `${address.includes(':') ? `[${address}]` : address}:${port}`),
      ),
      deadline: options.timeout,
    });
  } finally {
    close();
  }
}

/** Snapshots with what a probe file showed of the folders of the instances. */
async function probed(
  snapshots: readonly Snapshot[],
  nodes: readonly DialNode[],
  way: DialOptions,
): Promise<readonly Snapshot[]> {
  const open: (() => void)[] = [];
  const runner = (node: DialNode): Runner => {
    let dialled: ReturnType<typeof dial> | undefined;
    return {
      run: async (argv, options) => {
        dialled ??= dial(node, way).then((d) => {
          open.push(d.close);
          return d;
        });
        return (await dialled).runner.run(argv, options);
      },
    };
  };
  try {
    const all = snapshots.flatMap((snapshot) => {
      const path = instancesPathOf(snapshot);
      const node = nodes.find((n) => n.name === snapshot.node);
      // Where there is no such folder there is nothing to compare.
      if (path === undefined || !node || snapshot.facts.paths?.[path]?.type !== 'folder') return [];
      return [{ node: node.name, runner: runner(node), path }];
    });
    const probe = await probeStorage(all);
    for (const { node, why } of probe.failures) process.stderr.write(`${printable(node)}: ${printable(why)}\n`);
    return snapshots.map((s) => withStorage(s, probe));
  } finally {
    for (const close of open) close();
  }
}

/** The nodes that are asked for, by their names in livemig.ini; with --local any name will do. */
export function chosen(
  names: readonly string[],
  all: readonly DialNode[],
  options: FleetOptions,
  inventory: SourceFile | undefined,
): readonly DialNode[] {
  const known = new Map(all.map((n) => [n.name, n]));
  // Without a name it is this machine once, and not each node of the inventory in its place.
  if (options.local && names.length === 0) {
    const own = hostname();
    return [known.get(own) ?? known.get(own.replace(/\..*$/, '')) ?? { name: own, address: 'local', values: {} }];
  }
  const nodes = (names.length > 0 ? names : [...known.keys()]).map((name) => {
    const node = known.get(name);
    if (node) return node;
    if (options.local) return { name, address: 'local', values: {} };
    if (!inventory) throw new UsageError(NO_INVENTORY);
    const near = all.length > 0 ? `; did you mean ${closest(name, [...known.keys()])}?` : '';
    throw new UsageError(`there is no [node ${name}] in livemig.ini${near}`);
  });
  if (nodes.length > 0) return [...new Set(nodes)];
  throw new UsageError(inventory ? 'livemig.ini has no [node NAME]' : NO_INVENTORY);
}

export const NO_NODES = 'there is no livemig.ini here that names nodes: write one, or name it by --inventory';
const NO_INVENTORY = `${NO_NODES}; or say --local`;

/** livemig.ini as given, else that of the current folder or of one of three above it. */
export function inventoryOf({ inventory }: Pick<FleetOptions, 'inventory'>): SourceFile | undefined {
  const given = inventory === undefined ? undefined : path.resolve(inventory);
  if (given !== undefined && !existsSync(given)) throw new UsageError(`${inventory}: no such file`);
  const folders = Array.from({ length: 4 }, (_, up) => path.resolve(...Array<string>(up).fill('..'), 'livemig.ini'));
  const file = given ?? folders.find((name) => existsSync(name));
  if (file === undefined) return undefined;
  const { text, defect } = decode(readFileSync(file));
  return { uri: pathToFileURL(file).href, path: 'livemig.ini', kind: 'livemig-ini', text, ...(defect && { defect }) };
}

/** A line for each node that is through, and, on a terminal, one that says what is still going on. */
class Progress {
  readonly #running = new Set<string>();
  readonly #terminal = process.stderr.isTTY;
  #through = 0;
  #shown = false;

  constructor(private readonly total: number) {}

  begin(node: string): void {
    this.#running.add(node);
    this.#show();
  }

  done(node: string, { files, failures }: Snapshot, ms: number): void {
    if (this.#terminal) this.#line(`${node}: ${count(files.length, 'file')} in ${(ms / 1000).toFixed(1)} s`);
    for (const { what, why } of failures) this.#line(`${node}: ${what}: ${why}`);
    this.#end(node);
  }

  failed(node: string, [why = '', detail]: readonly (string | undefined)[]): void {
    this.#line(`${node}: ${why}`);
    for (const line of detail?.split('\n') ?? []) this.#line(`  ${line}`);
    this.#end(node);
  }

  #end(node: string): void {
    this.#running.delete(node);
    this.#through++;
    this.#show();
  }

  #line(text: string): void {
    this.clear();
    // What a node says must not move the cursor.
    process.stderr.write(`${printable(text)}\n`);
  }

  #show(): void {
    if (!this.#terminal || this.#running.size === 0) return;
    this.clear();
    const text = `${this.#through} of ${this.total}: reading ${[...this.#running].join(', ')}`;
    process.stderr.write(text.slice(0, (process.stderr.columns || 80) - 1));
    this.#shown = true;
  }

  /** Takes away the line that says what is going on. */
  clear(): void {
    if (this.#shown) process.stderr.write('\r\x1b[K');
    this.#shown = false;
  }
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}
