import type { Gaps } from './gaps';

/** Reads what one that asks a guest says, line by line as it comes. */
export abstract class ProbeReader {
  #rest = '';

  constructor(
    protected readonly gaps: Gaps,
    protected readonly clock: { heard(stamp: number | undefined): number },
  ) {}

  take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop()!;
    for (const line of lines) this.line(line);
  }

  protected abstract line(line: string): void;

  /** `NUMBER` of an asking, or `NUMBER MS` of its answer; anything else says nothing. */
  protected numbered(line: string): void {
    const [, seq, stamp] = /^(\d+)(?: (\d+))?$/.exec(line) ?? [];
    if (seq === undefined) return;
    if (stamp === undefined) this.gaps.asked(Number(seq));
    else this.gaps.answered(Number(seq), this.clock.heard(Number(stamp)));
  }
}
