import type { CertificateFacts } from '../../model/facts';
import type { Host } from '../../model/host';

/** Whether an authority signed a certificate; undefined where that cannot be told, as of files with several. */
export function isSignedBy(
  own: CertificateFacts | undefined,
  authority: CertificateFacts | undefined,
): boolean | undefined {
  if (!own || !authority || own.several || authority.several) return undefined;
  if (own.authorityKeyId !== undefined && authority.keyId !== undefined) return own.authorityKeyId === authority.keyId;
  if (own.issuer !== undefined && authority.subject !== undefined && own.issuer !== authority.subject) return false;
  return undefined;
}

/** An authority in words for people, and as what two of one name differ by. */
export const nameOf = ({ subject = 'an authority without a name' }: CertificateFacts): string => subject;

/** A host with the certificate that it shows, and the authority by which it judges those of others. */
export interface Trusting {
  readonly host: Host;
  readonly own: CertificateFacts;
  readonly authority: CertificateFacts;
}

/** Those whose own certificate is not of the authority that most of the others go by; linear. */
export function strangers(all: readonly Trusting[]): { readonly one: Trusting; readonly usual: Trusting }[] {
  const groups = new Map<string, Trusting[]>();
  for (const one of all) {
    const { keyId, subject } = one.authority;
    const key = keyId ?? subject ?? '';
    if (one.authority.several || key === '') continue;
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  const usual = [...groups.values()].sort((a, b) => b.length - a.length)[0]?.[0];
  if (!usual) return [];
  return all.flatMap((one) =>
    one.authority !== usual.authority && isSignedBy(one.own, usual.authority) === false ? [{ one, usual }] : [],
  );
}
