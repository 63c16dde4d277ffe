import { closest } from 'fastest-levenshtein';
import type { Instance } from '../../migration/driver';
import { FleetError } from '../../fleet/types';
import { UsageError } from '../fleet';
import { type Cloud, type CloudOptions } from './cloud';
import { command, complain, print, table } from './words';

export interface Listed {
  readonly instances: readonly Instance[];
  /** Nodes that could not be asked, and why. */
  readonly failures: ReadonlyMap<string, string>;
}

/** `livemig instances`: exit code 0, or 2 when a node could not be asked. */
export function instancesCommand(names: readonly string[], options: CloudOptions): Promise<number> {
  return command(options, async (cloud) => {
    const nodes = names.map((name) => cloud.node(name));
    const { instances, failures } = await listInstances(cloud, nodes);
    if (options.json) for (const instance of instances) await print(JSON.stringify({ kind: 'instance', ...instance }));
    else if (instances.length > 0)
      await print(table([['NODE', 'INSTANCE', 'STATE', 'MEMORY', 'UUID'], ...instances.map(row)]));
    complain(failures);
    return failures.size > 0 ? 2 : 0;
  });
}

function row({ node, name, state, memory, uuid, migrating }: Instance): string[] {
  return [node, name, migrating ? `${state}, migrating` : state, memory === undefined ? '' : `${memory} MiB`, uuid];
}

/** @param nodes all if none is given */
export async function listInstances(cloud: Cloud, nodes: readonly string[] = []): Promise<Listed> {
  const names = nodes.length > 0 ? nodes : cloud.nodes;
  const failures = new Map<string, string>();
  const signal = AbortSignal.timeout(ASK_MS);
  const each = async <T>(work: (name: string) => Promise<T>): Promise<T[]> => {
    const all = await Promise.all(
      names.map((name) =>
        work(name).catch((error: unknown) => {
          if (!(error instanceof FleetError)) throw error;
          failures.set(name, error.message);
          return undefined;
        }),
      ),
    );
    return all.filter((one) => one !== undefined);
  };
  // Who runs them is known of nodes that were read, where livemig.ini does not say.
  if (cloud.site.inventory.driver === undefined || cloud.driver.can.asksNodes)
    await each((name) => cloud.site.snapshot(name, signal));
  const asked = cloud.driver;
  const found = asked.can.asksNodes
    ? await each((name) => (failures.has(name) ? Promise.resolve([]) : asked.instances(signal, name)))
    : nodes.length > 0
      ? await each((name) => asked.instances(signal, name))
      : [await asked.instances(signal)];
  if (!asked.can.asksNodes) failures.clear();
  return { instances: present(found.flat()), failures };
}

const ASK_MS = 120_000;

/** Without those that are just arriving: where they come from they still run. */
function present(all: readonly Instance[]): Instance[] {
  const leaving = new Set(all.filter((i) => i.migrating && i.state === 'running').map((i) => i.uuid));
  const kept = all.filter((i) => !leaving.has(i.uuid) || (i.migrating && i.state === 'running'));
  return kept.sort((a, b) => compare(a.node, b.node) || compare(a.name, b.name) || compare(a.uuid, b.uuid));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The one that is meant: by its UUID, the name that nova gave it, or libvirt's.
 * @throws UsageError that lists the candidates where it is none, or several
 */
export async function findInstance(cloud: Cloud, word: string): Promise<Instance> {
  const { instances, failures } = await listInstances(cloud);
  const names = libvirtNames(cloud);
  const is = (i: Instance): boolean =>
    i.uuid.toLowerCase() === word.toLowerCase() || i.name === word || names.get(i.uuid) === word;
  const found = instances.filter(is);
  if (found.length === 1) return found[0]!;
  if (found.length > 1) {
    // Of one instance a definition may be left on another node.
    const running = found.filter((i) => i.state === 'running');
    if (running.length === 1 && new Set(found.map((i) => i.uuid)).size === 1) return running[0]!;
    const list = found.map((i) => `  ${i.uuid}  ${i.name} on ${i.node}, ${i.state}`).join('\n');
    throw new UsageError(`several instances are called ${word}; name one by its UUID:\n${list}`);
  }
  complain(failures);
  const known = instances.map((i) => i.name);
  const near = known.length > 0 ? `; did you mean ${closest(word, known)}?` : '';
  const unread = failures.size > 0 ? ` on the nodes that could be read` : '';
  throw new UsageError(`there is no instance ${word}${unread}${near}`);
}

function libvirtNames({ site }: Cloud): ReadonlyMap<string, string> {
  return new Map(site.known().flatMap(({ facts }) => (facts.instances ?? []).map((i) => [i.uuid, i.name] as const)));
}
