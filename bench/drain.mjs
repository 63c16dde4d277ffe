// A node of so many instances is drained in an embedded cluster, through the extension's own code and the fleet process, with
// both views open: what that does to the extension host.
import { fork } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { writeFleet } from './fleet.mjs';
import { message } from './forked.mjs';

/** The one that is drained, and those that take its instances. */
const NODES = 4;
/** Of one migration, in s: much quicker than a real one, so that more happens at a time. */
const SECONDS = 1;
/** Libvirtd of the fleet wants a password of its peers, of which embedded nodes know nothing. */
const OPEN = 'listen_tls = 0\nlisten_tcp = 1\nauth_tcp = "none"\n';

/**
 * @param {string} root of the project
 * @param {string} scratch a folder for what is made
 * @param {number} instances
 */
export async function drain(root, scratch, instances) {
  const hosts = path.join(scratch, `drain-${instances}`);
  const folder = path.join(scratch, `drain-${instances}-workspace`);
  mkdirSync(hosts);
  mkdirSync(folder);
  writeFleet(hosts, NODES);
  for (const { name } of readdirSync(hosts, { withFileTypes: true }).filter((entry) => entry.isDirectory()))
    writeFileSync(path.join(hosts, name, 'etc/libvirt/libvirtd.conf'), OPEN);
  const words = ['hosts', folder, '--from', hosts, '--guests', String(instances), '--seconds', String(SECONDS)];
  const embedded = fork(path.join(root, 'test/embedded/main.ts'), words, { execArgv: ['--import', 'tsx'], cwd: root });
  let host;
  try {
    const { sshConfig, nodes } = await message(embedded, 'the embedded cluster');
    const sections = nodes.map(({ name }) => `[node ${name}]\nroles = compute\n`);
    writeFileSync(
      path.join(folder, 'livemig.ini'),
      ['[cluster]\nname = bench\nrelease = zed\n\n[cloud]\ndriver = libvirt\n', ...sections].join('\n'),
    );
    host = fork(path.join(root, 'bench/drain-host.mjs'));
    const answer = message(host, 'the extension host');
    host.send({ dist: path.join(root, 'dist'), folder, sshConfig, instances });
    const { error, ...figures } = await answer;
    if (error) throw new Error(error);
    return { instances, ...figures };
  } finally {
    host?.kill();
    if (embedded.connected) embedded.disconnect();
  }
}
