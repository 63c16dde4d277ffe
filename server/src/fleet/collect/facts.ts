import { X509Certificate } from 'node:crypto';
import { isLoopback } from '../../model/cluster';
import type { CertificateFacts, CpuFacts, Facts, MountFacts, PathFacts } from '../../model/facts';
import { firewall } from './firewall';
import { exported, guestCpus, image, pools, room, rpc, secrets, securityModels, shown } from './hypervisor';
import { instances } from './instances';
import { isTimeout, readLook, type Answer, type Look, type Output } from './frames';
import { extensions } from './extensions';
import { ssh } from './ssh';

/**
 * What a node measured, out of the raw output of its commands. Each reader takes what one command said, in the words of
 * any of its versions, and gives undefined for what it does not understand: a fact that is missing keeps rules silent, a
 * wrong one makes them lie.
 */

/** `== NAME` and what follows, as the collector lists files of /proc and /sys. */
export function sections(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const part of text.split(/^== /m).slice(1)) {
    const eol = part.indexOf('\n');
    found.set(part.slice(0, eol < 0 ? undefined : eol), eol < 0 ? '' : part.slice(eol + 1));
  }
  return found;
}

/** `ip -o addr`, or `ifconfig -a` of net-tools and busybox; without loopback and link-local addresses, which every node has. */
export function addresses(text: string): Readonly<Record<string, readonly string[]>> | undefined {
  const found = new Map<string, string[]>();
  const add = (name: string, address: string): void => {
    const plain = address.replace(/[/%].*$/, '');
    if (isLoopback(plain) || /^fe[89ab][0-9a-f]:/i.test(plain)) return;
    const list = found.get(name);
    if (!list) found.set(name, [plain]);
    else if (!list.includes(plain)) list.push(plain);
  };
  let name = '';
  let understood = false;
  for (const line of text.split('\n')) {
    const one = /^\d+:\s+([^\s@:]+)[^\s]*\s+inet6?\s+(\S+)/.exec(line);
    if (one) {
      understood = true;
      add(one[1]!, one[2]!);
      continue;
    }
    const head = /^([^\s:]+(?::\d+)?):?\s+(?:Link encap|flags)/.exec(line);
    if (head) {
      understood = true;
      name = head[1]!.replace(/:\d+$/, '');
    }
    const own = /^\s+inet6?(?: addr:)?\s*([\da-fA-F.:]+)/.exec(line);
    if (own && name !== '') add(name, own[1]!);
  }
  return understood ? Object.fromEntries(found) : undefined;
}

/** `systemd` where it made its folder, what /proc/1/exe and comm say, and `initctl version`. */
export function init(text: string): Facts['init'] {
  const lines = text.split('\n').map((l) => l.trim());
  if (lines.some((l) => l === 'systemd' || l.endsWith('/systemd'))) return 'systemd';
  if (lines.some((l) => /^init \(upstart [\d.]+\)/.test(l))) return 'upstart';
  return lines.includes('init') && lines.some((l) => /^(?:\/usr)?\/sbin\/init$/.test(l)) ? 'sysvinit' : undefined;
}

const RED_HAT: readonly (readonly [RegExp, string])[] = [
  [/^CentOS/, 'centos'],
  [/^Red Hat Enterprise/, 'rhel'],
  [/^Scientific/, 'scientific'],
  [/^Oracle/, 'ol'],
  [/^Fedora/, 'fedora'],
];

/** /etc/os-release; before there was one, what the distributions wrote. */
export function distribution(files: ReadonlyMap<string, string>): Facts['distribution'] {
  const value = (text: string, key: string): string | undefined =>
    new RegExp(`^${key}=["']?([^"'\\n]*)`, 'm').exec(text)?.[1];
  const modern = files.get('/etc/os-release') ?? '';
  const id = value(modern, 'ID');
  if (id) return { id, version: value(modern, 'VERSION_ID') ?? '' };
  const redhat = files.get('/etc/redhat-release')?.trim() ?? '';
  const family = RED_HAT.find(([pattern]) => pattern.test(redhat))?.[1];
  if (family !== undefined) return { id: family, version: / release (\d+(?:\.\d+)?)/.exec(redhat)?.[1] ?? '' };
  const lsb = files.get('/etc/lsb-release') ?? '';
  const name = value(lsb, 'DISTRIB_ID');
  if (name) return { id: name.toLowerCase(), version: value(lsb, 'DISTRIB_RELEASE') ?? '' };
  const debian = files.get('/etc/debian_version')?.trim();
  return debian !== undefined && /^\d/.test(debian) ? { id: 'debian', version: debian } : undefined;
}

