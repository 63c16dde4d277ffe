// So many embedded nodes read through the fleet process and judged live by the language server, while somebody types. The
// nodes are in a process of their own, and share the machine with what is measured.
import { fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { quantile, rounded } from './figures.mjs';
import { writeFleet } from './fleet.mjs';
import { message } from './forked.mjs';
import { SAMPLES } from './documents.mjs';

/** One to connect, and as many in which what is connected is read again. */
const ROUNDS = 4;
/** Of the file that is typed in. */
const LINES = 1000;

/**
 * @param {string} root of the project
 * @param {string} scratch a folder for what is made
 * @param {number} count nodes
 * @param {{ profile?: string, rounds?: number }} options profile: a folder for CPU profiles of the processes
 */
export async function fleetLive(root, scratch, count, { profile, rounds = ROUNDS } = {}) {
  const hosts = path.join(scratch, `live-${count}`);
  const folder = path.join(scratch, `live-${count}-workspace`);
  mkdirSync(hosts);
  mkdirSync(path.join(folder, 'typed/etc/nova'), { recursive: true });
  writeFleet(hosts, count);
  const typed = Array.from({ length: LINES }, (_, i) => SAMPLES.nova.line(i, LINES)).join('\n');
  writeFileSync(path.join(folder, 'typed/etc/nova/nova.conf'), typed);
  const embedded = fork(path.join(root, 'test/embedded/main.ts'), ['hosts', folder, '--from', hosts], {
    execArgv: ['--import', 'tsx', ...(profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [])],
    cwd: root,
  });
  let host;
  try {
    const { sshConfig, nodes } = await message(embedded, 'the embedded cluster');
    const inventory = nodes.map(({ name }) => `[node ${name}]\nroles = compute\n`);
    writeFileSync(path.join(folder, 'livemig.ini'), ['release = zed\n', ...inventory].join('\n'));
    host = fork(path.join(root, 'bench/live-host.mjs'));
    const answer = message(host, 'the extension host');
    host.send({ dist: path.join(root, 'dist'), folder, sshConfig, rounds, nodesPid: embedded.pid, profile });
    const { error, results, problems } = await answer;
    if (error) throw new Error(error);
    return figures(count, results, problems);
  } finally {
    host?.kill();
    if (embedded.connected) embedded.disconnect();
  }
}

function figures(nodes, [nothing, ...rounds], problems) {
  const [first, ...again] = rounds;
  const typed = rounds.flatMap((r) => r.typed);
  return {
    nodes,
    problems,
    firstRowMs: rounded(first.first),
    connectSeconds: rounded(first.seconds),
    refreshSeconds: quantile(
      again.map((r) => r.seconds),
      0.5,
    ),
    judgedSeconds: quantile(
      again.flatMap((r) => r.settled ?? []),
      0.5,
    ),
    blockedMs: rounded(Math.max(...rounds.map((r) => r.blockedMs))),
    typedIdleP95: quantile(nothing.typed, 0.95),
    typedConnectP95: quantile(first.typed, 0.95),
    typedRefreshP95: quantile(
      again.flatMap((r) => r.typed),
      0.95,
    ),
    typedP95: quantile(typed, 0.95),
    keys: typed.length,
    /** CPU time of each process, in ms. */
    connectCpu: first.spent,
    refreshCpu: again.at(-1).spent,
    failures: rounds.reduce((sum, r) => sum + r.failures, 0),
  };
}
