import type { Browser, Locator, Page } from 'playwright-core';

/** Where the workbench opens a folder, or the folders of a .code-workspace file. */
export function addressOf(server: { readonly url: string }, opened: string): string;
/** Opens a folder or a workspace and waits until its explorer shows something. */
export function openWorkbench(browser: Browser, server: { readonly url: string }, opened: string): Promise<Page>;
/** Presses a key until its effect shows: a press can be lost while the workbench is still settling. */
export function pressUntil(page: Page, key: string, effect: Locator, tries?: number): Promise<void>;
/** Opens the quick fixes of a place in the editor: whatever took the focus meanwhile, the place is clicked again. */
export function quickFixes(page: Page, place: Locator, action: Locator, tries?: number): Promise<void>;
/** Runs a command by its full title, as the command palette shows it. */
export function command(page: Page, title: string): Promise<void>;
/** Opens a file by its path below the folder and puts the cursor into it. */
export function openFile(page: Page, file: string): Promise<void>;
/** Puts the cursor of the open editor into a line, counted from 1. */
export function goToLine(page: Page, line: number): Promise<void>;
/** Rows of the Problems panel: files and their problems. */
export function problems(page: Page): Locator;
export function showProblems(page: Page): Promise<void>;
/** The section of the side bar that has livemig's nodes. */
export function nodesSection(page: Page): Locator;
/** Shows livemig's side bar. A click on what is there already closes it, and it may come back by itself a moment later. */
export function showNodes(page: Page): Promise<void>;
/** Folds or unfolds a row of a tree by clicks: one may come while the tree is still being painted. */
export function fold(row: Locator, expanded: boolean): Promise<void>;
