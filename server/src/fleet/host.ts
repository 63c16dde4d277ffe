import { sourceOf } from '../model/decode';
import { Host } from '../model/host';
import type { InventoryNode } from '../model/inventory';
import type { Snapshot } from './types';

/** A node as the rules and plans see it: with its secrets, so it goes nowhere. */
export function hostOf(
  { node, files, facts }: Pick<Snapshot, 'node' | 'files' | 'facts'>,
  known?: InventoryNode,
): Host {
  const read = files.flatMap(({ path, bytes }) => sourceOf(`snapshot:///${path}`, path, bytes) ?? []);
  read.push({ uri: 'snapshot:///facts.json', path: 'facts.json', kind: 'facts', text: JSON.stringify(facts) });
  const release = known?.values.release;
  const releases = release === undefined ? [] : [{ release, by: 'livemig.ini' }];
  return new Host({ name: node, folder: '', files: read }, { node: known, releases });
}
