import { FleetError } from '../fleet/types';
import type { DriverName } from './driver';
import type { MigrateOptions } from './types';

export type MigrateOption = keyof MigrateOptions;

/** What a driver can do, and needs, whatever its cluster. */
export interface Abilities {
  /** Options that it takes with a migration; what it does not take is configuration of nova's hosts. */
  readonly takes: readonly MigrateOption[];
  /** A scheduler chooses where no destination is named, and asks for the room itself. */
  readonly scheduler: boolean;
  /** What runs, and where, is known of nodes that were read; else one question to nova tells of all. */
  readonly asksNodes: boolean;
}

const NOVA: Abilities = { takes: ['storage'], scheduler: true, asksNodes: false };

export const ABILITIES: Readonly<Record<DriverName, Abilities>> = {
  libvirt: {
    takes: ['storage', 'postCopy', 'autoConverge', 'bandwidth', 'downtime', 'parallel', 'tls'],
    scheduler: false,
    asksNodes: true,
  },
  nova: NOVA,
  'nova-cli': NOVA,
};

/** Where nova has it instead: an option of `[libvirt]` in nova.conf. */
const CONFIGURED: Readonly<Partial<Record<MigrateOption, readonly [what: string, option: string]>>> = {
  bandwidth: ['limit of the bandwidth', 'live_migration_bandwidth'],
  downtime: ['longest downtime', 'live_migration_downtime'],
  postCopy: ['post-copy', 'live_migration_permit_post_copy'],
  autoConverge: ['auto-converge', 'live_migration_permit_auto_converge'],
  parallel: ['parallel connections', 'live_migration_parallel_connections'],
  tls: ['TLS', 'live_migration_with_native_tls'],
};

/**
 * Who asks for what a driver has no request for shall not believe that he got it.
 * @throws FleetError of code `refused` that says where it is set instead
 */
export function refuseOptions({ takes }: Abilities, options: MigrateOptions): void {
  const asked = (Object.keys(options) as MigrateOption[]).filter((option) => isAsked(option, options));
  const foreign = asked.flatMap((option) => (takes.includes(option) ? [] : [CONFIGURED[option] ?? [option, option]]));
  if (foreign.length === 0) return;
  const what = foreign.map(([words]) => words).join(', ');
  const where = foreign.map(([, option]) => option).join(', ');
  throw new FleetError(
    'refused',
    `nova takes no ${what} with a migration: set ${where} below [libvirt] in nova.conf of the source, and leave it out here`,
  );
}

function isAsked(option: MigrateOption, options: MigrateOptions): boolean {
  const value = options[option];
  return value !== undefined && value !== false && value !== 0 && !(option === 'parallel' && value === 1);
}
