import { jsonPlace } from '../syntax/json';
import type { Cluster } from './cluster';
import type { Host, Place } from './host';
import { documentOf } from './parsed';

/**
 * Where a host's facts.json says something: `factPlace(host, ['paths', '/var/lib/nova/instances', 'mode'])`. A plain value
 * is its own place, that of an object or a list is its name. Where there is no such value the nearest around it is taken,
 * lastly the top of the file. Undefined for a host without facts.
 */
export function factPlace(host: Host, path: readonly (string | number)[]): Place | undefined {
  const file = host.first('facts');
  if (!file) return undefined;
  for (let length = path.length; length > 0; length--) {
    const found = jsonPlace(file.text, path.slice(0, length));
    if (found) return { file, span: found.compound && found.key ? found.key : found.value };
  }
  return { file, span: { start: 0, end: 0 } };
}

/** Where livemig.ini says something of a host: the value of a key in its `[node NAME]`. Undefined where it does not. */
export function inventoryPlace(cluster: Cluster, host: Host, key: string): Place | undefined {
  const file = cluster.inventory?.file;
  const section = host.node?.section;
  if (!file || !section) return undefined;
  const entry = documentOf(file, 'livemig-ini').entries.findLast((e) => e.section === section && e.key === key);
  return entry && { file, span: entry.valueSpan };
}
