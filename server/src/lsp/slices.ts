import { setImmediate as nextTurn } from 'node:timers/promises';

/** A key press waits for no more than one stretch, in ms. */
const STRETCH = 6;
/** Turns of the loop that are given to messages one after the other; then it is the work's turn again. */
const MOST_TURNS = 100;

/** Messages so far. */
let heard = 0;

/** A message came from the client: what is done in slices lets others that wait behind it go first. */
export function giveWay(): void {
  heard++;
}

/** Goes through with what takes long, a stretch in each turn of the loop in which no message came. */
export async function inSlices<T>(steps: Generator<unknown, T>): Promise<T> {
  for (;;) {
    const until = performance.now() + STRETCH;
    do {
      const step = steps.next();
      if (step.done) return step.value;
    } while (performance.now() < until);
    // The connection handles one message a turn: with a stretch between each and the next a key press, which is two, would
    // wait for as many stretches as messages are before it. What has just come is handled after us in its first turn.
    for (let turns = 0, quiet = 0; turns < MOST_TURNS && quiet < 2; turns++) {
      const before = heard;
      await nextTurn();
      quiet = heard === before ? quiet + 1 : 0;
    }
  }
}
