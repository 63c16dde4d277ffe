/** An element of what libvirt writes: no namespaces, no DTD, no mixed text. */
export interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly Element[];
  /** Between its tags, without that of its children. */
  readonly text: string;
}

/** Deeper than anything of libvirt's. */
const MAX_DEPTH = 64;

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** The first element of a text; undefined where it is not closed, or not XML. */
export function readXml(text: string): Element | undefined {
  const open: { name: string; attributes: Map<string, string>; children: Element[]; text: string }[] = [];
  const token =
    /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<(\/?)([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:'[^']*'|"[^"]*"))*)\s*(\/?)>|[^<]+|</g;
  for (const [all, close, name, attributes = '', empty] of text.matchAll(token)) {
    if (all === '<' || open.length > MAX_DEPTH) return undefined;
    const top = open.at(-1);
    if (name === undefined) {
      if (top && !all.startsWith('<')) top.text += plain(all);
      continue;
    }
    if (close === '') open.push({ name, attributes: attributesOf(attributes), children: [], text: '' });
    else if (top?.name !== name) return undefined;
    if (close !== '/' && empty !== '/') continue;
    const done = open.pop()!;
    const parent = open.at(-1);
    if (!parent) return done;
    parent.children.push(done);
  }
  return undefined;
}

function attributesOf(text: string): Map<string, string> {
  return new Map(
    [...text.matchAll(/([\w:.-]+)\s*=\s*(?:'([^']*)'|"([^"]*)")/g)].map(([, name, a, b]) => [
      name!,
      plain(a ?? b ?? ''),
    ]),
  );
}

function plain(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([\da-fA-F]{1,6})|(\w+));/g,
    (all, decimal?: string, hex?: string, word?: string) => {
      if (word !== undefined) return ENTITIES[word] ?? all;
      const code = decimal === undefined ? Number.parseInt(hex!, 16) : Number(decimal);
      return code <= 0x10_ffff ? String.fromCodePoint(code) : all;
    },
  );
}

/** The element at the end of a way of names; undefined where there is none. */
export function at(from: Element | undefined, ...way: readonly string[]): Element | undefined {
  let found = from;
  for (const name of way) found = found?.children.find((c) => c.name === name);
  return found;
}

/** All children of a name. */
export function all(from: Element | undefined, name: string): readonly Element[] {
  return from?.children.filter((c) => c.name === name) ?? [];
}

/** An attribute; undefined where it is missing or empty. */
export function attribute(of: Element | undefined, name: string): string | undefined {
  return of?.attributes.get(name) || undefined;
}

/** What stands between its tags; undefined where that is nothing. */
export function textOf(of: Element | undefined): string | undefined {
  return of?.text.trim() || undefined;
}
