import type { Snapshot } from '../../fleet/types';
import type { Cluster } from '../../model/cluster';
import type { End } from '../driver';

/** So much of the end of each log is read. */
const TAIL_BYTES = 64 * 1024;
const TIMEOUT_MS = 15_000;
/** Clocks are compared by the second. */
const SLACK_MS = 1000;

/** A log of a node: what reads it, as words, and whose it is. */
interface Log {
  readonly argv: readonly string[];
  readonly of: 'daemon' | 'qemu';
}

/**
 * What the daemons of a node logged of a guest since a time, oldest first; what cannot be read is left out. Nothing is
 * written, and of each log no more than its last 64 KiB is read.
 *
 * @param guest libvirt's name of it
 * @param since ms since 1970, by our clock
 */
export async function logged(
  { node, runner }: End,
  cluster: Cluster,
  snapshot: Snapshot,
  guest: string,
  since: number,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { measured, init } = snapshot.facts;
  const ahead = measured === undefined ? 0 : (measured - snapshot.taken) * 1000;
  const from = since + ahead - SLACK_MS;
  const host = cluster.hosts.find((h) => h.name === node);
  const logs: Log[] = logFiles([host?.libvirtd.string('log_outputs')]).map((file) => ({
    argv: tail(file),
    of: 'daemon',
  }));
  if (init === 'systemd')
    logs.push({
      argv: [
        ...['journalctl', '--no-pager', '-q', '-o', 'short-iso', '-n', '400', '-u', 'libvirtd', '-u', 'virtqemud'],
        ...['--since', `@${Math.floor(from / 1000)}`],
      ],
      of: 'daemon',
    });
  // A name with a slash would be another folder's file.
  if (!/[/\x00-\x1f]/.test(guest)) logs.push({ argv: tail(`/var/log/libvirt/qemu/${guest}.log`), of: 'qemu' });
  const read = await Promise.all(
    logs.map(async ({ argv, of }) => {
      const ran = await runner.run(argv, { root: true, timeout: TIMEOUT_MS, signal }).catch(() => undefined);
      if (ran?.code !== 0) return [];
      const text = Buffer.from(ran.stdout).subarray(-TAIL_BYTES).toString();
      return linesSince(text, from).filter(of === 'daemon' ? isComplaint : isOfQemu);
    }),
  );
  return read.flat().map((line) => `${node}: ${line}`);
}

const tail = (file: string): string[] => ['tail', '-c', String(TAIL_BYTES), '--', file];

/** Files that a daemon logs to: `1:file:/var/log/libvirt/libvirtd.log 3:syslog:libvirtd`; the usual one if none is said. */
export function logFiles(outputs: readonly (string | undefined)[]): readonly string[] {
  const named = outputs.flatMap((text) => [...(text ?? '').matchAll(/(?:^|\s)[1-4]:file:(\/\S+)/g)].map((m) => m[1]!));
  return named.length > 0 ? [...new Set(named)] : ['/var/log/libvirt/libvirtd.log'];
}

/**
 * Lines of a log that begin at a time; a line without a time is of the time of the one before it, and those before the first
 * time are older than what is known.
 */
export function linesSince(text: string, since: number): readonly string[] {
  let time = -Infinity;
  return text.split(/\r\n|\r|\n/).filter((line) => {
    time = timeOf(line) ?? time;
    return line.trim() !== '' && time >= since;
  });
}

/** `2026-01-01 10:00:00.000+0000: …` of libvirt, `2026-01-01T10:00:00.000000Z …` of QEMU, `2026-01-01T10:00:00+0100 …` of the journal. */
function timeOf(line: string): number | undefined {
  const found = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d)/.exec(line);
  if (!found) return undefined;
  const [, day, clock, fraction = '', zone = 'Z'] = found;
  const time = Date.parse(`${day}T${clock}${fraction.slice(0, 4)}${zone.replace(/^(.\d\d)(\d\d)$/, '$1:$2')}`);
  return Number.isNaN(time) ? undefined : time;
}

/** Not what libvirtd tells of its doings. */
const isComplaint = (line: string): boolean => !/: \d+: (?:debug|info) :/.test(line);

/** Not the command line by which it was started. */
const isOfQemu = (line: string): boolean =>
  !/^(?:-|LC_ALL=|PATH=|HOME=|USER=|LOGNAME=|XDG_|\/|char device)|: starting up libvirt version/.test(line);
