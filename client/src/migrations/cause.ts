/** The way from what was found to the line that it was found in. */
import { l10n, Range, Uri, window, workspace } from 'vscode';
import type { ReasonView } from '../../../server/src/fleet-protocol';
import { placeOf } from '../nodes/uris';

export const hasCause = (reasons: readonly ReasonView[]): boolean => reasons.length > 0;

/** Opens the line; of several the one that is picked. */
export async function showCause(reasons: readonly ReasonView[]): Promise<void> {
  const reason = reasons.length > 1 ? await pick(reasons) : reasons[0];
  if (!reason) return;
  const { uri, line, character } = reason;
  const document = await workspace.openTextDocument(Uri.parse(uri, true));
  await window.showTextDocument(document, { selection: new Range(line, character, line, character) });
}

async function pick(reasons: readonly ReasonView[]): Promise<ReasonView | undefined> {
  const items = reasons.map((reason) => ({
    label: `$(${reason.severity}) ${whereOf(reason)}`,
    description: reason.rule,
    detail: reason.message,
    reason,
  }));
  const placeHolder = l10n.t('Line at fault to open');
  return (await window.showQuickPick(items, { placeHolder, matchOnDescription: true, matchOnDetail: true }))?.reason;
}

/** `compute2: libvirtd.conf, line 3`. */
export function whereOf({ uri, line, host }: ReasonView): string {
  const parsed = Uri.parse(uri, true);
  const node = host ?? placeOf(parsed)?.node;
  const name = parsed.path.slice(parsed.path.lastIndexOf('/') + 1);
  const place = l10n.t('{0}, line {1}', name, line + 1);
  return node === undefined ? place : `${node}: ${place}`;
}
