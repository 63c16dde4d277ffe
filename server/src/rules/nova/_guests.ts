import { instancesStorage, type Cluster } from '../../model/cluster';
import type { Host } from '../../model/host';
import type { Setting } from '../../model/nova';
import { novaItems } from './_items';

/** Options that only the libvirt driver of nova-compute reads: a nova.conf that sets one is a compute's. */
const DRIVER_OPTIONS: readonly Setting[] = [
  'virt_type',
  'live_migration_uri',
  'live_migration_flag',
  'block_migration_flag',
  'live_migration_scheme',
  'live_migration_inbound_addr',
  'live_migration_tunnelled',
  'live_migration_with_native_tls',
  'images_type',
  'cpu_mode',
  'cpu_models',
];

/** Options that nova's services on a controller read and a compute has no use for: its nova.conf has no way to the databases. */
const CONTROLLER_OPTIONS: readonly Setting[] = [
  'api_database',
  'conductor_workers',
  'scheduler_workers',
  'discover_hosts',
];

/** What oslo.config takes for yes. */
export function isTrue(value: string | undefined): boolean {
  return value !== undefined && /^(1|true|yes|on)$/i.test(value);
}

/** What oslo.config takes for no. */
export function isFalse(value: string | undefined): boolean {
  return value !== undefined && /^(0|false|no|off)$/i.test(value);
}

/**
 * Whether a nova.conf may be judged as a compute's: by the host's roles where they are given, else by its other files,
 * else by its own libvirt options, unless others of its options are a controller's: deployment tools write one file for
 * both, and on a controller it is right with values that break a compute.
 */
export function runsGuests(host: Host): boolean {
  const known = guests.get(host);
  if (known !== undefined) return known;
  const runs = judgeGuests(host);
  guests.set(host, runs);
  return runs;
}

/** Nearly every rule of nova's asks. */
const guests = new WeakMap<Host, boolean>();

function judgeGuests(host: Host): boolean {
  if (host.nova.files.length === 0 || !usesLibvirt(host)) return false;
  if ((host.node?.roles ?? []).length > 0) return host.isCompute;
  if (host.isCompute) return true;
  const sets = (name: Setting): boolean => host.nova.get(name)?.origin === 'set';
  if (!DRIVER_OPTIONS.some(sets) && !setsMigration(host)) return false;
  // Who mounts the instances runs guests, whatever else it does.
  return !CONTROLLER_OPTIONS.some(sets) || instancesStorage(host) !== undefined;
}

/** Whether any of [libvirt]'s live_migration_* options is set. */
function setsMigration(host: Host): boolean {
  return novaItems(host).items.some(
    ({ option }) => option?.group === 'libvirt' && option.name.startsWith('live_migration_'),
  );
}

/** The hosts that migrate guests to each other by nova and libvirt, as far as their roles and files prove it. */
export function computesOf(cluster: Cluster): readonly Host[] {
  return cluster.hosts.filter((h) => h.isCompute && h.nova.files.length > 0 && usesLibvirt(h));
}

/** Also runs the console proxies, so that loopback addresses reach them. */
export function runsProxies(host: Host): boolean {
  return host.node?.roles.includes('controller') === true;
}

function usesLibvirt(host: Host): boolean {
  const driver = host.nova.get('compute_driver');
  return driver?.origin !== 'set' || !driver.value || /libvirt/i.test(driver.value);
}
