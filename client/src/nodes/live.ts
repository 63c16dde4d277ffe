import { FileChangeType, type Disposable, type EventEmitter, type FileChangeEvent } from 'vscode';
import type { LiveParams, NodeParams } from '../../../server/src/fleet-protocol';
import type { Main } from '../main';
import { keyOf, uriOf } from './uris';

/** Hands what was read from nodes on: to the language server, which judges it, and to editors that show a file of it. */
export class Live implements Disposable {
  readonly #main: Promise<Main>;
  readonly #files: EventEmitter<FileChangeEvent[]>;
  /** What was told last of each node; told again when the language server starts anew. */
  readonly #told = new Map<string, LiveParams>();
  #server: Main['server'] | undefined;
  #listener: { dispose(): void } | undefined;
  #ended = false;

  constructor(main: Promise<Main>, files: EventEmitter<FileChangeEvent[]>) {
    this.#main = main;
    this.#files = files;
    void this.#begin();
  }

  dispose(): void {
    this.#ended = true;
    this.#listener?.dispose();
  }

  tell(params: LiveParams): void {
    const key = keyOf(params);
    const before = this.#told.get(key);
    this.#told.set(key, params);
    this.#server?.notify('livemig/live', params);
    const changes = before ? changesOf(before, params) : [];
    if (changes.length > 0) this.#files.fire(changes);
  }

  forget(node: NodeParams): void {
    const before = this.#told.get(keyOf(node));
    if (!before) return;
    this.#told.delete(keyOf(node));
    this.#server?.notify('livemig/live', { ...before, files: null } satisfies LiveParams);
  }

  async #begin(): Promise<void> {
    const main = await this.#main.catch(() => undefined); // it told the user itself
    if (!main || this.#ended) return;
    this.#server = main.server;
    this.#listener = main.server.onRunning(() => this.#tellAll());
    if (main.server.running) this.#tellAll();
  }

  #tellAll(): void {
    for (const params of this.#told.values()) this.#server?.notify('livemig/live', params);
  }
}

/** Files that are not what they were. */
function changesOf(before: LiveParams, now: LiveParams): FileChangeEvent[] {
  const old = new Map((before.files ?? []).map((file) => [file.path, file.base64]));
  const changes: FileChangeEvent[] = [];
  for (const { path, base64 } of now.files ?? []) {
    const was = old.get(path);
    old.delete(path);
    if (was === base64) continue;
    changes.push({ type: was === undefined ? FileChangeType.Created : FileChangeType.Changed, uri: uriOf(now, path) });
  }
  for (const path of old.keys()) changes.push({ type: FileChangeType.Deleted, uri: uriOf(now, path) });
  return changes;
}
