// Measures the built language server and command line, beside well-known servers. Usage:
//   node scripts/bench.mjs [PART…] [--no-peers] [--server FILE] [--lines 1000,10000,50000] [--edits 100] [--runs 7]
//                          [--fleets 100,1000,10000] [--nodes 200] [--destinations 100] [--matrix 1000] [--drain 100]
//                          [--profile FOLDER]
//                          [--scale 2000]
// PART: editor, lint, fleets, nodes, verdicts, matrix, scale, start, node, begin, drain; all of them where none is named.
// With --profile the processes that read and judge the nodes leave CPU profiles there.
// Prints tables, and as its last line one JSON object. The peers are installed by npm into a temporary folder. Figures
// compare within one run only: the machine may be busy with something else in the next.
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { begin } from '../bench/begin.mjs';
import { fleet, oneFile } from '../bench/commands.mjs';
import { drain } from '../bench/drain.mjs';
import { fleetLive } from '../bench/fleet-live.mjs';
import { matrix } from '../bench/matrix.mjs';
import { fixAll, measure, startTimes } from '../bench/measure.mjs';
import { floor, ours, peers } from '../bench/servers.mjs';
import { oneNode } from '../bench/one-node.mjs';
import { scale } from '../bench/scale.mjs';
import { start } from '../bench/start.mjs';
import { table } from '../bench/table.mjs';
import { targets, verdicts } from '../bench/targets.mjs';
import { verdicts as judged } from '../bench/verdicts.mjs';
import { buildAll, serverBytes } from './build.mjs';

const root = path.resolve(import.meta.dirname, '..');
const { values: options, positionals } = parseArgs({
  allowNegative: true,
  allowPositionals: true,
  options: {
    peers: { type: 'boolean', default: true },
    server: { type: 'string' },
    lines: { type: 'string', default: '1000,10000,50000' },
    edits: { type: 'string', default: '100' },
    runs: { type: 'string', default: '7' },
    fleets: { type: 'string', default: '100,1000,10000' },
    nodes: { type: 'string', default: '200' },
    destinations: { type: 'string', default: '100' },
    matrix: { type: 'string', default: '1000' },
    drain: { type: 'string', default: '100' },
    scale: { type: 'string', default: '2000' },
    profile: { type: 'string' },
  },
});
/** The peers are kept; all else goes. */
const kept = path.join(tmpdir(), 'livemig-bench-peers');
const numbers = (text) => text.split(',').filter(Boolean).map(Number);
const runs = Number(options.runs);
const profile = options.profile && path.resolve(options.profile);
if (options.server && !existsSync(options.server)) {
  console.error(`${options.server} is not there`);
  process.exit(2);
}

