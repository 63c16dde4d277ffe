import { isAddress } from '../../model/cluster';
import type { CertificateFacts } from '../../model/facts';
import type { Host, Place } from '../../model/host';
import { tlsWanted, wantedTransport } from '../../model/transport';
import { TOP } from '../edits';
import type { Complaint } from '../rule';
import { sameName } from './_dialled';

/** A file that libvirt or QEMU takes a certificate or key from. */
export interface CertificateFile {
  readonly path: string;
  /** What needs it: the listener that peers dial, or the connection to them. */
  readonly side: 'server' | 'client';
}

const DAY = 86_400;
/** Days before its end when a certificate is said to end. */
export const SOON = 30;

// ---- names --------------------------------------------------------------------------------------------------------

/**
 * Whether a certificate is good for a name or address, as GnuTLS judges it: a `*` stands for the first of three
 * labels or more, and the common name counts only where there is no other name.
 */
export function isFor({ names, subject }: CertificateFacts, name: string): boolean {
  const common = /(?:^|,)\s*CN\s*=\s*([^,]+)/i.exec(subject ?? '')?.[1]?.trim();
  const all = names.length === 0 && common !== undefined ? [common] : names;
  return all.some((n) => sameName(n, name) || (!isAddress(name) && covers(n, name)));
}

function covers(pattern: string, name: string): boolean {
  const [, rest] = /^\*(\.[^.]+\..+)$/.exec(pattern) ?? [];
  const dot = name.indexOf('.');
  return rest !== undefined && dot > 0 && sameName(rest, name.slice(dot));
}

// ---- dates --------------------------------------------------------------------------------------------------------

export const DATE_MESSAGES = {
  expired: '{path} has ended on {end}: {breaks}; have a new one signed',
  early: '{path} is not good before {start}: {breaks}; set the clock right, or have a new one signed',
  soon: '{path} ends on {end}: from then on {breaks}; have a new one signed',
} as const;

/** By the node's own clock when it was looked at: a rule has no other. */
export function checkDates(
  host: Host,
  files: readonly CertificateFile[],
  place: Place,
  breaks: string,
  report: (complaint: Omit<Complaint<keyof typeof DATE_MESSAGES, never>, 'host'>) => void,
): void {
  const { measured, certificates = {} } = host.facts ?? {};
  if (measured === undefined) return;
  for (const { path } of files) {
    const { notBefore = -Infinity, notAfter = Infinity } = certificates[path] ?? {};
    const message =
      notAfter < measured
        ? 'expired'
        : notBefore > measured
          ? 'early'
          : notAfter < measured + SOON * DAY
            ? 'soon'
            : undefined;
    if (!message) continue;
    report({
      ...place,
      message,
      severity: message === 'soon' ? 'warning' : 'error',
      values: { path, breaks, start: day(notBefore), end: day(notAfter) },
    });
  }
}

/** Year, month and day of a time in seconds since 1970; empty for one that is not known. */
function day(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString().slice(0, 10);
}

// ---- libvirt's own ------------------------------------------------------------------------------------------------

/** Certificates and keys of libvirt's TLS listener, and of its connection to others, as configured or where they are by default. */
export function libvirtFiles(host: Host): readonly (CertificateFile & { readonly key?: string })[] {
  const { libvirtd } = host;
  const own = (key: string, path: string) => ({ path: libvirtd.string(key) ?? path, key });
  return [
    { side: 'server', ...own('ca_file', '/etc/pki/CA/cacert.pem') },
    { side: 'server', ...own('cert_file', '/etc/pki/libvirt/servercert.pem') },
    { side: 'server', ...own('key_file', '/etc/pki/libvirt/private/serverkey.pem') },
    { side: 'client', path: '/etc/pki/CA/cacert.pem' },
    { side: 'client', path: '/etc/pki/libvirt/clientcert.pem' },
    { side: 'client', path: '/etc/pki/libvirt/private/clientkey.pem' },
  ];
}

/** Where a finding about libvirt's certificates stands: at the key that names one, else where TLS is asked for. */
export function libvirtPlace(host: Host, keys: readonly string[]): Place | undefined {
  const set = keys.map((k) => host.libvirtd.get(k)).find((s) => s !== undefined) ?? host.libvirtd.get('listen_tls');
  if (set) return { file: set.file, span: set.entry.span };
  const wanted = wantedTransport(host);
  if (tlsWanted(host) && wanted?.place) return wanted.place;
  const file = host.libvirtd.file ?? host.first('facts');
  return file && { file, span: TOP };
}
