/** The probe of a guest: what is asked for it, and what it says. */
import { l10n, window } from 'vscode';
import type { MigrateParams, MigrationView } from '../../../server/src/fleet-protocol';

type ProbeOptions = NonNullable<MigrateParams['probe']>;

/** `10.0.0.5`, `10.0.0.5 port 22, from compute3`, `true on 10.0.0.5`, `true on root@10.0.0.5`. */
export function probeText({ address, port, node, ssh }: ProbeOptions): string {
  const host = ssh?.user === undefined ? address : `${ssh.user}@${address}`;
  const at = port === undefined ? host : l10n.t('{0} port {1}', host, port);
  const what = ssh ? l10n.t('{0} on {1}', ssh.command, at) : at;
  return node === undefined ? what : l10n.t('{0}, from {1}', what, node);
}

/** The same without the command. */
export function shortProbeText({ ssh, ...probe }: ProbeOptions): string {
  return ssh ? l10n.t('SSH probe of {0}', probeText(probe)) : l10n.t('probe of {0}', probeText(probe));
}

/**
 * Address, how and who asks.
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
  const how = await askHow(title, before);
  if (!how) return before;
  const here = { label: l10n.t('This machine'), node: undefined };
  const from = await window.showQuickPick([here, ...nodes.map((node) => ({ label: node, node }))], {
    title,
    placeHolder: l10n.t('Where the guest is asked from'),
    ignoreFocusOut: true,
  });
  if (!from) return before;
  return {
    address: address.trim(),
    ...how,
    ...(from.node !== undefined && { node: from.node }),
  };
}

/** By ping, by a TCP port, or by a command; undefined: it was dismissed. */
async function askHow(title: string, before?: ProbeOptions): Promise<Pick<ProbeOptions, 'port' | 'ssh'> | undefined> {
  const ways = [
    { way: 'ping', label: l10n.t('Ping'), detail: l10n.t('Ten times a second.') },
    {
      way: 'tcp',
      label: l10n.t('Connect to a TCP Port…'),
      detail: l10n.t('Ten times a second; a refusal is an answer.'),
    },
    {
      way: 'ssh',
      label: l10n.t('Run a Command over SSH…'),
      detail: l10n.t('Once a second, with the keys of whoever asks; it has to end with 0.'),
    },
  ] as const;
  const placeHolder = l10n.t('How the guest is asked');
  const picked = await window.showQuickPick(ways, { title, placeHolder, ignoreFocusOut: true });
  if (picked?.way !== 'tcp' && picked?.way !== 'ssh') return picked && {};
  // The port of one way is not the other's.
  const isSame = (before?.ssh !== undefined) === (picked.way === 'ssh');
  const old = before?.port === undefined || !isSame ? '' : String(before.port);
  if (picked.way === 'tcp') {
    const port = await askText(title, l10n.t('TCP port of the guest to connect to'), old, wrongPort);
    return port === undefined ? undefined : { port: Number(port) };
  }
  const name = before?.ssh?.user ?? '';
  const where = await askText(
    title,
    l10n.t(
      'Account in the guest, with its port where that is not 22: root, or me:2222; nothing for that of the SSH configuration',
    ),
    old === '' ? name : `${name}:${old}`,
    (text) =>
      /^(?:[A-Za-z0-9_][A-Za-z0-9_.@-]*)?(?::\d+)?$/.test(text) &&
      (!text.includes(':') || !wrongPort(text.replace(/^.*:/, '')))
        ? undefined
        : l10n.t('An account, as root or me:2222'),
  );
  if (where === undefined) return undefined;
  const command = await askText(title, l10n.t('Command to run in the guest'), before?.ssh?.command ?? 'true', (text) =>
    /^[^\s-][^\p{Cc}]*$/u.test(text) ? undefined : l10n.t('One line that does not begin with a dash'),
  );
  if (command === undefined) return undefined;
  const [user = '', port] = where.split(':');
  return { ssh: { command, ...(user !== '' && { user }) }, ...(port !== undefined && { port: Number(port) }) };
}

function wrongPort(text: string): string | undefined {
  return /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535
    ? undefined
    : l10n.t('A whole number from 1 to {0}', 65_535);
}

async function askText(
  title: string,
  prompt: string,
  value: string,
  wrong: (text: string) => string | undefined,
): Promise<string | undefined> {
  const validateInput = (text: string): string | undefined => wrong(text.trim());
  return (await window.showInputBox({ title, prompt, value, validateInput, ignoreFocusOut: true }))?.trim();
}

/** How the probe goes, in a sentence. */
export function askedText(probe: NonNullable<MigrationView['probe']>): string {
  const { address, sent, lost, longest, unheard, failed } = probe;
  if (failed !== undefined) return l10n.t('The probe measured nothing: {0}', failed);
  if (unheard) return l10n.t('{0} was asked {1} times, and has not answered once.', address, sent);
  return l10n.t(
    '{0} was asked {1} times, and did not answer {2} times; the longest silence was {3} ms.',
    ...[address, sent, lost, longest],
  );
}

/** What the probe measured, in words; undefined where there was none. */
export function measuredText({ probe }: Pick<MigrationView, 'probe'>): string | undefined {
  if (!probe) return undefined;
  const { failed, longest, unheard, sent, lost, address } = probe;
  if (failed !== undefined) return l10n.t('nothing ({0})', failed);
  if (unheard) return l10n.t('{0} has not answered once of {1} times', address, sent);
  if (longest === 0) return l10n.t('{0} always answered, {1} times', address, sent - lost);
  return l10n.t('{0} ms without an answer of {1}, {2} of {3} lost', longest, address, lost, sent);
}
