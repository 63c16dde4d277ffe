/** Nodes × nodes: a grid of verdicts, and what stands behind the one that is chosen. */
import type { MatrixPage } from './messages';
import { button, findingItem, h, keep, kept, mount, SIGNS, tell } from './page';

interface At {
  readonly row: number;
  readonly column: number;
}

const fill = (text: string, ...values: readonly (string | number)[]): string =>
  text.replace(/\{(\d)\}/g, (all, i: string) => String(values[Number(i)] ?? all));

export function showMatrix(page: MatrixPage): void {
  const { groups, cells, words } = page;
  const nameOf = ([first = '', ...rest]: readonly string[]): string =>
    rest.length === 0 ? first : fill(words.others, first, rest.length);
  const names = groups.map(({ nodes }) => nameOf(nodes));
  const details = h('section', { id: 'details', tabindex: -1, 'aria-live': 'polite' });
  const grid = new Map<string, HTMLTableCellElement>();
  let active: At = { row: 0, column: 0 };

  const focus = ({ row, column }: At, move = true): void => {
    grid.get(`${active.row} ${active.column}`)?.setAttribute('tabindex', '-1');
    active = { row, column };
    const cell = grid.get(`${row} ${column}`);
    cell?.setAttribute('tabindex', '0');
    if (move) cell?.focus();
  };
  const choose = (at: At): void => {
    for (const cell of grid.values()) cell.removeAttribute('aria-selected');
    grid.get(`${at.row} ${at.column}`)?.setAttribute('aria-selected', 'true');
    keep(at);
    const cell = cells[at.row]?.[at.column];
    const [from, to] = [groups[at.row]?.nodes ?? [], groups[at.column]?.nodes ?? []];
    const state = cell ? words[cell.state] : words.same;
    const grouped = from.length > 1 || to.length > 1;
    details.replaceChildren(
      h('h2', {}, fill(words.pair, names[at.row] ?? '', names[at.column] ?? '', state)),
      cell && cell.reasons.length > 0
        ? h('ul', { class: 'findings' }, ...cell.reasons.map((i) => findingItem(page.findings[i]!, i)))
        : h('p', {}, cell ? words.nothing : words.same),
      ...(grouped && cell && cell.reasons.length > 0 ? [h('p', { class: 'faint' }, words.example)] : []),
      ...[from, ...(from === to ? [] : [to])]
        .filter((nodes) => nodes.length > 1)
        .map((nodes) =>
          h(
            'details',
            {},
            h('summary', {}, fill(words.all, nodes.length, nodes[0] ?? '')),
            h('p', {}, nodes.join(', ')),
          ),
        ),
    );
  };

  const head = h(
    'tr',
    {},
    h('th', { class: 'corner', scope: 'col' }, h('span', {}, words.from), h('span', {}, words.to)),
    ...names.map((name, column) =>
      h('th', { scope: 'col', title: name, 'data-column': column }, h('span', { class: 'upright' }, name)),
    ),
  );
  const body = cells.map((row, r) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row', title: names[r] }, names[r]),
      ...row.map((cell, c) => {
        const state = cell ? words[cell.state] : words.same;
        const label = fill(words.pair, names[r] ?? '', names[c] ?? '', state);
        const element = h(
          'td',
          { role: 'gridcell', tabindex: -1, class: cell?.state ?? 'same', title: label, 'aria-label': label },
          cell ? SIGNS[cell.state] : '–',
        );
        grid.set(`${r} ${c}`, element);
        element.addEventListener('click', () => {
          focus({ row: r, column: c });
          choose(active);
        });
        return element;
      }),
    ),
  );
  const table = h(
    'table',
    { role: 'grid', class: 'matrix', 'aria-label': page.title, 'aria-describedby': 'hint' },
    h('thead', {}, head),
    h('tbody', {}, ...body),
  );
  const last = groups.length - 1;
  table.addEventListener('keydown', (event) => {
    const { row, column } = active;
    const ways: Readonly<Record<string, At>> = {
      ArrowUp: { row: Math.max(0, row - 1), column },
      ArrowDown: { row: Math.min(last, row + 1), column },
      ArrowLeft: { row, column: Math.max(0, column - 1) },
      ArrowRight: { row, column: Math.min(last, column + 1) },
      Home: { row: event.ctrlKey ? 0 : row, column: 0 },
      End: { row: event.ctrlKey ? last : row, column: last },
    };
    const to = ways[event.key];
    if (to) focus(to);
    else if (event.key === 'Enter' || event.key === ' ') {
      choose(active);
      details.querySelector<HTMLElement>('button.link')?.focus();
    } else return;
    event.preventDefault();
  });

  const found = h('span', { role: 'status' });
  const search = h('input', { type: 'search', placeholder: words.find, 'aria-label': words.find });
  search.addEventListener('input', () => {
    const wanted = search.value.trim().toLowerCase();
    const at = groups.findIndex(({ nodes }) => nodes.some((n) => n.toLowerCase() === wanted));
    const near = at >= 0 ? at : groups.findIndex(({ nodes }) => nodes.some((n) => n.toLowerCase().startsWith(wanted)));
    for (const row of body) row.classList.remove('found');
    found.textContent = wanted !== '' && near < 0 ? words.missing : '';
    if (wanted === '' || near < 0) return;
    body[near]!.classList.add('found');
    body[near]!.scrollIntoView({ block: 'nearest' });
    focus({ row: near, column: active.column }, false);
  });

  mount(
    h(
      'header',
      {},
      h('h1', {}, page.title),
      search,
      found,
      button(words.again, () => tell({ kind: 'again' })),
    ),
    h(
      'p',
      { class: 'legend', id: 'hint' },
      ...(['ready', 'warnings', 'blocked'] as const).map((state) =>
        h('span', {}, h('span', { class: `sign ${state}` }, SIGNS[state]), ` ${words[state]} `),
      ),
      h('span', { class: 'faint' }, words.hint),
    ),
    groups.length === 0 ? h('p', {}, words.missing) : h('div', { class: 'scroll' }, table),
    details,
    page.unread.length > 0
      ? h(
          'section',
          {},
          h('h2', {}, words.unread),
          h('ul', {}, ...page.unread.map(({ node, why }) => h('li', {}, h('strong', {}, node), ` ${why}`))),
        )
      : undefined,
  );
  const before = kept() as At | undefined;
  focus(before && before.row <= last && before.column <= last ? before : { row: 0, column: Math.min(1, last) }, false);
  if (before) choose(active);
}
