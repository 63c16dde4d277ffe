/** Addresses, host names and URIs as oslo.config 9.0.0 judges them (oslo_config/types.py, netaddr, rfc3986). */
import { isAddress, isIpv6 } from '../addresses';

const LABEL = /^(?!-)[A-Z0-9-]{1,63}(?<!-)\n?$/i;
const DOMAIN_LABEL = /^(?!-)[A-Z0-9-_]{1,63}(?<!-)\n?$/i;

function isHostname(text: string, label: RegExp): boolean {
  if (text.length === 0 || text.length > 253) return false;
  const labels = (text.endsWith('.') ? text.slice(0, -1) : text).split('.');
  // 10.0.0.300 is a mistyped address, not a name.
  return /[a-z-]/i.test(labels.at(-1) ?? '') && labels.every((l) => label.test(l));
}

/** oslo.config's HostAddress: an address or a host name; no underscore, no brackets, no port. */
export const isHostAddress = (text: string): boolean => isAddress(text) || isHostname(text, LABEL);

/** oslo.config's HostDomain: as HostAddress, underscores allowed. */
export const isHostDomain = (text: string): boolean => isHostAddress(text) || isHostname(text, DOMAIN_LABEL);

const SUB_DELIMS = "!$&'()*+,;=";
const UNRESERVED = 'A-Za-z0-9._~\\-';
const PCT = '%[A-Fa-f0-9]{2}';
const URI = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^\\/?#]*))?([^?#]*)/;
const AUTHORITY = new RegExp(
  `^(?:((?:[${UNRESERVED}${SUB_DELIMS}:]|${PCT})+)@)?((?:${PCT}|[${SUB_DELIMS}${UNRESERVED}])*|\\[[^\\]]*\\]):?([0-9]{1,5})?\\n?$`,
);
const IP_FUTURE = new RegExp(`^v[0-9A-Fa-f]+\\.[${UNRESERVED}${SUB_DELIMS}:]+$`);
const ZONE = new RegExp(`^%25(?:[${UNRESERVED}]|${PCT})+$`);

function isLiteral(text: string): boolean {
  if (IP_FUTURE.test(text)) return true;
  const zone = text.indexOf('%');
  const address = zone < 0 ? text : text.slice(0, zone);
  return isLooseIpv6(address) && (zone < 0 || ZONE.test(text.slice(zone)));
}

/** RFC 3986's grammar: leading zeros in a dotted quad pass, and `::` may stand for one group only where RFC 3986 has it so. */
function isLooseIpv6(text: string): boolean {
  const dotted = /^(.*:)(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})$/.exec(text);
  return isIpv6(dotted ? `${dotted[1]!}1.1.1.1` : text);
}

/** oslo.config's URI: a scheme and a host are needed, scheme, host and path must be well-formed. */
export function isUri(text: string): boolean {
  const [, scheme, authority, path] = URI.exec(text)!;
  if (!scheme || !authority) return false;
  const host = AUTHORITY.exec(authority)?.[2];
  if (host === undefined) return false;
  if (/^(?:\d{1,3}\.){3}\d{1,3}$/.test(host) && host.split('.').some((byte) => Number(byte) > 255)) return false;
  if (host.startsWith('[') && !isLiteral(host.slice(1, -1))) return false;
  // All other characters are percent-encoded before the path is looked at.
  return !/[[\]]/.test(path!);
}
