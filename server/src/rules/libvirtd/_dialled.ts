import type { Host, Place } from '../../model/host';
import { TOP } from '../edits';
import { isSpecific } from '../nova/_addresses';
import { placeOf } from '../nova/_entry';

/** A name or address by which others reach a host. */
export interface Dialled {
  readonly name: string;
  /** Where that is said. */
  readonly place: Place | undefined;
}

/**
 * The destination's name as the source's nova puts it into the URI: its live_migration_inbound_addr (mitaka and later),
 * else the name of its nova-compute, which is `host` of nova.conf or the host name. Undefined where nothing says it.
 */
export function dialledByNova(host: Host): Dialled | undefined {
  const inbound = inboundAddress(host);
  if (inbound) return inbound;
  // Said, but not by a literal.
  if (host.nova.get('live_migration_inbound_addr')?.origin === 'set') return undefined;
  const own = host.nova.get('host');
  if (own?.origin === 'set')
    return own.value && isSpecific(own.value) ? { name: own.value, place: placeOf(own) } : undefined;
  if (host.facts?.hostname) return { name: host.facts.hostname, place: topOf(host, 'facts') };
  const name = host.first('hostname')?.text.trim();
  return name && !/[\s#]/.test(name) ? { name, place: topOf(host, 'hostname') } : undefined;
}

/** Where nova says the guest's memory is to be sent. */
export function inboundAddress(host: Host): Dialled | undefined {
  const inbound = host.nova.get('live_migration_inbound_addr');
  if (inbound?.origin !== 'set' || !inbound.value || !isSpecific(inbound.value)) return undefined;
  return { name: inbound.value, place: placeOf(inbound) };
}

/** The name in a source's live_migration_uri, once the destination's is put into it. */
export function dialledByUri(host: Host): Dialled | undefined {
  const dialled = dialledByNova(host);
  const uri = host.nova.get('live_migration_uri');
  if (!dialled || uri?.origin !== 'set' || !uri.value) return dialled;
  const authority = /:\/\/(?:[^@/]*@)?(\[[^\]]*\]|[^/:?]*)/.exec(uri.value.replace('%s', dialled.name))?.[1];
  return authority ? { ...dialled, name: authority.replace(/^\[|\]$/g, '') } : undefined;
}

function topOf(host: Host, kind: 'facts' | 'hostname'): Place | undefined {
  const file = host.first(kind);
  return file && { file, span: TOP };
}

/** Equal as names and addresses are, in any case. */
export function sameName(a: string, b: string): boolean {
  return a.toLowerCase().replace(/\.$/, '') === b.toLowerCase().replace(/\.$/, '');
}
