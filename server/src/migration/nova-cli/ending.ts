import { FleetError } from '../../fleet/types';
import type { RunningMigration } from '../driver';
import type { Outcome } from '../types';
import type { MigrationRecord, ServerEvent } from './commands';
import type { Controller } from './controller';
import { phaseOf, type NovaCliMigration } from './migration';
import { failed, reasonOf } from './reason';

/** After its record says so, nova still tidies up: this often is the server looked at before that is believed. */
const LOOKS = 20;
const LOOK_MS = 1000;
const LONGEST_MS = 5000;

/** What is known of a failure: the request that began it, by which logs name it, and what was said, newest last. */
export interface Why {
  readonly request: string | undefined;
  readonly lines: readonly string[];
}

/** How migrations ended: by where the server is once nova has done with it, and what its events say. */
export class Endings {
  readonly #why = new WeakMap<RunningMigration, Why>();

  constructor(
    private readonly controller: Controller,
    private readonly nodeOf: (host: string) => string,
  ) {}

  /** What its events and its server's fault said of a failure. */
  why(migration: RunningMigration): Why {
    return this.#why.get(migration) ?? { request: undefined, lines: [] };
  }

  /** @param status of nova's record; undefined where it keeps none */
  async tell(migration: NovaCliMigration, status: string | undefined): Promise<void> {
    let outcome: Outcome | undefined;
    for (let looks = 0; !outcome && !migration.over;) {
      try {
        outcome = await this.#outcomeOf(migration, status, ++looks >= LOOKS);
      } catch (error) {
        if (!(error instanceof FleetError)) throw error;
        if (error.code === 'not-found')
          outcome = { phase: status === undefined ? 'failed' : endOf(status), message: error.message };
        else migration.tell({ ...migration.progress, phase: 'lost' });
      }
      const pause = Math.min(LONGEST_MS, LOOK_MS * Math.ceil(looks / 4));
      if (!outcome) await new Promise((resolve) => setTimeout(resolve, pause));
    }
    if (outcome) migration.end(outcome);
  }

  /** @returns undefined as long as nova has not done with it */
  async #outcomeOf(
    migration: NovaCliMigration,
    status: string | undefined,
    last: boolean,
  ): Promise<Outcome | undefined> {
    const { uuid, source, record } = migration;
    const server = await this.controller.ask((dialect) => dialect.server(uuid));
    const on = server.host === undefined ? undefined : this.nodeOf(server.host);
    const elsewhere = on !== undefined && on !== source;
    const phase = status === undefined ? (elsewhere ? 'completed' : 'failed') : endOf(status);
    // Who may not know hosts sees none.
    const arrived = phase !== 'completed' || elsewhere || on === undefined;
    if (!last && !(server.task === undefined && arrived)) return undefined;
    const where = on === undefined ? {} : { on };
    if (phase !== 'failed') return { phase, ...where };
    const { request, events } = record ? await this.#events(uuid, record) : { request: undefined, events: [] };
    const said = failed(events).map(
      ({ event, host, details }) => `${host ?? 'nova'}: ${event}: ${details ?? 'failed'}`,
    );
    const fault = server.fault === undefined || server.status !== 'ERROR' ? [] : [server.fault];
    // What is said last counts most: the innermost check.
    this.#why.set(migration, { request, lines: [...fault, ...said.reverse()] });
    const unsaid = `nova does not say why: nova-compute.log on ${source} has it`;
    return { phase, message: reasonOf(events, server) ?? unsaid, ...where };
  }

  /** Those of the request that began it: the last one before its record was made. */
  async #events(
    uuid: string,
    { created }: MigrationRecord,
  ): Promise<{ request: string | undefined; events: readonly ServerEvent[] }> {
    const actions = await this.controller.ask(({ records }) => records!.actions(uuid));
    const mine = actions
      .filter(({ action, started }) => action === 'live-migration' && started <= created)
      .sort((a, b) => b.started - a.started)[0];
    if (!mine) return { request: undefined, events: [] };
    const { request } = mine;
    return { request, events: await this.controller.ask(({ records }) => records!.events(uuid, request)) };
  }
}

function endOf(status: string): Outcome['phase'] {
  const phase = phaseOf(status);
  return phase === 'completed' || phase === 'cancelled' ? phase : 'failed';
}
