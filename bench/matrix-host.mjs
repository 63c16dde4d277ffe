// Forked by matrix.mjs: has the answers of embedded nodes read as those of real ones are, and asks for their matrix as often as
// it is told to. What is measured is the bundle's; the nodes and what they answer are made before.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { rounded } from './figures.mjs';
import { measures } from './forked.mjs';

// Their own paths go by what they are loaded as.
const load = createRequire(import.meta.url);
const { readAnswer } = load('../server/src/fleet/collect/frames.ts');
const { snapshotOf, wordsNamedBy } = load('../server/src/fleet/snapshot.ts');
const { wire } = load('../test/embedded/cluster.ts');
const { collect } = load('../test/embedded/collector.ts');
const { hostSpec } = load('../test/embedded/hosts.ts');
const { ROOT } = load('../test/embedded/tree.ts');

measures(async ({ bundle, hosts, times }) => {
  const { matrix, readInventories, refreshed } = load(bundle);
  const uri = pathToFileURL(path.join(hosts, 'livemig.ini')).href;
  const [read] = readInventories([{ uri, text: readFileSync(path.join(hosts, 'livemig.ini'), 'utf8') }]);
  const folders = readdirSync(hosts, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const nodes = wire(folders.map(({ name }) => hostSpec(path.join(hosts, name))));
  const snapshots = new Map(snapshotsOf(nodes).map((snapshot) => [snapshot.node, snapshot]));
  /** What the comparison of the storage asks: the embedded node answers at once. */
  const runners = new Map(
    nodes.map((node) => [
      node.name,
      {
        run: async (argv) => ({ code: 0, stdout: Buffer.from(collect(node, argv.slice(3), ROOT)), stderr: '' }),
      },
    ]),
  );
  // What is made of a node when it is read is not made again.
  for (const snapshot of snapshots.values()) refreshed(read.view.id, read, snapshot);
  const session = { id: read.view.id, read };
  const fleet = {
    cluster: () => session,
    node: ({ node }) => ({
      recent: async () => snapshots.get(node),
      runner: () => runners.get(node),
      amend: (_before, now) => snapshots.set(node, now),
    }),
    log: () => undefined,
  };
  const answers = [];
  for (let i = 0; i < times; i++) {
    const delay = monitorEventLoopDelay({ resolution: 2 });
    delay.enable();
    await new Promise((resolve) => setTimeout(resolve, 20));
    delay.reset();
    const [from, before] = [performance.now(), process.cpuUsage()];
    const { groups } = await matrix(fleet, { cluster: session.id }, new AbortController().signal);
    const { user, system } = process.cpuUsage(before);
    const ms = performance.now() - from;
    await new Promise((resolve) => setImmediate(resolve));
    delay.disable();
    const blockedMs = rounded(delay.max / 1e6);
    answers.push({ ms: rounded(ms), cpuMs: rounded((user + system) / 1000), blockedMs, groups: groups.length });
  }
  return { answers };
});

/** As the collector's answers have it, and what each of the others resolves to there: by DNS, not by its own files. */
function snapshotsOf(nodes) {
  // Read of an answer, no two of these texts would be the same object.
  const copy = (text) => Buffer.from(text).toString();
  return nodes.map((node) => {
    const first = readAnswer(Buffer.from(collect(node, [], ROOT)));
    const files = first.files.map(({ path: name, bytes }) => ({ path: name, bytes }));
    const named = readAnswer(Buffer.from(collect(node, ['only:asked', ...wordsNamedBy(node.name, files)], ROOT)));
    const snapshot = snapshotOf(node.name, Math.floor(Date.now() / 1000), [first, named]);
    const others = nodes.filter((other) => other !== node);
    const resolves = Object.fromEntries(others.map((other) => [copy(other.name), [copy(other.addresses()[0])]]));
    return { ...snapshot, facts: { ...snapshot.facts, resolves } };
  });
}
