import { networkHolds, wildcardMatches } from '../../model/nfs';
import type { Identities } from './identities';
import type { Lines } from './lines';

/** A client of an export that may be many hosts. */
const WILD = /[^\s(),"]*[*?[][^\s(),"]*/g;

/** One text that one or more nodes have. */
interface Text {
  readonly id: number;
  /** Nodes that it speaks of. */
  readonly mentions: ReadonlyMap<number, string>;
  /** What of it speaks of no node; whole where its order matters. */
  readonly rest: string;
  /** As most nodes are mentioned in it; undefined: they are not. */
  readonly usual: string | undefined;
  readonly holders: Set<number>;
}

/** Files and facts as texts, with what they say of nodes. */
export class Texts {
  readonly #words: Identities;
  readonly #lines: Lines;
  readonly #count: number;
  readonly #known = new Map<string, Text>();

  /** @param count of all nodes */
  constructor(words: Identities, lines: Lines, count: number) {
    this.#words = words;
    this.#lines = lines;
    this.#count = count;
  }

  /**
   * A text of a node, with the node's own names and addresses replaced.
   * @param unordered what it is made of, where its order says nothing
   */
  of(holder: number, text: string, unordered: 'hosts' | 'exports' | 'lines' | undefined): string {
    const known = this.#text(text, unordered);
    known.holders.add(holder);
    const own = known.mentions.get(holder);
    if (!unordered) {
      if (own === undefined) return `#${known.id}`;
      return `=${this.#lines.intern(this.#lines.replaced(text, holder))}`;
    }
    // Which other nodes it speaks of in another way than of most.
    const others: string[] = [];
    for (const [node, form] of this.#unusual(known)) if (node !== holder) others.push(`${node}:${form}`);
    return `#${this.#lines.intern(known.rest)},${own ?? ''},${known.usual ?? ''},${others.join(' ')}`;
  }

  /** What others say of each node, and which networks and patterns it is in. */
  seen(say: (node: number, what: string) => void): void {
    for (const text of this.#known.values())
      for (const [node, form] of this.#unusual(text))
        if (text.holders.size > 1 || !text.holders.has(node)) say(node, `by ${text.id}: ${form}`);
    for (const [i, pattern] of [...this.#lines.networks].entries())
      this.#words.own.forEach((list, node) =>
        list.forEach((word, role) => {
          if (networkHolds(pattern, word)) say(node, `in ${i}: ${role}`);
        }),
      );
    for (const [i, pattern] of [...this.#lines.globs].entries())
      this.#words.own.forEach((list, node) =>
        list.forEach((word, role) => {
          if (wildcardMatches(pattern, word)) say(node, `like ${i}: ${role}`);
        }),
      );
  }

  #unusual({ mentions, usual }: Text): readonly (readonly [node: number, form: string])[] {
    if (usual === undefined) return [...mentions];
    const out: [number, string][] = [];
    for (let node = 0; node < this.#count; node++) {
      const form = mentions.get(node);
      if (form !== usual) out.push([node, form ?? '']);
    }
    return out;
  }

  #text(text: string, unordered: 'hosts' | 'exports' | 'lines' | undefined): Text {
    const key = `${unordered ?? ''}\0${text}`;
    let known = this.#known.get(key);
    if (!known) this.#known.set(key, (known = this.#read(text, unordered)));
    return known;
  }

  #read(text: string, unordered: 'hosts' | 'exports' | 'lines' | undefined): Text {
    const id = this.#known.size;
    const rest: string[] = [];
    const forms = new Map<number, string[]>();
    const say = (node: number, form: string): void => {
      const list = forms.get(node);
      if (list) list.push(form);
      else forms.set(node, [form]);
    };
    for (const line of unordered === 'exports' ? clients(text) : text.split('\n')) {
      if (this.#lines.told(line, String(id), unordered !== undefined, say)) rest.push(line);
      if (unordered === 'exports') for (const [wild] of line.matchAll(WILD)) this.#lines.globs.add(wild);
    }
    const mentions = new Map<number, string>();
    for (const [node, list] of forms) mentions.set(node, this.#lines.formOf(list));
    return { id, mentions, rest: rest.join('\n'), usual: usualOf(mentions, this.#count), holders: new Set() };
  }
}

/** Each client of an export with its path, each by itself. */
function clients(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const [, path, rest] = /^(\s*(?:"[^"]*"|[^\s"#]+)\s+)(.*)$/.exec(line) ?? [];
    if (path === undefined || rest === undefined || rest.includes('#')) return [line];
    return rest.split(/\s+/).map((client) => `${path}${client}`);
  });
}

/** The way in which the most are mentioned, if more than are not. */
function usualOf(mentions: ReadonlyMap<number, string>, count: number): string | undefined {
  const counts = new Map<string, number>();
  for (const form of mentions.values()) counts.set(form, (counts.get(form) ?? 0) + 1);
  let best: readonly [string, number] = ['', count - mentions.size];
  for (const entry of counts) if (entry[1] > best[1]) best = entry;
  return best[0] === '' ? undefined : best[0];
}
