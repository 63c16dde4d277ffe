import { FleetError } from '../../fleet/types';
import type { NovaRoom } from '../driver';
import type { ComputeApi } from './api';
import type { Call } from './compute';
import type { HostNames } from './names';

/** N of placement's microversion 1.N that is spoken: Queens and all since, where hypervisors may tell of no room any more. */
export const PLACEMENT = 14;

type Raw = Readonly<Record<string, unknown>>;

function raw(value: unknown): Raw {
  return typeof value === 'object' && value !== null ? (value as Raw) : {};
}

/** Hosts, by their UUIDs: providers that are no part of another one. */
export const providers: Call<ReadonlyMap<string, string>> = {
  method: 'GET',
  path: '/resource_providers',
  read: (answer) => {
    const rows = raw(answer).resource_providers;
    return new Map(
      (Array.isArray(rows) ? rows.map(raw) : []).flatMap(({ uuid, name, parent_provider_uuid: parent }) =>
        typeof uuid === 'string' && typeof name === 'string' && typeof parent !== 'string' ? [[uuid, name]] : [],
      ),
    );
  },
};

/**
 * MiB of memory that each provider still gives away, by its UUID, of those that have any: what it has but for what is reserved,
 * times its allocation ratio, without what is used. One request for all hosts, where inventories and usages were two for each.
 */
export const free: Call<ReadonlyMap<string, number>> = {
  method: 'GET',
  path: '/allocation_candidates?resources=MEMORY_MB:1',
  read: (answer) =>
    new Map(
      Object.entries(raw(raw(answer).provider_summaries)).flatMap(([uuid, summary]) => {
        const { capacity, used } = raw(raw(raw(summary).resources).MEMORY_MB);
        return typeof capacity === 'number' && typeof used === 'number' ? [[uuid, capacity - used]] : [];
      }),
    ),
};

/** What placement, which nova's scheduler asks, has left of each host. It is never worth a failure: what is not known is said. */
export async function roomOf(api: ComputeApi, names: HostNames, signal: AbortSignal): Promise<NovaRoom> {
  const none = (why: string): NovaRoom => ({
    free: new Map(),
    unknown: `How much room hosts have is not known: ${why}`,
  });
  try {
    if (!api.quiet) return none('nobody has logged in yet');
    const [all, left] = await Promise.all([api.placement(providers, signal), api.placement(free, signal)]);
    return { free: new Map([...all].map(([uuid, name]) => [names.nodeOf(name), Math.max(0, left.get(uuid) ?? 0)])) };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof FleetError)) throw error;
    if (error.code === 'not-found') return none(`there is no placement; ${error.message}`);
    if (error.code === 'no-permission') return none(`placement refuses: ${error.message}`);
    return none(error.message);
  }
}
