import { commands, FileChangeType, l10n, window, workspace } from 'vscode';
import type { RemoteContent } from '../../../../server/src/fleet-protocol';
import { bytesOf } from '../files';
import { placeOf } from '../uris';
import type { Tools } from './index';
import { fileOf, noFile } from './targets';

/** Shows what would change, asks, and puts the version back that lay there before livemig's last save. */
export async function restorePrevious(tools: Tools, args: readonly unknown[]): Promise<void> {
  const { fleet, texts, surfaces } = tools;
  const uri = fileOf(args);
  const place = uri && placeOf(uri);
  if (!place) {
    noFile();
    return;
  }
  const previous = await fleet.request<RemoteContent | null>('fleet/previous', { uri: uri.toString() });
  const name = place.path.slice(place.path.lastIndexOf('/') + 1);
  if (!previous) {
    void window.showInformationMessage(
      l10n.t('No earlier version of {0} on {1} was kept: livemig has not saved it.', name, place.node),
    );
    return;
  }
  const when = previous.saved === undefined ? l10n.t('before') : new Date(previous.saved).toLocaleString();
  // By its whole path: a language goes by folders, too.
  const before = texts.add(place.path.replace(/^\//, ''), { content: new TextDecoder().decode(bytesOf(previous)) });
  await commands.executeCommand(
    'vscode.diff',
    uri,
    before,
    l10n.t('{0} on {1} ↔ version of {2}', name, place.node, when),
  );
  const put = l10n.t('Restore');
  const unsaved = workspace.textDocuments.some((d) => d.isDirty && d.uri.toString() === uri.toString());
  const detail = [
    l10n.t(
      'The file on the node becomes what the right side shows. What lies there now is kept as the previous version.',
    ),
    ...(unsaved ? [l10n.t('The editor has unsaved changes; they stay in the editor.')] : []),
  ].join('\n\n');
  const question = l10n.t('Put back {0} of {1} on {2}?', name, when, place.node);
  if ((await window.showWarningMessage(question, { modal: true, detail }, put)) !== put) return;
  await fleet.request('fleet/restore', { uri: uri.toString() });
  surfaces.filesChanged.fire([{ type: FileChangeType.Changed, uri }]);
  const apply = l10n.t('Apply…');
  const answer = await window.showInformationMessage(
    l10n.t('{0} on {1} is the version of {2} again.', name, place.node, when),
    apply,
  );
  if (answer === apply) await commands.executeCommand('livemig.nodes.apply', uri);
}
