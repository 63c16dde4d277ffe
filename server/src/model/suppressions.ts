import type { Suppression } from '../syntax/types';
import type { Cluster } from './cluster';
import type { SourceFile } from './files';
import type { Host } from './host';
import { parsed } from './parsed';

/** A comment that silences rules, and where it stands. */
export interface PlacedSuppression {
  /** Undefined in livemig.ini. */
  readonly host: Host | undefined;
  readonly file: SourceFile;
  readonly suppression: Suppression;
}

/** Most hosts have none: looked for once, or every key press would ask every file of a fleet. */
const ofHost = new WeakMap<Host, readonly PlacedSuppression[]>();

/** All comments that silence rules, in the order of hosts and files; livemig.ini's own come last. */
export function suppressionsOf(cluster: Cluster): PlacedSuppression[] {
  const all: PlacedSuppression[] = [];
  for (const host of cluster.hosts) {
    let own = ofHost.get(host);
    if (!own) ofHost.set(host, (own = host.files.flatMap((file) => inFile(host, file))));
    for (const one of own) all.push(one);
  }
  return cluster.inventory ? [...all, ...inFile(undefined, cluster.inventory.file)] : all;
}

function inFile(host: Host | undefined, file: SourceFile): PlacedSuppression[] {
  return (parsed(file)?.suppressions ?? []).map((suppression) => ({ host, file, suppression }));
}
