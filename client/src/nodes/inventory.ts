import { l10n, RelativePattern, Uri, workspace, type Disposable, type LogOutputChannel } from 'vscode';
import type { InventoriesParams } from '../../../server/src/fleet-protocol';

/** More inventories than that in a workspace are somebody's test data. */
const MOST = 100;
/** An editor may save a file in several steps. */
const SETTLE_MS = 100;

/** The livemig.ini files of the workspace, as they are saved. */
export class Inventory implements Disposable {
  readonly #log: LogOutputChannel;
  readonly #changed: () => void;
  readonly #listeners: readonly Disposable[];
  #found: readonly Uri[] = [];
  #searched = false;
  #timer: NodeJS.Timeout | undefined;
  /** @param changed files or trust have changed: they are to be sent again */
  constructor(log: LogOutputChannel, changed: () => void) {
    this.#log = log;
    this.#changed = changed;
    const watcher = workspace.createFileSystemWatcher('**/livemig.ini');
    const again = (): void => this.#soon(false);
    const anew = (): void => this.#soon(true);
    this.#listeners = [
      watcher,
      watcher.onDidChange(again),
      watcher.onDidCreate(anew),
      watcher.onDidDelete(anew),
      workspace.onDidChangeWorkspaceFolders(anew),
      workspace.onDidGrantWorkspaceTrust(again),
      workspace.onDidChangeConfiguration((e) => {
        if (e.affectsConfiguration('livemig.nodes.sshConfig')) again();
      }),
    ];
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const listener of this.#listeners) listener.dispose();
  }

  /** What the tree is painted with first: no search where the workspace's folders hold one themselves. */
  async first(): Promise<InventoriesParams> {
    if (!this.#searched) {
      const roots = (workspace.workspaceFolders ?? []).map(({ uri }) => Uri.joinPath(uri, 'livemig.ini'));
      const params = await this.#params(roots);
      if (params.files.length > 0) return params;
    }
    return this.#all();
  }

  /** Looks everywhere, once until something changes. @returns undefined when that is no more than was told */
  async everywhere(told?: InventoriesParams): Promise<InventoriesParams | undefined> {
    const params = await this.#all();
    return told && textOf(params) === textOf(told) ? undefined : params;
  }

  async #all(): Promise<InventoriesParams> {
    if (!this.#searched) {
      this.#found = await this.#search();
      this.#searched = true;
    }
    return this.#params(this.#found);
  }

  async #search(): Promise<readonly Uri[]> {
    const found: Uri[] = [];
    for (const folder of workspace.workspaceFolders ?? [])
      found.push(
        ...(await workspace.findFiles(new RelativePattern(folder, '**/livemig.ini'), '**/node_modules/**', MOST)),
      );
    if (found.length >= MOST) this.#log.warn(l10n.t('More than {0} livemig.ini: the others are left out.', MOST));
    const unique = new Map(found.map((uri) => [uri.toString(), uri]));
    return [...unique.values()].sort((a, b) => (a.path < b.path ? -1 : 1)).slice(0, MOST);
  }

  async #params(uris: readonly Uri[]): Promise<InventoriesParams> {
    const files = await Promise.all(uris.map((uri) => read(uri)));
    const sshConfig = workspace.getConfiguration('livemig').get<string>('nodes.sshConfig', '');
    return {
      files: files.filter((file) => file !== undefined),
      trusted: workspace.isTrusted,
      ...(sshConfig ? { sshConfig } : {}),
    };
  }

  #soon(anew: boolean): void {
    if (anew) this.#searched = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#changed, SETTLE_MS);
  }
}

const textOf = ({ files }: InventoriesParams): string => files.map((f) => `${f.uri}\n${f.text}`).join('\n');

const read = (uri: Uri): Thenable<{ uri: string; text: string } | undefined> =>
  workspace.fs.readFile(uri).then(
    (bytes) => ({ uri: uri.toString(), text: new TextDecoder().decode(bytes) }),
    () => undefined, // there is none, or it was deleted meanwhile
  );
