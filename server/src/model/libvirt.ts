import { lineStart } from '../syntax/lines';
import type { LibvirtEntry } from '../syntax/types';
import type { SourceFile } from './files';
import { documentOf } from './parsed';

export interface LibvirtSetting {
  readonly file: SourceFile;
  readonly entry: LibvirtEntry;
}

/** One of libvirt's own configuration files as the daemon reads it: of equal keys the first wins. */
export class LibvirtConfig {
  readonly file: SourceFile | undefined;
  #index: Map<string, LibvirtEntry> | undefined;

  constructor(file: SourceFile | undefined) {
    this.file = file;
  }

  get(key: string): LibvirtSetting | undefined {
    if (!this.file) return undefined;
    const entry = this.#keys(this.file).get(key);
    return entry && { file: this.file, entry };
  }

  /** A string's text; undefined when the key is absent or of another type. */
  string(key: string): string | undefined {
    const value = this.get(key)?.entry.value;
    return value?.type === 'string' ? value.text : undefined;
  }

  /** An integer's value (booleans are 0 and 1); undefined when the key is absent or of another type. */
  number(key: string): number | undefined {
    const value = this.get(key)?.entry.value;
    return value?.type === 'int' ? value.number : undefined;
  }

  /** Whether a line would set the key if the daemon could read it: such a key is not simply absent. */
  garbled(key: string): boolean {
    if (!this.file) return false;
    const { text, problems } = documentOf(this.file, 'libvirt');
    const written = new RegExp(`^[ \\t]*${key}\\b`);
    return problems.some(({ span }) => written.test(text.slice(lineStart(text, span.start), span.end)));
  }

  #keys(file: SourceFile): Map<string, LibvirtEntry> {
    if (this.#index) return this.#index;
    const index = new Map<string, LibvirtEntry>();
    for (const entry of documentOf(file, 'libvirt').entries) if (!index.has(entry.key)) index.set(entry.key, entry);
    return (this.#index = index);
  }
}
