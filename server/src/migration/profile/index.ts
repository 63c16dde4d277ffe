import type { SourceFile } from '../../model/files';
import { networkHolds, wildcardMatches } from '../../model/nfs';
import { factTexts } from './facts';
import { Identities, type Meant, type Member } from './identities';

export type { Member } from './identities';

/** Stands for a node's own name or address in what is compared. No file that can be judged holds it. */
const MARK = '\u0001';
/** `10.0.0.0/24`, `10.0.0.0/255.255.255.0`, `2001:db8::/32` */
const NETWORK = /(?:\d+\.\d+\.\d+\.\d+|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+)\/\d[\d.]*/g;
/** A client of an export that may be many hosts. */
const WILD = /[^\s(),"]*[*?[][^\s(),"]*/g;
/** As certificates and lists of what is allowed have them: `*.example.net`. */
const WILD_NAME = /\*\.[\w.-]+/g;

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

/**
 * Nodes that are alike: two of them can change places, names and addresses and all, and the whole cluster is as it was. So no
 * rule that goes by what stands there, whoever it is about, can tell one from the other, nor the pairs that they are in.
 * @returns indices of `members` by group, in their order
 */
export function alike(members: readonly Member[], inventory: SourceFile | undefined): number[][] {
  const words = new Identities(members);
  const texts = new Texts(words, members.length);
  const profiles = members.map((member, i): string[] => {
    const profile = [words.shapes[i]!];
    for (const file of member.input.files) {
      if (file.kind === 'facts' && member.facts) continue;
      const unordered = file.kind === 'hosts' || (file.kind === 'exports' && !/\\\r?\n/.test(file.text));
      profile.push(file.path, file.defect?.code ?? '', texts.of(i, file.text, unordered ? file.kind : undefined));
    }
    if (member.facts)
      for (const { name, text, unordered } of factTexts(member.facts, member.input))
        profile.push(name, texts.of(i, text, unordered ? 'lines' : undefined));
    return profile;
  });
  inventoryTexts(members, inventory, (i, text) => profiles[i]!.push('livemig.ini', texts.of(i, text, undefined)));
  texts.seen((i, what) => profiles[i]!.push(what));
  const groups = new Map<string, number[]>();
  profiles.forEach((profile, i) => {
    const key = profile.join('\0');
    const group = groups.get(key);
    if (group) group.push(i);
    else groups.set(key, [i]);
  });
  return [...groups.values()];
}

/** What livemig.ini says of a node, to the next header. What stands above the first belongs to nobody. */
function inventoryTexts(
  members: readonly Member[],
  inventory: SourceFile | undefined,
  say: (member: number, text: string) => void,
): void {
  if (!inventory) return;
  const starts = [...inventory.text.matchAll(/^[ \t]*\[/gm)].map((m) => m.index);
  const ends = new Map(starts.map((start, i) => [start, starts[i + 1] ?? inventory.text.length]));
  members.forEach(({ node }, i) => {
    if (!node) return;
    const { start } = node.section.span;
    const line = inventory.text.lastIndexOf('\n', start) + 1;
    say(i, inventory.text.slice(line, ends.get(line) ?? inventory.text.length).trimEnd());
  });
}

class Texts {
  readonly #words: Identities;
  readonly #count: number;
  readonly #known = new Map<string, Text>();
  readonly #lines = new Map<string, readonly (Meant & { readonly from: number })[]>();
  /** Of lines that speak of one node. */
  readonly #forms = new Map<string, string>();
  readonly #own = new Map<string, number>();
  readonly #patterns = new Set<string>();
  readonly #globs = new Set<string>();

  constructor(words: Identities, count: number) {
    this.#words = words;
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
      return `=${this.#intern(this.#replaced(text, holder))}`;
    }
    // Which other nodes it speaks of in another way than of most.
    const others: string[] = [];
    for (const [node, form] of this.#unusual(known)) if (node !== holder) others.push(`${node}:${form}`);
    return `#${this.#intern(known.rest)},${own ?? ''},${known.usual ?? ''},${others.join(' ')}`;
  }

  /** What others say of each node, and which networks and patterns it is in. */
  seen(say: (node: number, what: string) => void): void {
    for (const text of this.#known.values())
      for (const [node, form] of this.#unusual(text))
        if (text.holders.size > 1 || !text.holders.has(node)) say(node, `by ${text.id}: ${form}`);
    for (const [i, pattern] of [...this.#patterns].entries())
      this.#words.own.forEach((list, node) =>
        list.forEach((word, role) => {
          if (networkHolds(pattern, word)) say(node, `in ${i}: ${role}`);
        }),
      );
    for (const [i, pattern] of [...this.#globs].entries())
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
      const found = this.#line(line);
      const owner = found[0]?.owner;
      if (owner !== undefined && unordered && found.every((one) => one.owner === owner))
        say(owner, this.#form(line, owner));
      else {
        // Whoever is named in a place of its own is like nobody else.
        for (const one of found) say(one.owner, `${one.owner} in ${id}`);
        rest.push(line);
      }
      if (unordered === 'exports') for (const [wild] of line.matchAll(WILD)) this.#globs.add(wild);
    }
    const mentions = new Map<number, string>();
    for (const [node, list] of forms)
      mentions.set(node, String(this.#intern(list.length === 1 ? list[0]! : list.sort().join('\n'))));
    return { id, mentions, rest: rest.join('\n'), usual: usualOf(mentions, this.#count), holders: new Set() };
  }

  #line(line: string): readonly (Meant & { readonly from: number })[] {
    let found = this.#lines.get(line);
    if (found) return found;
    const list: (Meant & { readonly from: number })[] = [];
    this.#words.find(line, (meant, from) => list.push({ ...meant, from }));
    if (line.includes('*.')) for (const [wild] of line.matchAll(WILD_NAME)) this.#globs.add(wild);
    if (line.includes('/')) for (const [network] of line.matchAll(NETWORK)) this.#patterns.add(network);
    this.#lines.set(line, (found = list));
    return found;
  }

  #form(line: string, owner: number): string {
    let form = this.#forms.get(line);
    if (form === undefined) this.#forms.set(line, (form = this.#replaced(line, owner)));
    return form;
  }

  /** A word that differs from the node's own in its case alone is left as it is. */
  #replaced(text: string, owner: number): string {
    return text
      .split('\n')
      .map((line) => {
        let out = '';
        let at = 0;
        for (const found of this.#line(line)) {
          const { from, length, role } = found;
          const word = line.slice(from, from + length);
          if (found.owner !== owner || word !== this.#words.own[owner]![role]) continue;
          out += `${line.slice(at, from)}${MARK}${role}${MARK}`;
          at = from + length;
        }
        return out + line.slice(at);
      })
      .join('\n');
  }

  #intern(text: string): number {
    let id = this.#own.get(text);
    if (id === undefined) this.#own.set(text, (id = this.#own.size));
    return id;
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