/** The first version of three numbers behind a program's name, `9.0.0`; a missing third number is 0. */
export function version(text: string, pattern: RegExp): string | undefined {
  const found = pattern.exec(text);
  return found ? `${found[1]}.${found[2]}.${found[3] ?? 0}` : undefined;
}

const LIBVIRT = /\(libvirt\) (\d+)\.(\d+)(?:\.(\d+))?/;
const QEMU = /^QEMU (?:PC )?emulator version (\d+)\.(\d+)(?:\.(\d+))?/m;

/** Folders of Python packages, one a line: `nova-26.2.2.egg-info`. Undefined where several versions lie side by side. */
export function novaPackage(text: string): string | undefined {
  const found = [...text.matchAll(/^nova-(\d[\w.]*?)(?:-py[\d.]+)?\.(?:egg|dist)-info$/gm)].map((m) => m[1]!);
  return new Set(found).size === 1 ? found[0] : undefined;
}

export interface Daemons {
  /** Words of a command line, by the daemon's name; of several the one that has run longest. */
  readonly words: ReadonlyMap<string, readonly string[]>;
  /** Seconds since 1970, to the hundredth where the node's clock tells, by the daemon's name. */
  readonly started: Readonly<Record<string, number>>;
}

/** Options with which a daemon says something and ends. */
const ONLY_SAYS = /^(?:--version|-V|--help|-h)$/;

/**
 * When the machine started, in seconds since 1970: what is left of the clock without the time since then, else `btime` in whole
 * seconds, which comes out up to a second too early. A container may be told its own uptime, which is none of its processes'.
 */
function bootOf(text: string): { readonly at: number; readonly exact: boolean } {
  const boot = Number(/^btime (\d+)$/m.exec(text)?.[1] ?? NaN);
  const [, now, up] = /^now (\d+\.\d+) (\d+\.\d+)$/m.exec(text) ?? [];
  const at = Number(now) - Number(up);
  return Math.abs(at - boot) < 2 ? { at, exact: true } : { at: boot, exact: false };
}

/** What /proc says of the daemons that run: `== PID NAME TICKS` and a line for each word. */
export function daemons(text: string): Daemons {
  const boot = bootOf(text);
  const ticks = Number(/^ticks (\d+)$/m.exec(text)?.[1] ?? 100);
  const oldest = new Map<string, { since: number; words: readonly string[] }>();
  for (const [head, body] of sections(text)) {
    const parts = /^\d+ (\S+) (\d+)$/.exec(head);
    if (!parts) continue;
    const [, name = '', since = ''] = parts;
    const words = body.split('\n').filter((w) => w !== '');
    // No daemon: somebody, a second collector for one, asks for the version at this moment; or it has just ended.
    if (words.length === 0 || words.some((w) => ONLY_SAYS.test(w))) continue;
    const known = oldest.get(name);
    if (known && known.since <= Number(since)) continue;
    oldest.set(name, { since: Number(since), words });
  }
  const started = [...oldest].map(([name, { since }]) => {
    const at = boot.at + since / ticks;
    return [name, boot.exact ? Math.round(at * 100) / 100 : Math.floor(at)] as const;
  });
  return {
    words: new Map([...oldest].map(([name, { words }]) => [name, words])),
    started: Object.fromEntries(Number.isNaN(boot.at) ? [] : started),
  };
}

/** Names of units out of `systemctl list-units --type=socket`, of which old versions mark failed ones with a dot. */
export function socketUnits(text: string): string[] {
  return [...text.matchAll(/^(?:[●*] )?\s*(\S+\.socket)\s+\S+\s+active\s/gm)].map((m) => m[1]!);
}

/** `id NAME`: `uid=64060(nova) gid=64060(nova) groups=64060(nova),115(libvirt)`. */
export function identity(
  text: string,
): { readonly ids: { readonly uid: number; readonly gid: number }; readonly groups: readonly string[] } | undefined {
  const found = /^uid=(\d+)\S* gid=(\d+)(?:\(([^)]*)\))?(?: groups=(.*))?$/m.exec(text);
  if (!found) return undefined;
  const [, uid, gid, own, all] = found;
  const groups = [...(all ?? '').matchAll(/\d+\(([^)]*)\)/g)].map((m) => m[1]!);
  return {
    ids: { uid: Number(uid), gid: Number(gid) },
    groups: groups.length > 0 || own === undefined ? groups : [own],
  };
}

