import { Cluster } from '../model/cluster';
import { sourceOf } from '../model/decode';
import type { HostInput } from '../model/host';
import { join, parentOf } from '../workspace/source';
import type { FleetOptions } from './fleet';
import { answer, type LintOptions } from './lint';
import { uriOf } from './input';

/** `livemig check`: reads nodes and judges them as `lint` would judge the saved snapshot. Exit code as `lint`. */
export async function checkCommand(
  names: readonly string[],
  options: FleetOptions & Omit<LintOptions, 'stdinFilename'>,
): Promise<number> {
  // A bundle of its own, which `lint` does not load.
  const { readNodes, usage } = await import('./fleet');
  try {
    const { nodes, failures, inventory } = await readNodes(names, options);
    const base = inventory ? parentOf(inventory.uri) : uriOf('.');
    const hosts = nodes.map(({ name, files }): HostInput => {
      const folder = join(base, name);
      return {
        name,
        folder,
        files: files.flatMap(({ path, bytes }) => sourceOf(path.split('/').reduce(join, folder), path, bytes) ?? []),
      };
    });
    const input = { root: base, hosts, inventory, ...(failures.length > 0 && { partial: true }) };
    // Only some of the nodes were asked for: what livemig.ini says of the others is no matter.
    const shares = names.length > 0 && inventory !== undefined && { sharesInventory: true };
    const cluster = new Cluster({ ...input, ...shares }, options.release);
    const unread = failures.map(({ node, why }) => ({ uri: join(base, node), reason: why }));
    return await answer({ clusters: [cluster], failures: unread, base }, { rules: options.rules }, options);
  } catch (error) {
    return usage(error);
  }
}
