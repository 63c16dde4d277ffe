import { isIpv4, isIpv6 } from '../addresses';
import type { ExportClient, ExportEntry, FstabEntry } from '../syntax/types';
import type { SourceFile } from './files';
import { Host, normalise, type HostInput } from './host';
import { readInventory, sameWords, type Inventory, type InventoryNode } from './inventory';
import { documentOf } from './parsed';
import { NETWORK_FILE_SYSTEMS } from './storage';

/** A folder of hosts, before anything is judged. */
export interface ClusterInput {
  /** URI of the folder that holds the hosts. */
  readonly root: string;
  readonly hosts: readonly HostInput[];
  /** livemig.ini beside the hosts. */
  readonly inventory: SourceFile | undefined;
  /** It is that of other clusters, too, whose nodes it names. */
  readonly sharesInventory?: boolean;
  /** Single files were asked for, or some could not be read: what is missing may well be on the hosts. */
  readonly partial?: boolean;
  /** How somebody means to migrate between these hosts, where that is what is judged. */
  readonly asked?: Asked;
}

/** What a migration asks of both hosts that their files need not say. */
export interface Asked {
  /** QEMU encrypts the stream itself. */
  readonly tls?: boolean;
  /** It may be switched to post-copy. */
  readonly postCopy?: boolean;
  /** Disks are copied with the memory, by libvirt alone. */
  readonly copy?: boolean;
}

/** A release said from outside, before livemig.ini has its say. */
export interface DeclaredRelease {
  readonly release: string;
  /** Who says so: `--release`, `the setting livemig.release`. */
  readonly by: string;
}

export interface Mount {
  readonly host: Host;
  readonly file: SourceFile;
  readonly entry: FstabEntry;
}

export interface Export {
  readonly host: Host;
  readonly file: SourceFile;
  readonly entry: ExportEntry;
}

/** Hosts that migrate to each other, with what links them. */
export class Cluster {
  readonly root: string;
  readonly hosts: readonly Host[];
  readonly inventory: Inventory | undefined;
  /** Not all files of its hosts are in view. */
  readonly partial: boolean;
  /** The inventory names nodes of other clusters, too. */
  readonly sharesInventory: boolean;
  readonly asked: Asked;
  readonly #nodes = new Map<Host, InventoryNode>();
  #unseen: readonly InventoryNode[] | undefined;
  #names: Map<string, Host> | undefined;
  #addresses: Map<string, Host> | undefined;
  #ofHost: Map<Host, string[]> | undefined;

  /** @param known hosts of the cluster as it was before: those whose files are the same objects are taken over as they are */
  constructor(
    input: ClusterInput,
    declared?: DeclaredRelease,
    known?: Pick<Cluster, 'hosts' | 'inventory' | 'declared'>,
  ) {
    this.root = input.root;
    this.partial = input.partial === true;
    this.sharesInventory = input.sharesInventory === true;
    this.asked = input.asked ?? {};
    const file = input.inventory;
    this.inventory = file && (known?.inventory?.file === file ? known.inventory : readInventory(file));
    const inventory = this.inventory;
    this.declared = declared;
    const sameReleases =
      known !== undefined &&
      known.declared?.release === declared?.release &&
      known.inventory?.release === inventory?.release;
    const before = new Map(sameReleases ? known.hosts.map((h) => [h.folder + '\0' + h.name, h]) : []);
    const nodes = inventory ? nodesOf(inventory) : new Map<string, InventoryNode>();
    this.hosts = input.hosts.map((h) => {
      const hostname = h.files.find((f) => f.kind === 'hostname')?.text.trim() ?? '';
      // The first of the two, as it was written.
      const node = first(nodes.get(h.name), nodes.get(hostname));
      const old = before.get(h.folder + '\0' + h.name);
      const same = old?.files.length === h.files.length && old.files.every((f, i) => f === h.files[i]);
      const host =
        same && sameWords(old.node, node)
          ? old
          : new Host(h, {
              node,
              releases: [
                { release: declared?.release, by: declared?.by ?? '' },
                { release: node?.values.release, by: `livemig.ini, node ${h.name}` },
                { release: inventory?.release, by: 'livemig.ini' },
              ],
            });
      if (node) this.#nodes.set(host, node);
      return host;
    });
  }

