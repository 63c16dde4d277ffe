// The matrix of so many nodes that were just read and each resolve all others, as the fleet process makes it. The first answer
// of a process is told apart: its engine has run none of it yet.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bundlePart } from '../scripts/build.mjs';
import { medianOf, rounded } from './figures.mjs';
import { writeFleet } from './fleet.mjs';
import { measured } from './forked.mjs';

/** Processes that are asked, and how often each. */
const ROUNDS = 2;
const ASKED = 4;

/**
 * @param {string} root of the project
 * @param {string} scratch a folder for what is made
 * @param {number} count nodes
 * @param {{ profile?: string }} options profile: a folder for a CPU profile of each process
 */
export async function matrix(root, scratch, count, { profile } = {}) {
  const hosts = path.join(scratch, `matrix-${count}`);
  const bundle = path.join(scratch, 'matrix.cjs');
  mkdirSync(hosts);
  writeFleet(hosts, count);
  writeFileSync(path.join(hosts, 'livemig.ini'), inventory(count));
  await bundlePart(
    `export { matrix } from './server/src/fleet/process/matrix';
      export { readInventories } from './server/src/fleet/process/inventories';
      export { refreshed } from './server/src/fleet/process/refreshed';`,
    bundle,
  );
  const first = [];
  const later = [];
  let groups;
  for (let round = 0; round < ROUNDS; round++) {
    const request = { bundle, hosts, times: ASKED };
    const { answers } = await measured('matrix-host.mjs', request, { cwd: root, what: 'the matrix', profile });
    const [cold, ...warm] = answers;
    first.push(cold);
    later.push(...warm);
    groups = cold.groups;
  }
  return {
    nodes: count,
    groups,
    firstMs: medianOf(first, 'ms'),
    firstCpuMs: medianOf(first, 'cpuMs'),
    ms: medianOf(later, 'ms'),
    cpuMs: medianOf(later, 'cpuMs'),
    blockedMs: rounded(Math.max(...[...first, ...later].map((one) => one.blockedMs))),
  };
}

/** The nodes' names are those of writeFleet. */
function inventory(count) {
  const sections = Array.from({ length: count }, (_, i) => {
    const name = `compute${String(i).padStart(5, '0')}`;
    return `[node ${name}]\nroles = compute\n`;
  });
  return `release = zed\n\n${sections.join('\n')}`;
}
