import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launch } from '../tools/browser.mjs';
import { startCodeServer, type CodeServer } from '../tools/serve.mjs';
import { openWorkbench } from '../tools/workbench.mjs';

const root = path.resolve(__dirname, '../..');

/** Asks again and again until the answer is true. */
export async function until(ask: () => boolean | Promise<boolean>, what = 'not so in time'): Promise<void> {
  const end = Date.now() + 120_000;
  while (!(await ask())) {
    if (Date.now() > end) throw new Error(what);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A VS Code with the packaged extension, and a fresh copy of the demo cluster for every test. */
export class Desk {
  #server: CodeServer | undefined;
  #browser: Browser | undefined;
  #page: Page | undefined;
  #folder = '';

  /** @param trust folders are not trusted before somebody says so */
  async start(settings: Record<string, unknown> = {}, trust = false): Promise<void> {
    this.#server = await startCodeServer({ vsix: [path.join(root, 'livemig.vsix')], settings, trust });
    this.#browser = await launch();
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
    await this.#server?.stop();
  }

  /** @param fill what is opened instead of the demo cluster */
  async open(
    fill = (folder: string) => cpSync(path.join(root, 'test/demo/nfs'), folder, { recursive: true }),
  ): Promise<void> {
    const scratch = mkdtempSync(path.join(tmpdir(), 'livemig-ui-'));
    this.#folder = path.join(scratch, 'jovi');
    mkdirSync(this.#folder);
    fill(this.#folder);
    this.#page = await openWorkbench(this.#browser!, this.#server!, this.#folder);
  }

  /** @param failed keeps a picture of how it looked at the end */
  async close(failed: boolean, name: string): Promise<void> {
    if (failed) await this.shot(`failed-${name.replace(/\W+/g, '-')}`).catch(() => undefined);
    await this.#page?.context().close();
    rmSync(path.dirname(this.#folder), { recursive: true, force: true });
  }

  /** Where VS Code keeps its settings, logs and state. */
  get profile(): string {
    return this.#server!.profile;
  }

  get page(): Page {
    return this.#page!;
  }

  /** A file of the cluster as it stands on the disk. */
  read(file: string): string {
    return readFileSync(path.join(this.#folder, file), 'utf8');
  }

  /** As somebody else would. */
  write(file: string, text: string): void {
    writeFileSync(path.join(this.#folder, file), text);
  }

  /** Waits until the file on the disk satisfies a condition: saving takes a moment. */
  async saved(file: string, holds: (text: string) => boolean): Promise<void> {
    await until(() => holds(this.read(file))).catch(() => {
      throw new Error(`${file} was not saved as expected:\n${this.read(file)}`);
    });
  }

  /**
   * A picture, for the documentation when LIVEMIG_SHOTS=1, else beside the other test output.
   * @param quality of WebP, 0 to 100
   */
  async shot(name: string, quality = 45): Promise<void> {
    if (process.env.LIVEMIG_SHOTS !== '1' || name.startsWith('failed')) {
      const folder = path.join(root, 'out/shots');
      mkdirSync(folder, { recursive: true });
      await this.page.screenshot({ path: path.join(folder, `${name}.png`) });
      return;
    }
    // For the README and the package, as WebP: a third of the bytes, which Playwright itself does not write.
    const session = await this.page.context().newCDPSession(this.page);
    const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality });
    writeFileSync(path.join(root, 'docs/images', `${name}.webp`), Buffer.from(data, 'base64'));
    await session.detach();
  }
}
