import { decode } from '../model/decode';
import { kindOf, type SourceFile } from '../model/files';
import { Host } from '../model/host';
import type { InventoryNode } from '../model/inventory';
import type { Snapshot } from './types';

/** A node as the rules and plans see it: with its secrets, so it goes nowhere. */
export function hostOf(
  { node, files, facts }: Pick<Snapshot, 'node' | 'files' | 'facts'>,
  known?: InventoryNode,
): Host {
  const read = files.flatMap(({ path, bytes }): SourceFile[] => {
    const kind = kindOf(path);
    if (kind === undefined) return [];
    const { text, defect } = decode(bytes);
    return [{ uri: `snapshot:///${path}`, path, kind, text: kind === 'wants' ? '' : text, ...(defect && { defect }) }];
  });
  read.push({ uri: 'snapshot:///facts.json', path: 'facts.json', kind: 'facts', text: JSON.stringify(facts) });
  const release = known?.values.release;
  const releases = release === undefined ? [] : [{ release, by: 'livemig.ini' }];
  return new Host({ name: node, folder: '', files: read }, { node: known, releases });
}
