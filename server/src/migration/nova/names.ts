import { FleetError } from '../../fleet/types';
import type { Site } from '../driver';

/** So long are names taken for what they were, ms. */
const KEPT_MS = 30_000;

/** The nodes of a livemig.ini, by how their names may be written. */
interface Written {
  readonly inventory: Site['inventory'];
  readonly all: ReadonlySet<string>;
  readonly byLower: ReadonlyMap<string, string>;
  readonly byShort: ReadonlyMap<string, readonly string[]>;
}

/** Nova's names of hosts, and livemig.ini's: by name, by all that is known of a node, by the first part of the name. */
export class HostNames {
  #aliases: { readonly at: number; readonly of: ReadonlyMap<string, string> } | undefined;
  #written: Written | undefined;

  constructor(private readonly site: Site) {}

  /** @returns nova's own name where no node there is that host */
  nodeOf(host: string): string {
    const { all, byLower, byShort } = this.#nodes();
    if (all.has(host)) return host;
    const low = host.toLowerCase();
    const same = byLower.get(low) ?? this.#known().get(low);
    if (same !== undefined) return same;
    const fitting = byShort.get(short(low)) ?? [];
    // compute1.a.org and compute1.b.org are two.
    const apart = low.includes('.') && fitting.some((n) => n.includes('.'));
    return fitting.length === 1 && !apart ? fitting[0]! : host;
  }

  /**
   * @param hosts all that nova has
   * @throws FleetError of code `refused` where none of them is that node
   */
  hostOf(node: string, hosts: readonly string[]): string {
    if (hosts.includes(node)) return node;
    const found = hosts.find((host) => this.nodeOf(host) === node);
    if (found !== undefined) return found;
    throw new FleetError(
      'refused',
      `nova has no compute host ${node}: it has ${hosts.slice(0, 20).join(', ') || 'none'}${hosts.length > 20 ? ' …' : ''}; call the node in livemig.ini as nova does, or read it first, so that its host name is known`,
    );
  }

  /** The names of livemig.ini, which is another one when it was read anew: nova may have ten thousand servers to look up. */
  #nodes(): Written {
    const { inventory } = this.site;
    if (this.#written?.inventory === inventory) return this.#written;
    const { nodes } = this.site;
    const byLower = new Map<string, string>();
    const byShort = new Map<string, string[]>();
    for (const node of nodes) {
      const low = node.toLowerCase();
      if (!byLower.has(low)) byLower.set(low, node);
      const list = byShort.get(short(low));
      if (list) list.push(node);
      else byShort.set(short(low), [node]);
    }
    return (this.#written = { inventory, all: new Set(nodes), byLower, byShort });
  }

  #known(): ReadonlyMap<string, string> {
    if (this.#aliases && this.#aliases.at > Date.now() - KEPT_MS) return this.#aliases.of;
    const of = new Map<string, string>();
    for (const host of this.site.model(this.site.known(), true).hosts)
      for (const alias of [...host.aliases, host.facts?.fqdn?.toLowerCase()])
        if (alias !== undefined && this.#nodes().all.has(host.name) && !of.has(alias)) of.set(alias, host.name);
    this.#aliases = { at: Date.now(), of };
    return of;
  }
}

function short(name: string): string {
  return name.toLowerCase().replace(/\..*$/, '');
}
