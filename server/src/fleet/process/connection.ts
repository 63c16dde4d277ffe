import { userInfo } from 'node:os';
import type { SFTPWrapper } from 'ssh2';
import type { Pooled } from '../pool';
import type { NodeConnection, Shell, ShellListener, ShellSize } from '../ssh/connection';
import { localRunner } from '../shell';
import { FleetError, type FleetLog, type Ran, type RunOptions } from '../types';

/** What a session needs of a node: another machine over SSH, or this one. */
export interface Connection extends Pooled, NodeConnection {
  shell(size: ShellSize, listener: ShellListener): Promise<Shell>;
}

/** A node that livemig.ini says is this machine: there is nothing to dial and nothing to lose. */
export class LocalConnection implements Connection {
  readonly target = { user: userInfo().username };
  readonly #run;
  readonly #listeners = new Set<(why: FleetError) => void>();
  closed: FleetError | undefined;

  constructor(log: FleetLog) {
    this.#run = localRunner(log);
  }

  run(argv: readonly string[], options: RunOptions): Promise<Ran> {
    return this.closed ? Promise.reject(this.closed) : this.#run.run(argv, options);
  }

  sftp(): Promise<SFTPWrapper> {
    return Promise.reject(new FleetError('refused', 'this machine is not reached by SFTP'));
  }

  shell(): Promise<Shell> {
    return Promise.reject(new FleetError('refused', 'the node is this machine: open an ordinary terminal'));
  }

  onClose(listener: (why: FleetError) => void): () => void {
    if (this.closed) listener(this.closed);
    else this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    if (this.closed) return;
    this.closed = new FleetError('cancelled', 'closed');
    for (const tell of this.#listeners) tell(this.closed);
    this.#listeners.clear();
  }
}
