import { commands, l10n } from 'vscode';
import { keyOf, placeOf, uriOf } from '../uris';
import type { Tools } from './index';
import { fileOf, filesOf, noFile, pickNode } from './targets';

/** VS Code's diff of the same file on two nodes: of two rows, or of one and a node that is picked. */
export async function compare({ fleet, store }: Tools, args: readonly unknown[]): Promise<void> {
  await fleet.ensure();
  const [one, two, ...more] = filesOf(args);
  if (one && two && more.length === 0) return show(one, two);
  const uri = fileOf(args);
  const place = uri && placeOf(uri);
  if (!place) {
    noFile();
    return;
  }
  const name = place.path.slice(place.path.lastIndexOf('/') + 1);
  const other = await pickNode(
    store,
    l10n.t('Compare {0} of {1} with that of…', name, place.node),
    (node) => keyOf(node) !== keyOf(place),
  );
  if (other) await show(place, { ...other, path: place.path });
}

type File = NonNullable<ReturnType<typeof placeOf>>;

async function show(left: File, right: File): Promise<void> {
  const name = ({ path }: File): string => path.slice(path.lastIndexOf('/') + 1);
  const title =
    left.path === right.path
      ? l10n.t('{0}: {1} ↔ {2}', name(left), left.node, right.node)
      : l10n.t('{0} of {1} ↔ {2} of {3}', name(left), left.node, name(right), right.node);
  await commands.executeCommand('vscode.diff', uriOf(left, left.path), uriOf(right, right.path), title);
}
