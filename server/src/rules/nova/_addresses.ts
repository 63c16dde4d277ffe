import { isAddress, isLinkLocal, isLoopback, isWildcard, type Cluster } from '../../model/cluster';
import { inventoryPlace } from '../../model/factPlace';
import type { Host, Place } from '../../model/host';
import { nodeSpan } from '../../model/inventory';
import { documentOf } from '../../model/parsed';
import { TOP } from '../edits';
import type { Related } from '../rule';
import { typographic } from './_characters';
import { placeOf } from './_entry';
import { isPlaceholder } from './_items';

/** Who says that an address belongs to a host. */
interface Claim {
  readonly host: Host;
  readonly by: 'livemig.ini' | 'facts' | 'hosts' | 'my_ip';
  readonly place: Place | undefined;
}

/** Claims of one address; of each kind no more than two, of different hosts, are needed to name another owner. */
interface Claims {
  /** Hosts that more than their own my_ip speaks for. */
  readonly owners: Set<Host>;
  readonly sure: Claim[];
  readonly my: Claim[];
}

export interface Owner {
  readonly host: Host;
  /** The address in the inventory: its counterpart for another host is known too. */
  readonly inventory: boolean;
  readonly related: readonly Related[];
}

const tables = new WeakMap<Cluster, ReadonlyMap<string, Claims>>();

/** Names and addresses that mean no host in particular. */
export function isSpecific(value: string): boolean {
  return (
    value !== '' &&
    !isPlaceholder(value) &&
    // Meant is another value, which the finding on its characters puts right.
    typographic(value) === undefined &&
    !value.startsWith('<') &&
    !isLoopback(value) &&
    !isWildcard(value) &&
    !/^localhost\b/i.test(value)
  );
}

/** One address that is not known from the files, such as nova's own guess at `my_ip`. */
export function isComputed(value: string): boolean {
  return value.startsWith('<') && !isPlaceholder(value);
}

/** Loopback, by address or by name. */
export function isLocal(value: string): boolean {
  return isLoopback(value) || /^(localhost|ip6-localhost|ip6-loopback)(\.localdomain)?$/i.test(value);
}

/**
 * The other host that an address or name belongs to; undefined when it is the host's own, nobody's, or when nothing but
 * my_ip speaks for both, which copied files do.
 */
export function foreignOwner(cluster: Cluster, host: Host, value: string): Owner | undefined {
  if (!isSpecific(value)) return undefined;
  if (!isAddress(value)) {
    const named = cluster.hostByName(value);
    return named && named !== host && !host.aliases.has(value.toLowerCase())
      ? { host: named, inventory: false, related: relatedName(cluster, named) }
      : undefined;
  }
  const claims = tableOf(cluster).get(value);
  // What several have, such as a bridge of Docker's, is nobody's in particular.
  if (!claims || claims.owners.has(host) || claims.owners.size > 1) return undefined;
  const own = claims.my.some((c) => c.host === host) || host.nova.get('my_ip')?.value === value;
  const claim = claims.sure[0] ?? (own ? undefined : claims.my[0]);
  if (!claim) return undefined;
  const message = `${value} is ${claim.host.name}`;
  return {
    host: claim.host,
    inventory: claim.by === 'livemig.ini',
    related: claim.place ? [{ ...claim.place, message }] : [],
  };
}

/** Whether more than my_ip says that the address is the host's own. */
export function surelyOwns(cluster: Cluster, host: Host, address: string): boolean {
  return tableOf(cluster).get(address)?.owners.has(host) === true;
}

function tableOf(cluster: Cluster): ReadonlyMap<string, Claims> {
  const known = tables.get(cluster);
  if (known) return known;
  const table = new Map<string, Claims>();
  const add = (address: string | undefined, claim: Claim): void => {
    if (!address || isLoopback(address) || isLinkLocal(address)) return;
    let claims = table.get(address);
    if (!claims) table.set(address, (claims = { owners: new Set(), sure: [], my: [] }));
    if (claim.by !== 'my_ip') claims.owners.add(claim.host);
    const list = claim.by === 'my_ip' ? claims.my : claims.sure;
    if (list.length < 2 && list[0]?.host !== claim.host) list.push(claim);
  };
  for (const host of cluster.hosts) {
    add(host.node?.address, { host, by: 'livemig.ini', place: inventoryPlace(cluster, host, 'address') });
    const facts = host.first('facts');
    for (const list of Object.values(host.facts?.addresses ?? {}))
      for (const address of list) add(address, { host, by: 'facts', place: facts && { file: facts, span: TOP } });
    const mine = host.nova.get('my_ip');
    if (mine?.origin === 'set') add(mine.value, { host, by: 'my_ip', place: placeOf(mine) });
  }
  for (const reader of cluster.hosts) {
    const file = reader.first('hosts');
    for (const entry of file ? documentOf(file, 'hosts').entries : []) {
      const place = { file: file!, span: entry.addressSpan };
      for (const { name } of entry.names) {
        const host = cluster.hostByName(name);
        if (host) add(entry.address, { host, by: 'hosts', place });
      }
    }
  }
  tables.set(cluster, table);
  return table;
}

/** Where a host is called what it is called. */
function relatedName(cluster: Cluster, host: Host): Related[] {
  const message = `This is ${host.name}`;
  const inventory = cluster.inventory?.file;
  const node = cluster.nodeOf(host);
  if (inventory && node) return [{ file: inventory, span: nodeSpan(node), message }];
  const place = placeOf(host.nova.get('host'));
  const file = place?.file ?? host.first('hostname') ?? host.files[0];
  return file ? [{ file, span: place?.span ?? TOP, message }] : [];
}
