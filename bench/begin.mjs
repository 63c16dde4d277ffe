// From the confirmation of a migration to its job at the source, between real libvirtds: through the fleet process, beside
// `virsh migrate` by plain ssh. Linux, as root, with what the lab needs.
import { fork } from 'node:child_process';
import path from 'node:path';
import { quantile, rounded } from './figures.mjs';

/**
 * @param {string} root of the project
 * @param {number} runs
 * @returns {Promise<{ sshMs: number, oursMs: number, moreMs: number } | { note: string }>}
 */
export async function begin(root, runs) {
  const host = fork(path.join(root, 'bench/begin-host.mjs'), { execArgv: ['--import', 'tsx'], cwd: root });
  const answer = new Promise((resolve, reject) => {
    host.once('message', resolve);
    host.once('exit', (code) => reject(new Error(`the measurement of a begin ended with ${code}`)));
  });
  host.send({ runs });
  const { error, note, ssh, ours } = await answer;
  if (error) throw new Error(error);
  if (note) return { note };
  const [sshMs, oursMs] = [ssh, ours].map((times) => quantile(times, 0.5));
  return { sshMs, oursMs, moreMs: rounded(oursMs - sshMs) };
}
