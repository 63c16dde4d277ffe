/** Rule pages: the Markdown under `docs/rules/` that comes with the extension, shown in the built-in preview. */
import { commands, FileType, l10n, Uri, window, workspace, type ExtensionContext } from 'vscode';

/** Where the link behind a finding's code goes; the server puts the rule's id in. Arguments of a command URI are JSON. */
export const RULE_URI = `command:livemig.openRule?${encodeURIComponent('["{id}"]').replaceAll('%7B', '{').replaceAll('%7D', '}')}`;

/** The only shape that may become a part of a path. */
const RULE_ID = /^[a-z][a-z-]*\/[a-z0-9][a-z0-9-]*$/;

export async function openRule(context: ExtensionContext, id: unknown): Promise<void> {
  const wanted = typeof id === 'string' ? id : await pick(context);
  if (wanted === undefined) return; // the list was dismissed
  const page = RULE_ID.test(wanted) ? pageOf(context, wanted) : undefined;
  if (!page || !(await exists(page))) {
    void window.showWarningMessage(l10n.t('livemig has no rule "{0}".', wanted));
    return;
  }
  try {
    await commands.executeCommand('markdown.showPreview', page);
  } catch {
    await window.showTextDocument(page, { preview: true }); // the built-in Markdown extension is switched off
  }
}

const folder = (context: ExtensionContext): Uri => Uri.joinPath(context.extensionUri, 'docs', 'rules');
const pageOf = (context: ExtensionContext, id: string): Uri => Uri.joinPath(folder(context), `${id}.md`);

const exists = (uri: Uri): Thenable<boolean> =>
  workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );

async function pick(context: ExtensionContext): Promise<string | undefined> {
  const ids: string[] = [];
  for (const [group, type] of await workspace.fs.readDirectory(folder(context))) {
    if (type !== FileType.Directory) continue;
    for (const [name] of await workspace.fs.readDirectory(Uri.joinPath(folder(context), group)))
      if (name.endsWith('.md')) ids.push(`${group}/${name.slice(0, -'.md'.length)}`);
  }
  return window.showQuickPick(ids.filter((id) => RULE_ID.test(id)).sort(), { placeHolder: l10n.t('Rule to explain') });
}
