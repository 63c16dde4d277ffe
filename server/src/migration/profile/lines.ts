import type { Identities, Meant } from './identities';

/** Stands for a node's own name or address in what is compared. No file that can be judged holds it. */
const MARK = '\u0001';
/** `10.0.0.0/24`, `10.0.0.0/255.255.255.0`, `2001:db8::/32` */
const NETWORK = /(?:\d+\.\d+\.\d+\.\d+|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+)\/\d[\d.]*/g;
/** As certificates and lists of what is allowed have them: `*.example.net`. */
const WILD_NAME = /\*\.[\w.-]+/g;

/** A word of a line that means a node. */
export type Found = Meant & { readonly from: number };

/** Lines of all texts, each looked at once: which nodes they speak of, and which networks and patterns stand in them. */
export class Lines {
  readonly #words: Identities;
  readonly #found = new Map<string, readonly Found[]>();
  /** Of lines that speak of one node. */
  readonly #forms = new Map<string, string>();
  readonly #own = new Map<string, number>();
  readonly networks = new Set<string>();
  readonly globs = new Set<string>();

  constructor(words: Identities) {
    this.#words = words;
  }

  find(line: string): readonly Found[] {
    let found = this.#found.get(line);
    if (found) return found;
    const list: Found[] = [];
    this.#words.find(line, (meant, from) => list.push({ ...meant, from }));
    if (line.includes('*.')) for (const [wild] of line.matchAll(WILD_NAME)) this.globs.add(wild);
    if (line.includes('/')) for (const [network] of line.matchAll(NETWORK)) this.networks.add(network);
    this.#found.set(line, (found = list));
    return found;
  }

  /**
   * Calls for each node that a line speaks of.
   * @param place where the line stands, if that says something
   * @param alone its order says nothing: what it says of one node alone is no more than that
   * @returns whether the line has to be kept as it is
   */
  told(line: string, place: string, alone: boolean, say: (node: number, form: string) => void): boolean {
    const found = this.find(line);
    const owner = found[0]?.owner;
    if (owner !== undefined && alone && found.every((one) => one.owner === owner)) {
      say(owner, this.#form(line, owner));
      return false;
    }
    // Whoever is named in a place of its own is like nobody else.
    for (const one of found) say(one.owner, `${one.owner} in ${place}`);
    return true;
  }

  /** A text with the names and addresses of a node replaced. A word that differs from them in its case alone is left as it is. */
  replaced(text: string, owner: number): string {
    return text
      .split('\n')
      .map((line) => {
        let out = '';
        let at = 0;
        for (const found of this.find(line)) {
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

  /** A number in place of a text: the same for the same. */
  intern(text: string): number {
    let id = this.#own.get(text);
    if (id === undefined) this.#own.set(text, (id = this.#own.size));
    return id;
  }

  /** What several lines say of one node, as one form. */
  formOf(forms: readonly string[]): string {
    return String(this.intern(forms.length === 1 ? forms[0]! : [...forms].sort().join('\n')));
  }

  #form(line: string, owner: number): string {
    let form = this.#forms.get(line);
    if (form === undefined) this.#forms.set(line, (form = this.replaced(line, owner)));
    return form;
  }
}
