import type { Server, ServerEvent } from './commands';

/** Checks that others ask for: what they say is the cause of what those who asked say. */
const INNERMOST = [
  'compute_check_can_live_migrate_source',
  'compute_check_can_live_migrate_destination',
  'compute_pre_live_migration',
];

/** What failed, the cause first: `no valid host` is all that the conductor says of a host whose check failed. */
export function failed(events: readonly ServerEvent[]): readonly ServerEvent[] {
  const rank = ({ event }: ServerEvent): number => {
    const at = INNERMOST.indexOf(event);
    return at < 0 ? INNERMOST.length : at;
  };
  return events.filter(({ result }) => result === 'Error').sort((a, b) => rank(a) - rank(b));
}

/** Why a migration failed, in nova's words; undefined where it does not say. */
export function reasonOf(events: readonly ServerEvent[], server: Pick<Server, 'fault' | 'status'>): string | undefined {
  const told = failed(events).find(({ details }) => details !== undefined);
  // A fault of long ago is kept until the next one.
  return told?.details ?? (server.status === 'ERROR' ? server.fault : undefined);
}
