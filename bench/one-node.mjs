// One node, a real sshd on loopback: a snapshot through the fleet process beside the same collector run by plain ssh. Linux,
// as root, with openssh installed.
import { fork } from 'node:child_process';
import path from 'node:path';
import { quantile, rounded } from './figures.mjs';

/**
 * @param {string} root of the project
 * @param {number} runs
 * @returns {Promise<{ sshMs: number, snapshotMs: number, connectMs: number, times: number } | { note: string }>}
 */
export async function oneNode(root, runs) {
  const host = fork(path.join(root, 'bench/one-node-host.mjs'), { execArgv: ['--import', 'tsx'], cwd: root });
  const answer = new Promise((resolve, reject) => {
    host.once('message', resolve);
    host.once('exit', (code) => reject(new Error(`the measurement of one node ended with ${code}`)));
  });
  host.send({ runs });
  const { error, note, plain, standing, fresh } = await answer;
  if (error) throw new Error(error);
  if (note) return { note };
  const [sshMs, snapshotMs, connectMs] = [plain, standing, fresh].map((times) => quantile(times, 0.5));
  return { sshMs, snapshotMs, connectMs, times: rounded(snapshotMs / sshMs) };
}
