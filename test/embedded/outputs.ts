/**
 * Facts as the commands that measure them would say them: what `server/src/fleet/collect/facts.ts` reads, written. A test
 * holds that reading gives the same facts again.
 */
import type { Facts } from '../../server/src/model/facts';
import { libvirtOutputs } from './virsh';

/** What a command said, and its exit status. */
export interface Said {
  readonly text: string;
  readonly status: number;
}

/** Ticks of the kernel's in a second. */
const TICKS = 100;

/** A daemon that runs, as /proc shows it. */
export interface Process {
  readonly pid: number;
  readonly name: string;
  /** Seconds since 1970. */
  readonly since: number;
  readonly words: readonly string[];
}

/** What the collector runs of itself, by the names of its frames; what there is no fact for is not there. */
export function outputsOf(facts: Facts, processes: readonly Process[], booted: number): Map<string, Said> {
  const found = new Map<string, Said>();
  const say = (name: string, text: string | undefined, status = 0): void => {
    if (text !== undefined) found.set(name, { text, status });
  };
  const { addresses, cpu, distribution, init, memory } = facts;
  say('user', '0');
  say('now', facts.measured?.toString());
  say('kernel', files({ 'kernel/hostname': facts.hostname, 'kernel/osrelease': facts.kernel }, '/proc/sys/'));
  say('fqdn', facts.fqdn);
  say('addresses', addresses && ipAddr(addresses));
  say('init', init && { systemd: 'systemd', upstart: 'init (upstart 1.5)', sysvinit: '/sbin/init\ninit' }[init]);
  say('release', distribution && osRelease(distribution));
  say('daemons', [`ticks ${TICKS}`, `btime ${booted}`, ...processes.flatMap((p) => ofProc(p, booted))].join('\n'));
  say('sockets', facts.sockets?.map((s) => `${s} loaded active listening ${s}`).join('\n'));
  say('libvirt', facts.libvirt && `libvirtd (libvirt) ${facts.libvirt}`);
  say('nova-package', facts.nova && `nova-${facts.nova}.egg-info`);
  say(
    'cpuinfo',
    cpu &&
      keyed({ vendor_id: cpu.vendor, 'model name': cpu.model, microcode: cpu.microcode, flags: cpu.flags?.join(' ') }),
  );
  say('meminfo', memory && `MemTotal: ${memory.total * 1024} kB\nMemAvailable: ${memory.available * 1024} kB`);
  say(
    'hugepages',
    facts.hugepages &&
      files(
        Object.fromEntries(
          Object.entries(facts.hugepages).map(([kib, count]) => [`hugepages-${kib}kB/nr_hugepages`, String(count)]),
        ),
        '/sys/kernel/mm/hugepages/',
      ),
  );
  say(
    'sysctls',
    facts.sysctls &&
      files(
        Object.fromEntries(Object.entries(facts.sysctls).map(([name, value]) => [name.replaceAll('.', '/'), value])),
        '/proc/sys/',
      ),
  );
  say('mounts', facts.mounts && files({ 'self/mounts': mounts(facts.mounts) }, '/proc/'));
  say('listening', facts.listening?.map(procNetTcp).join('\n'));
  say('ntp', facts.clockOffset === undefined ? undefined : `stratum=3, offset=${-1000 * facts.clockOffset}`);
  const libvirt = libvirtOutputs(facts, processes);
  for (const [name, said] of libvirt) found.set(name, said);
  if (facts.exported)
    say(
      'exported',
      Object.entries(facts.exported)
        .flatMap(([path, clients]) => clients.map((c) => `${path}  ${c}`))
        .join('\n'),
    );
  if (facts.shown)
    say(
      'shown',
      Object.entries(facts.shown)
        .map(([path, clients]) => `${path} ${clients.join(',')}`)
        .join('\n'),
    );
  say(
    'rpc',
    facts.rpc
      ?.map((line) =>
        line.replace(
          /^(\S+) (\S+) (\S+) (\S+)$/,
          (_, name: string, ...rest: string[]) => `100000 ${rest.slice(0, 3).join(' ')} ${name}`,
        ),
      )
      .join('\n'),
  );
  say('qemu', facts.qemu && `QEMU emulator version ${facts.qemu}`);
  say('machines', facts.machineTypes && machines(facts.machineTypes, facts.machineAliases ?? {}));
  return found;
}

/** Files of /proc and /sys below their names. */
function files(entries: Readonly<Record<string, string | undefined>>, before: string): string {
  return Object.entries(entries)
    .flatMap(([name, text]) => (text === undefined ? [] : [`== ${before}${name}\n${text}`]))
    .join('\n');
}

function keyed(entries: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(entries)
    .flatMap(([key, value]) => (value === undefined ? [] : [`${key}\t: ${value}`]))
    .join('\n');
}

function ipAddr(addresses: NonNullable<Facts['addresses']>): string {
  const lines = ['1: lo    inet 127.0.0.1/8 scope host lo'];
  for (const [i, [name, list]] of Object.entries(addresses).entries())
    for (const address of list)
      lines.push(
        `${i + 2}: ${name}    inet${address.includes(':') ? '6' : ''} ${address}/${address.includes(':') ? 64 : 24} scope global ${name}`,
      );
  return lines.join('\n');
}

function osRelease({ id, version }: NonNullable<Facts['distribution']>): string {
  return files({ 'etc/os-release': `ID=${id}\nVERSION_ID="${version}"` }, '/');
}

function ofProc({ pid, name, since, words }: Process, booted: number): string[] {
  return [`== ${pid} ${name} ${Math.round((since - booted) * TICKS)}`, ...words];
}

function mounts(all: NonNullable<Facts['mounts']>): string {
  const plain = (word: string): string =>
    word.replace(/[ \t\n\\]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`);
  return Object.entries(all)
    .map(([point, { source, type, options = 'rw' }]) => `${plain(source)} ${plain(point)} ${type} ${options} 0 0`)
    .join('\n');
}

/** `127.0.0.1:8080` as `0100007F:1F90`. */
export function procNetTcp(socket: string): string {
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(socket) ?? [];
  const bytes = host.startsWith('[') ? ipv6Bytes(host.slice(1, -1)) : host.split('.').map(Number);
  const words: string[] = [];
  for (let i = 0; i < bytes.length; i += 4)
    words.push(...[...bytes.slice(i, i + 4)].reverse().map((b) => b.toString(16).padStart(2, '0')));
  return `${words.join('')}:${Number(port).toString(16).padStart(4, '0')}`.toUpperCase();
}

function ipv6Bytes(address: string): number[] {
  const [before = '', after] = address.split('::');
  const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map((g) => Number.parseInt(g, 16)));
  const [head, tail] = [groups(before), groups(after ?? '')];
  const middle = after === undefined ? [] : Array<number>(8 - head.length - tail.length).fill(0);
  return [...head, ...middle, ...tail].flatMap((g) => [g >> 8, g & 255]);
}

function machines(types: readonly string[], aliases: Readonly<Record<string, string>>): string {
  const lines = types.map((t) => `${t.padEnd(20)} Standard PC${aliases[t] ? ` (alias of ${aliases[t]})` : ''}`);
  return ['Supported machines are:', ...lines].join('\n');
}
