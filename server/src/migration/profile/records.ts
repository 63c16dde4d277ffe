import type { Lines } from './lines';
import { linesOf } from './facts';

/** Facts by what they are about: `resolves`, `reaches`, `exported`. */
export type Told = Readonly<Record<string, unknown>>;

/** A fact that speaks of the same thing as that of others. */
interface Entry {
  readonly key: string;
  readonly value: unknown;
  /** Every object has it, from where it comes. */
  readonly inherited: boolean;
}

interface Holder {
  readonly node: number;
  /** Of the entries: those of which it says nothing, or something else. */
  readonly without: number[];
  readonly others: readonly (readonly [key: string, value: unknown])[];
  /** Entries from there on were not known when it was looked at: it has none of them. */
  readonly until: number;
}

/** What one or more nodes tell, by how it differs from the entries. */
interface Text {
  readonly id: string;
  /** What is said of nodes otherwise than by the entries; undefined: nothing any more. */
  readonly changed: ReadonlyMap<number, string | undefined>;
  readonly rest: number;
  /** As most nodes are spoken of; undefined: they are not. */
  readonly usual: string | undefined;
  readonly holders: number[];
}

/**
 * What each of many nodes tells of all others. A thousand of them tell a million things, nearly all of which are the same: so the
 * first word on each thing is kept, and of each node only what differs from it is looked at.
 */
export class Records {
  readonly #lines: Lines;
  readonly #count: number;
  readonly #name: string;
  readonly #entries: Entry[] = [];
  readonly #known = new Set<string>();
  readonly #holders: Holder[] = [];

  /** @param count of all nodes */
  constructor(name: string, lines: Lines, count: number) {
    this.#name = name;
    this.#lines = lines;
    this.#count = count;
  }

