import { normalise, type Host, type Place } from '../../model/host';
import type { CertificateFile } from '../libvirtd/_certificates';
import { placeOf } from '../nova/_entry';
import { isTrue, runsGuests } from '../nova/_guests';

/** Keys of qemu.conf that name a folder of certificates; libvirt does not start when one of them names none. */
export const CERTIFICATE_FOLDERS = [
  'default_tls_x509_cert_dir',
  'migrate_tls_x509_cert_dir',
  'vnc_tls_x509_cert_dir',
  'spice_tls_x509_cert_dir',
  'chardev_tls_x509_cert_dir',
  'backup_tls_x509_cert_dir',
  'nbd_tls_x509_cert_dir',
  'vxhs_tls_x509_cert_dir',
] as const;

/** Where nova is told to migrate over QEMU's own TLS; undefined where it is not. */
export function nativeTls(host: Host): Place | undefined {
  const native = host.nova.get('live_migration_with_native_tls');
  return isTrue(native?.value) && runsGuests(host) ? placeOf(native) : undefined;
}

/** The folder that QEMU takes the certificates of a migration from, and where that is said; the built-in one is said nowhere. */
export function migrationFolder(host: Host): { readonly path: string; readonly place: Place | undefined } {
  for (const key of ['migrate_tls_x509_cert_dir', 'default_tls_x509_cert_dir']) {
    const set = host.qemu.get(key);
    const path = host.qemu.string(key);
    if (set && path) return { path: normalise(path), place: { file: set.file, span: set.entry.span } };
  }
  return { path: '/etc/pki/qemu', place: undefined };
}

/** Certificates and keys of a migration over QEMU's own TLS; each host is destination and source. */
export function migrationFiles(host: Host): readonly CertificateFile[] {
  const { path } = migrationFolder(host);
  return [
    { side: 'server', path: `${path}/ca-cert.pem` },
    { side: 'server', path: `${path}/server-cert.pem` },
    { side: 'server', path: `${path}/server-key.pem` },
    { side: 'client', path: `${path}/client-cert.pem` },
    { side: 'client', path: `${path}/client-key.pem` },
  ];
}

/** The key of qemu.conf that keeps a destination from asking the source for a certificate. */
export function unverified(host: Host): Place | undefined {
  for (const key of ['migrate_tls_x509_verify', 'default_tls_x509_verify']) {
    const set = host.qemu.get(key);
    if (set) return host.qemu.number(key) === 0 ? { file: set.file, span: set.entry.span } : undefined;
  }
  return undefined;
}
