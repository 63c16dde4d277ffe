/**
 * What a snapshot measured on a node, kept as `facts.json` beside `etc/`. Every field is optional: a rule that finds
 * nothing here stays silent. The schema for other programs is docs/facts.schema.json.
 */
export interface Facts {
  /** When the node was looked at, in seconds since 1970 by its own clock (`date +%s`). */
  readonly measured?: number;
  /** `hostname`. */
  readonly hostname?: string;
  /** The name with its domain (`hostname -f`). */
  readonly fqdn?: string;
  /** Addresses by interface, without prefix length (`ip -o addr`). */
  readonly addresses?: Readonly<Record<string, readonly string[]>>;
  /** `systemd`, `upstart` or `sysvinit` (what process 1 is). */
  readonly init?: 'systemd' | 'upstart' | 'sysvinit';
  /** `uname -r`. */
  readonly kernel?: string;
  /** `libvirtd --version`, three numbers with dots. */
  readonly libvirt?: string;
  /** `qemu-system-x86_64 --version`, three numbers with dots. */
  readonly qemu?: string;
  /** `nova-compute --version`, e.g. `26.2.2`. */
  readonly nova?: string;
  /** ID and VERSION_ID of /etc/os-release. */
  readonly distribution?: { readonly id: string; readonly version: string };
  /** `monolithic` when libvirtd runs, `modular` when virtqemud does. */
  readonly daemons?: 'monolithic' | 'modular';
  /** Systemd socket units that are active, by name (`systemctl list-units --type=socket`). */
  readonly sockets?: readonly string[];
  /** Words of the libvirt daemon's command line as running (`ps`). */
  readonly daemonArguments?: readonly string[];
  /** User and group ids by account (`id`). */
  readonly ids?: Readonly<Record<string, { readonly uid: number; readonly gid: number }>>;
  /** Names of the groups that an account belongs to (`id -Gn`). */
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  /** The processor (`lscpu`, /proc/cpuinfo). */
  readonly cpu?: CpuFacts;
  /** Names of the CPU models that libvirt knows (`virsh cpu-models x86_64`). */
  readonly cpuModels?: readonly string[];
  /** Machine types that QEMU offers, aliases included (`qemu-system-x86_64 -machine help`). */
  readonly machineTypes?: readonly string[];
  /** What a machine type's short name stands for, e.g. `pc-i440fx-7.2` for `pc` ("alias of" in `-machine help`). */
  readonly machineAliases?: Readonly<Record<string, string>>;
  /** The QEMU program that libvirt starts guests with (`path` of `virsh domcapabilities`). */
  readonly emulator?: string;
  /** Memory in MiB (`free -m`). */
  readonly memory?: { readonly total: number; readonly available: number };
  /** Huge pages set aside, by their size in KiB (/sys/kernel/mm/hugepages/hugepages-*kB/nr_hugepages). */
  readonly hugepages?: Readonly<Record<string, number>>;
  /** Kernel settings by name (`sysctl`). */
  readonly sysctls?: Readonly<Record<string, string>>;
  /** Seconds by which the clock is ahead of the time servers', negative when behind (`chronyc tracking`). */
  readonly clockOffset?: number;
  /** What a name resolves to on this node, in the resolver's order; empty when to nothing (`getent ahosts`). */
  readonly resolves?: Readonly<Record<string, readonly string[]>>;
  /** TCP sockets that listen, as `address:port`, IPv6 in brackets (`ss -ltn`). */
  readonly listening?: readonly string[];
  /**
   * What became of TCP connections to other nodes, by `address:port`, IPv6 in brackets (`nc -z -w 3`): `open`; `refused` by
   * the node itself, as nothing listens there; `filtered`: no answer, or a router or firewall said no.
   */
  readonly reaches?: Readonly<Record<string, 'open' | 'refused' | 'filtered'>>;
  /** Paths that were looked at, by name; null where there is nothing (`stat`). */
  readonly paths?: Readonly<Record<string, PathFacts | null>>;
  /** File systems by mount point (`findmnt`). */
  readonly mounts?: Readonly<Record<string, { readonly source: string; readonly type: string }>>;
  /** X.509 certificates by path (`openssl x509`). */
  readonly certificates?: Readonly<Record<string, CertificateFacts>>;
  /** When a daemon was started, by name, in seconds since 1970 (`ps -o lstart`). */
  readonly started?: Readonly<Record<string, number>>;
  /** UUID of the machine as libvirt gives it to its peers (`virsh capabilities`). */
  readonly hostUuid?: string;
}

