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
  /** CPU time spent in all, in ms: by the clock a busy machine would leave little of it. */
  readonly total: number;
  /** At a time, in ms: who asks meanwhile waits for the rest of it. Then others have their turn for the gap. */
  readonly stretch: number;
  readonly gap: number;
}

/** Does what nobody waits for while nothing else is to do. It keeps no process alive. */
export async function whenIdle(work: IdleWork): Promise<void> {
  const { step, lastActivity, stopped, delay, idle, total, stretch, gap } = work;
  await sleep(delay, undefined, { ref: false });
  for (let spent = 0; spent < total && !stopped();) {
    const before = cpuMs();
    const from = performance.now();
    if (from - lastActivity() < idle) {
      await sleep(idle, undefined, { ref: false });
      continue;
    }
    let more: boolean;
    do more = step();
    while (more && performance.now() - from < stretch);
    if (!more) return;
    spent += cpuMs() - before;
    await sleep(gap, undefined, { ref: false });
  }
}

/** Of this process, in ms. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
