import { commands, l10n, window, workspace, type LogOutputChannel } from 'vscode';
import { failureOf, isCancelled } from '../failure';

/**
 * Nothing is dialled for a folder that is not trusted; what goes wrong is told once, with a way to the log.
 * @param local nothing is dialled for it anyway
 */
export async function guard(log: LogOutputChannel, run: () => Promise<unknown>, local = false): Promise<unknown> {
  if (!workspace.isTrusted && !local) {
    const trust = l10n.t('Manage Workspace Trust');
    const text = l10n.t(
      'Nodes are reached only from a trusted workspace: its livemig.ini chooses the hosts that are dialled.',
    );
    if ((await window.showWarningMessage(text, trust)) === trust)
      await commands.executeCommand('workbench.trust.manage');
    return undefined;
  }
  try {
    return await run();
  } catch (error) {
    if (!isCancelled(error)) void tell(error, log);
    return undefined;
  }
}

async function tell(error: unknown, log: LogOutputChannel): Promise<void> {
  const { message, detail } = failureOf(error);
  log.error(detail === undefined ? message : `${message}\n${detail}`);
  const show = l10n.t('Show Log');
  if ((await window.showErrorMessage(message, show)) === show) log.show();
}
