import { FleetError } from '../../fleet/types';
import { isEnd } from '../types';
import type { Dialect } from './commands';
import type { Controller } from './controller';
import { phaseOf, type NovaCliMigration } from './migration';

/** Between two polls, ms: at least, and no longer than, however long the answer took. */
const PAUSE_MS = 1000;
const LONGEST_MS = 8000;
/** What each has sent is asked for one by one: so many in a poll, in turn. Nova writes it down every 5 s. */
const DETAILS = 4;
/** Nova answers with no more rows than a thousand. */
const MOST_ROWS = 1000;
/** A request may be taken up a moment after its answer: so often is a guest that does not move looked at. */
const STILL = 4;

/** Polls for all migrations that are watched by one call, as long as there are any. */
export class Watcher {
  readonly #watched = new Set<NovaCliMigration>();
  readonly #still = new Map<NovaCliMigration, number>();
  #polling = false;
  #turn = 0;
  #wake: (() => void) | undefined;

  constructor(
    private readonly controller: Controller,
    /** Finds out how it ended; nobody looks at its record any more. */
    private readonly ended: (migration: NovaCliMigration, status: string | undefined) => void,
  ) {}

  watch(migration: NovaCliMigration): void {
    this.#watched.add(migration);
    this.#wake?.();
    if (this.#polling) return;
    this.#polling = true;
    void this.#loop();
  }

  leave(migration: NovaCliMigration): void {
    this.#watched.delete(migration);
    this.#still.delete(migration);
  }

  get size(): number {
    return this.#watched.size;
  }

  async #loop(): Promise<void> {
    let failures = 0;
    while (this.#watched.size > 0) {
      const started = Date.now();
      try {
        const dialect = await this.controller.dialect();
        if (dialect.records) await this.#poll();
        else await this.#look();
        failures = 0;
      } catch (error) {
        failures++;
        if (!(error instanceof FleetError)) throw error;
        for (const migration of this.#watched) migration.tell({ ...migration.progress, phase: 'lost' });
      }
      const pause = Math.min(LONGEST_MS, Math.max(PAUSE_MS * (1 + failures), Date.now() - started));
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pause);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#polling = false;
  }

  async #poll(): Promise<void> {
    const rows = await this.controller.ask(({ records }) =>
      records!.migrations(Math.min(MOST_ROWS, Math.max(100, this.#watched.size * 4))),
    );
    for (const migration of [...this.#watched]) {
      const { uuid, begun, record } = migration;
      const row = rows.find((r) => r.server === uuid && (record ? r.id === record.id : r.id > begun.after));
      if (!row) continue;
      migration.recorded(row);
      if (isEnd(phaseOf(row.status))) this.#end(migration, row.status);
    }
    await this.#measure();
  }

  async #measure(): Promise<void> {
    const running = [...this.#watched].filter(({ record }) => record?.status.startsWith('running'));
    const first = running.length > DETAILS ? (this.#turn += DETAILS) % running.length : 0;
    const now = [...running.slice(first), ...running.slice(0, first)].slice(0, DETAILS);
    await Promise.all(
      now.map(async (migration) => {
        const { uuid, record } = migration;
        const detail = await this.controller
          .ask(({ records }) => records!.migration(uuid, record!.id))
          .catch((error: unknown) => {
            // It has just ended: the next poll tells how.
            if (error instanceof FleetError && error.code === 'not-found') return undefined;
            throw error;
          });
        if (detail) migration.measured(detail);
      }),
    );
  }

  /** Without records: which servers migrate; of those that do not any more, or not yet, where they are. */
  async #look(): Promise<void> {
    const servers = await this.controller.ask((dialect: Dialect) => dialect.servers());
    for (const migration of [...this.#watched]) {
      const listed = servers.find(({ id }) => id === migration.uuid);
      if (listed?.status === 'MIGRATING') {
        this.#still.set(migration, STILL);
        migration.tell({ phase: 'memory' });
        continue;
      }
      const still = (this.#still.get(migration) ?? 0) + 1;
      this.#still.set(migration, still);
      const { host, task, status } = await this.controller.ask((dialect) => dialect.server(migration.uuid));
      const moved = host !== undefined && migration.moved(host);
      if (task === undefined && (moved || status === 'ERROR' || still > STILL)) this.#end(migration, undefined);
    }
  }

  #end(migration: NovaCliMigration, status: string | undefined): void {
    this.leave(migration);
    this.ended(migration, status);
  }
}
