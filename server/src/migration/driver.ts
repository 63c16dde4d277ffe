import type { FleetLog, Runner, Snapshot } from '../fleet/types';
import type { Cluster } from '../model/cluster';
import type { Inventory } from '../model/inventory';
import type { Abilities } from './abilities';
import type { MigrateOptions, Outcome, Progress } from './types';

/** `driver` of `[cloud]` in livemig.ini. */
export type DriverName = 'libvirt' | 'nova' | 'nova-cli';

/**
 * What can be done to a migration while it runs. `force-complete` is nova's: it pauses the guest, or switches it to post-copy,
 * as its nova.conf has it. `suspend`: the guest stands still until it has arrived.
 */
export type Action = 'abort' | 'post-copy' | 'suspend' | 'force-complete';

/** A node that takes part: its name, and how commands run on it. */
export interface End {
  readonly node: string;
  readonly runner: Runner;
}

/** What a driver is told of its cluster, and may ask of it. */
export interface Site {
  readonly inventory: Inventory;
  /** Names of livemig.ini, in its order. */
  readonly nodes: readonly string[];
  /** @throws FleetError of codes `untrusted`, `not-found` */
  end(node: string): End;
  /**
   * What was read of a node, which is read now where that is older.
   * @param age ms; whatever is known if it is not given
   * @throws FleetError when it cannot be read
   */
  snapshot(node: string, signal: AbortSignal, age?: number): Promise<Snapshot>;
  /** What is known of the nodes now; nothing is read. */
  known(): readonly Snapshot[];
  model(snapshots: readonly Snapshot[], partial?: boolean): Cluster;
  /** Asks the user; undefined: there was no answer. It is kept nowhere by who gets it. */
  password(
    question: { readonly user: string; readonly host: string; readonly again: boolean },
    signal: AbortSignal,
  ): Promise<string | undefined>;
  readonly log: FleetLog;
  /** Folder of livemig.ini, where clouds.yaml may lie beside it; absent where it is no file of this machine. */
  readonly folder?: string | undefined;
  /** Variables of the environment, such as an openrc file sets; absent: none. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** An instance as its driver knows it. */
export interface Instance {
  /** Nova's id of the server, which is libvirt's UUID, too. */
  readonly uuid: string;
  /** As people call it: nova's name, else libvirt's. */
  readonly name: string;
  /** Name in livemig.ini of the node that it is on; where no node there is that host, nova's name of it. */
  readonly node: string;
  /** `running`, `paused`, `shut off` …: libvirt's words. */
  readonly state: string;
  /** MiB. */
  readonly memory?: number;
  readonly vcpus?: number;
  readonly migrating: boolean;
  /** Why nova would not move it, although it runs. */
  readonly held?: string;
}

export interface MigrationRequest {
  readonly uuid: string;
  /** Name of the node that the caller takes it to be on. */
  readonly source: string;
  /** Undefined: nova's scheduler chooses. */
  readonly destination: string | undefined;
  readonly options: MigrateOptions;
}

/** A migration that runs, whoever began it; what it tells is what libvirt or nova says. */
export interface RunningMigration {
  readonly uuid: string;
  readonly name: string;
  readonly source: string;
  /** May be learned after it has begun, where nova's scheduler chooses. */
  readonly destination: string | undefined;
  readonly progress: Progress;
  /** What can be done to it in the state it is in. */
  readonly actions: readonly Action[];
  /** @returns ends it */
  onProgress(listener: (progress: Progress) => void): () => void;
  /** Settles with the end, and never rejects. */
  readonly outcome: Promise<Outcome>;
  /** @throws FleetError with libvirt's or nova's words */
  steer(action: Action): Promise<void>;
  /** @param limit MiB/s; absent where the driver cannot */
  setBandwidth?(limit: number): Promise<void>;
  /** @param downtime ms; absent where the driver cannot */
  setDowntime?(downtime: number): Promise<void>;
  /** Nobody watches any more: it goes on. */
  leave(): void;
}

/** Nova's compute service of a node. */
export interface ComputeService {
  readonly node: string;
  readonly enabled: boolean;
  readonly reason?: string;
  readonly up: boolean;
}

export interface ComputeServices {
  list(signal: AbortSignal): Promise<readonly ComputeService[]>;
  /** The scheduler places nothing there any more. */
  disable(node: string, reason: string, signal: AbortSignal): Promise<void>;
  enable(node: string, signal: AbortSignal): Promise<void>;
}

/** What nova's placement still gives away, which its scheduler goes by. */
export interface NovaRoom {
  /** MiB of memory by node, or by nova's name of a host that is none; hosts of which placement knows nothing are not in it. */
  readonly free: ReadonlyMap<string, number>;
  /** Why nothing is known, in a sentence without its full stop. */
  readonly unknown?: string;
}

/** How migrations of a cluster are launched and watched. All throw FleetError. */
export interface Driver {
  readonly name: DriverName;
  readonly can: Abilities;
  /** @param node of that node alone */
  instances(signal: AbortSignal, node?: string): Promise<readonly Instance[]>;
  /**
   * Begins it, and resolves when it was taken up or refused: the end is in its `outcome`.
   * @throws FleetError of code `refused` where a migration of that instance runs already, or it is not on the source, or an option is asked for that
   * it does not take
   */
  migrate(request: MigrationRequest, signal: AbortSignal): Promise<RunningMigration>;
  /** Those that run now, whoever began them, but for those of `watched` (UUIDs). They are watched from then on. */
  running(signal: AbortSignal, watched: ReadonlySet<string>): Promise<readonly RunningMigration[]>;
  /** Lines of logs and events that say why one failed, newest last; nothing where nothing can be read. */
  reasons(migration: RunningMigration, since: number, signal: AbortSignal): Promise<readonly string[]>;
  /** Absent where nova is not asked. */
  readonly services?: ComputeServices;
  /** Absent where there is no placement. What cannot be known is no failure. */
  room?(signal: AbortSignal): Promise<NovaRoom>;
}
