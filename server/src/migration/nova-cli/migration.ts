import { FleetError } from '../../fleet/types';
import type { Action, RunningMigration } from '../driver';
import { isEnd, type Outcome, type Phase, type Progress } from '../types';
import type { MigrationDetail, MigrationRecord } from './commands';

/** What a migration needs of its driver. */
export interface Keeper {
  steer(migration: NovaCliMigration, action: Action): Promise<void>;
  leave(migration: NovaCliMigration): void;
  /** Name in livemig.ini of a host of nova. */
  nodeOf(host: string): string;
}

export interface Begun {
  readonly uuid: string;
  readonly name: string;
  readonly source: string;
  readonly destination: string | undefined;
  /** Ids of records up to this one are of earlier migrations. */
  readonly after: number;
  /** Nova keeps records, and may be told what to do with what they tell of. */
  readonly steered: boolean;
  readonly abortsQueued: boolean;
}

const PHASES: Readonly<Record<string, Phase>> = {
  accepted: 'starting',
  queued: 'starting',
  preparing: 'starting',
  running: 'memory',
  'running (post-copy)': 'post-copy',
  'post-migrating': 'memory',
  completed: 'completed',
  done: 'completed',
  failed: 'failed',
  error: 'failed',
  cancelled: 'cancelled',
};

export const phaseOf = (status: string): Phase => PHASES[status] ?? 'starting';

/** A live migration that nova does; it goes on whoever watches. */
export class NovaCliMigration implements RunningMigration {
  readonly outcome: Promise<Outcome>;
  #settle!: (outcome: Outcome) => void;
  readonly #listeners = new Set<(progress: Progress) => void>();
  readonly #began = Date.now();
  #destination: string | undefined;
  #progress: Progress = { phase: 'starting' };
  #record: MigrationRecord | undefined;
  #detail: MigrationDetail | undefined;
  /** ms that it ran before it was found. */
  #before = 0;
  #over = false;

  constructor(
    readonly begun: Begun,
    private readonly keeper: Keeper,
  ) {
    this.#destination = begun.destination;
    this.outcome = new Promise((resolve) => (this.#settle = resolve));
  }

  get uuid(): string {
    return this.begun.uuid;
  }

  get name(): string {
    return this.begun.name;
  }

  get source(): string {
    return this.begun.source;
  }

  get destination(): string | undefined {
    return this.#destination;
  }

  get progress(): Progress {
    return this.#progress;
  }

  /** Nova's record of it; undefined until it was seen. */
  get record(): MigrationRecord | undefined {
    return this.#record;
  }

  get over(): boolean {
    return this.#over;
  }

  get actions(): readonly Action[] {
    if (!this.begun.steered || this.#over) return [];
    if (this.#record?.status === 'running') return ['abort', 'force-complete'];
    const waits = this.#record && ['queued', 'preparing', 'accepted'].includes(this.#record.status);
    return waits === true && this.begun.abortsQueued ? ['abort'] : [];
  }

  onProgress(listener: (progress: Progress) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  steer(action: Action): Promise<void> {
    if (action === 'post-copy' || action === 'suspend')
      return Promise.reject(
        new FleetError('refused', `${action} is libvirt’s: nova forces a migration to complete as its nova.conf says`),
      );
    return this.keeper.steer(this, action);
  }

  leave(): void {
    this.#over = true;
    this.#listeners.clear();
    this.keeper.leave(this);
  }

  /** It is elsewhere than it began. */
  moved(host: string): boolean {
    return this.keeper.nodeOf(host) !== this.begun.source;
  }

  /** What nova's record says now. */
  recorded(record: MigrationRecord): void {
    if (!this.#record) this.#before = Math.max(0, record.updated - record.created);
    this.#record = record;
    if (record.destination !== undefined) this.#destination = this.keeper.nodeOf(record.destination);
    const phase = phaseOf(record.status);
    // Its end is told with its reason.
    if (!isEnd(phase)) this.tell({ phase });
  }

  /** How far it is. Nova writes that down every few seconds: only then is there a rate to tell. */
  measured(detail: MigrationDetail): void {
    const old = this.#detail;
    const since = old ? detail.updated - old.updated : 0;
    const sent = (of: MigrationDetail): number => (of.memory?.processed ?? 0) + (of.disk?.processed ?? 0);
    const rate = old && since > 0 ? ((sent(detail) - sent(old)) * 1000) / since : this.#progress.rate;
    if (!old || since > 0) this.#detail = detail;
    this.tell({
      phase: this.#progress.phase === 'lost' ? 'memory' : this.#progress.phase,
      ...(detail.memory && { memory: detail.memory }),
      ...(detail.disk && { disk: detail.disk }),
      ...(rate !== undefined && rate > 0 && { rate }),
    });
  }

  /** Keeps what was known where nothing new is. */
  tell(progress: Progress): void {
    if (this.#over) return;
    this.#progress = { ...this.#progress, elapsed: this.#before + Date.now() - this.#began, ...progress };
    for (const listener of this.#listeners) listener(this.#progress);
  }

  end(outcome: Outcome): void {
    if (this.#over) return;
    const { memory } = this.#progress;
    const sent = outcome.phase === 'completed' && memory ? { memory: { ...memory, remaining: 0 } } : {};
    this.tell({ phase: outcome.phase, ...sent });
    this.#over = true;
    this.#settle({ ...outcome, progress: this.#progress });
  }
}
