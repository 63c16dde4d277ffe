import type {
  CertificateFacts,
  CpuFacts,
  Facts,
  GuestCpuFacts,
  ImageFacts,
  MountFacts,
  PathFacts,
  SelinuxFacts,
} from './facts';
import type { SourceFile } from './files';
import type { FirewallFacts, FirewallRule } from './firewall';
import type { InstanceCpu, InstanceDisk, InstanceFacts } from './instance';
import type { SshFacts } from './ssh';

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

const bool: Reader<boolean> = (raw) => (typeof raw === 'boolean' ? raw : undefined);

/** All elements, or it is none: what is left of a list of rules would be another list. */
function listOf<T>(read: Reader<T>): Reader<readonly T[]> {
  return (raw) => {
    if (!Array.isArray(raw)) return undefined;
    const list = raw.map(read);
    return list.every((v) => v !== undefined) ? list : undefined;
  };
}

const room = mapOf(
  objectOf<{ total: number; available: number }>({ total: number, available: number }, ['total', 'available']),
);

const chains = listOf(
  listOf(
    // A condition that cannot be read would make the rule fit where it does not.
    (raw) => {
      const rule = objectOf<FirewallRule>(
        {
          ports: strings,
          from: strings,
          to: strings,
          in: strings,
          verdict: oneOf('accept', 'drop', 'reject'),
          maybe: bool,
        },
        ['verdict'],
      )(raw);
      return rule && Object.keys(rule).length === Object.keys(raw as object).length ? rule : undefined;
    },
  ),
);

const instance = objectOf<InstanceFacts>(
  {
    name: text,
    uuid: text,
    title: text,
    state: oneOf('running', 'paused', 'shut off', 'crashed', 'other'),
    memory: number,
    vcpus: number,
    migrating: bool,
    type: text,
    emulator: text,
    machine: text,
    firmware: text,
    cpu: objectOf<InstanceCpu>({ mode: text, model: text, requires: strings, without: strings }, ['mode']),
    disks: listOf(
      objectOf<InstanceDisk>(
        {
          device: text,
          type: text,
          source: text,
          format: text,
          cache: text,
          backing: text,
          readonly: bool,
          shareable: bool,
        },
        ['device', 'type'],
      ),
    ),
    graphics: listOf(objectOf<{ type: string; listen?: string }>({ type: text, listen: text }, ['type'])),
    hostDevices: strings,
    bridges: strings,
    hugepages: listOf(number),
    secrets: strings,
    snapshots: number,
    securityModels: strings,
  },
  ['name', 'uuid', 'state'],
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
  mounts: mapOf(objectOf<MountFacts>({ source: text, type: text, options: text }, ['source', 'type'])),
  certificates: mapOf(
    objectOf<CertificateFacts>(
      {
        ...{ subject: text, names: strings, notBefore: number, notAfter: number },
        ...{ issuer: text, keyId: text, authorityKeyId: text, keyUsage: strings, several: bool },
      },
      ['names'],
    ),
  ),
  started: mapOf(number),
  hostUuid: text,
  productUuid: text,
  interfaces: strings,
  space: room,
  writable: mapOf(bool),
  sharesInstances: mapOf(bool),
  firewall: objectOf<FirewallFacts>(
    {
      tools: listOf(oneOf('nft', 'iptables-legacy', 'iptables')),
      manager: oneOf('firewalld', 'ufw'),
      ipv4: chains,
      ipv6: chains,
    },
    ['tools'],
  ),
  securityModels: strings,
  selinux: objectOf<SelinuxFacts>({ mode: oneOf('enforcing', 'permissive'), booleans: mapOf(bool) }, ['mode']),
  apparmor: bool,
  secrets: strings,
  guestCpus: objectOf<GuestCpuFacts>({ type: text, usable: strings, unusable: mapOf(strings), hostModel: text }, [
    'usable',
  ]),
  exported: mapOf(strings),
  shown: mapOf(strings),
  rpc: strings,
  images: mapOf<ImageFacts | null>((raw) =>
    raw === null ? null : objectOf<ImageFacts>({ qcow2: number, used: number })(raw),
  ),
  pools: strings,
  ssh: objectOf<SshFacts>({
    known: strings,
    keys: strings,
    authorized: mapOf(strings),
    hostKeys: strings,
    client: strings,
    server: strings,
  }),
  instances: listOf(instance),
});

/** Reads `facts.json`; undefined when it is no JSON object. Fields of a wrong type are dropped, not trusted. */
export function readFacts(json: string): Facts | undefined {
  try {
    return facts(JSON.parse(json));
  } catch {
    return undefined;
  }
}

const known = new WeakMap<SourceFile, { readonly facts: Facts | undefined }>();

/** Those of a file, which is read once, of however many models it is a part: a thousand nodes tell a million things. */
export function factsIn(file: SourceFile): Facts | undefined {
  let read = known.get(file);
  if (!read) known.set(file, (read = { facts: readFacts(file.text) }));
  return read.facts;
}

/** What a file was made of need not be read of it again: it is what `readFacts` makes of its text, as tests hold. */
export function keepFacts(file: SourceFile, facts: Facts): void {
  known.set(file, { facts });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