/** What each part measures, by the name that targets and the last line know it by; each says in words what it found. */
const parts = {
  async editor() {
    const servers = [
      await floor(root, folder),
      ours(path.resolve(options.server ?? path.join(root, 'dist/server.js'))),
    ];
    if (options.peers) {
      try {
        servers.push(...peers(kept));
      } catch (error) {
        console.error(`no peers: they cannot be installed (${error.message.split('\n')[0]})`);
      }
    }
    const rows = [];
    const starts = await startTimes(servers, Math.max(runs, 15));
    for (const server of servers) {
      const startMs = starts[server.name];
      for (const lines of numbers(options.lines)) {
        // The slow ones are not waited for as often.
        const edits = server.name === 'floor' || server.name === 'livemig' ? Number(options.edits) : 6;
        try {
          rows.push({ startMs, ...(await measure(server, lines, edits)) });
        } catch (error) {
          rows.push({ server: server.name, lines, startMs, note: error.message });
          console.error(`${server.name}, ${lines} lines: ${error.message}`);
        }
      }
    }
    console.log(table(rows));
    const repair = await fixAll(servers[1], 10_000, 200, runs);
    console.log(
      `fix all: ${repair.findings} findings in ${repair.lines} lines, ${repair.edits} edits, p50 ${repair.p50} ms, p95 ${repair.p95} ms`,
    );
    return { rows, repair };
  },

  lint() {
    const lint = oneFile(root, folder, Math.max(runs, 15));
    console.log(
      `livemig lint of one file of 1,000 lines: ${lint.lintMs} ms, of it node itself ${lint.nodeMs} ms, ours ${lint.oursMs} ms; ` +
        `at the least ${lint.leastMs} ms, of CPU ${lint.cpuMs} ms more than node itself; ` +
        (lint.validatorMs === null
          ? 'oslo-config-validator not measured (apt-get install python3-nova)'
          : `oslo-config-validator ${lint.validatorMs} ms`),
    );
    return { lint };
  },

  async fleets() {
    const fleets = [];
    for (const hosts of numbers(options.fleets)) {
      const one = await fleet(root, folder, hosts);
      fleets.push(one);
      console.log(
        `livemig lint of ${hosts} hosts of 6 files: ${one.seconds} s, ${one.peakMiB} MiB, ${one.errors} errors`,
      );
    }
    return { fleets };
  },

  async nodes() {
    const lives = [];
    for (const nodes of numbers(options.nodes)) {
      const one = await fleetLive(root, folder, nodes, { profile });
      lives.push(one);
      console.log(
        `${nodes} nodes over SSH, 20 at a time: connected and read in ${one.connectSeconds} s, read again in ${one.refreshSeconds} s; ` +
          `extension host blocked for ${one.blockedMs} ms at most; typing meanwhile p95 ${one.typedP95} ms (alone ${one.typedIdleP95} ms)`,
      );
      for (const [what, spent] of [
        ['connecting', one.connectCpu],
        ['reading again', one.refreshCpu],
      ])
        console.log(
          `  CPU of ${what}: fleet process ${spent.fleet} ms, language server ${spent.server} ms, host ${spent.host} ms; ` +
            `the nodes’ own servers, elsewhere in a real fleet, ${spent.nodes} ms`,
        );
    }
    return { lives };
  },

  async verdicts() {
    const asked = [];
    for (const count of numbers(options.destinations)) {
      const one = await judged(root, folder, count);
      asked.push(one);
      console.log(
        `verdicts of ${count} destinations: ${one.ms} ms (${one.cpuMs} ms of CPU); the first of a process ${one.firstMs} ms (${one.firstCpuMs} ms), ` +
          `asked ${one.momentMs / 1000} s after the nodes were read, in which it was blocked for ${one.blockedMs} ms at most; ` +
          `asked at once ${one.atOnceMs} ms (${one.atOnceCpuMs} ms)`,
      );
    }
    return { asked };
  },

  async matrix() {
    const matrices = [];
    for (const nodes of numbers(options.matrix)) {
      const one = await matrix(root, folder, nodes, { profile });
      matrices.push(one);
      console.log(
        `matrix of ${nodes} nodes that each resolve all others: ${one.ms} ms (${one.cpuMs} ms of CPU), ` +
          `blocked for ${one.blockedMs} ms at most; the first of a process ${one.firstMs} ms (${one.firstCpuMs} ms); ${one.groups} groups`,
      );
    }
    return { matrices };
  },

  async scale() {
    const scales = [];
    for (const nodes of numbers(options.scale)) {
      const one = await scale(root, folder, { nodes, instances: 10 * nodes, runs, profile });
      scales.push(one);
      console.log(
        `${nodes} nodes and ${one.instances} instances: rows of the tree in ${one.paintMs} ms, a node that is looked into in ${one.nodeMs} ms; ` +
          `livemig instances: ${one.listed} in ${one.listSeconds} s by ${one.listCalls} calls, ${one.listMiB} MiB`,
      );
      console.log(
        `  ${one.moving} migrations found in ${one.foundMs} ms by ${one.foundCalls} calls; ${one.destinations} destinations in ${one.verdictsMs} ms; ` +
          `a drain planned in ${one.planMs} ms, ${one.planCalls} calls; blocked meanwhile at most: extension host ${one.blockedMs} ms, ` +
          `fleet process ${one.blockedFleetMs} ms`,
      );
      console.log(
        `  watching: ${one.callsPerRound} calls a round, ${one.callsPerSecond} a second, ${one.watchingCpuMsPerSecond} ms of CPU a second; ` +
          `blocked: extension host ${one.watchingBlockedMs} ms, fleet process ${one.watchingBlockedFleetMs} ms; ` +
          `memory: fleet process ${one.fleetMiB} MiB, extension host ${one.hostMiB} MiB`,
      );
    }
    return { scales };
  },

  async start() {
    const opened = await start(root, folder, Math.max(runs, 15));
    console.log(
      `activate with its bundle: ${opened.activateMs} ms (${opened.activateCpuMs} ms of CPU); ` +
        `first ${opened.rows} rows of the tree: ${opened.paintMs} ms (${opened.paintCpuMs} ms of CPU)`,
    );
    return { opened };
  },

  async node() {
    const node = await oneNode(root, runs);
    console.log(
      node.note
        ? `snapshot of one node: not measured (${node.note})`
        : `snapshot of one node over SSH: ${node.snapshotMs} ms, with a new connection ${node.connectMs} ms; ` +
            `the collector by plain ssh ${node.sshMs} ms`,
    );
    return { node };
  },

  async begin() {
    const begun = await begin(root, runs);
    console.log(
      begun.note
        ? `beginning of a migration: not measured (${begun.note})`
        : `from confirmation to the job at the source: ${begun.oursMs} ms; virsh migrate by plain ssh ${begun.sshMs} ms`,
    );
    return { begun };
  },

  async drain() {
    const drains = [];
    for (const instances of numbers(options.drain)) {
      const one = await drain(root, folder, instances);
      drains.push(one);
      console.log(
        `drain of ${instances} instances: planned in ${one.planMs} ms, done in ${one.seconds} s; extension host blocked for ` +
          `${one.blockedMs} ms at most (by its own work ${one.busyMs} ms), ${one.cpuMs} ms of CPU there, ${one.fleetCpuMs} ms in the fleet process`,
      );
    }
    return { drains };
  },
};

const unknown = positionals.filter((name) => !Object.hasOwn(parts, name));
if (unknown.length > 0) {
  console.error(`no part of the bench: ${unknown.join(', ')}. There are ${Object.keys(parts).join(', ')}.`);
  process.exit(2);
}
const bytes = serverBytes(await buildAll());
const folder = mkdtempSync(path.join(tmpdir(), 'livemig-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));
// What is begun puts its own there, too, so that nothing is left of what is ended half-way; accounts of a node look for
// their keys in it.
chmodSync(folder, 0o711);
process.env.TMPDIR = folder;

const figures = {};
for (const [name, run] of Object.entries(parts))
  if (positionals.length === 0 || positionals.includes(name)) Object.assign(figures, await run());
const promised = targets({ ...figures, serverBytes: bytes });
for (const line of verdicts(promised, positionals.length > 0)) console.log(line);
console.log(JSON.stringify({ ...figures, targets: promised }));