/** The first processor of /proc/cpuinfo, with what lscpu says where the kernel has no such words (ARM, POWER). */
export function cpu(cpuinfo: string, lscpu = ''): CpuFacts | undefined {
  const of = (text: string, key: string): string | undefined =>
    new RegExp(`^${key}[ \\t]*:[ \\t]*(.*\\S)[ \\t]*$`, 'm').exec(text)?.[1];
  const vendor = of(cpuinfo, 'vendor_id') ?? of(lscpu, 'Vendor ID');
  const model = of(cpuinfo, 'model name') ?? of(lscpu, 'Model name');
  const flags = of(cpuinfo, 'flags') ?? of(cpuinfo, 'Features') ?? of(lscpu, 'Flags');
  const microcode = of(cpuinfo, 'microcode');
  if (vendor === undefined && model === undefined && flags === undefined) return undefined;
  return {
    ...(vendor !== undefined && { vendor }),
    ...(model !== undefined && { model }),
    ...(flags !== undefined && { flags: flags.split(/\s+/) }),
    ...(microcode !== undefined && { microcode }),
  };
}

/** `-machine help`, or `-M ?` of before 1.2: types and what short names stand for. */
export function machines(
  text: string,
): { readonly types: readonly string[]; readonly aliases: Readonly<Record<string, string>> } | undefined {
  const list = /^Supported machines are:\n([\s\S]*)$/m.exec(text)?.[1];
  if (list === undefined) return undefined;
  const types: string[] = [];
  const aliases: [string, string][] = [];
  for (const line of list.split('\n')) {
    const name = /^(\S+)\s+\S/.exec(line)?.[1];
    if (name === undefined) continue;
    types.push(name);
    const target = /\(alias of ([^)]+)\)/.exec(line)?.[1];
    if (target !== undefined) aliases.push([name, target]);
  }
  return { types, aliases: Object.fromEntries(aliases) };
}

/** The QEMU program in `virsh domcapabilities`; in `virsh capabilities`, of before 1.2.7, that of the host's own architecture. */
export function emulator(domcapabilities: string, capabilities: string): string | undefined {
  const own = /^\s*<path>(\/[^<]+)<\/path>/m.exec(domcapabilities)?.[1];
  if (own !== undefined) return own;
  const arch = /<host>[\s\S]*?<arch>([^<]+)<\/arch>/.exec(capabilities)?.[1];
  if (arch === undefined) return undefined;
  for (const guest of capabilities.match(/<guest>[\s\S]*?<\/guest>/g) ?? []) {
    if (!guest.includes('<os_type>hvm</os_type>') || !guest.includes(`<arch name='${arch}'>`)) continue;
    // Where KVM is there it may have a program of its own, named inside its domain.
    const kvm = /<domain type='kvm'>\s*<emulator>([^<]+)<\/emulator>/.exec(guest)?.[1];
    return kvm ?? /<emulator>([^<]+)<\/emulator>/.exec(guest)?.[1];
  }
  return undefined;
}

/** `<uuid>` of `virsh capabilities`. */
export function hostUuid(capabilities: string): string | undefined {
  return /<host>\s*<uuid>([\da-fA-F-]{36})<\/uuid>/.exec(capabilities)?.[1]?.toLowerCase();
}

/** /proc/meminfo in MiB. Kernels before 3.14 do not say what is available: free memory and what can be dropped. */
export function memory(meminfo: string): Facts['memory'] {
  const of = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(meminfo)?.[1] ?? NaN);
  const total = of('MemTotal');
  const said = of('MemAvailable');
  const available = Number.isNaN(said) ? of('MemFree') + of('Buffers') + of('Cached') : said;
  if (Number.isNaN(total) || Number.isNaN(available)) return undefined;
  return { total: Math.floor(total / 1024), available: Math.floor(available / 1024) };
}

