/** The three ways to write nodes into livemig.ini. */
import { l10n, Uri, window, workspace } from 'vscode';
import type { AddNodesParams, NodeDraft } from '../../../../server/src/fleet-protocol';
import { FleetFailed } from '../failure';
import type { Tools } from './index';
import { showLine } from './simple';

/** Bytes. */
const LARGE = 1024 * 1024;

export async function addNode(tools: Tools): Promise<void> {
  const target = await pickInventory(tools);
  if (!target) return;
  const draft = await askDraft();
  if (draft) await write(tools, target, [draft]);
}

export async function importSsh(tools: Tools): Promise<void> {
  const sshConfig = workspace.getConfiguration('livemig').get<string>('nodes.sshConfig', '');
  const hosts = await tools.fleet.request<readonly NodeDraft[]>('fleet/sshHosts', sshConfig ? { sshConfig } : {});
  if (hosts.length === 0) {
    const file = sshConfig || '~/.ssh/config';
    void window.showInformationMessage(
      l10n.t('{0} names no host that could be a node: patterns like "Host *" are none.', file),
    );
    return;
  }
  await importSome(tools, hosts, l10n.t('Hosts of the SSH configuration to add as nodes'));
}

export async function importAnsible(tools: Tools, [given]: readonly unknown[]): Promise<void> {
  const [uri] =
    given instanceof Uri
      ? [given]
      : ((await window.showOpenDialog({ title: l10n.t('Ansible inventory (INI)'), openLabel: l10n.t('Import') })) ??
        []);
  if (!uri) return;
  const bytes = await workspace.fs.readFile(uri);
  if (bytes.byteLength > LARGE)
    throw new FleetFailed('refused', l10n.t('{0} is larger than an inventory in INI format can be.', uri.path));
  const text = new TextDecoder().decode(bytes);
  const hosts = await tools.fleet.request<readonly NodeDraft[]>('fleet/ansibleHosts', { text });
  if (hosts.length === 0) {
    void window.showInformationMessage(l10n.t('{0} names no host. livemig reads inventories in INI format.', uri.path));
    return;
  }
  await importSome(tools, hosts, l10n.t('Hosts of the inventory to add as nodes'));
}

async function importSome(tools: Tools, hosts: readonly NodeDraft[], placeHolder: string): Promise<void> {
  const target = await pickInventory(tools);
  if (!target) return;
  const cluster = tools.store.clusters.find((c) => c.uri === target.toString());
  const present = new Set(cluster?.nodes.map(({ name }) => name));
  const items = hosts
    .filter(({ name }) => !present.has(name))
    .map((draft) => ({
      label: draft.name,
      description: [draft.user, draft.address].filter((part) => part).join('@') + (draft.port ? `:${draft.port}` : ''),
      draft,
    }));
  if (items.length === 0) {
    void window.showInformationMessage(l10n.t('All of these hosts are in livemig.ini already.'));
    return;
  }
  const picked = await window.showQuickPick(items, { placeHolder, canPickMany: true, matchOnDescription: true });
  if (picked && picked.length > 0)
    await write(
      tools,
      target,
      picked.map(({ draft }) => draft),
    );
}

/** Which livemig.ini: one there is, or one to be made in a folder of the workspace. */
async function pickInventory({ fleet, store }: Tools): Promise<Uri | undefined> {
  const folders = workspace.workspaceFolders ?? [];
  if (folders.length === 0) {
    void window.showInformationMessage(l10n.t('Open a folder first: livemig.ini is written into it.'));
    return undefined;
  }
  await fleet.ensure();
  const known = store.clusters.map(({ uri }) => Uri.parse(uri));
  const without = folders
    .filter(({ uri }) => !known.some((ini) => ini.path.startsWith(`${uri.path}/`)))
    .map(({ uri }) => Uri.joinPath(uri, 'livemig.ini'));
  const items = [
    ...known.map((uri) => ({ label: workspace.asRelativePath(uri), description: '', uri })),
    ...without.map((uri) => ({ label: workspace.asRelativePath(uri), description: l10n.t('new'), uri })),
  ];
  if (items.length < 2) return items[0]?.uri;
  return (await window.showQuickPick(items, { placeHolder: l10n.t('Inventory to write the nodes into') }))?.uri;
}

const LOGIN = /^(?:([^@\s]+)@)?([^@\s]+)$/;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

