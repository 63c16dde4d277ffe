/** Embedded nodes that know of each other, each behind a server of its own, and how they are logged in to. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { EmbeddedNode, listensAt, type NodeSpec } from './node';
import { generateKey } from './keys';
import { EmbeddedServer, type ServeOptions } from './server';
import { Tree } from './tree';

export interface EmbeddedCluster {
  readonly servers: readonly EmbeddedServer[];
  /** Private key that every node takes, in OpenSSH's form. */
  readonly key: string;
  server(name: string): EmbeddedServer;
  stop(): Promise<void>;
}

/** Nodes that know of each other, with nobody who could log in. */
export function wire(specs: readonly NodeSpec[]): readonly EmbeddedNode[] {
  const nodes = specs.map((spec) => new EmbeddedNode(spec));
  const byAddress = new Map(nodes.flatMap((node) => node.addresses().map((a) => [a, node] as const)));
  const filers = new Map<string, Tree>();
  const filer = (address: string): Tree => {
    const tree = filers.get(address) ?? new Tree();
    filers.set(address, tree);
    return tree;
  };
  for (const node of nodes) {
    node.filer = filer;
    node.peer = (address) => byAddress.get(address);
    node.reach = (address, port) => {
      const other = byAddress.get(address);
      return !other ? 'filtered' : listensAt(other, address, port) ? 'open' : 'refused';
    };
  }
  // A mount that another node serves is there when that one is.
  for (const node of nodes) node.mountAll();
  return nodes;
}

export async function startCluster(specs: readonly NodeSpec[], options: ServeOptions = {}): Promise<EmbeddedCluster> {
  const key = generateKey();
  const nodes = wire(specs);
  const keys = [...(options.keys ?? []), key.public.trim()];
  const servers = nodes.map((node) => new EmbeddedServer(node, { ...options, keys }));
  await Promise.all(servers.map((server) => server.start()));
  return {
    servers,
    key: key.private,
    server(name) {
      const found = servers.find((s) => s.node.name === name);
      if (!found) throw new Error(`no node ${name}`);
      return found;
    },
    async stop() {
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

/**
 * An ssh configuration that leads to the nodes by their names and to nothing else, with the key and a known_hosts of its
 * own beside it: nobody's own files are looked at.
 * @returns the path of the configuration
 */
export function writeSshConfig(folder: string, { servers, key }: EmbeddedCluster, user = 'root'): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const identity = path.join(folder, 'id_ed25519');
  writeFileSync(identity, key, { mode: 0o600 });
  const known = path.join(folder, 'known_hosts');
  const own = [
    `  User ${user}`,
    `  IdentityFile "${identity}"`,
    '  IdentitiesOnly yes',
    '  IdentityAgent none',
    `  UserKnownHostsFile "${known}"`,
    '  GlobalKnownHostsFile none',
  ];
  const hosts = servers.map(({ node, port }) =>
    [`Host ${node.name}`, '  HostName 127.0.0.1', `  Port ${port}`, ...own].join('\n'),
  );
  const file = path.join(folder, 'config');
  writeFileSync(file, `${hosts.join('\n\n')}\n`);
  return file;
}
