import { closest } from 'fastest-levenshtein';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import type { DrainView, MigrationView } from '../../fleet-protocol';
import { Drains } from '../../fleet/process/drain';
import { Fleet } from '../../fleet/process/fleet';
import { Migrations } from '../../fleet/process/migrations';
import { Asker } from '../../fleet/process/prompts';
import { siteOf } from '../../fleet/process/site';
import type { Prompts } from '../../fleet/types';
import type { Driver, Site } from '../../migration/driver';
import { terminalPrompts } from '../ask';
import { inventoryOf, NO_NODES, UsageError } from '../fleet';

/** What all commands of migrations take. */
export interface CloudOptions {
  /** livemig.ini; undefined for that of the current folder or one of three above. */
  readonly inventory: string | undefined;
  readonly sshConfig: string | undefined;
  /** One object on a line instead of words. */
  readonly json: boolean;
}

/** The cluster of a livemig.ini, as the fleet process has it, in this process. */
export class Cloud {
  readonly fleet: Fleet;
  readonly asker: Asker;
  readonly migrations: Migrations;
  readonly drains: Drains;
  readonly site: Site;
  readonly id: string;
  readonly nodes: readonly string[];
  readonly #listeners = new Set<(view: MigrationView) => void>();
  readonly #drainListeners = new Set<(view: DrainView) => void>();

  /** @throws UsageError where there is no livemig.ini that names nodes */
  constructor({ inventory, sshConfig }: CloudOptions) {
    const file = inventoryOf({ inventory });
    if (!file) throw new UsageError(NO_NODES);
    const nobody = (): void => undefined;
    this.asker = askerOf(terminalPrompts());
    this.fleet = new Fleet({ asker: this.asker, log: nobody, tell: nobody });
    this.migrations = new Migrations(this.fleet, this.asker, (view) => {
      for (const listener of this.#listeners) listener(view);
    });
    this.drains = new Drains(this.fleet, this.asker, this.migrations, (view) => {
      for (const listener of this.#drainListeners) listener(view);
    });
    // Whoever types the command trusts the folder that it is typed in, as `livemig check` does.
    const given = { files: [{ uri: file.uri, text: file.text }], trusted: true };
    const [view] = this.fleet.inventories({ ...given, ...(sshConfig !== undefined && { sshConfig }) });
    this.id = view!.id;
    this.nodes = view!.nodes.map(({ name }) => name);
    if (this.nodes.length === 0) throw new UsageError('livemig.ini has no [node NAME]');
    this.site = siteOf(this.fleet, this.asker, this.id);
  }

  /** As it is known by now: where livemig.ini does not say, what was read of the nodes does. */
  get driver(): Driver {
    return this.migrations.driver(this.id);
  }

  /** @returns ends it */
  onMigration(listener: (view: MigrationView) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @returns ends it */
  onDrain(listener: (view: DrainView) => void): () => void {
    this.#drainListeners.add(listener);
    return () => this.#drainListeners.delete(listener);
  }

  /** @throws UsageError for what is no node of livemig.ini */
  node(name: string): string {
    if (this.nodes.includes(name)) return name;
    throw new UsageError(`there is no [node ${name}] in livemig.ini; did you mean ${closest(name, [...this.nodes])}?`);
  }

  /** What runs goes on. */
  close(): void {
    for (const { id, outcome } of this.migrations.list()) if (!outcome) this.migrations.running(id)?.leave();
    this.migrations.close();
    this.fleet.close();
  }
}

/** Puts the fleet's questions to the terminal instead of a client. */
function askerOf(prompts: Prompts): Asker {
  const ask = (what: string, question: unknown): Promise<unknown> => {
    switch (what) {
      case 'prompt/hostKey':
        return prompts.hostKey(question as Parameters<Prompts['hostKey']>[0]);
      case 'prompt/passphrase':
        return prompts.passphrase(question as Parameters<Prompts['passphrase']>[0]);
      case 'prompt/password':
        return prompts.password(question as Parameters<Prompts['password']>[0]);
      case 'prompt/answers':
        return prompts.answers(question as Parameters<Prompts['answers']>[0]).then((answers) => answers ?? null);
      default:
        return Promise.resolve(undefined);
    }
  };
  return new Asker({ sendRequest: ask } as unknown as Pick<MessageConnection, 'sendRequest'>);
}
