import { setTimeout as sleep } from 'node:timers/promises';

export interface IdleWork {
  /** A little of it. @returns whether there is more */
  readonly step: () => boolean;
  /** By `performance.now()`: when somebody asked for something, or was answered. */
  readonly lastActivity: () => number;
  readonly stopped: () => boolean;
  /** Before it begins, and after whatever somebody asked for, in ms. */
  readonly delay: number;
  readonly idle: number;
  /** Time spent in all, and at a stretch, in ms: who asks meanwhile waits for the rest of one stretch. */
  readonly total: number;
  readonly stretch: number;
}

/** Between two stretches, in ms. */
const GAP = 10;

/** Does what nobody waits for while nothing else is to do. It keeps no process alive. */
export async function whenIdle(work: IdleWork): Promise<void> {
  const { step, lastActivity, stopped, delay, idle, total, stretch } = work;
  await sleep(delay, undefined, { ref: false });
  for (let spent = 0; spent < total && !stopped();) {
    const from = performance.now();
    if (from - lastActivity() < idle) {
      await sleep(idle, undefined, { ref: false });
      continue;
    }
    let more: boolean;
    do more = step();
    while (more && performance.now() - from < stretch);
    if (!more) return;
    spent += performance.now() - from;
    await sleep(GAP, undefined, { ref: false });
  }
}