  add(node: number, told: Told): void {
    const without: number[] = [];
    const others: (readonly [string, unknown])[] = [];
    let found = 0;
    const entries = this.#entries;
    for (let i = 0; i < entries.length; i++) {
      const { key, value, inherited } = entries[i]!;
      const own = inherited && !Object.hasOwn(told, key) ? undefined : told[key];
      if (own !== undefined) found++;
      if (own !== undefined && isSame(own, value)) continue;
      without.push(i);
      if (own !== undefined) others.push([key, own]);
    }
    const keys = Object.keys(told);
    if (keys.length > found)
      for (const key of keys) {
        if (this.#known.has(key)) continue;
        this.#known.add(key);
        entries.push({ key, value: told[key], inherited: key in Object.prototype });
      }
    this.#holders.push({ node, without, others, until: entries.length });
  }

  /**
   * For each node what it tells and what is told of it, once all have been added.
   * @param say of nodes that differ in what is said, one cannot stand for the other
   */
  tell(say: (node: number, what: string) => void): void {
    const base = new Base(this.#lines, this.#name, this.#entries);
    const texts = new Map<string, Text>();
    for (const { node, without, others, until } of this.#holders) {
      for (let i = until; i < this.#entries.length; i++) without.push(i);
      const key = JSON.stringify([without, others]);
      let text = texts.get(key);
      if (!text) texts.set(key, (text = this.#text(base, `${this.#name}/${texts.size}`, without, others)));
      text.holders.push(node);
    }
    const unusual = new Map([...texts.values()].map((text) => [text, this.#unusual(base, text)]));
    for (const [text, odd] of unusual)
      for (const holder of text.holders) {
        const own = text.changed.has(holder) ? text.changed.get(holder) : base.forms.get(holder);
        // Which other nodes it speaks of in another way than of most.
        const others = odd.filter(([node]) => node !== holder).map(([node, form]) => `${node}:${form}`);
        say(holder, `${this.#name}#${text.rest},${own ?? ''},${text.usual ?? ''},${others.join(' ')}`);
      }
    // After all that nodes tell themselves: who is alike is told of in the same order.
    for (const [text, odd] of unusual)
      for (const [node, form] of odd)
        if (text.holders.length > 1 || text.holders[0] !== node) say(node, `by ${text.id}: ${form}`);
  }

  #text(base: Base, id: string, without: readonly number[], others: Holder['others']): Text {
    const gone = new Set(without);
    const said = new Map<number, string[]>();
    const rest: string[] = [];
    for (const [key, value] of others) base.read(key, value, said, rest);
    const touched = new Set([...said.keys(), ...without.flatMap((i) => base.nodesOf(i))]);
    const changed = new Map<number, string | undefined>();
    for (const node of touched) {
      const forms = [...base.left(node, gone), ...(said.get(node) ?? [])];
      changed.set(node, forms.length > 0 ? this.#lines.formOf(forms) : undefined);
    }
    return {
      ...{ id, changed, rest: base.rest(gone, rest) },
      usual: base.usual(changed, this.#count),
      holders: [],
    };
  }

  #unusual(base: Base, { changed, usual }: Text): (readonly [node: number, form: string])[] {
    const out = base.unusual(usual, this.#count).filter(([node]) => !changed.has(node));
    for (const [node, form] of changed)
      if (form !== usual && (usual !== undefined || form !== undefined)) out.push([node, form ?? '']);
    return out.sort(([a], [b]) => a - b);
  }
}

/** What the entries say of nodes, all together. */
class Base {
  readonly #lines: Lines;
  readonly #name: string;
  /** By node: what the entries say of it, each by itself. */
  readonly #said = new Map<number, { readonly entry: number; readonly form: string }[]>();
  readonly #nodes: (readonly number[])[] = [];
  readonly #rest: { readonly entry: number; readonly line: string }[] = [];
  readonly #restOf = new Set<number>();
  readonly forms: ReadonlyMap<number, string>;
  readonly #counts = new Map<string, number>();
  readonly #unusual = new Map<string | undefined, (readonly [node: number, form: string])[]>();
  #whole: number | undefined;

  constructor(lines: Lines, name: string, entries: readonly Entry[]) {
    this.#lines = lines;
    this.#name = name;
    entries.forEach(({ key, value }, entry) => {
      const said = new Map<number, string[]>();
      const rest: string[] = [];
      this.read(key, value, said, rest);
      for (const [node, forms] of said) {
        const list = this.#said.get(node) ?? [];
        this.#said.set(node, list);
        for (const form of forms) list.push({ entry, form });
      }
      for (const line of rest) this.#rest.push({ entry, line });
      if (rest.length > 0) this.#restOf.add(entry);
      this.#nodes.push([...said.keys()]);
    });
    this.forms = new Map([...this.#said].map(([node, list]) => [node, lines.formOf(list.map(({ form }) => form))]));
    for (const form of this.forms.values()) this.#counts.set(form, (this.#counts.get(form) ?? 0) + 1);
  }

  /** What one fact says of nodes, and what of it speaks of none, or of several. */
  read(key: string, value: unknown, said: Map<number, string[]>, rest: string[]): void {
    for (const line of linesOf(key, value)) {
      const kept = this.#lines.told(line, this.#name, true, (node, form) => {
        const list = said.get(node);
        if (list) list.push(form);
        else said.set(node, [form]);
      });
      if (kept) rest.push(line);
    }
  }

  nodesOf(entry: number): readonly number[] {
    return this.#nodes[entry]!;
  }

  /** What is said of a node without some of the entries. */
  left(node: number, without: ReadonlySet<number>): string[] {
    return (this.#said.get(node) ?? []).flatMap(({ entry, form }) => (without.has(entry) ? [] : [form]));
  }

  rest(without: ReadonlySet<number>, more: readonly string[]): number {
    if (more.length === 0 && ![...without].some((entry) => this.#restOf.has(entry)))
      return (this.#whole ??= this.#restWithout(new Set(), []));
    return this.#restWithout(without, more);
  }

  #restWithout(without: ReadonlySet<number>, more: readonly string[]): number {
    const lines = this.#rest.flatMap(({ entry, line }) => (without.has(entry) ? [] : [line]));
    return this.#lines.intern([...lines, ...more].sort().join('\n'));
  }

  /** The way in which the most are spoken of, if more than are not; of two the older one. */
  usual(changed: ReadonlyMap<number, string | undefined>, count: number): string | undefined {
    const counts = new Map<string, number>();
    const add = (form: string | undefined, by: number): void => {
      if (form !== undefined) counts.set(form, (counts.get(form) ?? this.#counts.get(form) ?? 0) + by);
    };
    let spoken = this.forms.size;
    for (const [node, form] of changed) {
      const before = this.forms.get(node);
      add(before, -1);
      add(form, 1);
      spoken += Number(form !== undefined) - Number(before !== undefined);
    }
    let best: string | undefined;
    let most = count - spoken;
    const look = (form: string, times: number): void => {
      if (times < most || (times === most && (best === undefined || Number(form) > Number(best)))) return;
      best = form;
      most = times;
    };
    for (const [form, times] of this.#counts) if (!counts.has(form)) look(form, times);
    for (const [form, times] of counts) look(form, times);
    return best;
  }

  /** Nodes of which the entries speak otherwise. */
  unusual(usual: string | undefined, count: number): readonly (readonly [node: number, form: string])[] {
    let found = this.#unusual.get(usual);
    if (found) return found;
    const list: (readonly [number, string])[] = usual === undefined ? [...this.forms] : [];
    for (let node = 0; usual !== undefined && node < count; node++) {
      const form = this.forms.get(node);
      if (form !== usual) list.push([node, form ?? '']);
    }
    this.#unusual.set(usual, (found = list));
    return found;
  }
}

function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
