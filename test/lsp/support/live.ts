import type { LiveParams } from '../../../server/src/fleet-protocol';
import type { Client } from './client';

/** Tells of connected nodes, as the client does once the fleet process has read them. */
export class LiveTeller {
  constructor(
    readonly client: Client,
    readonly inventory: string,
    readonly cluster = 'cloud',
  ) {}

  tell(node: string, files: Readonly<Record<string, string | Uint8Array>> | null): void {
    const list =
      files &&
      Object.entries(files).map(([path, content]) => ({ path, base64: Buffer.from(content).toString('base64') }));
    const params: LiveParams = { cluster: this.cluster, node, inventory: this.inventory, files: list };
    this.client.notify('livemig/live', params);
  }

  /** As the language server spells it. */
  uri(node: string, path: string): string {
    return `livemig:///${this.cluster}/${node}/${path}`;
  }
}
