/** How a migration goes: what is left, how fast it is sent and written, how far the guest is slowed down, when it was silent. */
import uPlot from 'uplot';
import type { ChartPage, ToPage } from './messages';
import { button, h, listen, mount, tell } from './page';

/** Rows of the table of numbers: of more samples every so many-th. */
const ROWS = 120;
/** Of an axis of bytes: one and its doubles, so that it bears round numbers of each unit. */
const STEPS = Array.from({ length: 50 }, (_, i) => 2 ** i);
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

let shown: Shown | undefined;

listen((message: ToPage) => {
  if (message.kind !== 'chart') return;
  if (shown) shown.update(message.page);
  else shown = new Shown(message.page);
});

interface Line {
  readonly label: string;
  readonly color: string;
  readonly dash?: number[];
  readonly fill?: boolean;
  readonly of: (sample: ChartPage['samples'][number]) => number | undefined;
}

class Shown {
  #page: ChartPage;
  #plots: { readonly plot: uPlot; readonly lines: readonly Line[] }[] = [];
  readonly #status = h('p', { role: 'status' });
  readonly #stuck = h('div', { class: 'banner', role: 'alert', hidden: true });
  readonly #actions = h('p', { class: 'actions' });
  readonly #charts = h('div', { class: 'charts' });
  readonly #probe = h('p', { class: 'faint' });
  readonly #numbers = h('tbody');
  #actionsText = '';

  constructor(page: ChartPage) {
    this.#page = page;
    const { words } = page;
    mount(
      h('header', {}, h('h1', {}, page.title)),
      this.#status,
      this.#stuck,
      this.#actions,
      this.#charts,
      this.#probe,
      h(
        'details',
        {},
        h('summary', {}, words.numbers),
        h(
          'table',
          { class: 'list' },
          h(
            'thead',
            {},
            h(
              'tr',
              {},
              ...[words.time, words.remaining, words.rate, words.dirty, words.throttle].map((w) =>
                h('th', { scope: 'col' }, w),
              ),
            ),
          ),
          this.#numbers,
        ),
      ),
    );
    this.#draw();
    this.update(page);
    // Canvases know nothing of themes: they are drawn anew when VS Code changes its own.
    new MutationObserver(() => this.#draw()).observe(document.body, { attributes: true, attributeFilter: ['class'] });
    window.addEventListener('resize', () => {
      for (const { plot } of this.#plots) plot.setSize({ width: this.#width(), height: plot.height });
    });
  }

  update(page: ChartPage): void {
    const kinds = (p: ChartPage): string => [hasThrottle(p), isWritten(p), p.gaps !== undefined].join();
    const anew = kinds(page) !== kinds(this.#page);
    this.#page = page;
    const { words } = page;
    this.#status.textContent = page.status;
    if (this.#stuck.textContent !== (page.stuck ?? '')) this.#stuck.textContent = page.stuck ?? '';
    this.#stuck.hidden = page.stuck === undefined;
    const actions = page.actions.map(({ id }) => id).join();
    // A button that has the focus stays the same one.
    if (actions !== this.#actionsText || !this.#actions.hasChildNodes())
      this.#actions.replaceChildren(
        ...page.actions.map(({ id, label }) => button(label, () => tell({ kind: 'action', action: id }))),
      );
    this.#actionsText = actions;
    this.#probe.textContent = page.probe ?? '';
    if (anew) this.#draw();
    else for (const { plot, lines } of this.#plots) plot.setData(dataOf(page, lines));
    const every = Math.max(1, Math.ceil(page.samples.length / ROWS));
    const rows = page.samples.filter((_, i) => i % every === 0 || i === page.samples.length - 1);
    if (rows.length === 0) this.#numbers.replaceChildren(h('tr', {}, h('td', { colspan: 5 }, words.none)));
    else
      this.#numbers.replaceChildren(
        ...rows.map((s) =>
          h(
            'tr',
            {},
            h('th', { scope: 'row', class: 'number' }, clock((s.at - page.began) / 1000)),
            ...[
              s.remaining === undefined ? '' : bytes(s.remaining),
              s.rate === undefined ? '' : `${bytes(s.rate)}/s`,
              s.dirtyRate === undefined ? '' : `${bytes(s.dirtyRate)}/s`,
              s.throttle ? `${s.throttle} %` : '',
            ].map((text) => h('td', { class: 'number' }, text)),
          ),
        ),
      );
  }

  #width(): number {
    return Math.max(240, document.body.clientWidth - 40);
  }

  #draw(): void {
    for (const { plot } of this.#plots) plot.destroy();
    this.#plots = [];
    const page = this.#page;
    const { words } = page;
    // The orange of dark themes can be seen through, and is hardly seen.
    const [blue, yellow, red] = [
      colour('--vscode-charts-blue'),
      colour('--vscode-charts-yellow'),
      colour('--vscode-charts-red'),
    ];
    const parts: (readonly [title: string, lines: readonly Line[], value: (n: number) => string, height: number])[] = [
      [words.memory, [{ label: words.remaining, color: blue, fill: true, of: (s) => s.remaining }], bytes, 190],
      [
        words.rates,
        [
          { label: words.rate, color: blue, of: (s) => s.rate },
          // Nova does not tell: a key of what is never drawn would say that the guest writes nothing.
          ...(isWritten(page)
            ? [
                {
                  label: words.dirty,
                  color: yellow,
                  dash: [6, 4],
                  of: (s: ChartPage['samples'][number]) => s.dirtyRate,
                },
              ]
            : []),
        ],
        (n) => `${bytes(n)}/s`,
        190,
      ],
    ];
    if (hasThrottle(page))
      parts.push([
        words.slowed,
        [{ label: words.throttle, color: red, of: throttleOf }],
        (n) => `${Math.round(n)} %`,
        120,
      ]);
    this.#charts.replaceChildren(
      ...parts.map(([title, lines]) =>
        h(
          'figure',
          { 'aria-label': title },
          h(
            'figcaption',
            {},
            h('strong', {}, title),
            ...lines.map((line) => key(line.label, line.color, line.dash)),
            ...(page.gaps ? [gapKey(words.gaps)] : []),
          ),
        ),
      ),
    );
    parts.forEach(([, lines, value, height], i) => {
      const plot = new uPlot(
        this.#options(lines, value, height),
        dataOf(page, lines),
        this.#charts.children[i] as HTMLElement,
      );
      this.#plots.push({ plot, lines });
    });
  }

  #options(lines: readonly Line[], value: (n: number) => string, height: number): uPlot.Options {
    const text = colour('--vscode-foreground');
    // Borders of high contrast would drown the lines.
    const grid = { stroke: faded(text, 0.2), width: 1 };
    const font = `11px ${getComputedStyle(document.body).fontFamily}`;
    const axis = { stroke: text, grid, ticks: grid, font };
    return {
      width: this.#width(),
      height,
      legend: { show: false },
      cursor: { sync: { key: 'migration' }, drag: { x: false, y: false } },
      scales: {
        x: { time: false, range: (_, min, max) => [Math.min(0, min), Math.max(max, min + 10)] },
        y: { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] },
      },
      axes: [
        {
          ...axis,
          values: (_, splits) => splits.map((s) => clock(s)),
          space: 60,
          incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600],
        },
        {
          ...axis,
          values: (_, splits) => splits.map(value),
          size: 84,
          ...(lines[0]?.of !== throttleOf && { incrs: STEPS }),
        },
      ],
      series: [
        {},
        ...lines.map(({ label, color, dash, fill }) => ({
          label,
          stroke: color,
          width: 2,
          spanGaps: false,
          points: { show: false },
          ...(dash && { dash }),
          ...(fill && { fill: faded(color) }),
        })),
      ],
      hooks: { drawClear: [(plot) => this.#shade(plot)] },
    };
  }

  /** When the guest did not answer. */
  #shade(plot: uPlot): void {
    const { gaps = [], began } = this.#page;
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.fillStyle = faded(colour('--vscode-charts-red'), 0.35);
    for (const { from, to } of gaps) {
      const [left, right] = [from, to].map((at) => plot.valToPos((at - began) / 1000, 'x', true));
      const start = Math.max(bbox.left, left!);
      const end = Math.min(bbox.left + bbox.width, Math.max(right!, left! + 2));
      if (end > start) ctx.fillRect(start, bbox.top, end - start, bbox.height);
    }
    ctx.restore();
  }
}

