/** The probe of a guest: what is asked for it, and what it says. */
import { l10n, window } from 'vscode';
import type { MigrateParams, MigrationView } from '../../../server/src/fleet-protocol';

type ProbeOptions = NonNullable<MigrateParams['probe']>;

/** `10.0.0.5`, `10.0.0.5 port 22, from compute3`. */
export function probeText({ address, port, node }: ProbeOptions): string {
  const what = port === undefined ? address : l10n.t('{0} port {1}', address, port);
  return node === undefined ? what : l10n.t('{0}, from {1}', what, node);
}

/**
 * Address, port and who asks.
 * @param before what was chosen before; it stays when one of the questions is dismissed
 */
export async function askProbe(
  before: ProbeOptions | undefined,
  nodes: readonly string[],
): Promise<ProbeOptions | undefined> {
  const title = l10n.t('Probe');
  const address = await window.showInputBox({
    title,
    prompt: l10n.t('Address or name of the guest'),
    value: before?.address ?? '',
    ignoreFocusOut: true,
    validateInput: (text) =>
      /^[A-Za-z0-9_:][A-Za-z0-9_.:%-]*$/.test(text.trim()) ? undefined : l10n.t('An address or a name, as 10.0.0.5'),
  });
  if (address === undefined) return before;
  const port = await window.showInputBox({
    title,
    prompt: l10n.t('TCP port of the guest to connect to; nothing for ICMP (ping)'),
    value: before?.port === undefined ? '' : String(before.port),
    ignoreFocusOut: true,
    validateInput: (text) =>
      text.trim() === '' || (/^\d+$/.test(text.trim()) && Number(text) >= 1 && Number(text) <= 65_535)
        ? undefined
        : l10n.t('A whole number from 1 to {0}', 65_535),
  });
  if (port === undefined) return before;
  const here = { label: l10n.t('This machine'), node: undefined };
  const from = await window.showQuickPick([here, ...nodes.map((node) => ({ label: node, node }))], {
    title,
    placeHolder: l10n.t('Where the guest is asked from'),
    ignoreFocusOut: true,
  });
  if (!from) return before;
  return {
    address: address.trim(),
    ...(port.trim() !== '' && { port: Number(port) }),
    ...(from.node !== undefined && { node: from.node }),
  };
}

/** What the probe measured, in words; undefined where there was none. */
export function measuredText({ probe }: Pick<MigrationView, 'probe'>): string | undefined {
  if (!probe) return undefined;
  const { failed, longest, sent, lost, address } = probe;
  if (failed !== undefined) return l10n.t('nothing: {0}', failed);
  if (longest === 0) return l10n.t('{0} always answered, {1} times', address, sent - lost);
  return l10n.t('{0} ms without an answer of {1}, {2} of {3} lost', longest, address, lost, sent);
}
