import { setImmediate as nextTurn } from 'node:timers/promises';

/** A key press waits for no more than one stretch, in ms. */
const STRETCH = 6;

/** Goes through with what takes long, a stretch in each turn of the loop. */
export async function inSlices<T>(steps: Generator<unknown, T>): Promise<T> {
  for (;;) {
    const until = performance.now() + STRETCH;
    do {
      const step = steps.next();
      if (step.done) return step.value;
    } while (performance.now() < until);
    await nextTurn();
  }
}