/** Huge pages by their size in KiB, out of their files in /sys. */
export function hugepages(files: ReadonlyMap<string, string>): Facts['hugepages'] {
  const found: [string, number][] = [];
  for (const [name, text] of files) {
    const size = /hugepages-(\d+)kB\/nr_hugepages$/.exec(name)?.[1];
    if (size !== undefined && /^\d+$/.test(text.trim())) found.push([size, Number(text)]);
  }
  return found.length > 0 ? Object.fromEntries(found) : undefined;
}

/** Kernel settings out of their files in /proc/sys; columns parted by one blank, as a file of sysctl.d would have them. */
export function sysctls(files: ReadonlyMap<string, string>): Facts['sysctls'] {
  const found = [...files]
    .filter(([name]) => name.startsWith('/proc/sys/'))
    .map(([name, text]) => [name.slice('/proc/sys/'.length).replaceAll('/', '.'), text.trim().replace(/[ \t]+/g, ' ')]);
  return found.length > 0 ? (Object.fromEntries(found) as Record<string, string>) : undefined;
}

/** Seconds by which the clock is ahead, out of `chronyc tracking`; undefined while it follows nobody. */
export function chrony(text: string): number | undefined {
  if (/^Leap status\s*:\s*Not synchronised/m.test(text)) return undefined;
  const found = /^System time\s*:\s*([\d.]+) seconds (fast|slow) of NTP time/m.exec(text);
  return found ? signed(Number(found[1]), found[2] === 'slow') : undefined;
}

/** The same out of `ntpq -c rv`: milliseconds by which the servers are ahead. */
export function ntp(text: string): number | undefined {
  if (/\bleap_alarm\b|\bstratum=16\b/.test(text)) return undefined;
  const found = /(?:^|[\s,])offset=(-?)\+?([\d.]+)/.exec(text);
  return found ? signed(Number(found[2]) / 1000, found[1] === '') : undefined;
}

/** The same out of `timedatectl timesync-status`: `Offset: +1.2ms` by which the server is ahead. */
export function timesync(text: string): number | undefined {
  const found = /^\s*Offset: ([+-]?)((?:[\d.]+(?:y|month|w|d|h|min|s|ms|us|ns)\s*)+)$/m.exec(text);
  if (!found) return undefined;
  const units = {
    y: 31_557_600,
    month: 2_629_800,
    w: 604_800,
    d: 86_400,
    h: 3600,
    min: 60,
    s: 1,
    ms: 1e-3,
    us: 1e-6,
    ns: 1e-9,
  };
  let sum = 0;
  for (const [, count, unit] of found[2]!.matchAll(/([\d.]+)(y|month|w|d|h|min|ms|us|ns|s)/g))
    sum += Number(count) * units[unit as keyof typeof units];
  return signed(Number(sum.toPrecision(12)), found[1] !== '-');
}

/** There is no minus nought. */
function signed(value: number, negative: boolean): number {
  return negative && value !== 0 ? -value : value;
}

/** `getent ahosts`: a line for each address and kind of socket. Undefined when the resolver gave no answer at all. */
export function resolved({ text, status }: Output): readonly string[] | undefined {
  if (status === 2) return [];
  if (status !== 0) return undefined;
  return [...new Set([...text.matchAll(/^([\da-fA-F.:]+(?:%\S+)?)\s/gm)].map((m) => m[1]!))];
}

/** /proc/net/tcp and tcp6, addresses as the processor keeps them in memory: `0100007F:1F90` is `127.0.0.1:8080`. */
export function listening(text: string): string[] {
  const found = new Set<string>();
  for (const [, address = '', port = ''] of text.matchAll(/^([\dA-F]{8}|[\dA-F]{32}):([\dA-F]{4})$/gm)) {
    const bytes = address
      .match(/.{8}/g)!
      .flatMap((word) => [6, 4, 2, 0].map((i) => Number.parseInt(word.slice(i, i + 2), 16)));
    const host = bytes.length === 4 ? bytes.join('.') : `[${ipv6(bytes)}]`;
    found.add(`${host}:${Number.parseInt(port, 16)}`);
  }
  return [...found];
}

