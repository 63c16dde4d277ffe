/** An instance that is to be moved. */
export interface Movable {
  /** Libvirt's UUID, which is nova's id of the server, too. */
  readonly uuid: string;
  /** Libvirt's name. */
  readonly name: string;
}

/** How it is to be moved. What is left out is as libvirt or nova has it. */
export interface MigrateOptions {
  /** `copy`: its disks lie on the source alone, and are copied with the memory. `shared` unless given; pre-flight finds out. */
  readonly storage?: 'shared' | 'copy';
  /** It may be switched to post-copy while it runs. */
  readonly postCopy?: boolean;
  /** The guest is slowed down as far as it writes memory faster than the network carries it. */
  readonly autoConverge?: boolean;
  /** MiB/s; 0 or nothing for no limit. */
  readonly bandwidth?: number;
  /** Longest pause at the end, ms. */
  readonly downtime?: number;
  /** Connections side by side; 1 or nothing for one. */
  readonly parallel?: number;
  /** QEMU encrypts the stream itself. */
  readonly tls?: boolean;
}

/**
 * `starting`: nothing was sent yet. `memory`: the guest runs on the source. `post-copy`: it runs on the destination, and needs
 * the source until the end. `lost`: nobody answers; what is told is what was known last.
 */
export type Phase = 'starting' | 'memory' | 'post-copy' | 'completed' | 'failed' | 'cancelled' | 'lost';

export const isEnd = (phase: Phase): phase is 'completed' | 'failed' | 'cancelled' =>
  phase === 'completed' || phase === 'failed' || phase === 'cancelled';

/** What is known of a migration at one time. */
export interface Progress {
  readonly phase: Phase;
  /** ms since it began. */
  readonly elapsed?: number;
  /** Bytes of memory. `remaining` grows again where the guest writes faster than is sent. */
  readonly memory?: Amounts;
  /** Bytes of disks that are copied. */
  readonly disk?: Amounts;
  /** Bytes/s that are sent. */
  readonly rate?: number;
  /** Bytes/s that the guest writes; absent until it was measured. */
  readonly dirtyRate?: number;
  /** Passes over the memory. */
  readonly iteration?: number;
  /** ms: expected while it runs, what it was when it is through. */
  readonly downtime?: number;
  /** Per cent by which auto-converge slows the guest down. */
  readonly throttle?: number;
}

export interface Amounts {
  readonly total: number;
  readonly processed: number;
  readonly remaining: number;
}

/** How it ended. */
export interface Outcome {
  readonly phase: 'completed' | 'failed' | 'cancelled';
  /** What libvirt or nova said. */
  readonly message?: string;
  /** Name of the node that the guest is on now; undefined where that could not be learned. */
  readonly on?: string;
  /** In post-copy it broke: it stands still between two hosts. */
  readonly broken?: boolean;
  /** The statistics of the end. */
  readonly progress?: Progress;
}
