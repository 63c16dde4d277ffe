import { parse as parseIni } from 'ini';
import type { LivemigSection, Span } from '../syntax/types';
import type { SourceFile } from './files';
import { documentOf } from './parsed';

/** What a `[node NAME]` of livemig.ini says. */
export interface NodeWords {
  readonly name: string;
  readonly address: string | undefined;
  readonly roles: readonly string[];
  /** All keys of the section, as text. */
  readonly values: Readonly<Record<string, string>>;
}

/** A `[node NAME]` of livemig.ini. */
export interface InventoryNode extends NodeWords {
  readonly section: LivemigSection;
}

/** livemig.ini: which nodes there are, and how the linter is set. */
export interface Inventory {
  readonly file: SourceFile;
  /** `name` of `[cloud]`. */
  readonly name: string | undefined;
  /** `driver` of `[cloud]`: how migrations are launched, as written. */
  readonly driver: string | undefined;
  /** All keys of `[cloud]`, as text. */
  readonly cloud: Readonly<Record<string, string>>;
  readonly release: string | undefined;
  readonly nodes: readonly InventoryNode[];
  /** Severity by rule id, as written; nonsense included, which a rule reports. */
  readonly rules: Readonly<Record<string, string>>;
}

const read = new WeakMap<SourceFile, Inventory>();

/**
 * Reads a livemig.ini, once. Values come from the `ini` package, ranges from our own dialect; a property test holds that both
 * read the same.
 */
export function readInventory(file: SourceFile): Inventory {
  let inventory = read.get(file);
  if (!inventory) read.set(file, (inventory = inventoryIn(file)));
  return inventory;
}

function inventoryIn(file: SourceFile): Inventory {
  const document = documentOf(file, 'livemig-ini');
  const values = valuesBySection(file.defect ? '' : file.text);
  const nodes: InventoryNode[] = [];
  for (const section of document.sections) {
    if (section.kind !== 'node' || section.argument === undefined) continue;
    const own = values.get(`node ${section.argument}`) ?? {};
    nodes.push({
      name: section.argument,
      address: own.address,
      roles: (own.roles ?? '').split(/[\s,]+/).filter((r) => r !== ''),
      values: own,
      section,
    });
  }
  const cloud = values.get('cloud') ?? {};
  const { name, driver } = cloud;
  return {
    file,
    name: name === '' ? undefined : name,
    driver: driver === '' ? undefined : driver,
    cloud,
    release: values.get('')?.release,
    nodes,
    rules: values.get('rules') ?? {},
  };
}

/** A host on the way to a node, as `jump` and ssh's ProxyJump write it. */
export interface Jump {
  readonly user: string | undefined;
  readonly host: string;
  readonly port: number | undefined;
}

/** `[user@]host[:port]`, `[user@][address]:port`, and the same after `ssh://`; undefined for what is none of them. */
export function readJump(text: string): Jump | undefined {
  const parts =
    /^(?:ssh:\/\/)?(?:(?<user>[^/\s]+)@)?(?:\[(?<literal>[\w.:%-]+)\]|(?<host>[\w.][\w.-]*))(?::(?<port>\d+))?\/?$/.exec(
      text,
    )?.groups;
  const { user, literal, host = literal, port } = parts ?? {};
  if (host === undefined || (user !== undefined && !isAccount(user)) || (port !== undefined && !isPort(port)))
    return undefined;
  return { user, host, port: port === undefined ? undefined : Number(port) };
}

export function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65535;
}

/** What no shell and no option of ssh reads as anything else; domain accounts and those with a dollar sign at the end are. */
export function isAccount(text: string): boolean {
  return /^[\w.][\w.@+-]*\$?$/.test(text);
}

/** Whether two sections say the same of a node, in whatever order. */
export function sameWords(one: NodeWords | undefined, other: NodeWords | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  const [keys, others] = [Object.keys(one.values), Object.keys(other.values)];
  return (
    one.name === other.name &&
    keys.length === others.length &&
    keys.every((key) => Object.hasOwn(other.values, key) && one.values[key] === other.values[key])
  );
}

/** Where a node is declared. */
export function nodeSpan(node: InventoryNode): Span {
  return node.section.span;
}

function valuesBySection(text: string): Map<string, Record<string, string>> {
  // The package splits headers at dots, and a node may well be called compute1.example.org.
  const escaped = text
    .replace(/^\uFEFF/, '')
    .replace(/^(\s*\[)([^\]\n]*)\]/gm, (_, open: string, name: string) => `${open}${name.replace(/\./g, '\\.')}]`);
  const sections = new Map<string, Record<string, string>>([['', {}]]);
  for (const [name, value] of Object.entries(parseIni(escaped))) {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const strings = Object.entries(value as Record<string, unknown>).map(([k, v]) => [k, String(v)] as const);
      sections.set(name.trim().replace(/\s+/g, ' '), Object.fromEntries(strings));
    } else sections.get('')![name] = String(value);
  }
  return sections;
}
