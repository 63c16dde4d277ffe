import { FileType, RelativePattern, workspace, type Disposable, type Uri } from 'vscode';
import {
  DidChangeWatchedFilesNotification,
  FileChangeType,
  type FileEvent,
  type LanguageClient,
} from 'vscode-languageclient/node';
import { watched } from './languages';

/** A copy of a host is over by then, or its further files are told one by one. */
const SETTLE_MS = 500;
/** More new names than that in half a second are somebody's build, not hosts. */
const MOST = 200;

/**
 * Tells the server of hosts that appear as a whole. When a tree is copied in, VS Code often hears of its topmost folder
 * only: what was written before it began to watch there is never told.
 */
export class NewFolders implements Disposable {
  readonly #client: LanguageClient;
  readonly #watcher = workspace.createFileSystemWatcher('**', false, true, true);
  readonly #fresh = new Map<string, Uri>();
  #timer: NodeJS.Timeout | undefined;

  constructor(client: LanguageClient) {
    this.#client = client;
    this.#watcher.onDidCreate((uri) => {
      if (this.#fresh.size < MOST) this.#fresh.set(uri.toString(), uri);
      this.#timer ??= setTimeout(() => void this.#look(), SETTLE_MS);
    });
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#watcher.dispose();
  }

  async #look(): Promise<void> {
    this.#timer = undefined;
    const fresh = [...this.#fresh.values()];
    this.#fresh.clear();
    // One file is enough: the server then looks through the whole workspace folder that it lies in.
    const told = new Set<string | undefined>();
    for (const uri of fresh) {
      const root = workspace.getWorkspaceFolder(uri)?.uri.toString();
      if (told.has(root) || !(await isFolder(uri))) continue;
      const found = await oneOfOurs(uri);
      if (!found || !this.#client.isRunning()) continue;
      const changes: FileEvent[] = [
        { uri: this.#client.code2ProtocolConverter.asUri(found), type: FileChangeType.Created },
      ];
      await this.#client.sendNotification(DidChangeWatchedFilesNotification.type, { changes });
      told.add(root);
    }
  }
}

const isFolder = (uri: Uri): Thenable<boolean> =>
  workspace.fs.stat(uri).then(
    ({ type }) => type === FileType.Directory,
    () => false, // gone again
  );

async function oneOfOurs(folder: Uri): Promise<Uri | undefined> {
  for (const glob of watched) {
    const [found] = await workspace.findFiles(new RelativePattern(folder, glob), '**/node_modules/**', 1);
    if (found) return found;
  }
  return undefined;
}
