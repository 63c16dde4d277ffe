import type { ProbeView } from '../../fleet-protocol';

/** Gaps that are kept; of more the longest. */
const MOST = 100;
/** So many later ones were asked, and one is still without an answer: it will get none. */
const PATIENCE = 10;

/** What came of the askings, one every so many ms: which had an answer, and for how long there was none. */
export class Gaps {
  readonly #waiting = new Set<number>();
  readonly #gaps: { from: number; to: number }[] = [];
  #lost = 0;
  #first: number | undefined;
  #next = 0;
  #closed = false;
  /** The first of which it is not yet said whether it is lost. */
  #open = 0;
  #last: { readonly seq: number; readonly at: number } | undefined;

  /** @param interval ms between two askings */
  constructor(public interval = 100) {}

  /** @param seq whatever the first is, each is one more than the one before */
  asked(seq: number): void {
    if (this.#first === undefined) this.#first = this.#next = this.#open = seq;
    for (; this.#next <= seq; this.#next++) this.#waiting.add(this.#next);
    this.#settle(this.#next - PATIENCE);
  }

  /** @param at ms, by the clock of whoever asks */
  answered(seq: number, at: number): void {
    this.asked(seq);
    this.#waiting.delete(seq);
    const before = this.#last;
    if (before && at <= before.at) return;
    this.#last = { seq, at };
    if (!before) return;
    // One that was lost is seen by its number; answers that come late all at once, by the time without any.
    const ms = at - before.at;
    if (ms > 3 * this.interval || (seq > before.seq + 1 && ms > 1.5 * this.interval)) this.#add(before.at, at);
  }

  /** Whether there has been an answer. */
  get any(): boolean {
    return this.#last !== undefined;
  }

  /** There is none just now. @param now by the clock of whoever asks */
  isGoingOn(now: number): boolean {
    return !this.#closed && this.#last !== undefined && now - this.#last.at > Math.max(300, 3 * this.interval);
  }

  /**
   * @param now ms, by the clock of whoever asks
   * @param ahead what that clock lacks to this machine's, ms
   */
  view(now: number, ahead = 0): Pick<ProbeView, 'sent' | 'lost' | 'gaps' | 'longest' | 'unheard'> {
    const gaps = this.isGoingOn(now) ? [...this.#gaps, { from: this.#last!.at, to: now }] : this.#gaps;
    return {
      sent: this.#next - (this.#first ?? 0),
      lost: this.#lost,
      gaps: gaps.map(({ from, to }) => ({ from: Math.round(from + ahead), to: Math.round(to + ahead) })),
      longest: Math.round(Math.max(0, ...gaps.map(({ from, to }) => to - from))),
      ...(this.#lost > 0 && !this.any && { unheard: true }),
    };
  }

  /**
   * Nothing is asked any more: those that had the time for an answer, and have none, are lost.
   * @param now by the clock of whoever asks
   */
  close(now: number): void {
    if (this.isGoingOn(now)) this.#add(this.#last!.at, now);
    this.#settle(this.#next - 2);
    this.#closed = true;
  }

  #settle(end: number): void {
    for (; this.#open < end; this.#open++) if (this.#waiting.delete(this.#open)) this.#lost++;
  }

  #add(from: number, to: number): void {
    this.#gaps.push({ from, to });
    if (this.#gaps.length <= MOST) return;
    const shortest = this.#gaps.reduce((least, gap, i) => {
      const { from: f, to: t } = this.#gaps[least]!;
      return gap.to - gap.from < t - f ? i : least;
    }, 0);
    this.#gaps.splice(shortest, 1);
  }
}
