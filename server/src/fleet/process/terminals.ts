import type { MessageConnection } from 'vscode-jsonrpc/node';
import type { TerminalClosed, TerminalData, TerminalParams, TerminalSize } from '../../fleet-protocol';
import type { Shell } from '../ssh/connection';
import type { Fleet } from './fleet';

/** Characters on their way to the client beyond which a node has to wait. */
const MOST_UNDERWAY = 256 * 1024;

/** Login shells that are open. */
export class Terminals {
  readonly #shells = new Map<number, Shell>();
  readonly #client: MessageConnection;
  #last = 0;

  constructor(
    client: MessageConnection,
    private readonly fleet: Fleet,
  ) {
    this.#client = client;
    client.onNotification('fleet/terminalInput', ({ id, data }: TerminalData) => this.#shells.get(id)?.write(data));
    client.onNotification('fleet/terminalResize', ({ id, ...size }: TerminalSize) => {
      if (isSize(size)) this.#shells.get(id)?.resize(size);
    });
    client.onNotification('fleet/terminalClose', ({ id }: TerminalClosed) => this.#shells.get(id)?.close());
  }

  async open({ columns, rows, ...node }: TerminalParams, signal: AbortSignal): Promise<{ readonly id: number }> {
    // Somebody waits for it.
    const connection = await this.fleet.node(node).connection({ signal, now: true });
    const id = ++this.#last;
    let underway = 0;
    // The answer to the request comes before all that the shell says, and its end last.
    let sent: Promise<unknown> = new Promise<void>((resolve) => setImmediate(resolve));
    const size = isSize({ columns, rows }) ? { columns, rows } : { columns: 80, rows: 24 };
    const shell = await connection.shell(size, {
      data: (data) => {
        underway += data.length;
        if (underway > MOST_UNDERWAY) shell.pause();
        sent = sent
          .then(() => this.#client.sendNotification('fleet/terminalData', { id, data } satisfies TerminalData))
          .catch(() => undefined)
          .then(() => {
            underway -= data.length;
            if (underway <= MOST_UNDERWAY) shell.resume();
          });
      },
      closed: (why) => {
        this.#shells.delete(id);
        const end: TerminalClosed = { id, ...(why !== undefined && { why }) };
        sent = sent.then(() => this.#client.sendNotification('fleet/terminalClosed', end)).catch(() => undefined);
      },
    });
    this.#shells.set(id, shell);
    return { id };
  }
}

function isSize({ columns, rows }: { readonly columns: number; readonly rows: number }): boolean {
  return [columns, rows].every((n) => Number.isInteger(n) && n > 0 && n < 10_000);
}
