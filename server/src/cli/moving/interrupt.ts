import { createInterface } from 'node:readline';
import { printable } from '../ask';
import type { Board } from './board';
import { say } from './words';

/** What Ctrl-C offers beside watching no more. */
export interface Choice {
  /** One letter. */
  readonly key: string;
  readonly words: string;
  readonly act: () => Promise<void>;
}

export interface Interruptible {
  readonly board: Board;
  readonly question: string;
  readonly choices: readonly Choice[];
  /** What goes on when nobody watches, for who stops watching. */
  readonly left: () => string;
}

/** Exit code of who stops watching. */
export const INTERRUPTED = 130;

/**
 * Watches until the work is done. Ctrl-C asks, on a terminal, what is meant; a second one stops the watching, as the first
 * does without a terminal. What runs on the nodes goes on either way.
 * @returns what the work gave, or 130
 */
export async function interruptible(work: Promise<number>, options: Interruptible): Promise<number> {
  const { board, question, choices, left } = options;
  let giveBack: () => void = () => undefined;
  let close: () => void = () => undefined;
  const stopped = new Promise<number>((resolve) => {
    let asking = false;
    let over = false;
    const stop = (): void => {
      if (over) return;
      over = true;
      board.hold();
      say(left());
      resolve(INTERRUPTED);
    };
    const interrupt = (): void => {
      if (asking || !process.stdin.isTTY || !process.stderr.isTTY) {
        stop();
        return;
      }
      asking = true;
      board.hold();
      const all = [...choices, { key: 's', words: 'only stop watching' }];
      const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: true });
      close = () => lines.close();
      lines.on('SIGINT', stop);
      lines.on('close', () => {
        asking = false;
        if (!over) board.letGo();
      });
      const list = all.map((c) => `[${c.key}] ${c.words}`).join(', ');
      lines.question(printable(`${question} ${list}, or anything else to go on: `), (answer) => {
        lines.close();
        const key = answer.trim().toLowerCase().slice(0, 1);
        if (key === 's') {
          stop();
          return;
        }
        const act = choices.find((c) => c.key === key)?.act;
        act?.().catch((error: unknown) => say(error instanceof Error ? error.message : String(error)));
      });
    };
    giveBack = takeInterrupts(interrupt);
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    close();
    giveBack();
  }
}

/** Waits for the work; Ctrl-C hastens it, and ends nothing. */
export async function hastened<T>(work: Promise<T>, hasten: () => void): Promise<T> {
  const giveBack = takeInterrupts(hasten);
  try {
    return await work;
  } finally {
    giveBack();
  }
}

/**
 * Never without a listener: a signal that came between would be lost, though a bar is there already.
 * @returns gives Ctrl-C back to who had it
 */
function takeInterrupts(listener: () => void): () => void {
  const before = process.listeners('SIGINT');
  process.on('SIGINT', listener);
  for (const old of before) process.off('SIGINT', old);
  return () => {
    for (const old of before) process.on('SIGINT', old);
    process.off('SIGINT', listener);
  };
}
