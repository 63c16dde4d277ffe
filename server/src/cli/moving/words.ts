import type { MigrationView, ProbeView, ReasonView } from '../../fleet-protocol';
import { FleetError } from '../../fleet/types';
import type { Progress } from '../../migration/types';
import { printable } from '../ask';
import { usage } from '../fleet';
import { write } from '../options';
import { Cloud, type CloudOptions } from './cloud';

/** Runs a command on the cluster, and says in words what cannot be done. Exit code 1 for what was refused, else 2. */
export async function command(options: CloudOptions, work: (cloud: Cloud) => Promise<number>): Promise<number> {
  let cloud: Cloud | undefined;
  try {
    cloud = new Cloud(options);
    return await work(cloud);
  } catch (error) {
    if (!(error instanceof FleetError)) return usage(error);
    const detail = error.detail?.trim();
    say(error.message + (detail && !error.message.includes(detail) ? `\n  ${detail.replaceAll('\n', '\n  ')}` : ''));
    return error.code === 'refused' ? 1 : 2;
  } finally {
    cloud?.close();
  }
}

/** To standard output. What comes from a node must not move the cursor. */
export function print(text: string): Promise<void> {
  return write(`${printable(text)}\n`);
}

/** To standard error. */
export function say(text: string): void {
  process.stderr.write(`${printable(text)}\n`);
}

export function complain(failures: ReadonlyMap<string, string>): void {
  for (const [node, why] of failures) say(why.startsWith(`${node}: `) ? why : `${node}: ${why}`);
}

/** Behind where something goes. */
export const COPIED = ', its disks are copied';

/** Columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((r) => r[i]!.length)));
  return rows
    .map((r) =>
      r
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** `compute2:/etc/libvirt/libvirtd.conf:12`, as a person on a terminal looks for it. */
function placeOf({ uri, line, host }: ReasonView): string {
  const [, path] = /^livemig:\/\/\/[^/]+\/[^/]+(\/.*)$/.exec(uri) ?? [];
  const where = path === undefined ? uri.replace(/^.*\//, '') : `${host ?? ''}:${decodeURIComponent(path)}`;
  return `${where}:${line + 1}`;
}

/** Lines that say what speaks against a migration. */
export function reasonLines(reasons: readonly ReasonView[], indent: string): string {
  return reasons.map((r) => `${indent}${r.severity}: ${placeOf(r)}: ${r.message} (${r.rule})\n`).join('');
}

export function amount(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let i = 0;
  let value = bytes;
  for (; value >= 1024 && i < units.length - 1; i++) value /= 1024;
  return `${i > 1 && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[i]}`;
}

const BAR = 20;

/** How far it is, in one line. */
export function progressLine(view: MigrationView): string {
  const { name, source, destination = '?', progress, outcome, stuck, probe } = view;
  const way = `${name}  ${source} → ${destination}`;
  if (outcome) return `${way}  ${outcome.phase}${probe?.going ? `, ${probe.address} is asked a little longer` : ''}`;
  if (progress.phase === 'starting') return `${way}  starting`;
  const { rate, dirtyRate, iteration, throttle } = progress;
  const words = [
    ...(rate === undefined ? [] : [`${amount(rate)}/s`]),
    ...(stuck && dirtyRate !== undefined ? [`does not converge: the guest writes ${amount(dirtyRate)}/s`] : []),
    ...(iteration !== undefined && iteration > 1 ? [`pass ${iteration}`] : []),
    ...(throttle === undefined || throttle === 0 ? [] : [`slowed down by ${throttle} %`]),
  ];
  const phase = progress.phase === 'memory' ? '' : `  ${progress.phase}`;
  return `${way}${phase}  ${bar(progress)}  ${words.join(', ')}`.trimEnd();
}

function bar({ memory, disk }: Progress): string {
  const total = (memory?.total ?? 0) + (disk?.total ?? 0);
  const left = (memory?.remaining ?? 0) + (disk?.remaining ?? 0);
  if (total === 0) return '';
  const part = Math.min(1, Math.max(0, 1 - left / total));
  const filled = Math.floor(part * BAR);
  const percent = `${Math.floor(part * 100)} %`.padStart(5);
  return `[${'#'.repeat(filled)}${'.'.repeat(BAR - filled)}] ${percent}  ${amount(left)} left`;
}

/** What the probe saw of the guest. */
export function measured({ failed, longest, unheard, sent, lost, address }: ProbeView): string {
  if (failed !== undefined) return `the probe measured nothing: ${failed}`;
  if (unheard) return `${address} has not answered once of ${sent} times`;
  if (longest === 0) return `${address} always answered, ${sent - lost} times`;
  return `the probe measured ${longest} ms without an answer of ${address}, ${lost} of ${sent} lost`;
}

export function probeFailed(name: string, why: string): string {
  return `${name}: cannot be asked whether it answers, and moves all the same: ${why}`;
}

/** How it ended, and why. */
export function endLines({ name, source, outcome, progress, explanation, probe }: MigrationView): string {
  if (!outcome) return '';
  if (outcome.phase === 'completed') {
    const took = progress.elapsed === undefined ? '' : ` after ${(progress.elapsed / 1000).toFixed(1)} s`;
    const pause = progress.downtime === undefined ? '' : `, it stood still for ${progress.downtime} ms`;
    const seen = probe ? `; ${measured(probe)}` : '';
    return `${name}: is on ${outcome.on ?? 'its destination'}${took}${pause}${seen}`;
  }
  const on = outcome.broken
    ? 'it stands still between two nodes'
    : outcome.on === source
      ? `it runs on, on ${source}`
      : outcome.on === undefined
        ? 'where it is could not be learned'
        : `it is on ${outcome.on}`;
  const said = outcome.message === undefined ? '' : `: ${outcome.message}`;
  const lines = [`${name}: ${outcome.phase === 'cancelled' ? 'was aborted' : 'failed'}; ${on}${said}`];
  if (probe) lines.push(`  ${measured(probe)}`);
  if (explanation) {
    lines.push(`  ${explanation.means}`);
    if (explanation.found.length > 0) lines.push(reasonLines(explanation.found, '  ').trimEnd());
    else
      for (const { text, remedy } of explanation.causes)
        lines.push(`  - ${text}${remedy === undefined ? '' : `: ${remedy}`}`);
  }
  return lines.join('\n');
}