  /**
   * Nodes of livemig.ini that may well be there but were not asked for, or could not be read: nothing follows from what they
   * do not say. None where all there is was given, be it less than livemig.ini declares.
   */
  get unseen(): readonly InventoryNode[] {
    if (!this.partial && !this.sharesInventory) return [];
    if (!this.#unseen) {
      const seen = new Set([...this.#nodes.values()].map((n) => n.name));
      this.#unseen = (this.inventory?.nodes ?? []).filter((n) => !seen.has(n.name));
    }
    return this.#unseen;
  }

  /** Where livemig.ini speaks of a host. */
  nodeOf(host: Host): InventoryNode | undefined {
    return this.#nodes.get(host);
  }

  readonly declared: DeclaredRelease | undefined;

  /** By any of a host's aliases; undefined when nobody or more than one bears the name. */
  hostByName(name: string): Host | undefined {
    if (!this.#names) {
      this.#names = new Map();
      const twice = new Set<string>();
      for (const host of this.hosts) {
        for (const alias of host.aliases) {
          if (this.#names.has(alias)) twice.add(alias);
          else this.#names.set(alias, host);
        }
      }
      for (const alias of twice) this.#names.delete(alias);
    }
    return this.#names.get(name.toLowerCase());
  }

  /**
   * By an address of its own, or one that some host's etc/hosts gives to its name. One that several hosts have, such as
   * libvirt's and Docker's own bridges, or that means something else on every wire, is nobody's.
   */
  hostByAddress(address: string): Host | undefined {
    if (!this.#addresses) {
      this.#addresses = new Map();
      const several = new Set<string>();
      for (const host of this.hosts)
        for (const a of host.addresses) {
          if (isLoopback(a) || isLinkLocal(a)) continue;
          if (this.#addresses.has(a)) several.add(a);
          else this.#addresses.set(a, host);
        }
      for (const a of several) this.#addresses.delete(a);
      for (const reader of this.hosts) {
        const file = reader.first('hosts');
        for (const entry of file ? documentOf(file, 'hosts').entries : []) {
          if (isLoopback(entry.address) || isLinkLocal(entry.address)) continue;
          if (several.has(entry.address) || this.#addresses.has(entry.address)) continue;
          const owner = entry.names.map((n) => this.hostByName(n.name)).find((h) => h !== undefined);
          if (owner) this.#addresses.set(entry.address, owner);
        }
      }
    }
    return this.#addresses.get(address);
  }

  /** A host's own addresses and those that some host's etc/hosts gives to its name; none that loop back. */
  addressesOf(host: Host): readonly string[] {
    if (!this.#ofHost) {
      this.#ofHost = new Map();
      this.hostByAddress('');
      for (const [address, owner] of this.#addresses ?? []) {
        if (!isAddress(address) || isLoopback(address)) continue;
        const list = this.#ofHost.get(owner);
        if (list) list.push(address);
        else this.#ofHost.set(owner, [address]);
      }
    }
    return this.#ofHost.get(host) ?? [];
  }

  /**
   * The host that a name or address in somebody's file means.
   * @param reader whose file it is: its etc/hosts has the first word on names
   */
  host(nameOrAddress: string, reader?: Host): Host | undefined {
    for (const address of reader ? hostsAddresses(reader, nameOrAddress) : []) {
      if (isLoopback(address)) continue;
      const owner = this.hostByAddress(address);
      if (owner) return owner;
    }
    return this.hostByAddress(nameOrAddress) ?? this.hostByName(nameOrAddress);
  }

  /** The host and path behind an fstab source such as `192.168.3.10:/srv`; undefined when it is none of ours. */
  served(mount: Mount): { readonly server: Host; readonly path: string } | undefined {
    const source = nfsSource(mount.entry.spec.value);
    if (!source) return undefined;
    const server = this.host(source.host, mount.host);
    return server && { server, path: source.path };
  }
}

const namedNodes = new WeakMap<Inventory, ReadonlyMap<string, InventoryNode>>();

/** By name; of two sections for one node the first. */
function nodesOf(inventory: Inventory): ReadonlyMap<string, InventoryNode> {
  let nodes = namedNodes.get(inventory);
  if (!nodes) {
    const named = new Map<string, InventoryNode>();
    for (const node of inventory.nodes) if (!named.has(node.name)) named.set(node.name, node);
    namedNodes.set(inventory, (nodes = named));
  }
  return nodes;
}

/** Of two sections, the one that stands above. */
function first(one: InventoryNode | undefined, other: InventoryNode | undefined): InventoryNode | undefined {
  if (!one || !other) return one ?? other;
  return one.section.span.start <= other.section.span.start ? one : other;
}

/** Every line of etc/exports and exports.d. */
export function exportsOf(host: Host): Export[] {
  return host
    .filesOf('exports')
    .flatMap((file) => documentOf(file, 'exports').entries.map((entry) => ({ host, file, entry })));
}

/** Every line of etc/fstab. */
export function mountsOf(host: Host): Mount[] {
  const file = host.first('fstab');
  return file ? documentOf(file, 'fstab').entries.map((entry) => ({ host, file, entry })) : [];
}

/** `host:/path` or `[2001:db8::1]:/path`, as fstab names an NFS share. */
export interface NfsSource {
  /** Without brackets. */
  readonly host: string;
  /** Normalised. */
  readonly path: string;
  /** Offset of the colon between the two. */
  readonly colon: number;
}

/** A source in its parts; undefined for all that is no NFS share. */
export function nfsSource(spec: string): NfsSource | undefined {
  const source = /^(\[[^\]]+\]|[^:/]+):(\/.*)$/.exec(spec);
  const host = source?.[1];
  if (host === undefined) return undefined;
  return { host: host.replace(/^\[|\]$/g, ''), path: normalise(source![2]!), colon: host.length };
}

const hostsIndex = new WeakMap<Host, ReadonlyMap<string, readonly string[]>>();

/** The addresses of a name by the host's own etc/hosts, in its order (glibc returns all of them). */
export function hostsAddresses(host: Host, name: string): readonly string[] {
  let index = hostsIndex.get(host);
  if (!index) {
    const map = new Map<string, string[]>();
    const file = host.first('hosts');
    for (const entry of file ? documentOf(file, 'hosts').entries : []) {
      if (!isAddress(entry.address)) continue;
      for (const word of entry.names) {
        const key = word.name.toLowerCase();
        const list = map.get(key);
        if (list) list.push(entry.address);
        else map.set(key, [entry.address]);
      }
    }
    hostsIndex.set(host, (index = map));
  }
  return index.get(name.toLowerCase()) ?? [];
}

const instancesMounts = new WeakMap<Host, { readonly mount: Mount | undefined }>();
const namedMounts = new WeakMap<Host, { readonly mount: Mount | undefined }>();

/** The entry that nova's instances lie on: the longest mount point that holds the path. Undefined without an fstab or a path. */
export function instancesMount(host: Host): Mount | undefined {
  const known = instancesMounts.get(host);
  if (known) return known.mount;
  const path = host.instancesPath;
  let best: Mount | undefined;
  let length = -1;
  for (const mount of path === undefined ? [] : mountsOf(host)) {
    const point = mount.entry.file.value;
    // Of two entries on one mount point the first wins under systemd.
    if (!point.startsWith('/') || point.length <= length || !covers(normalise(point), path!)) continue;
    if (normalise(point).length <= length) continue;
    best = mount;
    length = normalise(point).length;
  }
  instancesMounts.set(host, { mount: best });
  return best;
}

/** The entry of `instancesMount`, if its file system comes over the network. */
export function sharedInstancesMount(host: Host): Mount | undefined {
  const mount = instancesMount(host);
  return mount && NETWORK_FILE_SYSTEMS.has(mount.entry.type.value) ? mount : undefined;
}

/** A path that by its name is a directory of nova's instances: what there is to go by without a nova.conf. */
export function isInstancesName(path: string): boolean {
  return /nova.*instances$/.test(normalise(path));
}

/** Whether by its names a mount is a copy of something, whatever else they say. */
export function isBackup({ entry }: Mount): boolean {
  return /backup|archive|old|snap|\bbak\b/i.test(`${entry.spec.value} ${entry.file.value}`);
}

/**
 * The network mount that the instances lie on, or are meant to: `sharedInstancesMount`; else, unless something of its own is
 * mounted on instances_path, the first whose mount point is called so, or, without a nova.conf, whose source is.
 */
export function instancesStorage(host: Host): Mount | undefined {
  const shared = sharedInstancesMount(host);
  if (shared) return shared;
  const known = namedMounts.get(host);
  if (known) return known.mount;
  const path = host.instancesPath;
  const own = instancesMount(host);
  const taken = own !== undefined && normalise(own.entry.file.value) === path;
  const mount = (taken ? [] : mountsOf(host)).find(
    (m) =>
      NETWORK_FILE_SYSTEMS.has(m.entry.type.value) &&
      (isInstancesName(m.entry.file.value) || (path === undefined && isInstancesName(m.entry.spec.value))) &&
      !isBackup(m),
  );
  namedMounts.set(host, { mount });
  return mount;
}

/** Whether a directory holds a path, or is it. */
export function covers(directory: string, path: string): boolean {
  return directory === '/' || path === directory || path.startsWith(`${directory}/`);
}

/** Options of one client of an export with those of the line's `-` lists before them; a later one wins. */
export function clientOptions(entry: ExportEntry, client: ExportClient): ReadonlyMap<string, string | undefined> {
  const all = new Map<string, string | undefined>();
  for (const option of [...(client.defaults ?? entry.defaults), ...client.options]) {
    const opposite = OPPOSITE[option.name];
    if (opposite) all.delete(opposite);
    all.set(option.name, option.value);
  }
  return all;
}

const PAIRS = [
  ['rw', 'ro'],
  ['root_squash', 'no_root_squash'],
  ['sync', 'async'],
  ['subtree_check', 'no_subtree_check'],
  ['secure', 'insecure'],
  ['all_squash', 'no_all_squash'],
] as const;

/** The option that each option undoes. */
export const OPPOSITE: Readonly<Record<string, string>> = Object.fromEntries(
  PAIRS.flatMap(([a, b]) => [
    [a, b],
    [b, a],
  ]),
);

export { isIpv4 };

export function isLoopback(address: string): boolean {
  return /^127\.\d+\.\d+\.\d+$/.test(address) || address === '::1' || address.toLowerCase() === '::ffff:127.0.0.1';
}

/** Of one wire alone: 169.254.0.0/16 and fe80::/10, with a zone or without. */
export function isLinkLocal(address: string): boolean {
  return /^169\.254\.\d+\.\d+$/.test(address) || /^fe[89ab][\da-f]:/i.test(address);
}

/** `0.0.0.0`, `::` in any spelling and `*`: every address of the host. */
export function isWildcard(address: string): boolean {
  return (
    address === '0.0.0.0' || address === '*' || address === '' || (address.includes(':') && /^[0:]+$/.test(address))
  );
}

/** As people write it in any of the files: an IPv6 zone is allowed, unlike in etc/hosts. */
export function isAddress(text: string): boolean {
  return isIpv4(text) || isIpv6(text.replace(/%[\w.-]+$/, ''));
}
