// What UI tests of migrations share: two nodes of the lab, a VS Code that knows them, and what is seen in it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, beforeEach } from 'node:test';
import type { FrameLocator, Locator } from 'playwright-core';
import { startLab, type Lab } from '../lab/lab';
import { removeGuests, withoutListening } from '../migration/guests';
import { Desk, until } from './help';
import { NodesView } from './view';

const NODES = ['compute1', 'compute2'] as const;

/** Sets all up for the tests of the `describe` that it is made in. */
export class Moving {
  readonly desk = new Desk();
  readonly view = new MovingView(this.desk);
  #lab: Lab | undefined;

  /** @param settings of VS Code, beside those that it needs */
  constructor(settings: Readonly<Record<string, unknown>> = {}) {
    const { desk } = this;
    before(
      async () => {
        this.#lab = await startLab(NODES);
        await desk.start({ ...settings, 'livemig.nodes.sshConfig': this.lab.file('ssh_config') });
      },
      { timeout: 600_000 },
    );
    after(async () => {
      await desk.stop();
      await this.lab.stop();
    });
    beforeEach(() =>
      desk.open((folder) => {
        mkdirSync(folder, { recursive: true });
        const text = readFileSync(this.lab.file('livemig.ini'), 'utf8');
        writeFileSync(path.join(folder, 'livemig.ini'), `[cloud]\nname = lab\ndriver = libvirt\n${text}`);
      }),
    );
    afterEach(async (t) => {
      await desk.close(Boolean((t as { error?: unknown }).error), t.name);
      await removeGuests(this.lab);
    });
  }

  get lab(): Lab {
    return this.#lab!;
  }

  /** While compute2's libvirtd does not listen, which is an error of its file. */
  unheard(work: () => Promise<void>): Promise<void> {
    return withoutListening(this.lab, 'compute2', work);
  }
}

/** Whether a text is in what VS Code in a browser has written down of its state. */
const KEPT = `async (text) => {
  const answer = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  for (const { name } of await indexedDB.databases()) {
    if (!name.startsWith('vscode-web-state-db')) continue;
    const db = await answer(indexedDB.open(name));
    try {
      if (!db.objectStoreNames.contains('ItemTable')) continue;
      const all = await answer(db.transaction('ItemTable').objectStore('ItemTable').getAll());
      if (all.some((value) => String(value).includes(text))) return true;
    } finally {
      db.close();
    }
  }
  return false;
}`;

/** The two views, and our pages. */
class MovingView extends NodesView {
  /** Until VS Code has written something of ours down, which it does some seconds later. */
  kept(text: string): Promise<void> {
    const { page } = this.desk;
    return until(async () => (await page.evaluate(`(${KEPT})(${JSON.stringify(text)})`)) === true, `kept: ${text}`);
  }

  /** What is in the page that is seen. */
  get shown(): FrameLocator {
    return this.desk.page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
  }

  migration(text: string | RegExp): Locator {
    return this.section('Migrations').locator('.monaco-list-row').filter({ hasText: text });
  }

  /** The tree with the instances of both nodes, and nothing else of them. */
  async showInstances(): Promise<void> {
    await this.show();
    for (const node of NODES) {
      const group = async (name: string): Promise<Locator | undefined> => {
        const names = await this.rows.allInnerTexts();
        const start = names.findIndex((n) => n.startsWith(node));
        const below = names.slice(start).findIndex((n) => n.startsWith(name));
        return below < 0 ? undefined : this.rows.nth(start + below);
      };
      await this.row(new RegExp(`^${node}`)).waitFor();
      await this.row(new RegExp(`^${node}`)).click();
      await until(async () => (await group('Instances')) !== undefined, `${node} is read`);
      await (await group('Files'))!.click();
      await until(async () => (await group('Instances')) !== undefined);
      await (await group('Instances'))!.click();
    }
  }

  /** Rows of the tree from a node's own to the next node's. */
  async below(node: string): Promise<string> {
    const names = await this.rows.allInnerTexts();
    const start = names.findIndex((n) => n.startsWith(node));
    const next = names.findIndex((n, i) => i > start && /^compute\d/.test(n));
    return names.slice(start, next < 0 ? undefined : next).join('\n');
  }

  /** *Live Migrate…* of a row, as far as the list of its destinations. */
  async migrate(instance: string): Promise<void> {
    await this.choose(this.row(instance), 'Live Migrate…');
    await this.picks.first().waitFor();
  }

  /** Until it has begun: warnings are asked about once. */
  async confirm(): Promise<void> {
    await this.dialog
      .or(this.toast(/→| is on /))
      .first()
      .waitFor();
    if ((await this.dialog.count()) > 0) await this.dialog.getByRole('button', { name: 'Migrate' }).click();
  }

  /** The options of the list of destinations: what hovers over a row lies over their button. */
  async openOptions(): Promise<void> {
    const { page } = this.desk;
    await page.mouse.move(1, 1);
    await page.locator('.workbench-hover:visible').first().waitFor({ state: 'detached' });
    await page.locator('.quick-input-titlebar .codicon-gear').click();
    await this.picks.filter({ hasText: 'Copy its disks' }).waitFor();
  }
}
