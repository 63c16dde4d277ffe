import type { Action, RunningMigration } from '../driver';
import type { Outcome, Progress } from '../types';
import type { Migration } from './answers';

/** What the driver does for one. */
export interface Steering {
  /** N of the microversion that is spoken. */
  minor(): number;
  steer(migration: NovaMigration, action: Action): Promise<void>;
  leave(migration: NovaMigration): void;
}

export interface Begun {
  readonly uuid: string;
  readonly name: string;
  /** Names of livemig.ini, else nova's. */
  readonly source: string;
  readonly destination: string | undefined;
  /** The last migration of that server before this one, by nova's number. */
  readonly before: number;
  /** ms since 1970. */
  readonly began: number;
  /** By which nova's events know it. */
  readonly request: string | undefined;
  /** Whether nova took the request is not known. */
  readonly unanswered?: boolean;
}

const OVER = new Set(['completed', 'failed', 'error', 'cancelled']);

export function isOver({ status }: Migration): boolean {
  return OVER.has(status);
}

/** A live migration as nova tells of it. It holds no state of its own but what was told last. */
export class NovaMigration implements RunningMigration {
  readonly uuid: string;
  readonly name: string;
  readonly source: string;
  readonly outcome: Promise<Outcome>;
  readonly #listeners = new Set<(progress: Progress) => void>();
  #settle: (outcome: Outcome) => void = () => undefined;
  #progress: Progress;
  #destination: string | undefined;
  /** As nova told it last; undefined: not yet. */
  row: Migration | undefined;
  ended = false;

  constructor(
    readonly begun: Begun,
    private readonly steering: Steering,
  ) {
    this.uuid = begun.uuid;
    this.name = begun.name;
    this.source = begun.source;
    this.#destination = begun.destination;
    this.#progress = { phase: begun.unanswered ? 'lost' : 'starting' };
    this.outcome = new Promise((resolve) => (this.#settle = resolve));
  }

  get destination(): string | undefined {
    return this.#destination;
  }

  get progress(): Progress {
    return this.#progress;
  }

  get actions(): readonly Action[] {
    if (this.ended || !this.row) return [];
    const minor = this.steering.minor();
    switch (this.row.status) {
      case 'running': {
        const forced: readonly Action[] = minor >= 22 ? ['force-complete'] : [];
        return minor >= 24 ? ['abort', ...forced] : forced;
      }
      case 'queued':
      case 'preparing':
        return minor >= 65 ? ['abort'] : [];
      default:
        return [];
    }
  }

  onProgress(listener: (progress: Progress) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  steer(action: Action): Promise<void> {
    return this.steering.steer(this, action);
  }

  leave(): void {
    this.#listeners.clear();
    this.steering.leave(this);
  }

  /** @param destination name of livemig.ini, else nova's */
  take(row: Migration, destination: string | undefined): void {
    const last = this.row;
    // A list has no amounts: those that were told last hold.
    const { memory = last?.memory, disk = last?.disk } = row;
    const rate = rateOf(last, row) ?? this.#progress.rate;
    this.row = { ...row, memory, disk };
    this.#destination = destination ?? this.#destination;
    if (isOver(row)) return;
    this.#tell({
      phase: phaseOf(row.status, memory !== undefined),
      elapsed: Math.max(0, Date.now() - this.begun.began),
      ...(memory && { memory }),
      ...(disk && { disk }),
      ...(rate !== undefined && { rate }),
    });
  }

  /** Nobody answers. */
  lose(): void {
    if (this.#progress.phase !== 'lost') this.#tell({ ...this.#progress, phase: 'lost' });
  }

  end(outcome: Outcome): void {
    if (this.ended) return;
    this.ended = true;
    const { memory } = this.#progress;
    const done = outcome.phase === 'completed';
    const progress: Progress = {
      phase: outcome.phase,
      elapsed: Math.max(0, Date.now() - this.begun.began),
      ...(memory && { memory: done ? { ...memory, processed: memory.total, remaining: 0 } : memory }),
    };
    this.#tell(progress);
    this.#settle({ ...outcome, progress });
  }

  #tell(progress: Progress): void {
    this.#progress = progress;
    for (const listener of this.#listeners) listener(progress);
  }
}

function phaseOf(status: string, sent: boolean): Progress['phase'] {
  if (status === 'running (post-copy)') return 'post-copy';
  return status === 'running' && sent ? 'memory' : 'starting';
}

/** Bytes/s, from what nova wrote down twice. */
function rateOf(last: Migration | undefined, now: Migration): number | undefined {
  if (!last?.memory || !now.memory || last.updated === undefined || now.updated === undefined) return undefined;
  const ms = now.updated - last.updated;
  const bytes = now.memory.processed - last.memory.processed;
  return ms > 0 && bytes >= 0 ? (bytes * 1000) / ms : undefined;
}