/** As RFC 5952 writes it. */
function ipv6(bytes: readonly number[]): string {
  if (bytes.slice(0, 10).every((b) => b === 0) && bytes[10] === 0xff && bytes[11] === 0xff)
    return `::ffff:${bytes.slice(12).join('.')}`;
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16)).join(':');
  const longest = [...groups.matchAll(/(?<![\da-f])0(?::0)+(?![\da-f])/g)].sort((a, b) => b[0].length - a[0].length)[0];
  if (!longest) return groups;
  const before = groups.slice(0, longest.index).replace(/:$/, '');
  const after = groups.slice(longest.index + longest[0].length).replace(/^:/, '');
  return `${before}::${after}`;
}

/** What a probe said: bash, Python and the netcats in their own words. Undefined where the program itself failed. */
export function reached({ text, status }: Output): 'open' | 'refused' | 'filtered' | undefined {
  if (status === 0) return 'open';
  if (/refused/i.test(text)) return 'refused';
  if (status === 127 || /No such file|not found|usage:|invalid option|Name or service|Temporary failure/i.test(text))
    return undefined;
  // Killed after its three seconds, or told so by a router or firewall.
  return isTimeout({ text, status }) || /timed out|No route to host|unreachable|not permitted|^$/i.test(text.trim())
    ? 'filtered'
    : undefined;
}

