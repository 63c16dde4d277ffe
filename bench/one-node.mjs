// One node, a real sshd on loopback: a snapshot through the fleet process beside the same collector run by plain ssh. Linux,
// as root, with openssh installed.
import { quantile, rounded } from './figures.mjs';
import { measured } from './forked.mjs';

/**
 * @param {string} root of the project
 * @param {number} runs
 * @returns {Promise<{ sshMs: number, snapshotMs: number, connectMs: number, times: number } | { note: string }>}
 */
export async function oneNode(root, runs) {
  const { note, plain, standing, fresh } = await measured(
    'one-node-host.mjs',
    { runs },
    { cwd: root, what: 'one node' },
  );
  if (note) return { note };
  const [sshMs, snapshotMs, connectMs] = [plain, standing, fresh].map((times) => quantile(times, 0.5));
  return { sshMs, snapshotMs, connectMs, times: rounded(snapshotMs / sshMs) };
}
