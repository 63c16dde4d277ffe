/**
 * A node that is not there: a tree of files, what would be measured on it, and daemons that are nothing but their state. An
 * embedded stand-in for the demo and the bench, and for tests of what needs no real daemon; real sshd and libvirtd are the
 * proof elsewhere.
 */
import { parse } from '../../server/src/syntax';
import type { Facts } from '../../server/src/model/facts';
import type { InstanceFacts } from '../../server/src/model/instance';
import { DaemonEnded, exportsProblem, served, startLibvirtd, startNovaCompute, type Started } from './daemons';
import type { EmbeddedMigration } from './migrations';
import { procNetTcp, type Process, type Said } from './outputs';
import { now, ROOT, type Account, type Tree } from './tree';

export type DaemonName = 'libvirtd' | 'nova-compute' | 'nfs-server';

export interface Daemon {
  readonly name: DaemonName;
  /** What the distribution calls it: unit or job. */
  readonly unit: string;
  running: (Started & { readonly pid: number; readonly since: number }) | undefined;
  /** Its last words, if it ended by itself or did not come up. */
  failed: string | undefined;
}

/** What is measured, save what the tree, the daemons and the clock tell. */
export type Measured = Omit<
  Facts,
  | 'measured'
  | 'ids'
  | 'groups'
  | 'listening'
  | 'started'
  | 'daemons'
  | 'daemonArguments'
  | 'paths'
  | 'exported'
  | 'shown'
  | 'rpc'
>;

export interface NodeSpec {
  readonly name: string;
  readonly tree: Tree;
  readonly facts: Measured;
  readonly daemons: readonly DaemonName[];
  /** Seconds since 1970: when the machine was started, and with it its daemons. */
  readonly booted?: number;
  /** Sockets that listen whatever the daemons do; sshd's own. */
  readonly listening?: readonly string[];
  /** Files that were written after the daemons came up, by their paths. */
  readonly later?: ReadonlyMap<string, Uint8Array>;
}

/** What a TCP connection from a node would meet. */
export type Reach = (address: string, port: number) => 'open' | 'refused' | 'filtered';

const UNITS: Readonly<Record<'upstart' | 'systemd', Readonly<Record<DaemonName, string>>>> = {
  upstart: { libvirtd: 'libvirt-bin', 'nova-compute': 'nova-compute', 'nfs-server': 'nfs-kernel-server' },
  systemd: { libvirtd: 'libvirtd', 'nova-compute': 'nova-compute', 'nfs-server': 'nfs-server' },
};

/** How long after the start the later files were written, in s. */
const LATER = 10 * 86_400;

const NFS_SOCKETS = ['0.0.0.0:2049', '[::]:2049', '0.0.0.0:111', '[::]:111'];

export class EmbeddedNode {
  readonly name: string;
  readonly tree: Tree;
  /** Seconds since 1970. */
  readonly booted: number;
  readonly daemons: readonly Daemon[];
  /** Who can be reached from here; a cluster sets it. */
  reach: Reach = () => 'filtered';
  /** The node that has an address; a cluster sets it. */
  peer: (address: string) => EmbeddedNode | undefined = () => undefined;
  /** What a server that is none of the nodes has, for all who mount from it; a cluster sets it. */
  filer: (address: string) => Tree | undefined = () => undefined;
  /** Those that are defined here, running or not. */
  guests: readonly InstanceFacts[];
  /** By UUID: what leaves, what comes, and what came. */
  readonly jobs = new Map<string, EmbeddedMigration>();
  readonly arriving = new Map<string, EmbeddedMigration>();
  readonly completed = new Map<string, EmbeddedMigration>();
  /** How long a migration from here takes, if not as long as usual. */
  migrationSeconds: number | undefined;
  readonly #spec: NodeSpec;
  #mounts: NonNullable<Facts['mounts']>;
  #nextPid = 1200;

  constructor(spec: NodeSpec) {
    this.#spec = spec;
    this.name = spec.name;
    this.tree = spec.tree;
    this.booted = spec.booted ?? now() - 42 * 86_400;
    this.#mounts = spec.facts.mounts ?? {};
    this.guests = spec.facts.instances ?? [];
    const units = UNITS[spec.facts.init === 'systemd' ? 'systemd' : 'upstart'];
    this.daemons = spec.daemons.map((name) => ({ name, unit: units[name], running: undefined, failed: undefined }));
    for (const daemon of this.daemons) this.start(daemon, this.booted + 40);
    for (const [file, bytes] of spec.later ?? []) this.tree.put(file, bytes, { modified: this.booted + LATER });
  }

  daemon(unit: string): Daemon | undefined {
    const plain = unit.replace(/\.service$/, '');
    return this.daemons.find((d) => d.unit === plain || d.name === plain);
  }

