import type { Host, Place } from '../../model/host';
import type { Effective } from '../../model/nova';
import { placeOf } from './_entry';
import { runsGuests } from './_guests';
import { isOn, usesQemu } from './_options';

/** live_migration_tunnelled where it is switched on and counts, and where that stands. */
export function tunnelOf(host: Host): { readonly setting: Effective; readonly place: Place } | undefined {
  const setting = host.nova.get('live_migration_tunnelled');
  const place = placeOf(setting);
  return isOn(setting) && place && usesQemu(host) && runsGuests(host) ? { setting, place } : undefined;
}
