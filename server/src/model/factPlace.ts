import { JsonPlaces } from '../syntax/json';
import type { LivemigEntry, LivemigSection } from '../syntax/types';
import type { Cluster } from './cluster';
import type { SourceFile } from './files';
import type { Host, Place } from './host';
import { documentOf } from './parsed';

/** Rules of the whole cluster ask for the places of all hosts after every edit of one. */
const factPlaces = new WeakMap<SourceFile, JsonPlaces>();

/**
 * Where a host's facts.json says something: `factPlace(host, ['paths', '/var/lib/nova/instances', 'mode'])`. A plain value
 * is its own place, that of an object or a list is its name. Where there is no such value the nearest around it is taken,
 * lastly the top of the file. Undefined for a host without facts.
 */
export function factPlace(host: Host, path: readonly (string | number)[]): Place | undefined {
  const file = host.first('facts');
  if (!file) return undefined;
  let places = factPlaces.get(file);
  if (!places) factPlaces.set(file, (places = new JsonPlaces(file.text)));
  for (let length = path.length; length > 0; length--) {
    const found = places.at(path.slice(0, length));
    if (found) return { file, span: found.compound && found.key ? found.key : found.value };
  }
  return { file, span: { start: 0, end: 0 } };
}

const inventoryEntries = new WeakMap<SourceFile, ReadonlyMap<LivemigSection, ReadonlyMap<string, LivemigEntry>>>();

/** Where livemig.ini says something of a host: the value of a key in its `[node NAME]`. Undefined where it does not. */
export function inventoryPlace(cluster: Cluster, host: Host, key: string): Place | undefined {
  const file = cluster.inventory?.file;
  const section = cluster.nodeOf(host)?.section;
  if (!file || !section) return undefined;
  let sections = inventoryEntries.get(file);
  if (!sections) inventoryEntries.set(file, (sections = entriesBySection(file)));
  const entry = sections.get(section)?.get(key);
  return entry && { file, span: entry.valueSpan };
}

/** The last of equal keys counts. */
function entriesBySection(file: SourceFile): Map<LivemigSection, Map<string, LivemigEntry>> {
  const sections = new Map<LivemigSection, Map<string, LivemigEntry>>();
  for (const entry of documentOf(file, 'livemig-ini').entries) {
    if (!entry.section) continue;
    const entries = sections.get(entry.section) ?? new Map<string, LivemigEntry>();
    sections.set(entry.section, entries.set(entry.key, entry));
  }
  return sections;
}
