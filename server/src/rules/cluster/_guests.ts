import type { Cluster } from '../../model/cluster';
import { factPlace } from '../../model/factPlace';
import type { Host, Place } from '../../model/host';
import type { InstanceFacts } from '../../model/instance';

/** A guest that a live migration may be asked for. */
export interface Guest {
  readonly host: Host;
  readonly instance: InstanceFacts;
  /** In facts.json: `['machine']`. */
  readonly place: (...path: (string | number)[]) => Place | undefined;
}

/** Those that run or are paused. */
export function guestsOf(host: Host): readonly Guest[] {
  return (host.facts?.instances ?? []).flatMap((instance, index) =>
    instance.state === 'running' || instance.state === 'paused'
      ? [{ host, instance, place: (...path) => factPlace(host, ['instances', index, ...path]) }]
      : [],
  );
}

/** Guests of one host that need the same and do not find it elsewhere. */
export interface Misfit {
  readonly need: string;
  readonly guest: Guest;
  /** In words: one of them, and how many others. */
  readonly who: string;
  /** In words: hosts that lack it. */
  readonly where: string;
  readonly first: Host;
}

/**
 * What guests need and other computes have not; linear, as hosts are asked once for each need.
 * @param has false only where that is certain
 */
export function misfits(
  cluster: Cluster,
  needsOf: (instance: InstanceFacts, host: Host) => readonly string[],
  has: (host: Host, need: string) => boolean | undefined,
): Misfit[] {
  const computes = cluster.hosts.filter((h) => h.isCompute && h.facts !== undefined);
  const without = new Map<string, Host[]>();
  return computes.flatMap((host) => {
    const own = new Map<string, Guest[]>();
    for (const guest of guestsOf(host))
      for (const need of new Set(needsOf(guest.instance, host))) own.set(need, [...(own.get(need) ?? []), guest]);
    return [...own].flatMap(([need, guests]): Misfit[] => {
      let lacking = without.get(need);
      if (!lacking) without.set(need, (lacking = computes.filter((h) => has(h, need) === false)));
      const self = lacking.includes(host) ? 1 : 0;
      const count = lacking.length - self;
      if (count === 0) return [];
      const some = lacking.slice(0, 4).filter((h) => h !== host);
      const { name } = guests[0]!.instance;
      return [
        {
          need,
          guest: guests[0]!,
          who: guests.length === 1 ? name : `${name} and ${guests.length - 1} more`,
          where: count > 3 ? `${count} hosts` : some.map((h) => h.name).join(', '),
          first: some[0]!,
        },
      ];
    });
  });
}
