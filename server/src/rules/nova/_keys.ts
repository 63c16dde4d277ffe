import { catalogue } from '../../knowledge/catalogue';
import { lookup, type OptionPlace } from '../../knowledge/nova';
import type { ReleaseIndex } from '../../knowledge/releases';
import { optionHolds } from '../../knowledge/catalogue';
import type { Span } from '../../syntax/types';
import { plain, typographic } from './_characters';
import type { NovaItem } from './_items';

/** Why a key is ignored; each has a rule of its own. */
export type KeyFault =
  | { readonly kind: 'characters'; readonly name: string; readonly span: Span; readonly right: string }
  | { readonly kind: 'dash'; readonly right: string }
  | { readonly kind: 'elsewhere'; readonly home: OptionPlace }
  | { readonly kind: 'unknown'; readonly near: readonly string[] };

/** Names that nothing but nova has, wherever they stand; below a library's header other names may be the library's. */
const DISTINCT =
  /^(live_migration_\w+|virt_type|vncserver_listen|vncserver_proxyclient_address|server_proxyclient_address|instances_path|max_concurrent_live_migrations|images_type|images_rbd_pool|block_migration_flag)$/;

/** What is wrong with a key; undefined for those that somebody reads or has read. */
export function keyFault({ section, entry, found }: NovaItem, r: ReleaseIndex): KeyFault | undefined {
  const foreign = found.kind === 'foreign' && found.option === undefined;
  if (found.kind !== 'unknown' && !foreign) return undefined;
  const { key, keySpan } = entry;
  const group = section.lookup;
  const name = typographic(key);
  if (name !== undefined) {
    const right = plain(key).trim();
    if (isOption(group, right, r)) return { kind: 'characters', name, span: keySpan, right };
    // The sign that was meant to part key and value is none to nova, which parts at a later one.
    const sign = /[\uff1d\uff1a]/.exec(key);
    if (sign && isOption(group, plain(key.slice(0, sign.index)).trim(), r)) {
      const start = keySpan.start + sign.index;
      return { kind: 'characters', name, span: { start, end: start + 1 }, right: plain(sign[0]) };
    }
  }
  if (key.includes('-')) {
    const right = key.replaceAll('-', '_');
    const meant = lookup(group, right, r);
    // keystoneauth's old names do have dashes.
    if (meant.kind === 'option' || (meant.kind === 'alias' && meant.option.origin === 'nova')) {
      return { kind: 'dash', right };
    }
  }
  const home = homeElsewhere(group, key, foreign, r);
  if (home) return { kind: 'elsewhere', home };
  return found.kind === 'unknown' ? { kind: 'unknown', near: found.near } : undefined;
}

/** The one section of nova's that has a live-migration option of this name. */
function homeElsewhere(group: string, key: string, foreign: boolean, r: ReleaseIndex): OptionPlace | undefined {
  // `enabled` or `host` may mean anything anywhere.
  if (!key.includes('_') || (foreign && !DISTINCT.test(key))) return undefined;
  const homes = catalogue()
    .liveMigration(key)
    .filter((o) => o.group !== group && optionHolds(o, r));
  return homes.length === 1 ? homes[0] : undefined;
}

function isOption(section: string, key: string, r: ReleaseIndex): boolean {
  const { kind } = lookup(section, key, r);
  return kind === 'option' || kind === 'alias';
}
