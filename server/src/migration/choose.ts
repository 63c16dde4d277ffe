import { FleetError } from '../fleet/types';
import type { Driver, DriverName, Site } from './driver';
import { LibvirtDriver } from './libvirt/driver';
import { NovaDriver } from './nova/driver';

/** How migrations of a cluster are launched: as its livemig.ini says, else by nova where a nova-compute is known to run. */
export function driverName({ inventory, known }: Pick<Site, 'inventory' | 'known'>): DriverName {
  const { driver } = inventory;
  if (driver === 'libvirt' || driver === 'nova' || driver === 'nova-cli') return driver;
  return known().some(({ facts }) => facts.started?.['nova-compute'] !== undefined) ? 'nova' : 'libvirt';
}

/**
 * The driver of a cluster.
 * @throws FleetError of code `refused` where there is none for it: behind nova's back its database would go on naming the old host
 */
export function driverOf(site: Site): Driver {
  const name = driverName(site);
  if (name === 'libvirt') return new LibvirtDriver(site);
  if (name === 'nova') return new NovaDriver(site);
  throw new FleetError(
    'refused',
    'nova manages its instances, and would not hear of a migration by libvirt: use `openstack server migrate --live-migration`; or write driver = libvirt below [cloud] in livemig.ini where no nova does',
  );
}
