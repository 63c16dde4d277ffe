import { ProbeReader } from './reader';

/**
 * How ping is asked to ask, the best first: iputils tells of those that it waits for (-O) and when an answer came (-D);
 * busybox, BSD's and iputils before 2012 do not know these; and for people who are not root an iputils before 2021 has 0.2 s
 * for the shortest interval.
 */
export const PINGS: readonly { readonly words: readonly string[]; readonly interval: number }[] = [
  { words: ['-n', '-i', '0.1', '-O', '-D'], interval: 100 },
  { words: ['-n', '-i', '0.2', '-O', '-D'], interval: 200 },
  { words: ['-n', '-i', '0.1'], interval: 100 },
  { words: ['-n', '-i', '0.2'], interval: 200 },
];

/** The next way to ask, after one that ping refused with these words; undefined where it was not refused for its options. */
export function nextPing(tried: number, stderr: string): number | undefined {
  const short = /minimal interval|cannot flood|-i interval too short/i.test(stderr);
  const unknown = /(?:invalid|illegal|unrecognized|unknown) option/i.test(stderr);
  const next = short ? PINGS.findIndex(({ interval }, i) => i > tried && interval > PINGS[tried]!.interval) : tried + 1;
  if (!short && !unknown) return undefined;
  const found = unknown ? PINGS.findIndex(({ words }, i) => i > tried && !words.includes('-O')) : next;
  return found >= 0 && found < PINGS.length ? found : undefined;
}

/** Numbers are 16 bits wide: after an hour and a half they begin again. */
const WRAP = 65_536;

/** Reads what ping says as it comes. */
export class PingReader extends ProbeReader {
  #last = 0;

  protected line(line: string): void {
    // iputils counts from 1, the others from 0.
    if (line.startsWith('PING ')) this.gaps.asked(/ bytes of data/.test(line) ? 1 : 0);
    const stamp = /^\[(\d+\.\d+)\] /.exec(line)?.[1];
    const number = /\b(?:icmp_)?seq[= ](\d+)/.exec(line)?.[1];
    if (number === undefined) return;
    const seq = this.#whole(Number(number));
    // `64 bytes from …`; an error that a router sent has the number, too, and is no answer.
    if (/^(?:\[[\d.]+\] )?\d+ bytes from .*\btime[=<]/.test(line))
      this.gaps.answered(seq, this.clock.heard(stamp === undefined ? undefined : Number(stamp) * 1000));
    else this.gaps.asked(seq);
  }

  #whole(number: number): number {
    const base = Math.floor(this.#last / WRAP) * WRAP;
    const near = [base - WRAP, base, base + WRAP]
      .map((b) => b + number)
      .filter((n) => n >= 0)
      .sort((a, b) => Math.abs(a - this.#last) - Math.abs(b - this.#last))[0]!;
    this.#last = Math.max(this.#last, near);
    return near;
  }
}
