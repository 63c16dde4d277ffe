/**
 * The two forms of an address, as inet_pton takes them and nothing else: what every reader of addresses here builds on. The
 * resolver takes exactly these from hosts, and oslo.config from nova.conf; exports, fstab and livemig.ini may have a zone
 * behind them (`isAddress` of model/cluster.ts), and URIs are laxer about a dotted quad (knowledge/address.ts).
 */

/** Four decimal numbers 0..255, without leading zeros: `010.9.9.8` and `10.9.9` are no addresses. */
export function isIpv4(text: string): boolean {
  const parts = text.split('.', 5);
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

/** RFC 4291 text form, `::` once at most, an IPv4 tail allowed; no `%zone`, no brackets. */
export function isIpv6(text: string): boolean {
  if (text.length > 45 || !/^[0-9A-Fa-f:.]+$/.test(text)) return false;
  const halves = text.split('::');
  if (halves.length > 2) return false;
  let count = 0;
  for (const [index, half] of halves.entries()) {
    if (half === '') continue;
    const groups = half.split(':');
    for (const [i, group] of groups.entries()) {
      const last = index === halves.length - 1 && i === groups.length - 1;
      if (/^[0-9A-Fa-f]{1,4}$/.test(group)) count += 1;
      else if (last && isIpv4(group)) count += 2;
      else return false;
    }
  }
  // inet_pton wants `::` to stand for one group at least.
  return halves.length === 2 ? count < 8 : count === 8;
}

export const isAddress = (text: string): boolean => isIpv4(text) || isIpv6(text);
