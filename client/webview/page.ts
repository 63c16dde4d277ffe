/** What all pages have: elements made by hand, all content as text, and the way to the extension. */
import type { Finding, FromPage, ToPage } from './messages';

declare function acquireVsCodeApi(): {
  postMessage(message: FromPage): void;
  getState(): unknown;
  setState(state: unknown): void;
};

const api = acquireVsCodeApi();

export const tell = (message: FromPage): void => api.postMessage(message);

/** What is kept while the page is hidden. */
export const kept = (): unknown => api.getState();
export const keep = (state: unknown): void => api.setState(state);

/** @param show called with each page that the extension sends */
export function listen(show: (message: ToPage) => void): void {
  window.addEventListener('message', ({ data }: MessageEvent<ToPage>) => show(data));
  tell({ kind: 'ready' });
}

type Child = Node | string | undefined;

/** An element. Attributes are never handlers, and strings are text, never HTML. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | number | boolean | undefined>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : String(value));
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

export function button(
  label: string,
  press: () => void,
  attributes: Readonly<Record<string, string>> = {},
): HTMLButtonElement {
  const element = h('button', { type: 'button', ...attributes }, label);
  element.addEventListener('click', press);
  return element;
}

/** Signs that say the same as their colour. */
export const SIGNS = { ready: '✓', warnings: '!', blocked: '✕' } as const;

const SEVERITIES = { error: 'blocked', warning: 'warnings', info: 'ready' } as const;

/** A finding with the link to its line. */
export function findingItem(finding: Finding, index: number): HTMLLIElement {
  const state = SEVERITIES[finding.severity];
  return h(
    'li',
    {},
    h('span', { class: `sign ${state}`, 'aria-hidden': 'true' }, finding.severity === 'info' ? 'i' : SIGNS[state]),
    ' ',
    button(finding.where, () => tell({ kind: 'open', finding: index }), { class: 'link' }),
    ` ${finding.message} `,
    h('span', { class: 'faint' }, finding.rule),
  );
}

export function mount(...children: readonly Child[]): void {
  document.body.replaceChildren(...children.filter((child) => child !== undefined));
}
