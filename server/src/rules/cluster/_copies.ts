import type { Cluster } from '../../model/cluster';
import type { ImageFacts } from '../../model/facts';
import type { Host, Place } from '../../model/host';
import { isCopied, type InstanceDisk } from '../../model/instance';
import { guestsOf } from './_guests';

/** A file of a guest that a migration copies, and a host that it would go to. */
export interface Copy {
  readonly host: Host;
  readonly who: string;
  readonly path: string;
  readonly disk: InstanceDisk;
  readonly place: Place;
  readonly destination: Host;
  /** What lies there already; null where nothing does. */
  readonly there: ImageFacts | null;
}

/** Where such a migration is asked for, of two hosts of which it was looked what lies there. */
export function copiesOf({ asked, hosts }: Cluster): readonly Copy[] {
  if (asked.copy !== true) return [];
  const looked = hosts.filter((h) => h.facts?.images !== undefined);
  return looked.flatMap((host) =>
    guestsOf(host).flatMap(({ instance, place }) =>
      (instance.disks ?? []).flatMap((disk, i): Copy[] => {
        const path = disk.source;
        const at = place('disks', i, 'source');
        if (path === undefined || !at || !isCopied(disk)) return [];
        return looked.flatMap((destination): Copy[] => {
          const there = destination === host ? undefined : destination.facts?.images?.[path];
          return there === undefined ? [] : [{ host, who: instance.name, path, disk, place: at, destination, there }];
        });
      }),
    ),
  );
}
