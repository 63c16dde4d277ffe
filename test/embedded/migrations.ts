/** Migrations between embedded nodes: nothing moves but a guest from one list to another, in as long as a real one takes. */
import type { InstanceFacts } from '../../server/src/model/instance';
import { Host } from '../../server/src/model/host';
import { sourceOf } from '../../server/src/model/decode';
import type { EmbeddedNode } from './node';

/** What ends a command of virsh with its words. */
export class VirshError extends Error {}

/** Seconds that a guest's memory takes when nothing limits it. */
const SECONDS = 20;
const PAGE = 4096;
/** Of what is sent so much is written anew by the guest. */
const DIRTY = 0.35;

/** Where guests may have disks that are their node's alone. */
export const IMAGES = '/var/lib/libvirt/images';

/** What virsh was told of it. */
export interface Wanted {
  readonly uuid: string;
  readonly uri: string;
  readonly postCopy: boolean;
  /** Its disk is sent along. */
  readonly copy: boolean;
  /** MiB/s. */
  readonly bandwidth: number;
}

/** One that runs, or that is through: its statistics can be asked for on the destination. */
export class EmbeddedMigration {
  readonly #began = Date.now();
  readonly #total: number;
  #rate: number;
  #sent = 0;
  #at = Date.now();
  #postCopy = false;
  #paused = false;
  #timer: NodeJS.Timeout | undefined;
  #ended: number | undefined;
  #settle: { done: () => void; fail: (error: VirshError) => void } | undefined;
  readonly done: Promise<void>;

