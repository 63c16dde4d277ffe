/**
 * An embedded cluster in a process of its own; it ends with whoever forked it.
 *
 *   main.ts nfs FOLDER [--latency MS]        the demo's three nodes
 *   main.ts hosts FOLDER --from HOSTS [--guests COUNT] [--seconds S]
 *                                            a node for each folder of HOSTS, made by bench/fleet.mjs; so many guests on the
 *                                            first of them, and so long takes each of their migrations
 *
 * Writes FOLDER/ssh (configuration, key, known_hosts), then tells its parent `{ sshConfig, nodes }`.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startCluster, writeSshConfig } from './cluster';
import { hostSpec } from './hosts';
import { nfsCluster } from './nfs';

const { values, positionals } = parseArgs({
  options: {
    latency: { type: 'string', default: '0' },
    from: { type: 'string' },
    guests: { type: 'string', default: '0' },
    seconds: { type: 'string' },
  },
  allowPositionals: true,
});
const [kind, folder] = positionals;
if (folder === undefined || (kind === 'hosts') !== (values.from !== undefined)) {
  console.error('usage: main.ts nfs FOLDER [--latency MS] | hosts FOLDER --from HOSTS');
  process.exit(2);
}

process.on('disconnect', () => process.exit(0));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(0));

async function main(to: string): Promise<void> {
  const { from, guests, seconds } = values;
  const specs =
    from === undefined
      ? nfsCluster()
      : readdirSync(from, { withFileTypes: true })
          .filter((entry) => entry.isDirectory())
          .map(({ name }, i) => hostSpec(path.join(from, name), i === 0 ? Number(guests) : 0));
  const cluster = await startCluster(specs, { latency: Number(values.latency) });
  if (seconds !== undefined) for (const { node } of cluster.servers) node.migrationSeconds = Number(seconds);
  const sshConfig = writeSshConfig(path.join(to, 'ssh'), cluster);
  const nodes = cluster.servers.map(({ node, port, hostKey }) => ({ name: node.name, port, hostKey }));
  // A fleet is known; in the demo it is asked for every host key once.
  if (from !== undefined)
    writeFileSync(
      path.join(to, 'ssh/known_hosts'),
      nodes.map(({ port, hostKey }) => `[127.0.0.1]:${port} ${hostKey}\n`).join(''),
    );
  process.send?.({ sshConfig, nodes });
}

main(folder).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
