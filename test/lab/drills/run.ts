/** `npm run fault-matrix`: each fault made, asked of pre-flight, run into, explained. Writes docs/fault-matrix.md when all were tried. */
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { noLab } from '../lab';
import { bench, type Result } from './bench';
import { drillsOf, NAMES } from './index';
import { page, summary } from './page';
import { verdictOf } from './verdict';

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { only: { type: 'string', multiple: true }, verbose: { type: 'boolean' } } });
  const { only, verbose = false } = values;
  const unknown = only?.filter((name) => !NAMES.includes(name)) ?? [];
  if (unknown.length > 0) {
    console.error(`no fault ${unknown.join(', ')}; there are: ${NAMES.join(' ')}`);
    return 2;
  }
  if (noLab) {
    console.error(`there can be no lab here: ${noLab}`);
    return 2;
  }
  const began = performance.now();
  const kvm = existsSync('/dev/kvm');
  const wanted = drillsOf(only).filter((d) => kvm || d.needs !== 'kvm');
  if (!kvm) console.log('there is no /dev/kvm: what needs it is left out, and the page stays as it is');
  const results = new Map<string, Result>();
  // Two labs side by side: most of the time is waiting.
  const lanes = [wanted.filter((d) => d.stage === 'plain'), wanted.filter((d) => d.stage !== 'plain')];
  await Promise.all(
    lanes.map(async (lane) => {
      for (const stage of new Set(lane.map((d) => d.stage))) {
        const lab = await bench(stage);
        try {
          for (const drill of lane.filter((d) => d.stage === stage)) {
            try {
              const result = await lab.try(drill);
              results.set(drill.id, result);
              console.log(report(result, verbose));
            } catch (error) {
              // The others are tried all the same.
              console.log(`WRONG ${drill.id}: it could not be tried: ${String(error)}`);
            }
          }
        } finally {
          await lab.close();
        }
      }
    }),
  );
  const all = wanted.flatMap((d) => results.get(d.id) ?? []);
  const whole = all.length === wanted.length;
  const file = path.join(import.meta.dirname, '../../../docs/fault-matrix.md');
  if (only === undefined && kvm && whole) writeFileSync(file, page(all));
  console.log(`${all.length} of ${wanted.length} tried in ${Math.round((performance.now() - began) / 1000)} s`);
  console.log(summary(all));
  return whole && all.every((r) => verdictOf(r).wrong.length === 0) ? 0 : 1;
}

function report(result: Result, verbose: boolean): string {
  const { drill, outcome, state, reasons, explained, message, log, ms } = result;
  const { wrong } = verdictOf(result);
  const lines = [
    `${wrong.length > 0 ? 'WRONG ' : ''}${drill.id} (${drill.stage}): ${drill.title} (${(ms / 1000).toFixed(1)} s)`,
    `  predicted: ${state}${reasons.length > 0 ? `, ${reasons.map((r) => `${r.rule} (${r.severity})`).join(', ')}` : ''}`,
    `  happened: ${outcome.phase}${outcome.message === undefined ? '' : `: ${outcome.message}`}`,
  ];
  if (outcome.phase !== 'completed')
    lines.push(`  explained: ${message ?? 'no message'}: ${explained.map((r) => r.rule).join(', ') || 'no cause'}`);
  lines.push(...wrong.map((w) => `  WRONG: ${w}`));
  if (verbose) lines.push(...log.map((l) => `  | ${l}`), ...reasons.map((r) => `  - ${r.node}: ${r.message}`));
  return lines.join('\n');
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