const throttleOf: Line['of'] = ({ throttle = 0 }) => throttle;
const isWritten = ({ samples }: ChartPage): boolean => samples.some(({ dirtyRate }) => dirtyRate !== undefined);
const hasThrottle = ({ samples }: ChartPage): boolean => samples.some(({ throttle }) => (throttle ?? 0) > 0);

function dataOf({ samples, began }: ChartPage, lines: readonly Line[]): uPlot.AlignedData {
  return [samples.map(({ at }) => (at - began) / 1000), ...lines.map(({ of }) => samples.map((s) => of(s) ?? null))];
}

/** A colour of the theme, or that of its text where it has none. */
function colour(wanted: string): string {
  const style = getComputedStyle(document.body);
  for (const name of [wanted, '--vscode-foreground']) {
    const value = style.getPropertyValue(name).trim();
    if (value !== '') return value;
  }
  return style.color;
}

/** The same colour, to be seen through. */
function faded(color: string, alpha = 0.18): string {
  const probe = document.createElement('canvas').getContext('2d')!;
  probe.fillStyle = color;
  const [, r, g, b] = /^#(..)(..)(..)$/.exec(probe.fillStyle) ?? [];
  return r === undefined ? color : `rgba(${[r, g!, b!].map((part) => Number.parseInt(part, 16)).join()},${alpha})`;
}

/** The line of a key as it is drawn, so that it is told apart without its colour. */
function key(label: string, color: string, dash?: readonly number[]): HTMLSpanElement {
  const sample = h('span', { class: 'line', 'aria-hidden': 'true' });
  sample.style.borderTopColor = color;
  if (dash) sample.style.borderTopStyle = 'dashed';
  return h('span', { class: 'key' }, sample, label);
}

const gapKey = (label: string): HTMLSpanElement =>
  h('span', { class: 'key' }, h('span', { class: 'gap', 'aria-hidden': 'true' }), label);

function bytes(n: number): string {
  let i = 0;
  for (; n >= 1000 && i < UNITS.length - 1; i++) n /= 1024;
  return `${i === 0 || n >= 100 ? Math.round(n) : Number(n.toFixed(1))} ${UNITS[i]}`;
}

/** `1:05` from seconds. */
function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (n: number): string => String(n).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}`;
}
