import { networkHolds, wildcardMatches } from '../../model/nfs';
import type { Identities } from './identities';
import type { Lines } from './lines';

/** What a text is made of whose order says nothing. */
type Unordered = 'hosts' | 'exports' | 'lines' | undefined;

/** A client of an export that may be many hosts. */
const WILD = /[^\s(),"]*[*?[][^\s(),"]*/g;

/** A line that speaks of nodes, and where it stands in its text. */
interface Spoken {
  readonly at: number;
  readonly line: string;
}

/** One text that one or more nodes have. */
interface Text {
  readonly id: number;
  /** Nodes that it speaks of. */
  readonly mentions: ReadonlyMap<number, string>;
  /** What of it speaks of no node, where its order says nothing. */
  readonly rest: string;
  /** Where its order matters: what of it speaks of nodes. */
  readonly spoken: readonly Spoken[];
  /** As most nodes are mentioned in it; undefined: they are not. */
  readonly usual: string | undefined;
  readonly holders: Set<number>;
}

/** Files and facts as texts, with what they say of nodes. */
export class Texts {
  readonly #words: Identities;
  readonly #lines: Lines;
  readonly #count: number;
  readonly #known = new Map<string, Map<string, Text>>();
  /** Of each kind of text the lines of the first one: the others have most of them, too, and at the same place. */
  readonly #first = new Map<string, readonly string[]>();
  readonly #all: Text[] = [];

  /** @param count of all nodes */
  constructor(words: Identities, lines: Lines, count: number) {
    this.#words = words;
    this.#lines = lines;
    this.#count = count;
  }

  /**
   * A text of a node, with the node's own names and addresses replaced.
   * @param name of such texts
   * @param unordered what it is made of, where its order says nothing
   */
  of(holder: number, name: string, text: string, unordered: Unordered): string {
    const known = this.#text(name, text, unordered);
    known.holders.add(holder);
    const own = known.mentions.get(holder);
    if (!unordered) {
      if (own === undefined) return `#${known.id}`;
      let [out, at] = ['', 0];
      for (const { at: from, line } of known.spoken) {
        out += text.slice(at, from) + this.#lines.replaced(line, holder);
        at = from + line.length;
      }
      return `=${this.#lines.intern(out + text.slice(at))}`;
    }
    // Which other nodes it speaks of in another way than of most.
    const others: string[] = [];
    for (const [node, form] of this.#unusual(known)) if (node !== holder) others.push(`${node}:${form}`);
    return `#${this.#lines.intern(known.rest)},${own ?? ''},${known.usual ?? ''},${others.join(' ')}`;
  }

  /** What others say of each node, and which networks and patterns it is in. */
  seen(say: (node: number, what: string) => void): void {
    // In the order of their numbers: who is alike is told of in the same one.
    for (const text of this.#all)
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

  #text(name: string, text: string, unordered: Unordered): Text {
    const kind = unordered ?? '';
    let texts = this.#known.get(kind);
    if (!texts) this.#known.set(kind, (texts = new Map<string, Text>()));
    let known = texts.get(text);
    if (!known) {
      known = unordered ? this.#unordered(text, unordered) : this.#ordered(name, text);
      texts.set(text, known);
      this.#all.push(known);
    }
    return known;
  }

  #unordered(text: string, unordered: NonNullable<Unordered>): Text {
    const id = this.#all.length;
    const rest: string[] = [];
    const forms = new Forms();
    for (const line of unordered === 'exports' ? clients(text) : text.split('\n')) {
      if (this.#lines.told(line, String(id), true, forms.say)) rest.push(line);
      if (unordered === 'exports') for (const [wild] of line.matchAll(WILD)) this.#lines.globs.add(wild);
    }
    return this.#made(id, forms, { rest: rest.join('\n'), spoken: [] });
  }

  #ordered(name: string, text: string): Text {
    const id = this.#all.length;
    const forms = new Forms();
    const spoken: Spoken[] = [];
    const first = this.#first.get(name);
    const lines: string[] = [];
    for (let at = 0, i = 0; at <= text.length; i++) {
      const line = lineAt(text, at, first?.[i]);
      lines.push(line);
      if (this.#lines.find(line).length > 0) {
        spoken.push({ at, line });
        this.#lines.told(line, String(id), false, forms.say);
      }
      at += line.length + 1;
    }
    if (!first) this.#first.set(name, lines);
    return this.#made(id, forms, { rest: '', spoken });
  }

  #made(id: number, { all }: Forms, own: Pick<Text, 'rest' | 'spoken'>): Text {
    const mentions = new Map<number, string>();
    for (const [node, list] of all) mentions.set(node, this.#lines.formOf(list));
    return { id, mentions, ...own, usual: usualOf(mentions, this.#count), holders: new Set() };
  }
}

/** What lines say of nodes. */
class Forms {
  readonly all = new Map<number, string[]>();
  readonly say = (node: number, form: string): void => {
    const list = this.all.get(node);
    if (list) list.push(form);
    else this.all.set(node, [form]);
  };
}

/** The line that begins there; the expected one itself where it is that, whose hash the engine knows. */
function lineAt(text: string, at: number, expected: string | undefined): string {
  if (expected !== undefined && text.startsWith(expected, at)) {
    const end = at + expected.length;
    if (end === text.length || text.charCodeAt(end) === 10) return expected;
  }
  const end = text.indexOf('\n', at);
  return text.slice(at, end < 0 ? text.length : end);
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
