import type { MigrateOptions } from '../types';

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

/** Runs until the migration is over; libvirtd goes on with it when the command is ended. */
export function migrate(uuid: string, way: Way, options: MigrateOptions): string[] {
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
