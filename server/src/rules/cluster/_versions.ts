import type { Cluster } from '../../model/cluster';
import { factPlace, inventoryPlace } from '../../model/factPlace';
import type { Host, Place } from '../../model/host';

/** A version of libvirt or QEMU that somebody measured or declared. */
export interface KnownVersion {
  readonly host: Host;
  /** As it was written, its numbers alone: `7.2.0`. */
  readonly text: string;
  /** Two or three. */
  readonly numbers: readonly number[];
  readonly place: Place;
}

/** As measured, else as livemig.ini says; undefined where neither does. */
export function versionOf(cluster: Cluster, host: Host, program: 'libvirt' | 'qemu'): KnownVersion | undefined {
  const measured = host.facts?.[program];
  const place = measured === undefined ? inventoryPlace(cluster, host, program) : factPlace(host, [program]);
  const text = /\d+\.\d+(?:\.\d+)?/.exec(measured ?? host.node?.values[program] ?? '')?.[0];
  return place && text !== undefined ? { host, text, numbers: text.split('.').map(Number), place } : undefined;
}
