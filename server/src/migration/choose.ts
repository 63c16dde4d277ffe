import type { Driver, DriverName, Site } from './driver';
import { LibvirtDriver } from './libvirt/driver';
import { NovaDriver } from './nova/driver';
import { NovaCliDriver } from './nova-cli/driver';

/** How migrations of a cluster are launched: as its livemig.ini says, else by nova where a nova-compute is known to run. */
export function driverName({ inventory, known }: Pick<Site, 'inventory' | 'known'>): DriverName {
  const { driver } = inventory;
  if (driver === 'libvirt' || driver === 'nova' || driver === 'nova-cli') return driver;
  return known().some(({ facts }) => facts.started?.['nova-compute'] !== undefined) ? 'nova' : 'libvirt';
}

/** The driver of a cluster. */
export function driverOf(site: Site): Driver {
  switch (driverName(site)) {
    case 'libvirt':
      return new LibvirtDriver(site);
    case 'nova':
      return new NovaDriver(site);
    case 'nova-cli':
      return new NovaCliDriver(site);
  }
}
