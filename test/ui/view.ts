// What a user sees of nodes and does with them, for the tests of the view.
import type { Locator } from 'playwright-core';
import { fold, nodesSection, showNodes } from '../tools/workbench.mjs';
import type { Desk } from './help';
import { until } from './help';

export class NodesView {
  constructor(protected readonly desk: Desk) {}

  get pane(): Locator {
    return nodesSection(this.desk.page);
  }

  protected section(name: string): Locator {
    const { page } = this.desk;
    return page.locator('.pane').filter({ has: page.getByLabel(`${name} Section`) });
  }

  get rows(): Locator {
    return this.pane.locator('.monaco-list-row');
  }

  row(text: string | RegExp): Locator {
    return this.rows.filter({ hasText: text }).first();
  }

  get dialog(): Locator {
    return this.desk.page.locator('.monaco-dialog-box');
  }

  get picks(): Locator {
    return this.desk.page.locator('.quick-input-list .monaco-list-row');
  }

  get input(): Locator {
    return this.desk.page.locator('.quick-input-widget .quick-input-box input');
  }

  toast(text: string | RegExp): Locator {
    return this.desk.page.locator('.notification-toast').filter({ hasText: text });
  }

  show(): Promise<void> {
    return showNodes(this.desk.page);
  }

  /** Answers the question of a step once it is there: the box stays while its question changes. */
  async answer(question: string | RegExp, text?: string): Promise<void> {
    await this.desk.page.locator('.quick-input-widget').filter({ hasText: question }).waitFor();
    if (text !== undefined) await this.input.fill(text);
    await this.desk.page.keyboard.press('Enter');
  }

  fold(row: string | RegExp): Promise<void> {
    return fold(this.row(row), false);
  }

  unfold(row: string | RegExp): Promise<void> {
    return fold(this.row(row), true);
  }

  /** Chooses in the menu of a row; a menu takes no click in its first moment. */
  async choose(row: Locator, entry: string): Promise<void> {
    await row.click({ button: 'right' });
    const item = this.desk.page.locator('.monaco-menu .action-item', { hasText: entry });
    await item.waitFor();
    await until(async () => {
      await item.click({ timeout: 500 }).catch(() => undefined);
      return (await item.count()) === 0;
    }, `chosen in the menu: ${entry}`);
  }
}