export interface CpuFacts {
  /** `GenuineIntel`, `AuthenticAMD` and so on. */
  readonly vendor?: string;
  /** What the processor calls itself, e.g. `Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz`. */
  readonly model?: string;
  readonly flags?: readonly string[];
  readonly microcode?: string;
}

export interface PathFacts {
  readonly type: 'file' | 'folder' | 'other';
  /** Permission bits, 0 to 4095 (octal 7777). */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970. */
  readonly modified?: number;
}

export interface CertificateFacts {
  /** Distinguished name as RFC 2253 writes it. */
  readonly subject?: string;
  /** DNS names and IP addresses it is good for. */
  readonly names: readonly string[];
  /** Seconds since 1970. */
  readonly notBefore?: number;
  readonly notAfter?: number;
}

type Reader<T> = (raw: unknown) => T | undefined;

const text: Reader<string> = (raw) => (typeof raw === 'string' ? raw : undefined);
const number: Reader<number> = (raw) => (typeof raw === 'number' && Number.isFinite(raw) ? raw : undefined);
const strings: Reader<readonly string[]> = (raw) =>
  Array.isArray(raw) && raw.every((v) => typeof v === 'string') ? raw : undefined;

function oneOf<const T extends string>(...words: T[]): Reader<T> {
  return (raw) => words.find((w) => w === raw);
}

/** Entries that cannot be read are left out. */
function mapOf<T>(read: Reader<T>): Reader<Readonly<Record<string, T>>> {
  return (raw) => {
    if (!isRecord(raw)) return undefined;
    const map: [string, T][] = [];
    for (const [name, entry] of Object.entries(raw)) {
      const value = read(entry);
      if (value !== undefined) map.push([name, value]);
    }
    return Object.fromEntries(map);
  };
}

type Readers<T> = { readonly [K in keyof T]-?: Reader<NonNullable<T[K]>> };

/** An object of these fields; undefined when it is none or lacks one that must be there. */
function objectOf<T extends object>(readers: Readers<T>, must: readonly (keyof T & string)[] = []): Reader<T> {
  return (raw) => {
    if (!isRecord(raw)) return undefined;
    const object: Partial<T> = {};
    for (const name of Object.keys(readers) as (keyof T & string)[]) {
      const value = Object.hasOwn(raw, name) ? readers[name](raw[name]) : undefined;
      if (value !== undefined) object[name] = value;
    }
    return must.every((name) => object[name] !== undefined) ? (object as T) : undefined;
  };
}

const path = objectOf<PathFacts>(
  { type: oneOf('file', 'folder', 'other'), mode: number, uid: number, gid: number, modified: number },
  ['type', 'mode', 'uid', 'gid'],
);

const facts = objectOf<Facts>({
  measured: number,
  hostname: text,
  fqdn: text,
  addresses: mapOf(strings),
  init: oneOf('systemd', 'upstart', 'sysvinit'),
  kernel: text,
  libvirt: text,
  qemu: text,
  nova: text,
  distribution: (raw) =>
    isRecord(raw) && typeof raw.id === 'string' ? { id: raw.id, version: text(raw.version) ?? '' } : undefined,
  daemons: oneOf('monolithic', 'modular'),
  sockets: strings,
  daemonArguments: strings,
  ids: mapOf(objectOf<{ uid: number; gid: number }>({ uid: number, gid: number }, ['uid', 'gid'])),
  groups: mapOf(strings),
  cpu: objectOf<CpuFacts>({ vendor: text, model: text, flags: strings, microcode: text }),
  cpuModels: strings,
  machineTypes: strings,
  machineAliases: mapOf(text),
  emulator: text,
  memory: objectOf<{ total: number; available: number }>({ total: number, available: number }, ['total', 'available']),
  hugepages: mapOf(number),
  sysctls: mapOf(text),
  clockOffset: number,
  resolves: mapOf(strings),
  listening: strings,
  reaches: mapOf(oneOf('open', 'refused', 'filtered')),
  paths: mapOf<PathFacts | null>((raw) => (raw === null ? null : path(raw))),
  mounts: mapOf(objectOf<{ source: string; type: string }>({ source: text, type: text }, ['source', 'type'])),
  certificates: mapOf(
    objectOf<CertificateFacts>({ subject: text, names: strings, notBefore: number, notAfter: number }, ['names']),
  ),
  started: mapOf(number),
  hostUuid: text,
});

/** Reads `facts.json`; undefined when it is no JSON object. Fields of a wrong type are dropped, not trusted. */
export function readFacts(json: string): Facts | undefined {
  try {
    return facts(JSON.parse(json));
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
