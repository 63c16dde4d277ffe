import {
  EventEmitter,
  l10n,
  ThemeIcon,
  window,
  type Disposable,
  type Pseudoterminal,
  type TerminalDimensions,
} from 'vscode';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import type { NodeParams, TerminalClosed, TerminalData } from '../../../server/src/fleet-protocol';
import { failureOf } from './failure';
import type { FleetProcess } from './process';

/** When VS Code does not know yet how large it will be. */
const USUAL = { columns: 80, rows: 24 };

interface Shell {
  write(data: string): void;
  /** @param why in words; undefined when the shell just ended */
  close(why?: string): void;
}

/** Login shells on nodes, in VS Code's terminal, over the connections there are. */
export class Terminals implements Disposable {
  fleet: FleetProcess | undefined;
  readonly #shells = new Map<number, Shell>();

  wire(connection: MessageConnection): void {
    connection.onNotification('fleet/terminalData', ({ id, data }: TerminalData) => this.#shells.get(id)?.write(data));
    connection.onNotification('fleet/terminalClosed', ({ id, why }: TerminalClosed) =>
      this.#shells.get(id)?.close(why),
    );
  }

  allClosed(): void {
    for (const shell of this.#shells.values()) shell.close(l10n.t('The process that talks to nodes has ended.'));
  }

  dispose(): void {
    this.allClosed();
  }

  open(node: NodeParams): void {
    const output = new EventEmitter<string>();
    const closed = new EventEmitter<number | undefined>();
    let id: number | undefined;
    let over = false;
    /** Typed before the shell was there. */
    let early = '';
    let size: TerminalDimensions | undefined;
    const notify = (what: string, params: object): void => this.fleet?.notify(`fleet/${what}`, { id, ...params });
    const shell: Shell = {
      write: (data) => output.fire(data),
      close: (why) => {
        if (id !== undefined) this.#shells.delete(id);
        over = true;
        // What has a reason stays to be read.
        if (why === undefined) closed.fire(undefined);
        else output.fire(`\r\n${why.replace(/\r?\n/g, '\r\n')}\r\n`);
      },
    };
    const begin = async (): Promise<void> => {
      const { columns, rows } = size ?? USUAL;
      const answer = await this.fleet?.request<{ id: number }>('fleet/terminal', { ...node, columns, rows });
      if (!answer) return;
      id = answer.id;
      if (over) {
        notify('terminalClose', {});
        return;
      }
      this.#shells.set(id, shell);
      if (early) notify('terminalInput', { data: early });
      if (size && (size.columns !== columns || size.rows !== rows)) notify('terminalResize', { ...size });
    };
    const pty: Pseudoterminal = {
      onDidWrite: output.event,
      onDidClose: closed.event,
      open: (initial) => {
        size = initial;
        output.fire(`${l10n.t('Connecting to {0}…', node.node)}\r\n`);
        begin().catch((error: unknown) => shell.close(failureOf(error).message));
      },
      handleInput: (data) => {
        if (over)
          closed.fire(undefined); // a key closes what has been read
        else if (id === undefined) early += data;
        else notify('terminalInput', { data });
      },
      setDimensions: ({ columns, rows }) => {
        size = { columns, rows };
        if (id !== undefined) notify('terminalResize', size);
      },
      close: () => {
        if (id !== undefined && !over) notify('terminalClose', {});
        if (id !== undefined) this.#shells.delete(id);
        over = true;
      },
    };
    window.createTerminal({ name: node.node, iconPath: new ThemeIcon('server'), pty }).show();
  }
}