async function askDraft(): Promise<NodeDraft | undefined> {
  const steps = 4;
  const title = (step: number): string => l10n.t('Add Node ({0}/{1})', step, steps);
  const typed = await window.showInputBox({
    ...{ title: title(1), ignoreFocusOut: true, placeHolder: 'compute1, 192.168.3.12, root@compute1.example.org:2222' },
    prompt: l10n.t('Address of the node, or its name in ~/.ssh/config'),
    validateInput: (text) =>
      readLogin(text) ? undefined : l10n.t('An address or a name is needed, as for ssh: user@host, host:port'),
  });
  const login = typed === undefined ? undefined : readLogin(typed);
  if (!login) return undefined;
  const { user: givenUser, host, port } = login;
  const isAddress = /^[\d.]+$|:/.test(host);
  const name = await window.showInputBox({
    ...{ title: title(2), ignoreFocusOut: true, value: isAddress ? '' : host.split('.')[0]! },
    prompt: l10n.t("Name of the node: the one that nova knows it by, and its files' folder"),
    validateInput: (text) =>
      NAME.test(text.trim()) ? undefined : l10n.t('Letters, digits, dots, hyphens and underscores, no blanks'),
  });
  if (name === undefined) return undefined;
  const user = await window.showInputBox({
    ...{
      title: title(3),
      ignoreFocusOut: true,
      value: givenUser ?? '',
      placeHolder: l10n.t('as ~/.ssh/config has it'),
    },
    prompt: l10n.t('Account to log in with: root, or one that may use sudo without a password. Empty: as ssh would.'),
    validateInput: (text) => (/\s/.test(text.trim()) ? l10n.t('No blanks') : undefined),
  });
  if (user === undefined) return undefined;
  const roles = await window.showQuickPick(
    [
      { label: 'compute', description: l10n.t('runs instances'), picked: true },
      { label: 'controller', description: l10n.t("runs nova's API and conductor") },
      { label: 'nfs', description: l10n.t("serves the instances' directory") },
    ],
    { title: title(4), canPickMany: true, ignoreFocusOut: true, placeHolder: l10n.t('What the node does') },
  );
  if (roles === undefined) return undefined;
  return {
    name: name.trim(),
    ...(host === name.trim() ? {} : { address: host }),
    ...(user.trim() === '' ? {} : { user: user.trim() }),
    ...(port === undefined ? {} : { port }),
    ...(roles.length === 0 ? {} : { roles: roles.map(({ label }) => label) }),
  };
}

interface Login {
  readonly user?: string;
  readonly host: string;
  readonly port?: number;
}

/** `host:22`, `[::1]:22`; an IPv6 address without brackets has no port. */
function readLogin(text: string): Login | undefined {
  const [, user, rest] = LOGIN.exec(text.trim()) ?? [];
  if (rest === undefined) return undefined;
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d+))?$/.exec(rest) ?? [];
  const host = bracketed ?? plain ?? (/^[0-9a-f:.]+$/i.test(rest) ? rest : undefined);
  const port = digits === undefined ? undefined : Number(digits);
  if (!host || (port !== undefined && (port < 1 || port > 65535))) return undefined;
  return { host, ...(user === undefined ? {} : { user }), ...(port === undefined ? {} : { port }) };
}

/** Writes the nodes into the file, keeps all else of it, and shows the first. */
async function write({ fleet }: Tools, target: Uri, nodes: readonly NodeDraft[]): Promise<void> {
  const before = await workspace.fs.readFile(target).then(
    (bytes) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes),
    () => '', // it is made now
  );
  const open = workspace.textDocuments.find((d) => d.uri.toString() === target.toString());
  if (open?.isDirty)
    throw new FleetFailed(
      'refused',
      l10n.t('{0} has unsaved changes. Save it first, then add the nodes.', workspace.asRelativePath(target)),
    );
  const { text } = await fleet.request<{ text: string }>('fleet/addNodes', {
    text: before,
    nodes,
  } satisfies AddNodesParams);
  await workspace.fs.writeFile(target, new TextEncoder().encode(text));
  await shown(target, text, nodes[0]!.name);
}

async function shown(target: Uri, text: string, name: string): Promise<void> {
  const line = text.split(/\r\n|\n|\r/).findIndex((l) => l.replace(/\s+/g, ' ').startsWith(`[node ${name}]`));
  await showLine(target, Math.max(line, 0));
}
