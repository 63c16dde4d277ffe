import { FleetError, type Ran } from '../../fleet/types';
import type { End } from '../driver';
import type { Movable, Progress } from '../types';
import * as virsh from './commands';
import { readJobInfo, type JobInfo } from './jobinfo';
import { readState, type DomainState } from './state';

/** Libvirtd answers at once, or is busy with a job of that guest for a moment. */
const LOOK_TIMEOUT_MS = 8000;
const ASK_TIMEOUT_MS = 20_000;

/** What a node says of a guest; a state of undefined is none: it is not there. */
export interface Looked {
  readonly info: JobInfo | undefined;
  readonly state: DomainState | undefined;
}

/** @throws FleetError where the node, or its libvirtd, does not answer */
export async function look({ node, runner }: End, { uuid }: Movable): Promise<Looked> {
  const ran = await runner.run(virsh.look(uuid), { root: true, timeout: LOOK_TIMEOUT_MS });
  const text = Buffer.from(ran.stdout).toString();
  const state = readState(text);
  if (state) return { info: readJobInfo(text), state };
  if (/failed to get domain|no domain with matching/i.test(ran.stderr)) return { info: undefined, state: undefined };
  throw new FleetError('refused', `${node}: ${saidBy(ran)}`, ran.stderr.trim());
}

/** Undefined where nobody answers. */
export async function tryLook(end: End, instance: Movable): Promise<Looked | undefined> {
  try {
    return await look(end, instance);
  } catch (error) {
    if (error instanceof FleetError) return undefined;
    throw error;
  }
}

/** A migration from or to that node; libvirt before 3.3 does not say what kind of job it is. */
export function isMigrating({ info }: Looked): boolean {
  return info !== undefined && !['none', 'completed'].includes(info.type) && info.operation !== 'other';
}

/** Statistics of the end. Libvirt before 6.0 forgets them once they are told. */
export async function statistics({ runner }: End, { uuid }: Movable): Promise<Omit<Progress, 'phase'> | undefined> {
  for (const keep of [true, false]) {
    const ran = await runner.run(virsh.completed(uuid, keep), { root: true, timeout: ASK_TIMEOUT_MS });
    const info = readJobInfo(Buffer.from(ran.stdout).toString());
    if (info) return info.type === 'completed' ? info.progress : undefined;
  }
  return undefined;
}

/** @throws FleetError of code `refused` with libvirt's words */
export async function tell({ node, runner }: End, argv: readonly string[]): Promise<void> {
  const ran = await runner.run(argv, { root: true, timeout: ASK_TIMEOUT_MS });
  if (ran.code !== 0) throw new FleetError('refused', `${node}: ${saidBy(ran)}`, ran.stderr.trim());
}

/** Virsh's own words, without its “error:”. */
export function saidBy(ran: Ran): string {
  const lines = ran.stderr
    .split('\n')
    .map((line) => line.replace(/^error: /, '').trim())
    .filter((line) => line !== '');
  return lines.join(' ') || `virsh ended with ${ran.code ?? ran.signal ?? 'no status'}`;
}

/** By what the source says. */
export function phaseOf({ info, state }: Looked): Progress['phase'] {
  if (state?.reason.startsWith('post-copy')) return 'post-copy';
  return info?.progress.memory && info.progress.memory.processed > 0 ? 'memory' : 'starting';
}

/** The daemon's own answer to what was asked of it; not that it went away, or that somebody ended virsh. */
export function isReason(ran: Ran | undefined): boolean {
  return (
    ran?.code !== undefined &&
    !/end of file|disconnected from|failed to connect|cannot recv|cannot write data/i.test(ran.stderr)
  );
}
