import type { MigrateOptions } from '../../../server/src/migration/types';
import type { Change } from '../faults/fault';
import { FAULTS } from '../faults/index';

export * from '../faults/fault';

/** The guest that is to move: keys of `lab.sh guest`, and what virsh does to it before it is started for good. */
export interface Guest {
  readonly options?: Readonly<Record<string, string | number>>;
  /** Is run on the source before it is started. */
  readonly before?: readonly string[];
  /** Elements of libvirt's description that are put into its `<devices>`. */
  readonly devices?: string;
}

/** What the cluster is before the fault: as lab.sh makes it, with nova's configuration; without nova; everything over TLS. */
export type Stage = 'nova' | 'plain' | 'tls';

/** A fault that is made, asked of pre-flight, and run into by a real migration. */
export interface Drill extends Change {
  /** Of the list of failures that were seen, with a word behind it where there are several ways. */
  readonly id: string;
  readonly title: string;
  readonly stage: Stage;
  /** Rules that name the cause rightly; none: the migration goes well, unless it is unforeseen. */
  readonly causes: readonly string[];
  readonly guest?: Guest;
  readonly options?: MigrateOptions;
  /** What nova would dial by its live_migration_uri or by name, in place of what the driver chooses. */
  readonly uri?: string;
  /** Who runs virsh on the source; root if not given. */
  readonly user?: 'nova';
  /** Why pre-flight cannot foretell it, and the id of the message that explains it without a finding. */
  readonly unforeseen?: { readonly why: string; readonly message: string };
  /** It goes well for libvirt and ill for the guest: it is to be foretold. */
  readonly spoils?: true;
  /** What the machine must have for it. */
  readonly needs?: 'kvm';
  /** Whether the computes share their instances is tried by a file, as pre-flight does. */
  readonly shares?: true;
}

/** One that this lab cannot make, and why. */
export interface NotMade {
  readonly id: string;
  readonly title: string;
  readonly why: string;
}

/** A fault of the other matrix, run into. @param causes beside the rule that finds it */
export function made(id: string, stage: Stage, more: Partial<Drill> = {}): Drill {
  const fault = FAULTS.find((f) => f.id === id);
  if (!fault) throw new Error(`no fault ${id}`);
  const { title, make, undo, shares } = fault;
  return { id, title, stage, make, undo, causes: [fault.finds.rule], ...(shares && { shares }), ...more };
}
