/** The plan of a drain, what is asked before it begins, and how it goes. */
import type { DrainPage } from './messages';
import { button, findingItem, h, kept, keep, mount, SIGNS, tell } from './page';

interface Typed {
  readonly parallel: number;
  readonly disable: boolean;
  readonly reason: string;
}

const DONE = { waiting: '…', running: '→', completed: '✓', failed: '✕', cancelled: '–', left: '–' } as const;
const LOOKS = {
  waiting: '',
  running: 'running',
  completed: 'ready',
  failed: 'blocked',
  cancelled: '',
  left: 'warnings',
} as const;

export function showDrain(page: DrainPage): void {
  const { words, form } = page;
  const moves = h(
    'table',
    { class: 'list' },
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        ...[words.move, words.instance, words.destination, words.memory, words.state].map((w) =>
          h('th', { scope: 'col' }, w),
        ),
      ),
    ),
    h(
      'tbody',
      {},
      ...page.moves.map((move, i) => {
        const { progress } = move;
        const sign = progress ? DONE[progress] : SIGNS[move.state];
        const look = progress ? LOOKS[progress] : move.state;
        const text = progress ? words[progress] : words[move.state];
        return h(
          'tr',
          {},
          h('td', { class: 'number' }, String(i + 1)),
          h('th', { scope: 'row' }, move.name),
          h('td', {}, move.destination),
          h('td', { class: 'number' }, move.memory),
          h(
            'td',
            {},
            h('span', { class: `sign ${look}`, 'aria-hidden': 'true' }, sign),
            ` ${text}${progress || move.copied === undefined ? '' : `, ${move.copied}`}`,
            move.said === undefined ? undefined : h('div', { class: 'faint' }, move.said),
            !progress && move.findings.length > 0
              ? h('ul', { class: 'findings' }, ...move.findings.map((f) => findingItem(f, f.index)))
              : undefined,
          ),
        );
      }),
    ),
  );
  const stay =
    page.stay.length === 0
      ? []
      : [
          h('h2', {}, words.stay),
          h(
            'ul',
            { class: 'stay' },
            ...page.stay.map(({ name, why, findings }) =>
              h(
                'li',
                {},
                h('strong', {}, name),
                ` ${why}`,
                findings.length > 0
                  ? h('ul', { class: 'findings' }, ...findings.map((f) => findingItem(f, f.index)))
                  : undefined,
              ),
            ),
          ),
        ];
  mount(
    h('header', {}, h('h1', {}, page.title)),
    h('p', { role: 'status' }, page.status),
    ...(form ? [formOf(page, form)] : []),
    page.actions.length > 0
      ? h(
          'p',
          { class: 'actions' },
          ...page.actions.map((action) => button(words[action], () => tell({ kind: 'action', action }))),
        )
      : undefined,
    page.moves.length > 0 ? moves : h('p', {}, words.nothing),
    ...stay,
    ...(page.notes.length > 0
      ? [h('h2', {}, words.notes), h('ul', {}, ...page.notes.map((note) => h('li', {}, note)))]
      : []),
  );
}

function formOf({ words, moves }: DrainPage, form: NonNullable<DrainPage['form']>): HTMLFormElement {
  const before = kept() as Typed | undefined;
  const parallel = h('input', { type: 'number', min: 1, max: 100, step: 1, id: 'parallel', required: true });
  parallel.value = String(before?.parallel ?? form.parallel);
  const disable = h('input', { type: 'checkbox', id: 'disable' });
  disable.checked = before?.disable ?? form.service;
  const reason = h('input', {
    type: 'text',
    id: 'reason',
    maxlength: 250,
    'aria-label': words.reason,
    placeholder: words.reason,
  });
  reason.value = before?.reason ?? '';
  const element = h(
    'form',
    {},
    h('label', { for: 'parallel' }, words.parallel, ' ', parallel),
    form.service ? h('label', { for: 'disable' }, disable, ` ${words.disable} `, reason) : undefined,
    h(
      'span',
      {},
      `${words.options}: ${form.options} `,
      button('…', () => tell({ kind: 'options' }), { 'aria-label': words.options }),
    ),
    h(
      'span',
      { class: 'actions' },
      h('button', { type: 'submit', class: 'primary', disabled: moves.length === 0 }, words.start),
      button(words.close, () => tell({ kind: 'close' })),
    ),
  );
  const typed = (): void =>
    keep({ parallel: Number(parallel.value), disable: disable.checked, reason: reason.value } satisfies Typed);
  element.addEventListener('input', typed);
  element.addEventListener('submit', (event) => {
    event.preventDefault();
    const count = Math.max(1, Math.min(100, Math.round(Number(parallel.value)) || 1));
    tell({ kind: 'start', parallel: count, ...(form.service && disable.checked && { disable: reason.value.trim() }) });
  });
  return element;
}
