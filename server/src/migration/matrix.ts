import { setImmediate } from 'node:timers/promises';
import { Cluster } from '../model/cluster';
import type { SourceFile } from '../model/files';
import type { Facts } from '../model/facts';
import type { Host, HostInput } from '../model/host';
import { readInventory } from '../model/inventory';
import { factsIn } from '../model/readFacts';
import { JsonPlaces } from '../syntax/json';
import { judge, type Verdict } from './preflight';
import { alike, type Member } from './profile/index';

/** Each pair of groups is judged: beyond so many of them the others are left out. */
const MOST_GROUPS = 40;
/** Others get their turn after so long, ms. */
const SLICE_MS = 20;

export interface MatrixRequest {
  readonly root: string;
  readonly hosts: readonly (HostInput & { readonly facts?: Facts })[];
  readonly inventory: SourceFile | undefined;
  readonly signal?: AbortSignal;
}

export interface Matrix {
  /** Names of nodes that run guests, those that are alike together. */
  readonly groups: readonly (readonly string[])[];
  /** By the source's group, then the destination's; null for a node and itself. */
  readonly cells: readonly (readonly (Verdict | null)[])[];
  /** Nodes that were not compared, as too many differ. */
  readonly left: readonly string[];
}

/**
 * Which node could send its guests to which, by the rules over each pair of nodes, whatever guests there are. Nodes that are
 * alike are judged once: one of them stands for all.
 */
export async function matrixOf({ root, hosts, inventory, signal }: MatrixRequest): Promise<Matrix> {
  const sections = new Map<string, Member['node']>();
  for (const node of inventory ? readInventory(inventory).nodes : [])
    if (!sections.has(node.name)) sections.set(node.name, node);
  const members = hosts.map((host): Member => ({
    input: host,
    facts: host.facts ?? factsOf(host),
    node: sectionOf(host, sections),
  }));
  const groups = alike(members, inventory);
  // Of those that serve others all take part in every verdict.
  const input = { root, inventory, sharesInventory: true };
  const first = new Cluster({ ...input, hosts: groups.map(([i]) => withoutGuests(hosts[i!]!)) });
  const wanted = new Set(groups.flatMap((group, g) => (first.hosts[g]!.isCompute ? group.slice(0, 2) : group)));
  const inputs = new Map(
    first.hosts.map((host, g) => [groups[g]![0]!, { name: host.name, folder: host.folder, files: host.files }]),
  );
  const indices = [...wanted].sort((a, b) => a - b);
  const cluster = new Cluster(
    { ...input, hosts: indices.map((i) => inputs.get(i) ?? withoutGuests(hosts[i]!)) },
    undefined,
    first,
  );
  const hostOf = new Map(indices.map((i, at) => [i, cluster.hosts[at]!]));
  const takesPart = (host: Host): boolean => host.isCompute || host.facts?.emulator !== undefined;
  const compared = groups.filter(([i]) => takesPart(hostOf.get(i!)!)).sort((a, b) => b.length - a.length);
  const shown = compared.slice(0, MOST_GROUPS).sort((a, b) => a[0]! - b[0]!);
  const names = (group: readonly number[]): string[] => group.map((i) => hosts[i]!.name);
  const cells: (Verdict | null)[][] = [];
  let since = performance.now();
  for (const from of shown) {
    const row: (Verdict | null)[] = [];
    for (const to of shown) {
      const [source, destination] = [hostOf.get(from[0]!)!, hostOf.get(from === to ? to[1]! : to[0]!)];
      row.push(destination ? judge({ cluster, source }, destination) : null);
      if (performance.now() - since < SLICE_MS) continue;
      await setImmediate();
      signal?.throwIfAborted();
      since = performance.now();
    }
    cells.push(row);
  }
  return { groups: shown.map(names), cells, left: compared.slice(MOST_GROUPS).flatMap(names) };
}

/** As the cluster will find it: by the folder's name, or etc/hostname. */
function sectionOf({ name, files }: HostInput, sections: ReadonlyMap<string, Member['node']>): Member['node'] {
  const hostname = files.find(({ kind }) => kind === 'hostname')?.text.trim() ?? '';
  const [one, other] = [sections.get(name), sections.get(hostname)];
  if (!one || !other) return one ?? other;
  return one.section.span.start <= other.section.span.start ? one : other;
}

function factsOf({ files }: HostInput): Facts | undefined {
  const file = files.find(({ kind }) => kind === 'facts');
  return file && factsIn(file);
}

/** The host with no instances on it. All else stays on its line: findings are shown in the file as it is. */
function withoutGuests({ name, folder, files }: HostInput): HostInput {
  return {
    ...{ name, folder },
    files: files.map((file) => {
      const place = file.kind === 'facts' ? new JsonPlaces(file.text).at(['instances']) : undefined;
      if (!place?.compound) return file;
      const { start, end } = place.value;
      const blank = file.text.slice(start + 1, end - 1).replace(/[^\n]/g, ' ');
      return { ...file, text: `${file.text.slice(0, start)}[${blank}]${file.text.slice(end)}` };
    }),
  };
}
