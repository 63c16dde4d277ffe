import type { MigrateOptions, Movable } from '../types';

/**
 * What is asked of libvirt, as words of `virsh`. An instance is named by its UUID: a name may begin with a hyphen, or be that
 * of another guest by the time the command runs.
 */
const VIRSH = ['virsh', '-q', '-c', 'qemu:///system'] as const;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** @throws TypeError for what is no UUID: it would be words of `virsh` */
function checked(uuid: string): string {
  if (!UUID.test(uuid)) throw new TypeError(`${uuid} is no UUID of an instance`);
  return uuid;
}

/** Where the guest is sent to. */
export interface Way {
  /** Of the destination's libvirtd: `qemu+tcp://10.0.0.2/system`. */
  readonly uri: string;
  /** Of QEMU's stream, where it is not left to the destination: `tcp://10.1.0.2`. */
  readonly migrateUri?: string;
}

/** What {@link migrate} says on its standard output before it begins, so that nobody takes another's job for ours. */
export const BEGINS = 'begins';
/** Its exit status where somebody else is beginning the same. */
export const BUSY = 75;

/**
 * Two who begin the same at the same time: libvirt would let one of them wait for half a minute, and go on when the other's
 * was aborted. The lock is that of the guest's own pid file, which is there as long as the guest runs, and ends with virsh.
 */
const ALONE = `
if [ -r "$1" ] && command -v flock >/dev/null; then
  exec 9<"$1"
  flock -n 9 || exit ${BUSY}
fi
echo ${BEGINS}
shift
exec "$@"`;

/** Runs until the migration is over; libvirtd goes on with it when the command is ended. */
export function migrate({ uuid, name }: Movable, way: Way, options: MigrateOptions): string[] {
  return ['sh', '-c', ALONE, 'sh', `/run/libvirt/qemu/${name}.pid`, ...migrateUnguarded(uuid, way, options)];
}

/** The same without the lock, for an account that sudo lets run `virsh` and nothing else. */
export function migrateUnguarded(uuid: string, way: Way, options: MigrateOptions): string[] {
  const { storage = 'shared', postCopy, autoConverge, bandwidth = 0, parallel = 1, tls } = options;
  return [
    ...VIRSH,
    ...['migrate', '--live', '--p2p', '--persistent', '--undefinesource', '--abort-on-error'],
    ...(storage === 'copy' ? ['--copy-storage-all'] : []),
    ...(postCopy ? ['--postcopy'] : []),
    ...(autoConverge ? ['--auto-converge'] : []),
    ...(bandwidth > 0 ? ['--bandwidth', String(Math.round(bandwidth))] : []),
    ...(parallel > 1 ? ['--parallel', '--parallel-connections', String(Math.round(parallel))] : []),
    ...(tls ? ['--tls'] : []),
    ...(way.migrateUri === undefined ? [] : ['--migrateuri', way.migrateUri]),
    ...['--domain', checked(uuid), '--desturi', way.uri],
  ];
}

/** Statistics of the job, and where the guest is: answered in one go. */
export function look(uuid: string): string[] {
  const domain = checked(uuid);
  return [...VIRSH, `domjobinfo --domain ${domain} --rawstats; domstate --domain ${domain} --reason`];
}

/** Statistics of a migration that is through, on its destination. They may be asked for again. */
export function completed(uuid: string, keep: boolean): string[] {
  return [
    ...VIRSH,
    ...['domjobinfo', '--domain', checked(uuid), '--completed', '--rawstats'],
    ...(keep ? ['--keep-completed'] : []),
  ];
}

export const abort = (uuid: string): string[] => [...VIRSH, 'domjobabort', '--domain', checked(uuid)];

export const postCopy = (uuid: string): string[] => [...VIRSH, 'migrate-postcopy', '--domain', checked(uuid)];

/** Stands still until the rest is over: the surest way to the end where post-copy was not allowed. */
export const suspend = (uuid: string): string[] => [...VIRSH, 'suspend', '--domain', checked(uuid)];

/** @param limit MiB/s */
export const setSpeed = (uuid: string, limit: number): string[] => [
  ...VIRSH,
  ...['migrate-setspeed', '--domain', checked(uuid), '--bandwidth', String(Math.max(1, Math.round(limit)))],
];

/** @param downtime ms */
export const setDowntime = (uuid: string, downtime: number): string[] => [
  ...VIRSH,
  ...['migrate-setmaxdowntime', '--domain', checked(uuid), '--downtime', String(Math.max(1, Math.round(downtime)))],
];
