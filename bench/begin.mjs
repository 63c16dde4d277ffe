// From the confirmation of a migration to its job at the source, between real libvirtds: through the fleet process, beside
// `virsh migrate` by plain ssh. Linux, as root, with what the lab needs.
import { quantile, rounded } from './figures.mjs';
import { measured } from './forked.mjs';

/**
 * @param {string} root of the project
 * @param {number} runs
 * @returns {Promise<{ sshMs: number, oursMs: number, moreMs: number } | { note: string }>}
 */
export async function begin(root, runs) {
  const { note, ssh, ours } = await measured('begin-host.mjs', { runs }, { cwd: root, what: 'a begin' });
  if (note) return { note };
  const [sshMs, oursMs] = [ssh, ours].map((times) => quantile(times, 0.5));
  return { sshMs, oursMs, moreMs: rounded(oursMs - sshMs) };
}
