import { commands, l10n, window, type LogOutputChannel, type Uri } from 'vscode';
import type { FleetFailed } from './failure';
import { keyOf, placeOf } from './uris';

/** Several editors of one node fail at once when a window is loaded. */
const SAID_MS = 15_000;

/**
 * Tells why a node's file cannot be opened: VS Code itself shows an error without its words. One message for each node.
 * @returns to be called for every failure
 */
export function fileTrouble(log: LogOutputChannel): (failure: FleetFailed, uri: Uri) => void {
  const said = new Map<string, number>();
  return (failure, uri) => {
    const place = placeOf(uri);
    log.warn(`${uri.path}: ${failure.message}${failure.detail === undefined ? '' : `\n${failure.detail}`}`);
    // For a folder that livemig does not know of VS Code's own words do.
    if (!place || failure.code === 'cancelled') return;
    const key = keyOf(place);
    if (Date.now() - (said.get(key) ?? 0) < SAID_MS) return;
    said.set(key, Date.now());
    void tell(failure, uri, log);
  };
}

async function tell({ message, code }: FleetFailed, uri: Uri, log: LogOutputChannel): Promise<void> {
  const [retry, trust, show] = [l10n.t('Retry'), l10n.t('Manage Workspace Trust'), l10n.t('Show Log')];
  const first = code === 'untrusted' ? trust : retry;
  const name = uri.path.slice(uri.path.lastIndexOf('/') + 1);
  const answer = await window.showErrorMessage(l10n.t('{0} cannot be read: {1}', name, message), first, show);
  if (answer === trust) await commands.executeCommand('workbench.trust.manage');
  if (answer === show) log.show();
  if (answer !== retry) return;
  await commands.executeCommand('livemig.nodes.retry', uri);
  await commands.executeCommand('vscode.open', uri);
}
