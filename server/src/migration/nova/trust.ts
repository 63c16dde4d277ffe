import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { AgentOptions } from 'node:https';
import tls from 'node:tls';
import { FleetError } from '../../fleet/types';

/** How a cloud's certificate is judged. */
export interface Trust {
  /** `prod of /home/me/.config/openstack/clouds.yaml`; undefined: openrc's variables have it all. */
  readonly of?: string;
  /** Path of a bundle of authorities, PEM; they count instead of the system's own. */
  readonly cacert?: string;
  /** False: any certificate is taken. */
  readonly verify: boolean;
  /** Paths of a certificate of our own, and of its key, PEM; the key may stand in the certificate's file. */
  readonly cert?: string;
  readonly key?: string;
}

/** Where systems keep the authorities that they trust: Debian, Red Hat, SUSE, Alpine and macOS. */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];
const CERTIFICATE = /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^]*?-----END (?:TRUSTED )?CERTIFICATE-----/g;

/** @throws FleetError of code `refused` that names the file that cannot be used, and who named it */
export function agentOptions(trust: Trust): AgentOptions {
  const { cacert, verify, cert, key = cert } = trust;
  const ca = !verify ? undefined : cacert === undefined ? systems() : bundle(trust, cacert);
  const own = cert === undefined ? {} : { cert: pem(trust, 'cert', cert), key: pem(trust, 'key', key!) };
  try {
    // Made once: hundreds of authorities are not read for every connection.
    return { rejectUnauthorized: verify, secureContext: tls.createSecureContext({ ...(ca && { ca }), ...own }) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const said = code ?? message;
    throw new FleetError(
      'refused',
      cert === undefined
        ? `${setting(trust, 'cacert')}: ${cacert ?? 'the system’s bundle'} cannot be used (${said})`
        : `${setting(trust, 'cert')}: ${cert} and its key ${key} do not go together, or are no PEM without a passphrase (${said})`,
      message,
    );
  }
}

/** As the commands of the system have it, and those that Node has; undefined: Node's own will do. */
function systems(): string[] | undefined {
  const { NODE_EXTRA_CA_CERTS: extra } = process.env;
  const read = (file: string): string | undefined => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return undefined;
    }
  };
  const found = BUNDLES.map(read).find((text) => text !== undefined && text.search(CERTIFICATE) >= 0);
  if (found === undefined) return undefined;
  return [...tls.rootCertificates, found, ...(extra ? [read(extra) ?? ''] : [])];
}

function bundle(trust: Trust, file: string): string[] {
  const text = pem(trust, 'cacert', file);
  const found = text.match(CERTIFICATE) ?? [];
  const name = setting(trust, 'cacert');
  if (found.length === 0)
    throw new FleetError(
      'refused',
      `${name}: ${file} is no PEM, it has no line -----BEGIN CERTIFICATE-----: name the certificate of the cloud’s authority (from DER: openssl x509 -inform der -in IT -out PEM)`,
    );
  found.forEach((one, i) => {
    try {
      new X509Certificate(one);
    } catch {
      throw new FleetError('refused', `${name}: certificate ${i + 1} of ${found.length} in ${file} is damaged`);
    }
  });
  return found;
}

function pem(trust: Trust, key: 'cacert' | 'cert' | 'key', file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT'
        ? 'is not there'
        : code === 'EISDIR'
          ? 'is a folder'
          : `cannot be read by this account (${code})`;
    throw new FleetError('refused', `${setting(trust, key)}: ${file} ${why}: name a file in PEM`);
  }
}

/** How people find it: `cacert of prod of /etc/openstack/clouds.yaml`, `OS_CACERT`. */
function setting({ of }: Trust, key: 'cacert' | 'cert' | 'key'): string {
  return of === undefined ? `OS_${key.toUpperCase()}` : `${key} of ${of}`;
}

type TlsError = NodeJS.ErrnoException & {
  readonly host?: string;
  readonly cert?: { readonly subjectaltname?: string };
};

/** Why a certificate was not taken, theirs or ours, in words; undefined for an error of another kind. */
export function certificateTrouble(error: TlsError, trust: Trust): string | undefined {
  const { code = '', message, host, cert } = error;
  const name = setting(trust, 'cacert');
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = cert?.subjectaltname ?? 'nobody';
    return `its certificate is for ${names} and not for ${host ?? 'it'}: call it by such a name; ${name} has no say in that`;
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    const when = code === 'CERT_HAS_EXPIRED' ? 'has expired' : 'is not valid yet (or a clock is wrong)';
    return `its certificate, or its authority’s, ${when}: it has to be renewed there; if it is the authority’s, ${name} has to name the new one`;
  }
  if (/ALERT/.test(code) || /alert/.test(message))
    return /CERTIFICATE|UNKNOWN_CA|HANDSHAKE|certificate|unknown ca|handshake/.test(`${code} ${message}`)
      ? `it does not take our certificate, or wants one: see ${setting(trust, 'cert')}, and key`
      : undefined;
  if (!/CERT|SIGNATURE|ISSUER/.test(code)) return undefined;
  const signed = 'its certificate is signed by nobody that is trusted here';
  return trust.cacert === undefined
    ? `${signed}: name its authority’s file as ${name}`
    : `${signed}: its authority is not in ${trust.cacert}, which is ${name}`;
}