  constructor(
    readonly source: EmbeddedNode,
    readonly destination: EmbeddedNode,
    readonly guest: InstanceFacts,
    readonly wanted: Wanted,
    seconds = SECONDS,
  ) {
    this.#total = (guest.memory ?? 1024) * 1024 * 1024;
    this.#rate = this.#total / seconds;
    if (wanted.bandwidth > 0) this.#rate = Math.min(this.#rate, wanted.bandwidth * 1024 * 1024);
    this.done = new Promise((done, fail) => (this.#settle = { done, fail }));
    // Whoever asked may be gone.
    this.done.catch(() => undefined);
    source.jobs.set(guest.uuid, this);
    destination.arriving.set(guest.uuid, this);
    this.#plan();
  }

  /** Libvirt's words for the guest, on each end. */
  get states(): { readonly source: string; readonly destination: string } {
    if (this.#postCopy) return { source: 'paused (post-copy)', destination: 'running (post-copy)' };
    return { source: this.#paused ? 'paused (user)' : 'running (booted)', destination: 'paused (migrating)' };
  }

  abort(): void {
    if (this.#postCopy)
      throw new VirshError('Requested operation is not valid: cannot abort migration in post-copy mode');
    this.#over();
    this.#settle?.fail(new VirshError('operation aborted: migration out job: canceled by client'));
  }

  switchToPostCopy(): void {
    if (!this.wanted.postCopy)
      throw new VirshError(
        'Requested operation is not valid: current migration was not started with VIR_MIGRATE_POSTCOPY flag',
      );
    this.#count();
    this.#postCopy = true;
    this.#plan();
  }

  suspend(): void {
    this.#count();
    this.#paused = true;
    this.#plan();
  }

  /** @param limit MiB/s */
  setSpeed(limit: number): void {
    this.#count();
    this.#rate = limit * 1024 * 1024;
    this.#plan();
  }

  /** As `domjobinfo --rawstats` has it. */
  statistics(): string {
    this.#count();
    const through = this.#ended !== undefined;
    const dirty = this.#postCopy || this.#paused || through ? 0 : this.#rate * DIRTY;
    const values = {
      operation: 5,
      time_elapsed: (this.#ended ?? Date.now()) - this.#began,
      downtime: through ? 86 : 300,
      memory_total: this.#total,
      memory_processed: Math.round(Math.min(this.#sent, this.#whole)),
      memory_remaining: through ? 0 : Math.round(this.#remaining),
      memory_bps: Math.round(this.#rate),
      memory_dirty_rate: Math.round(dirty / PAGE),
      memory_iteration: Math.min(1 + Math.floor((this.#sent / this.#total) * 2), 4),
      memory_page_size: PAGE,
    };
    const lines = Object.entries(values).map(([key, value]) => `${key}: ${value}`);
    return [`Job type: ${through ? 3 : 2}`, '', ...lines, ''].join('\n');
  }

  /** What has to be sent in all: more than there is, as long as the guest writes. */
  get #whole(): number {
    return this.#postCopy || this.#paused ? this.#total : this.#total * (1 + DIRTY);
  }

  /** It grows where what was sent is written anew: by and by, as the passes end. */
  get #remaining(): number {
    const part = Math.min(1, this.#sent / this.#whole);
    const wave = this.#postCopy || this.#paused ? 0 : 0.06 * Math.abs(Math.sin(part * 3 * Math.PI));
    return this.#total * Math.max(0, Math.min(1, 1 - part + (part < 1 ? wave : 0)));
  }

  #count(): void {
    const now = this.#ended ?? Date.now();
    this.#sent += (this.#rate * (now - this.#at)) / 1000;
    this.#at = now;
  }

  #plan(): void {
    clearTimeout(this.#timer);
    const left = Math.max(0, this.#whole - this.#sent);
    this.#timer = setTimeout(() => this.#arrive(), (left / this.#rate) * 1000).unref();
  }

  #arrive(): void {
    this.#over();
    if (!this.destination.libvirtd) {
      this.#settle?.fail(new VirshError('internal error: client socket is closed'));
      return;
    }
    this.source.guests = this.source.guests.filter((g) => g.uuid !== this.guest.uuid);
    this.destination.guests = [
      ...this.destination.guests,
      { ...this.guest, state: this.#paused ? 'paused' : 'running' },
    ];
    this.destination.completed.set(this.guest.uuid, this);
    this.#settle?.done();
  }

  #over(): void {
    clearTimeout(this.#timer);
    this.#count();
    this.#ended = Date.now();
    this.source.jobs.delete(this.guest.uuid);
    this.destination.arriving.delete(this.guest.uuid);
  }
}

const PORTS: Readonly<Record<string, number>> = { tcp: 16509, tls: 16514, ssh: 22 };

/**
 * Begins one, where the destination's libvirtd can be reached and takes it.
 * @throws VirshError with libvirt's words
 */
export function begin(source: EmbeddedNode, wanted: Wanted, seconds?: number): EmbeddedMigration {
  const guest = source.guests.find((g) => g.uuid === wanted.uuid);
  if (!guest) throw new VirshError(`failed to get domain '${wanted.uuid}'`);
  if (guest.state !== 'running') throw new VirshError('Requested operation is not valid: domain is not running');
  if (source.jobs.has(guest.uuid)) throw new VirshError(`Timed out during operation: cannot acquire state change lock`);
  const { transport, destination } = reached(source, wanted.uri);
  if (!destination.libvirtd) throw new VirshError('End of file while reading data: Input/output error');
  const { libvirtd } = hostOf(destination);
  if (transport === 'tcp' && (libvirtd.string('auth_tcp') ?? 'sasl') === 'sasl')
    throw new VirshError('authentication failed: authentication failed');
  if (destination.guests.some((g) => g.name === guest.name))
    throw new VirshError(`operation failed: domain '${guest.name}' already exists with uuid ${guest.uuid}`);
  // Where the disk lies is one place for both, or it is not there.
  const disk = guest.disks?.find((d) => d.type === 'file')?.source;
  const folder = '/var/lib/nova/instances';
  if (!wanted.copy && disk?.startsWith(folder) && !shares(source, destination, folder))
    throw new VirshError(`unable to stat: ${disk}: No such file or directory`);
  if (!wanted.copy && disk?.startsWith(IMAGES))
    throw new VirshError('Unsafe migration: Migration without shared storage is unsafe');
  return new EmbeddedMigration(source, destination, guest, wanted, seconds);
}

function shares(one: EmbeddedNode, other: EmbeddedNode, folder: string): boolean {
  const [here, there] = [one.behind(folder), other.behind(folder)];
  return here.tree === there.tree && here.folder === there.folder;
}

function reached(source: EmbeddedNode, uri: string): { transport: string; destination: EmbeddedNode } {
  const [, transport = '', host = '', given] =
    /^qemu\+(tcp|tls|ssh):\/\/\[?([^/\]]+?)\]?(?::(\d+))?\/system$/.exec(uri) ?? [];
  const address = /^\S+/.exec(source.resolve(host).text)?.[0];
  if (address === undefined)
    throw new VirshError(
      `unable to connect to server at '${host}:${PORTS[transport] ?? 16509}': Name or service not known`,
    );
  const port = Number(given ?? PORTS[transport]);
  const met = source.reach(address, port);
  const destination = source.peer(address);
  if (met !== 'open' || !destination)
    throw new VirshError(
      `unable to connect to server at '${host}:${port}': ${met === 'refused' ? 'Connection refused' : 'Connection timed out'}`,
    );
  return { transport, destination };
}

function hostOf({ name, tree }: EmbeddedNode): Host {
  const path = 'etc/libvirt/libvirtd.conf';
  const file = tree.find(`/${path}`) && sourceOf(`embedded:///${path}`, path, Buffer.from(tree.text(`/${path}`) ?? ''));
  return new Host({ name, folder: '', files: file ? [file] : [] }, { node: undefined, releases: [] });
}