  /** @returns why it did not come up */
  start(daemon: Daemon, since = now()): string | undefined {
    if (daemon.running) return undefined;
    try {
      const pid = this.#nextPid++;
      daemon.running = { ...this.#started(daemon.name), pid, since };
      daemon.failed = undefined;
    } catch (error) {
      if (!(error instanceof DaemonEnded)) throw error;
      daemon.failed = error.message;
      this.#log(daemon, error.message);
    }
    return daemon.failed;
  }

  stop(daemon: Daemon): void {
    daemon.running = undefined;
    daemon.failed = undefined;
  }

  /** A daemon's last words, where its own log and its job's are. */
  #log({ name, unit }: Daemon, words: string): void {
    const time = new Date().toISOString().slice(0, 19).replace('T', ' ');
    const lines = words.split('\n').map((line) => `${time}.000+0000: error : ${line}\n`);
    const own = name === 'libvirtd' ? '/var/log/libvirt/libvirtd.log' : `/var/log/nova/${name}.log`;
    for (const file of [own, `/var/log/upstart/${unit}.log`])
      this.tree.put(file, `${this.tree.text(file) ?? ''}${lines.join('')}`, { mode: 0o640 });
  }

  /** Files of the kernel's that are read to see who listens; undefined for all others. */
  proc(file: string): string | undefined {
    const found = /^\/proc\/net\/(tcp6?|unix)$/.exec(file)?.[1];
    if (found === undefined) return undefined;
    if (found === 'unix') {
      const running = this.daemons.some((d) => d.name === 'libvirtd' && d.running);
      const open = running ? ['/var/run/libvirt/libvirt-sock', '/var/run/libvirt/libvirt-sock-ro'] : [];
      const lines = open.map((path) => `0000000000000000: 00000002 00000000 00010000 0001 01 12345 ${path}\n`);
      return `Num       RefCount Protocol Flags    Type St Inode Path\n${lines.join('')}`;
    }
    const sockets = this.listening().filter((s) => s.startsWith('[') === (found === 'tcp6'));
    const lines = sockets.map(
      (s, i) => `${String(i).padStart(4)}: ${procNetTcp(s)} 00000000:0000 0A 00000000:00000000\n`,
    );
    return `  sl  local_address rem_address   st tx_queue rx_queue\n${lines.join('')}`;
  }

  /** All file systems of fstab that are not there yet. @returns what `mount -a` says and its status */
  mountAll(): Said {
    for (const { spec, file, type, optionList } of parse('fstab', this.tree.text('/etc/fstab') ?? '').entries) {
      if (!file.value.startsWith('/') || type.value === 'proc' || optionList.some((o) => o.name === 'noauto')) continue;
      if (this.#mounts[file.value]) continue;
      const [, address] = /^([^:]+):\//.exec(spec.value) ?? [];
      if (/^nfs4?$/.test(type.value) && address !== undefined && this.reach(address, 2049) !== 'open')
        return { text: `mount.nfs: Connection timed out`, status: 32 };
      const options = optionList.map((o) => (o.value === undefined ? o.name : `${o.name}=${o.value}`)).join(',');
      this.#mounts = { ...this.#mounts, [file.value]: { source: spec.value, type: type.value, options } };
    }
    return { text: '', status: 0 };
  }

  facts(): Facts {
    const libvirtd = this.daemons.find((d) => d.name === 'libvirtd')?.running;
    const started = this.daemons.flatMap(({ name, running }) =>
      running && name !== 'nfs-server' ? [[name, running.since] as const] : [],
    );
    // What libvirt tells of itself it tells only while it runs.
    const { hostUuid, cpuModels, emulator, instances: first, ...rest } = this.#spec.facts;
    const here = this.#guests();
    const instances = first || here.length > 0 ? here : undefined;
    const told = { hostUuid, cpuModels, emulator, instances };
    const known = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined));
    return {
      ...rest,
      ...(libvirtd && known),
      ...(this.#serves() && served(this.tree)),
      measured: now(),
      mounts: this.#mounts,
      listening: this.listening(),
      ...(libvirtd && { daemons: 'monolithic', daemonArguments: libvirtd.words }),
      ...(started.length > 0 && { started: Object.fromEntries(started) }),
    };
  }

