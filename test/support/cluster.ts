import type { Asked, ClusterInput } from '../../server/src/model/cluster';
import { Cluster } from '../../server/src/model/cluster';
import { decode } from '../../server/src/model/decode';
import { kindOf, type SourceFile } from '../../server/src/model/files';

/** A file of a test, as the workspace would read it from disk. */
export function fileOf(path: string, content: string | Uint8Array): SourceFile {
  const kind = kindOf(path, true);
  if (kind === undefined) throw new Error(`no kind of file is known by the path ${path}`);
  const { text, defect } = decode(typeof content === 'string' ? new TextEncoder().encode(content) : content);
  return { uri: `file:///cluster/${path}`, path, kind, text, ...(defect && { defect }) };
}

/**
 * A cluster from files by path. `etc/…` alone is the one host `node`; `NAME/etc/…` are several; `livemig.ini` is the
 * inventory. Line breaks are kept as written.
 */
export function clusterOf(
  files: Readonly<Record<string, string | Uint8Array>>,
  release?: string,
  asked?: Asked,
): Cluster {
  const hosts = new Map<string, SourceFile[]>();
  let inventory: SourceFile | undefined;
  for (const [path, content] of Object.entries(files)) {
    const slash = path.indexOf('/');
    const first = path.slice(0, slash);
    const single = slash < 0 || ['etc', 'usr', 'lib'].includes(first);
    if (path === 'livemig.ini') {
      inventory = fileOf(path, content);
      continue;
    }
    const host = single ? 'node' : first;
    const below = single ? path : path.slice(slash + 1);
    const file = { ...fileOf(below, content), uri: `file:///cluster/${host}/${below}` };
    hosts.set(host, [...(hosts.get(host) ?? []), file]);
  }
  const input: ClusterInput = {
    root: 'file:///cluster',
    hosts: [...hosts].map(([name, list]) => ({ name, folder: `file:///cluster/${name}`, files: list })),
    inventory,
    ...(asked && { asked }),
  };
  return new Cluster(input, release === undefined || release === 'auto' ? undefined : { release, by: 'the test' });
}

/** The path by which `clusterOf` was given a file. */
export function examplePath(file: SourceFile, single: boolean): string {
  const below = file.uri.slice('file:///cluster/'.length);
  return single ? below.replace(/^node\//, '') : below;
}
