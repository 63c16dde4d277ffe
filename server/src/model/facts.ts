/**
 * What a snapshot measured on a node, kept as `facts.json` beside `etc/`. Every field is optional: a rule that finds
 * nothing here stays silent. The schema for other programs is docs/facts.schema.json.
 */
export interface Facts {
  /** `hostname`. */
  readonly hostname?: string;
  /** Addresses by interface, without prefix length (`ip -o addr`). */
  readonly addresses?: Readonly<Record<string, readonly string[]>>;
  /** `systemd`, `upstart` or `sysvinit` (what process 1 is). */
  readonly init?: 'systemd' | 'upstart' | 'sysvinit';
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
}

/** Reads `facts.json`; undefined when it is no JSON object. Fields of a wrong type are dropped, not trusted. */
export function readFacts(text: string): Facts | undefined {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(raw)) return undefined;
  const facts: { -readonly [K in keyof Facts]: Facts[K] } = {};
  if (typeof raw.hostname === 'string') facts.hostname = raw.hostname;
  if (typeof raw.libvirt === 'string') facts.libvirt = raw.libvirt;
  if (typeof raw.qemu === 'string') facts.qemu = raw.qemu;
  if (typeof raw.nova === 'string') facts.nova = raw.nova;
  if (raw.init === 'systemd' || raw.init === 'upstart' || raw.init === 'sysvinit') facts.init = raw.init;
  if (raw.daemons === 'monolithic' || raw.daemons === 'modular') facts.daemons = raw.daemons;
  if (isStrings(raw.sockets)) facts.sockets = raw.sockets;
  if (isStrings(raw.daemonArguments)) facts.daemonArguments = raw.daemonArguments;
  if (isRecord(raw.distribution) && typeof raw.distribution.id === 'string') {
    const { id, version } = raw.distribution;
    facts.distribution = { id, version: typeof version === 'string' ? version : '' };
  }
  if (isRecord(raw.addresses)) {
    facts.addresses = Object.fromEntries(
      Object.entries(raw.addresses).filter((e): e is [string, string[]] => isStrings(e[1])),
    );
  }
  if (isRecord(raw.ids)) {
    const ids: Record<string, { uid: number; gid: number }> = {};
    for (const [name, id] of Object.entries(raw.ids)) {
      if (isRecord(id) && typeof id.uid === 'number' && typeof id.gid === 'number')
        ids[name] = { uid: id.uid, gid: id.gid };
    }
    facts.ids = ids;
  }
  return facts;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((v) => typeof v === 'string');
}
