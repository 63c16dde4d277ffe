import type { CertificateFacts } from '../../model/facts';

/** Numbers of extensions below 2.5.29 (RFC 5280, 4.2.1). */
const [KEY_ID, KEY_USAGE, AUTHORITY] = [14, 15, 35];
/** By their bits, from the first on (RFC 5280, 4.2.1.3). */
const USAGES = [
  ...['digitalSignature', 'nonRepudiation', 'keyEncipherment', 'dataEncipherment', 'keyAgreement', 'keyCertSign'],
  ...['cRLSign', 'encipherOnly', 'decipherOnly'],
];

/** What a certificate in DER says of keys: Node's own reader does not tell it. */
export function extensions(der: Buffer): Pick<CertificateFacts, 'keyId' | 'authorityKeyId' | 'keyUsage'> {
  const own = contents(extension(der, KEY_ID)?.value, 0x04);
  const theirs = contents(contents(extension(der, AUTHORITY)?.value, 0x30), 0x80);
  const usage = extension(der, KEY_USAGE);
  const bits = usage?.critical ? contents(usage.value, 0x03) : undefined;
  return {
    ...(own && { keyId: own.toString('hex') }),
    ...(theirs && { authorityKeyId: theirs.toString('hex') }),
    // The first byte says how many bits of the last one do not count.
    ...(bits && { keyUsage: USAGES.filter((_, i) => ((bits[1 + (i >> 3)] ?? 0) & (0x80 >> (i & 7))) !== 0) }),
  };
}

/** An extension is its identifier, whether it is critical, and its value in a string of bytes. */
function extension(der: Buffer, number: number): { readonly critical: boolean; readonly value: Buffer } | undefined {
  const identifier = Buffer.from([0x06, 0x03, 0x55, 0x1d, number]);
  const found = der.indexOf(identifier);
  if (found < 0) return undefined;
  let at = found + identifier.length;
  const critical = der[at] === 0x01 && der[at + 1] === 0x01 && der[at + 2] !== 0;
  if (der[at] === 0x01) at += 3;
  const value = contents(der.subarray(at), 0x04);
  return value && { critical, value };
}

/** What lies in an element of that tag; undefined for another, and for one that is longer than these are. */
function contents(element: Buffer | undefined, tag: number): Buffer | undefined {
  const length = element?.[1];
  if (!element || length === undefined || element[0] !== tag || length > 127 || element.length < 2 + length)
    return undefined;
  return element.subarray(2, 2 + length);
}
