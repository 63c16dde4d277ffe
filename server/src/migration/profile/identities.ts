import type { HostInput } from '../../model/host';
import { isAddress, isLinkLocal, isLoopback } from '../../model/cluster';
import type { Facts } from '../../model/facts';
import type { InventoryNode } from '../../model/inventory';
import { bytesOf } from '../../model/nfs';

/** A node before anything is parsed of it. */
export interface Member {
  readonly input: HostInput;
  /** What facts.json says, where that is at hand already. */
  readonly facts?: Facts | undefined;
  /** Its section of livemig.ini. */
  readonly node: InventoryNode | undefined;
}

/** A word that means a node. */
export interface Meant {
  /** Index of the node. */
  readonly owner: number;
  /** Which of the owner's names or addresses it is. */
  readonly role: number;
  /** How many characters of the word it takes: behind a name there may be a domain. */
  readonly length: number;
}

/** A key's fingerprint, `10.0.0.1`, `fe80::1`, `compute1.example.net`, a UUID. */
const WORD =
  /SHA256:[A-Za-z0-9+/]{43}|(?:[0-9A-Fa-f]{0,4}:){2,7}(?:\d+\.\d+\.\d+\.\d+|[0-9A-Fa-f]{0,4})|[A-Za-z0-9][\w.-]*/g;
/** Where nova.conf may give the node a name or an address; wrong guesses do no harm, they only part nodes. */
const SET = /^[ \t]*(?:host|my_ip)[ \t]*[=:][ \t]*(\S+)[ \t]*$/gm;

/** Names and addresses of nodes that are theirs alone. */
export class Identities {
  /** For each node: which of its names are equal, and of what kind each is. Nodes that differ in it are not alike. */
  readonly shapes: readonly string[];
  /** For each node its names and addresses by role. */
  readonly own: readonly (readonly string[])[];
  readonly #words = new Map<string, { readonly owner: number; readonly role: number }>();

  constructor(members: readonly Member[]) {
    const claims = members.map((member) => claimsOf(member));
    const owners = new Map<string, number>();
    claims.forEach((list, owner) => {
      for (const [, word] of list) {
        const key = word.toLowerCase();
        const known = owners.get(key);
        // What two nodes claim, libvirt's own bridge or a mistake, is nobody's and stays as it is written.
        owners.set(key, known === undefined || known === owner ? owner : -1);
      }
    });
    this.own = claims.map((list, owner) => {
      const roles: string[] = [];
      for (const [, word] of list) {
        if (owners.get(word.toLowerCase()) !== owner || this.#words.has(word.toLowerCase())) continue;
        this.#words.set(word.toLowerCase(), { owner, role: roles.length });
        roles.push(word);
      }
      return roles;
    });
    this.shapes = claims.map((list, owner) =>
      list
        .map(([from, word]) => {
          const meant = owners.get(word.toLowerCase()) === owner ? this.#words.get(word.toLowerCase()) : undefined;
          const same = meant && this.own[owner]![meant.role] === word;
          return `${from}=${same ? `${meant.role}${kindOf(word)}` : word}`;
        })
        .join('\n'),
    );
  }

  /** Calls for each word of a text that means a node. @param from where it stands in the text */
  find(text: string, found: (meant: Meant, from: number) => void): void {
    WORD.lastIndex = 0;
    for (let match = WORD.exec(text); match; match = WORD.exec(text)) {
      const meant = this.#meant(match[0]);
      if (meant) found(meant, match.index);
    }
  }

  #meant(word: string): Meant | undefined {
    const lower = word.toLowerCase();
    for (let end = lower.length; end > 0; end = lower.lastIndexOf('.', end - 1)) {
      const found = this.#words.get(end === lower.length ? lower : lower.slice(0, end));
      if (found) return { ...found, length: end };
    }
    return undefined;
  }
}

/** All that a node may be known by, with where that comes from. */
function claimsOf({ input, facts, node }: Member): readonly (readonly [from: string, word: string])[] {
  const claims: [string, string][] = [];
  const add = (from: string, word: string | undefined): void => {
    const plain = word?.trim();
    if (!plain || !/^[\w.:-]+$/.test(plain)) return;
    if (/^(?:localhost|ip6-)/i.test(plain) || isLoopback(plain) || isLinkLocal(plain) || /^[0:.]+$/.test(plain)) return;
    claims.push([from, plain]);
    if (!isAddress(plain) && plain.includes('.')) claims.push([`${from}.`, plain.replace(/\..*$/, '')]);
  };
  add('name', input.name);
  for (const { kind, text } of input.files) {
    if (kind === 'hostname') add('hostname', text);
    else if (kind === 'nova') for (const [, word] of text.matchAll(SET)) add('nova', word);
  }
  add('facts', facts?.hostname);
  add('fqdn', facts?.fqdn);
  add('node', node?.name);
  add('address', node?.address);
  for (const [name, list] of Object.entries(facts?.addresses ?? {}))
    list.forEach((address, i) => add(`${name}/${i}`, address));
  for (const keys of [facts?.ssh?.hostKeys, facts?.ssh?.keys])
    for (const [i, key] of (keys ?? []).entries()) claims.push([`key/${i}`, key.split(' ').at(-1)!]);
  add('uuid', facts?.hostUuid);
  add('product', facts?.productUuid);
  return claims;
}

/** Rules ask of an address which family it is of, and whether another is its neighbour. */
function kindOf(word: string): string {
  const bytes = bytesOf(word);
  if (!bytes) return /^[\d.]+$/.test(word) ? word : '';
  return `/${bytes.slice(0, bytes.length === 4 ? 3 : 8).join('.')}`;
}
