import type { Sample } from '../../fleet-protocol';
import { isEnd, type Progress } from '../../migration/types';

/** An hour, one each second. */
const MOST = 3600;
/** Reports that come closer are one, ms. */
const APART_MS = 900;

/** What was measured of migrations while they ran: of those that are longer than an hour ever fewer, from begin to end. */
export class Samples {
  readonly #all = new Map<string, { list: Sample[]; apart: number }>();

  /** @param now ms since 1970 */
  add(id: string, progress: Progress, now = Date.now()): void {
    const { memory, disk, rate, dirtyRate, throttle, phase } = progress;
    const over = isEnd(phase);
    const known = this.#all.get(id) ?? { list: [], apart: APART_MS };
    this.#all.set(id, known);
    const last = known.list.at(-1);
    if (phase === 'lost' || (last && !over && now - last.at < known.apart)) return;
    const remaining = memory || disk ? (memory?.remaining ?? 0) + (disk?.remaining ?? 0) : undefined;
    known.list.push({
      at: now,
      ...(remaining !== undefined && { remaining }),
      // At its end libvirt tells means of the whole way.
      ...(rate !== undefined && !over && { rate }),
      ...(dirtyRate !== undefined && !over && { dirtyRate }),
      ...(throttle !== undefined && !over && { throttle }),
    });
    if (known.list.length <= MOST) return;
    known.list = known.list.filter((_, i) => i % 2 === 0);
    known.apart *= 2;
  }

  /** The oldest first; none where nothing is known of it. */
  of(id: string): readonly Sample[] {
    return this.#all.get(id)?.list ?? [];
  }

  forget(id: string): void {
    this.#all.delete(id);
  }
}
