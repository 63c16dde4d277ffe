import type { Progress } from './types';

/** A lap is a pass over what is left to be sent, or several passes that are shorter than this together, ms. */
const LAP_MS = 5000;
/** So many laps in a row that gained nothing prove it. */
const LAPS = 2;
/** From this share on what is written counts as much as what is sent: neither is measured exactly. */
const SAME = 0.8;
/** And what is left as much as was left before: of a pass of five seconds the first one may be missed. */
const LEFT = 0.75;

interface Lap {
  readonly began: number;
  /** Most bytes that were left in it. */
  readonly peak: number;
  /** Bytes/s that were sent, added up, and how often that was told. */
  readonly rates: number;
  readonly told: number;
}

/**
 * Whether a migration does not converge, by what is told of it about once a second.
 *
 * QEMU sends in each pass what was written during the one before. It gets nowhere where a pass leaves as much as it found; the
 * rates alone do not say that. A guest that writes the same memory again and again is measured to write just as fast as is
 * sent, since a page counts once in a pass; the first pass has much that is never written again; pages of zeros cost nothing.
 * So two laps in a row have to end with as much left as before, written about as fast as it was sent. While auto-converge still
 * slows the guest down further, it is not yet known.
 */
export class Convergence {
  /** Laps that gained nothing, one after another, the oldest first. */
  #gainless: readonly Lap[] = [];
  #lap: Lap | undefined;
  #before: Progress | undefined;
  #stuck = false;

  /**
   * @param now ms, by any clock
   * @returns whether it does not converge, as far as is known now
   */
  take(progress: Progress, now = Date.now()): boolean {
    const { phase, memory, rate, dirtyRate, throttle = 0 } = progress;
    const before = this.#before;
    this.#before = phase === 'memory' ? progress : undefined;
    if (phase !== 'memory' || !memory || rate === undefined || dirtyRate === undefined) return this.#anew();
    if (throttle > (before?.throttle ?? 0)) this.#anew();
    const lap = this.#lap;
    const isNew = before !== undefined && isNextPass(before, progress);
    const begun: Lap = { began: now, peak: memory.remaining, rates: rate, told: 1 };
    if (!lap) {
      // Of a pass that is seen from its middle on nobody knows what it began with.
      if (isNew) this.#lap = begun;
    } else if (isNew && now - lap.began >= LAP_MS) {
      this.#close(lap, dirtyRate);
      this.#lap = begun;
    } else
      this.#lap = {
        ...lap,
        peak: Math.max(lap.peak, memory.remaining),
        rates: lap.rates + rate,
        told: lap.told + 1,
      };
    return this.#judge();
  }

  #close(lap: Lap, dirtyRate: number): void {
    const sent = lap.rates / lap.told;
    const went = lap.peak < LEFT * most(this.#gainless) ? [] : this.#gainless;
    this.#gainless = dirtyRate > 0 && dirtyRate >= SAME * sent ? [...went, lap].slice(-LAPS) : [];
  }

  /** What short passes leave is seen to be as much as before a moment after the lap began. */
  #judge(): boolean {
    const isSame = this.#stuck || (this.#lap?.peak ?? 0) >= LEFT * most(this.#gainless);
    this.#stuck = this.#gainless.length === LAPS && isSame;
    return this.#stuck;
  }

  #anew(): false {
    this.#gainless = [];
    this.#lap = undefined;
    this.#stuck = false;
    return false;
  }
}

const most = (laps: readonly Lap[]): number => Math.max(0, ...laps.map(({ peak }) => peak));

/** Old libvirts do not count the passes: where one ends there is more left again. */
function isNextPass(before: Progress, { iteration, memory }: Progress): boolean {
  if (iteration !== undefined && before.iteration !== undefined) return iteration !== before.iteration;
  return (memory?.remaining ?? 0) > (before.memory?.remaining ?? 0);
}
