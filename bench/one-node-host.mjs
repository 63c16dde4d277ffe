// Forked by one-node.mjs: brings a private sshd up, measures turn by turn, and takes it away again.
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startFleet } from '../test/fleet/fleet-process.ts';
import { keygen, noSshd, startSshd } from '../test/fleet/sshd.ts';
import { measures } from './forked.mjs';

const COLLECTOR = readFileSync(new URL('../server/src/fleet/collect/collect.sh', import.meta.url));

measures(measure);

/** ms: ssh and the collector, connecting each time as ssh does; the fleet process with its connection; with a new one. */
async function measure({ runs }) {
  if (noSshd !== false) return { note: noSshd };
  const folder = mkdtempSync(path.join(tmpdir(), 'livemig-bench-'));
  chmodSync(folder, 0o711);
  const file = (name) => path.join(folder, name);
  // Built first: what fails there leaves nothing behind.
  const fleet = startFleet('bench');
  const sshd = await startSshd(folder, { keys: [keygen(file('id'))] });
  try {
    writeFileSync(file('known_hosts'), `[127.0.0.1]:${sshd.port} ${sshd.hostKey}\n`);
    writeFileSync(
      file('ssh_config'),
      `UserKnownHostsFile ${file('known_hosts')}\nIdentityFile ${file('id')}\nIdentityAgent none\n` +
        `Host node\n  HostName 127.0.0.1\n  Port ${sshd.port}\n  User root\n`,
    );
    const files = [{ uri: 'file:///bench/livemig.ini', text: '[node node]\n' }];
    await fleet.ask('inventories', { files, trusted: true, sshConfig: file('ssh_config') });
    await fleet.refresh('node');
    const figures = { plain: [], standing: [], fresh: [] };
    for (let i = 0; i < runs; i++) {
      figures.plain.push(await timed(() => bySsh(file('ssh_config'))));
      figures.standing.push(await timed(() => fleet.refresh('node')));
      await fleet.ask('disconnect', { cluster: 'bench', node: 'node' });
      figures.fresh.push(await timed(() => fleet.refresh('node')));
    }
    return figures;
  } finally {
    await fleet.stop();
    await sshd.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function timed(run) {
  const from = performance.now();
  await run();
  return performance.now() - from;
}

function bySsh(config) {
  return new Promise((resolve, reject) => {
    const words = ['-F', config, 'node', 'sh', '-s', '--', 'deadline:60'];
    const child = execFile('ssh', words, { maxBuffer: 64 << 20 }, (error, stdout) => {
      if (error) reject(error);
      else if (!stdout.trimEnd().endsWith('@@livemig end')) reject(new Error('the collector did not come to its end'));
      else resolve();
    });
    child.stdin.end(COLLECTOR);
  });
}
