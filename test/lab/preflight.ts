/** `npm run preflight-matrix`: each fault made, found, taken back, silent. Writes docs/preflight-matrix.md when all were tried. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { page } from './page';
import { FAULTS } from './faults/index';
import { noLab } from './lab';
import { bench, inWords, type Outcome } from './matrix';

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { only: { type: 'string', multiple: true } } });
  const { only } = values;
  const unknown = only?.filter((id) => !FAULTS.some((f) => f.id === id)) ?? [];
  if (unknown.length > 0) {
    console.error(`no check ${unknown.join(', ')}; there are: ${FAULTS.map((f) => f.id).join(' ')}`);
    return 2;
  }
  if (noLab) {
    console.error(`there can be no lab here: ${noLab}`);
    return 2;
  }
  const wanted = FAULTS.filter((f) => only === undefined || only.includes(f.id));
  const outcomes = new Map<string, Outcome>();
  // Two labs side by side: most of the time is waiting.
  const stages = [undefined, 'tls'] as const;
  const halves = stages.flatMap((stage) => {
    const list = wanted.filter((f) => f.stage === stage);
    const half = Math.ceil(list.length / 2);
    return stage === undefined && list.length > 1 ? [list.slice(0, half), list.slice(half)] : [list];
  });
  await Promise.all(
    halves.map(async (list) => {
      if (list.length === 0) return;
      const lab = await bench(list[0]!.stage);
      try {
        for (const fault of list) {
          const outcome = await lab.try(fault);
          outcomes.set(fault.id, outcome);
          console.log(report(outcome));
        }
      } finally {
        await lab.close();
      }
    }),
  );
  const all = wanted.map((f) => outcomes.get(f.id)!);
  const found = all.filter((o) => o.found).length;
  const silent = all.filter((o) => o.left.length === 0).length;
  if (only === undefined) writeFileSync(path.join(import.meta.dirname, '../../docs/preflight-matrix.md'), page(all));
  console.log(`checks ${all.length}, found ${found}, silent ${silent}`);
  return found === all.length && silent === all.length ? 0 : 1;
}

function report({ fault, found, beside, left, ms }: Outcome): string {
  const lines = [`${fault.id}: ${fault.title} (${(ms / 1000).toFixed(1)} s)`];
  lines.push(found ? `  found: ${inWords(found)}` : `  NOT FOUND: ${fault.finds.rule}`);
  if (!found) lines.push(...beside.map((f) => `  instead: ${inWords(f)}`));
  lines.push(left.length === 0 ? '  taken back: silent' : '');
  lines.push(...left.map((f) => `  taken back, and STILL: ${inWords(f)}`));
  return lines.filter((l) => l !== '').join('\n');
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