  /** Those that come are there already, standing still. */
  #guests(): InstanceFacts[] {
    const own = this.guests.map((g) => (this.jobs.has(g.uuid) ? { ...g, migrating: true } : g));
    const coming = [...this.arriving.values()].map(({ guest }): InstanceFacts => ({ ...guest, state: 'paused' }));
    return [...own, ...coming];
  }

  /** Whether libvirt answers. */
  get libvirtd(): boolean {
    return this.daemons.some((d) => d.name === 'libvirtd' && d.running);
  }

  #serves(): boolean {
    return this.daemons.some((d) => d.name === 'nfs-server' && d.running);
  }

  /** As `address:port`. */
  listening(): readonly string[] {
    return [
      ...(this.#spec.listening ?? ['0.0.0.0:22', '[::]:22']),
      ...this.daemons.flatMap((d) => d.running?.listening ?? []),
    ];
  }

  /** The tree and folder behind a path: another node's where that is mounted. */
  behind(folder: string): { readonly tree: Tree; readonly folder: string } {
    const { source = '', type = '' } = this.#mounts[folder] ?? {};
    const [, address = '', path = ''] = /^([^:]+):(\/.*)$/.exec(source) ?? [];
    if (!/^nfs4?$/.test(type)) return { tree: this.tree, folder };
    const server = this.peer(address);
    if (server) return { tree: server.tree, folder: path };
    const tree = this.filer(address);
    const own = this.tree.find(folder);
    if (!tree || own?.type !== 'folder') return { tree: this.tree, folder };
    // As the first who asks has it.
    if (!tree.find(path)) tree.folder(path, own);
    return { tree, folder: path };
  }

  processes(): readonly Process[] {
    return this.daemons.flatMap(({ name, running }) =>
      running && name !== 'nfs-server' ? [{ pid: running.pid, name, since: running.since, words: running.words }] : [],
    );
  }

  addresses(): readonly string[] {
    return Object.values(this.#spec.facts.addresses ?? {}).flat();
  }

  /** An account of the node's own passwd and group. */
  account(name: string): Account | undefined {
    const found = parse('passwd', this.tree.text('/etc/passwd') ?? '').entries.find((e) => e.name === name);
    if (!found) return name === 'root' ? ROOT : undefined;
    const groups = this.#groups(name, found.gid).map(([gid]) => gid);
    return { name, uid: found.uid, gid: found.gid, groups };
  }

  /** What `id NAME` says. */
  id(name: string): Said {
    const account = this.account(name);
    if (!account) return { text: `id: ‘${name}’: no such user`, status: 1 };
    const groups = this.#groups(name, account.gid);
    const own = groups.find(([gid]) => gid === account.gid)?.[1] ?? name;
    const all = groups.map(([gid, group]) => `${gid}(${group})`).join(',');
    return { text: `uid=${account.uid}(${name}) gid=${account.gid}(${own}) groups=${all}`, status: 0 };
  }

  /** Whether its members may use sudo. */
  isSudoGroup(gid: number): boolean {
    return parse('group', this.tree.text('/etc/group') ?? '').entries.some((g) => g.gid === gid && g.name === 'sudo');
  }

  #groups(name: string, gid: number): (readonly [number, string])[] {
    const all = parse('group', this.tree.text('/etc/group') ?? '').entries;
    const own = all.find((g) => g.gid === gid);
    const more = all.filter((g) => g.gid !== gid && g.members.includes(name));
    return [[gid, own?.name ?? name], ...more.map((g) => [g.gid, g.name] as const)];
  }

  /** What `getent ahosts NAME` says: etc/hosts is all there is. */
  resolve(name: string): Said {
    const addresses = /^[\d.]+$|:/.test(name) ? [name] : (this.#hosts().get(name.toLowerCase()) ?? []);
    const lines = addresses.flatMap((a) => ['STREAM', 'DGRAM', 'RAW'].map((t) => `${a.padEnd(15)} ${t} ${name}`));
    return { text: lines.join('\n'), status: addresses.length > 0 ? 0 : 2 };
  }

  /** Addresses by names in small letters. Hundreds of names may be asked for at once. */
  #hosts(): ReadonlyMap<string, readonly string[]> {
    const file = this.tree.find('/etc/hosts');
    if (file?.type !== 'file') return new Map();
    let found = hostsFiles.get(file.bytes);
    if (!found) {
      hostsFiles.set(file.bytes, (found = new Map<string, readonly string[]>()));
      for (const { address, names } of parse('hosts', Buffer.from(file.bytes).toString()).entries)
        for (const name of new Set(names.map((n) => n.name.toLowerCase())))
          found.set(name, [...(found.get(name) ?? []), address]);
    }
    return found;
  }

  /** What becomes of a connection to `ADDRESS:PORT`, in bash's words. */
  probe(socket: string): Said {
    const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(socket) ?? [];
    const address = /^[\d.]+$|:/.test(host) ? host : /^\S+/.exec(this.resolve(host).text)?.[0];
    if (address === undefined) return { text: `bash: ${host}: Name or service not known`, status: 1 };
    const own = this.addresses().includes(address) || /^127\./.test(address);
    const met = own ? (listensAt(this, address, Number(port)) ? 'open' : 'refused') : this.reach(address, Number(port));
    if (met === 'open') return { text: '', status: 0 };
    if (met === 'refused') return { text: `bash: connect: Connection refused`, status: 1 };
    return { text: 'Killed', status: 137 };
  }

  #started(name: DaemonName): Started {
    if (name === 'libvirtd') return startLibvirtd(this.tree, this.name, this.addresses());
    if (name === 'nova-compute') return startNovaCompute(this.tree);
    const problem = exportsProblem(this.tree);
    if (problem !== undefined) throw new DaemonEnded(problem);
    return { words: ['nfsd'], listening: NFS_SOCKETS };
  }
}

/** What was read of hosts files, by their bytes. */
const hostsFiles = new WeakMap<Uint8Array, Map<string, readonly string[]>>();

/** Whether something of the node's listens there. */
export function listensAt(node: EmbeddedNode, address: string, port: number): boolean {
  return node.listening().some((s) => s === `${address}:${port}` || s === `0.0.0.0:${port}`);
}