/** Lines of stat(1) or ls(1); null for what is not there, nothing for what could not be looked at. */
export function paths(text: string): Map<string, PathFacts | null> {
  const found = new Map<string, PathFacts | null>();
  for (const line of text.split('\n')) {
    const missing =
      /^(?:\S*\/)?(?:stat|ls): .*?['"‘]?(\/.*?)['"’]?: (?:No such file or directory|Not a directory)$/.exec(line);
    if (missing) found.set(missing[1]!, null);
    const words = line.split(' ');
    const look = line.startsWith('/') ? undefined : readLook(words);
    const path = words.slice(5).join(' ');
    if (look && path.startsWith('/')) found.set(path, pathOf(look));
  }
  return found;
}

export function pathOf(look: Look): PathFacts {
  const { type, mode, uid, gid, modified } = look;
  return { type: type === 'link' ? 'other' : type, mode, uid, gid, ...(modified !== undefined && { modified }) };
}

/** File systems without files of anybody's. */
const PSEUDO =
  /^(?:proc|sysfs|devtmpfs|devpts|cgroup2?|pstore|securityfs|debugfs|tracefs|configfs|bpf|mqueue|autofs|efivarfs|binfmt_misc|selinuxfs|fusectl|rpc_pipefs|nsfs|nfsd|squashfs|overlay)$/;

/** /proc/self/mounts by mount point; of several on one point the last is on top. */
export function mounts(text: string): Readonly<Record<string, MountFacts>> {
  const plain = (word: string): string =>
    word.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
  const found = new Map<string, MountFacts>();
  for (const line of text.split('\n')) {
    const [source, point, type, options] = line.split(' ');
    if (source === undefined || point === undefined || type === undefined || !point.startsWith('/')) continue;
    if (PSEUDO.test(type) && point !== '/') found.delete(plain(point));
    else
      found.set(plain(point), {
        source: plain(source),
        type,
        ...(options !== undefined && { options: withoutSecrets(options) }),
      });
  }
  return Object.fromEntries(found);
}

/** The kernel hides keys of Ceph's and passwords of CIFS's by itself; should one not, it ends here. */
function withoutSecrets(options: string): string {
  return options.replace(/(^|,)((?:secret|pass(?:word)?|key)=)[^,]*/gi, '$1$2***');
}

/** SELinux, AppArmor and the machine's own UUID, out of files below /sys. */
export function security(files: ReadonlyMap<string, string>): Pick<Facts, 'selinux' | 'apparmor' | 'productUuid'> {
  const of = (name: string): string | undefined => files.get(name)?.trim();
  const enforce = of('/sys/fs/selinux/enforce');
  const booleans = [...files].flatMap(([name, text]) => {
    const boolean = /^\/sys\/fs\/selinux\/booleans\/(\w+)$/.exec(name)?.[1];
    // The second number is what was set and not committed yet.
    const value = /^([01]) [01]/.exec(text)?.[1];
    return boolean !== undefined && value !== undefined ? [[boolean, value === '1'] as const] : [];
  });
  const apparmor = of('/sys/module/apparmor/parameters/enabled');
  const uuid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.exec(of('/sys/class/dmi/id/product_uuid') ?? '')?.[0];
  return {
    ...((enforce === '0' || enforce === '1') && {
      selinux: {
        mode: enforce === '1' ? ('enforcing' as const) : ('permissive' as const),
        ...(booleans.length > 0 && { booleans: Object.fromEntries(booleans) }),
      },
    }),
    ...((apparmor === 'Y' || apparmor === 'N') && { apparmor: apparmor === 'Y' }),
    ...(uuid !== undefined && { productUuid: uuid.toLowerCase() }),
  };
}

/** What `test -w` said in somebody's name: undefined where it could not be asked. */
export function may({ text, status }: Output): boolean | undefined {
  if (status === 0) return true;
  return status === 1 && text.trim() === '' ? false : undefined;
}

/** The first certificate of a file. Undefined for what is none. */
export function certificate(text: string): CertificateFacts | undefined {
  const pem = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/.exec(text)?.[0];
  if (pem === undefined) return undefined;
  try {
    const read = new X509Certificate(pem);
    const [notBefore, notAfter] = [read.validFrom, read.validTo].map((t) => Math.floor(Date.parse(t) / 1000));
    const subject = distinguished(read.subject);
    const issuer = distinguished(read.issuer);
    const names = [
      ...(read.subjectAltName ?? '').matchAll(/(?:^|, )(?:DNS|IP Address):("(?:[^"\\]|\\.)*"|[^,]+)/g),
    ].map((m) => shortest(m[1]!.toLowerCase()));
    // GnuTLS goes by the common name where a certificate has no names of its own.
    const common = /^CN=(.+)$/m.exec(read.subject)?.[1];
    return {
      ...(subject !== '' && { subject }),
      names: names.length === 0 && common !== undefined ? [common] : names,
      ...(Number.isFinite(notBefore) && { notBefore }),
      ...(Number.isFinite(notAfter) && { notAfter }),
      ...(issuer !== '' && { issuer }),
      ...extensions(read.raw),
      ...(text.split('-----BEGIN CERTIFICATE-----').length > 2 && { several: true }),
    };
  } catch {
    return undefined;
  }
}

/** From the last part to the first, as RFC 2253 wants it. */
function distinguished(name: string): string {
  const parts = name.split('\n').filter((line) => line !== '');
  return parts
    .map((part) => part.split(' + ').reverse().join('+'))
    .reverse()
    .join(',');
}

/** `2001:db8:0:0:0:0:0:11` in its usual form; all else as it is. */
function shortest(name: string): string {
  const groups = name.split(':');
  return groups.length === 8 && groups.every((g) => /^[\da-f]{1,4}$/.test(g))
    ? ipv6(groups.flatMap((g) => [Number.parseInt(g, 16) >> 8, Number.parseInt(g, 16) & 0xff]))
    : name;
}

/** What failed on the node and is worth knowing, by the name of its output. */
const WORTH: Readonly<Record<string, string>> = {
  capabilities: 'libvirt (virsh capabilities)',
  sockets: 'systemd (systemctl list-units)',
  libvirt: 'version of libvirt',
  qemu: 'version of QEMU',
  nova: 'version of nova',
  machines: 'machine types of QEMU',
  'cpu-models': 'CPU models of libvirt',
};

/** All facts of an answer, and what did not give any. */
export function factsOf(answer: Answer): {
  readonly facts: Facts;
  readonly failures: readonly { readonly what: string; readonly why: string }[];
} {
  const { outputs } = answer;
  const text = (name: string): string => outputs.get(name)?.text ?? '';
  /** What a command said that did what it was asked. */
  const done = (name: string): string => (outputs.get(name)?.status === 0 ? text(name) : '');
  const byPrefix = new Map<string, [string, Output][]>();
  for (const [name, output] of outputs) {
    const at = name.indexOf(' ');
    if (at < 0) continue;
    const prefix = name.slice(0, at);
    const list = byPrefix.get(prefix);
    if (list) list.push([name.slice(at + 1), output]);
    else byPrefix.set(prefix, [[name.slice(at + 1), output]]);
  }
  const starting = (prefix: string): readonly [string, Output][] => byPrefix.get(prefix) ?? [];
  const line = (value: string | undefined): string | undefined => {
    const first = value?.trim().split('\n')[0]?.trim();
    return first === '' ? undefined : first;
  };
  const failures: { what: string; why: string }[] = [];
  for (const [name, output] of outputs) {
    if (isTimeout(output) && !name.startsWith('probe '))
      failures.push({ what: WORTH[name] ?? name, why: 'did not answer in time' });
    else if (output.status !== 0 && Object.hasOwn(WORTH, name) && !isAbsent(name, output))
      failures.push({ what: WORTH[name]!, why: inWords(output) });
  }

  const kernel = sections(text('kernel'));
  const process1 = init(text('init'));
  const running = daemons(text('daemons'));
  const sockets = outputs.get('sockets')?.status === 0 ? socketUnits(text('sockets')) : undefined;
  const accounts = starting('id').flatMap(([name, output]) => {
    const found = output.status === 0 ? identity(output.text) : undefined;
    return found ? [[name, found] as const] : [];
  });
  const types = machines(done('machines'));
  const looks = new Map<string, PathFacts | null>();
  for (const { path, look } of answer.files) if (look.type === 'file') looks.set(`/${path}`, pathOf(look));
  for (const [, output] of starting('paths')) for (const [path, look] of paths(output.text)) looks.set(path, look);
  const certificates = starting('certificate').flatMap(([path, output]) => {
    const found = certificate(output.text);
    return found ? [[path, found] as const] : [];
  });
  const resolves = starting('peer').flatMap(([name, output]) => {
    const found = resolved(output);
    return found ? [[name, found] as const] : [];
  });
  const reaches = starting('probe').flatMap(([name, output]) => {
    const found = reached(output);
    return found ? [[name, found] as const] : [];
  });
  // One process of virsh's answers many questions, or, of before 1.2.7, only some.
  const virsh = sections(done('virsh'));
  const asked = (name: string): string => virsh.get(name) ?? done(name);
  const definitions = sections(text('instances'));
  const jobs = sections(text('jobs'));
  const snapshots = virsh.has('with-snapshot') ? sections(text('snapshots')) : undefined;
  const writers = starting('writer').flatMap(([who, output]) => {
    const found = may(output);
    return found === undefined ? [] : [[who.split(' ')[0]!, found] as const];
  });
  const models = asked('cpu-models')
    .split('\n')
    .map((l) => l.trim())
    .filter((l) => /^[\w.+-]+$/.test(l));
  const mounted = sections(text('mounts')).get('/proc/self/mounts');
  const qemu = version(done('qemu'), QEMU);
  const words = running.words.get('libvirtd') ?? running.words.get('virtproxyd') ?? running.words.get('virtqemud');

  const now = /^\d+$/.exec(done('now').trim())?.[0];
  const all: { [K in keyof Facts]: Facts[K] | undefined } = {
    measured: now === undefined ? undefined : Number(now),
    hostname: line(kernel.get('/proc/sys/kernel/hostname')),
    fqdn: line(done('fqdn')),
    addresses: addresses(done('addresses')),
    init: process1,
    kernel: line(kernel.get('/proc/sys/kernel/osrelease')),
    libvirt: version(done('libvirt'), LIBVIRT),
    qemu,
    nova: novaPackage(text('nova-package')) ?? /^(\d+\.\d+[\w.]*)$/m.exec(done('nova'))?.[1],
    distribution: distribution(sections(text('release'))),
    daemons: daemonsOf(running, sockets),
    sockets,
    daemonArguments: words && words.length > 0 ? words : undefined,
    ids: some(accounts.map(([name, { ids }]) => [name, ids])),
    groups: some(accounts.map(([name, { groups }]) => [name, groups])),
    cpu: cpu(text('cpuinfo'), done('lscpu')),
    cpuModels: models.length > 0 ? models : undefined,
    machineTypes: types?.types,
    machineAliases: types?.aliases,
    emulator: emulator(asked('domcapabilities'), asked('capabilities')),
    memory: memory(text('meminfo')),
    hugepages: hugepages(sections(text('hugepages'))),
    sysctls: sysctls(sections(text('sysctls'))),
    clockOffset: chrony(done('chrony')) ?? ntp(done('ntp')) ?? timesync(done('timesync')),
    resolves: some(resolves),
    listening: outputs.has('listening') ? listening(text('listening')) : undefined,
    reaches: some(reaches),
    paths: some([...looks]),
    mounts: mounted === undefined ? undefined : mounts(mounted),
    certificates: some(certificates),
    started: some(Object.entries(running.started)),
    hostUuid: hostUuid(asked('capabilities')),
    ...security(sections(text('security'))),
    interfaces:
      outputs.get('interfaces')?.status === 0
        ? done('interfaces')
            .split('\n')
            .filter((l) => l !== '')
        : undefined,
    space: spaceOf(answer),
    writable: some(writers),
    firewall: firewall({
      nft: done('nft'),
      iptables: done('iptables'),
      ip6tables: done('ip6tables'),
      legacy: done('iptables-legacy'),
      legacy6: done('ip6tables-legacy'),
    }),
    securityModels: securityModels(asked('capabilities')),
    secrets: secrets(asked('secrets')),
    guestCpus: guestCpus(asked('domcapabilities')),
    exported: outputs.get('exported')?.status === 0 ? exported(done('exported')) : undefined,
    shown: outputs.get('shown')?.status === 0 ? shown(done('shown')) : undefined,
    rpc: outputs.get('rpc')?.status === 0 ? rpc(done('rpc')) : undefined,
    ...imagesOf(answer),
    // Of a libvirt in a container root's files are others.
    ssh: outputs.has('ssh') && !/^== elsewhere$/m.test(text('daemons')) ? ssh(done('ssh')) : undefined,
    instances: virsh.has('uuids') ? instances(definitions, asked('list'), snapshots, jobs) : undefined,
  };
  const listed = (virsh.get('uuids') ?? '').split('\n').filter((line) => /^[0-9a-f-]{36}$/.test(line));
  // Whoever is gone meanwhile was asked for all the same; who was not asked for is not gone.
  const answers = [outputs.has('instances') && definitions, outputs.has('jobs') && jobs].filter(
    (told) => told !== false,
  );
  const unasked = listed.filter((uuid) => answers.some((told) => !told.has(uuid))).length;
  if (unasked > 0 && !failures.some(({ what }) => what === 'instances'))
    failures.push({ what: 'instances', why: `of ${listed.length}, libvirt did not answer for ${unasked} in time` });
  const known = Object.entries(all).filter(([, value]) => value !== undefined);
  return { facts: Object.fromEntries(known), failures };
}

/** What is free on file systems that were asked for, by the path that they were asked by. */
export function spaceOf({ outputs }: Answer): Facts['space'] {
  return some(
    [...outputs].flatMap(([name, { text, status }]) => {
      const found = name.startsWith('room ') && status === 0 ? room(text) : undefined;
      return found ? [[name.slice('room '.length), found] as const] : [];
    }),
  );
}

/** What was asked for where disks lie, or would. */
export function imagesOf({ outputs }: Answer): Pick<Facts, 'images' | 'pools'> {
  const images = [...outputs].flatMap(([name, { text }]) => {
    const found = name.startsWith('image ') ? image(text) : undefined;
    return found === undefined ? [] : [[name.slice('image '.length), found] as const];
  });
  const listed = outputs.get('pools');
  return {
    ...(images.length > 0 && { images: Object.fromEntries(images) }),
    ...(listed?.status === 0 && { pools: pools(listed.text) }),
  };
}

/** The first lines of what a command complained of. */
function inWords({ text, status }: Output): string {
  const said = text
    .split('\n')
    .map((l) => l.trim())
    .filter((l) => l !== '');
  return said.length > 0 ? said.slice(0, 3).join('; ').slice(0, 500) : `ended with ${status}`;
}

function some<T>(entries: readonly (readonly [string, T])[]): Readonly<Record<string, T>> | undefined {
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** Which daemons are in charge: those that run; where socket activation let them end, those that systemd would start. */
function daemonsOf({ words }: Daemons, sockets: readonly string[] | undefined): Facts['daemons'] {
  if (words.has('libvirtd')) return 'monolithic';
  if (words.has('virtqemud')) return 'modular';
  const [monolithic, modular] = ['libvirtd.socket', 'virtqemud.socket'].map((name) => sockets?.includes(name) === true);
  if (monolithic === modular) return undefined;
  return modular ? 'modular' : 'monolithic';
}

/** A node without systemd, and virsh where no daemon of libvirt's runs, are no trouble of the snapshot's. */
function isAbsent(name: string, { text }: Output): boolean {
  if (name === 'sockets')
    return /not been booted with systemd|Failed to (?:connect to bus|get D-Bus connection)/.test(text);
  return name === 'cpu-models' && /unknown command|not supported/.test(text);
}
