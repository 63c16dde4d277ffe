import type { Host } from '../../model/host';

/**
 * Nova's names of hosts, and livemig.ini's of nodes: nova's is `host` of its nova.conf, else what the host calls itself; both
 * may be with a domain or without.
 */
export class HostNames {
  readonly #nodes = new Map<string, string>();
  /** By the name without its domain; an empty one where that is more than one node's. */
  readonly #short = new Map<string, string>();

  /** @param hosts those of the nodes that were read */
  constructor(nodes: readonly string[], hosts: readonly Pick<Host, 'name' | 'facts' | 'nova'>[]) {
    const known = new Map(hosts.map((host) => [host.name, host]));
    // What a node's nova.conf says goes before what it is called.
    const told = (name: string) => known.get(name)?.nova.get('host')?.value;
    for (const node of nodes) this.#take(told(node), node);
    for (const node of nodes) this.#take(node, node);
    for (const node of nodes)
      for (const name of [known.get(node)?.facts?.fqdn, known.get(node)?.facts?.hostname]) this.#take(name, node);
    for (const [name, node] of this.#nodes) {
      const other = this.#short.get(short(name));
      this.#short.set(short(name), other === undefined || other === node ? node : '');
    }
  }

  #take(name: string | undefined, node: string): void {
    if (!name) return;
    const key = name.toLowerCase();
    if (!this.#nodes.has(key)) this.#nodes.set(key, node);
  }

  /** The node that nova calls so; nova's name where there is none. */
  nodeOf(host: string): string {
    const exact = this.#nodes.get(host.toLowerCase());
    if (exact !== undefined) return exact;
    return this.#short.get(short(host.toLowerCase())) || host;
  }
}

const short = (name: string): string => name.split('.')[0]!;
