/** Everything over TLS: certificates of libvirt and QEMU, their names, dates and places. */
import { all, both, C2, edit, libvirt, nova, restarted, step, type Change, type Fault, type Unprovoked } from './fault';
import { certificate } from './stages';

const names = ['dns_name = compute2.lab', 'dns_name = compute2', 'ip_address = @NET.0.12', 'ip_address = @NET.1.12'];

/** Other certificates until it is undone. */
const certified = (target: 'libvirt' | 'qemu', template: string, ...more: string[]): Change =>
  restarted(C2, {
    make: [
      step(C2, 'cp', '-a', '/etc/pki', '/run/lab/pki.kept'),
      { node: C2, argv: ['/run/lab/certify', target, ...more], input: template },
    ],
    undo: [step(C2, 'rm', '-rf', '/etc/pki'), step(C2, 'mv', '/run/lab/pki.kept', '/etc/pki')],
  });
const away = (file: string): Change => both(C2, ['mv', file, '/run/lab/away'], ['mv', '/run/lab/away', file]);
const EXPIRED = ['activation_date = "2020-01-01 00:00:00 UTC"', 'expiration_date = "2021-01-01 00:00:00 UTC"'];
const FUTURE = ['activation_date = "2037-01-01 00:00:00 UTC"', 'expiration_date = "2038-01-01 00:00:00 UTC"'];

const faults: readonly Omit<Fault, 'stage'>[] = [
  {
    ...{ id: 'C8', title: 'QEMU may not read its key', checks: [21] },
    ...both(C2, ['chmod', '600', '/etc/pki/qemu/server-key.pem'], ['chmod', '644', '/etc/pki/qemu/server-key.pem']),
    finds: { rule: 'qemu/tls-key-unreadable', node: C2 },
  },
  {
    ...{ id: 'C9', title: 'QEMU’s certificate is for another name', checks: [21] },
    ...certified('qemu', certificate('wrong.lab', ['dns_name = wrong.lab'])),
    finds: { rule: 'qemu/certificate-names', node: C2 },
  },
  {
    ...{ id: 'C10', title: 'libvirt’s certificate is for another name', checks: [21, 22] },
    ...certified('libvirt', certificate('wrong.lab', ['dns_name = wrong.lab'])),
    finds: { rule: 'libvirtd/certificate-names' },
  },
  {
    ...{ id: 'C11', title: 'libvirt’s certificate has expired: libvirtd does not start', checks: [21, 22] },
    ...certified('libvirt', certificate('compute2.lab', [...names, ...EXPIRED])),
    finds: { rule: 'libvirtd/certificate-dates', node: C2 },
  },
  {
    ...{ id: 'C11-qemu', title: 'QEMU’s certificate has expired', checks: [21] },
    ...certified('qemu', certificate('compute2.lab', [...names, ...EXPIRED])),
    finds: { rule: 'qemu/certificate-dates', node: C2 },
  },
  {
    ...{ id: 'C12', title: 'libvirt’s certificate is not yet valid', checks: [21, 22] },
    ...certified('libvirt', certificate('compute2.lab', [...names, ...FUTURE])),
    finds: { rule: 'libvirtd/certificate-dates', node: C2 },
  },
  {
    ...{ id: 'C7-key', title: 'QEMU’s key is not there', checks: [21] },
    ...away('/etc/pki/qemu/server-key.pem'),
    finds: { rule: 'qemu/native-tls-no-certs', node: C2 },
  },
  {
    ...{ id: 'A14-client', title: 'libvirt’s certificate for dialling is not there', checks: [21] },
    ...away('/etc/pki/libvirt/clientcert.pem'),
    finds: { rule: 'libvirtd/tls-files-missing', node: C2 },
  },
  {
    ...{
      id: 'C7-folder',
      title: 'migrate_tls_x509_cert_dir names a folder that is not there: libvirtd does not start',
      checks: [21, 23],
    },
    ...restarted(C2, libvirt(C2, 'qemu', 'migrate_tls_x509_cert_dir', '"/etc/pki/nowhere"')),
    finds: { rule: 'qemu/tls-dir-missing', node: C2 },
  },
  {
    ...{ id: 'C10-triple', title: 'cert_file without key_file', checks: [21] },
    ...restarted(C2, libvirt(C2, 'libvirtd', 'cert_file', '"/etc/pki/libvirt/servercert.pem"')),
    finds: { rule: 'libvirtd/cert-triple-incomplete', node: C2 },
  },
  {
    ...{ id: 'T1', title: 'TCP is open to everybody beside TLS', checks: [20] },
    ...restarted(C2, all(libvirt(C2, 'libvirtd', 'listen_tcp', '1'), libvirt(C2, 'libvirtd', 'auth_tcp', '"none"'))),
    finds: { rule: 'libvirtd/auth-tcp-none', node: C2 },
  },
  {
    ...{ id: 'T2', title: 'native TLS on one node, not on the other, which insists on it', checks: [21] },
    ...all(
      nova(C2, 'libvirt', 'live_migration_with_native_tls', undefined),
      restarted(C2, libvirt(C2, 'qemu', 'migrate_tls_force', '1')),
    ),
    finds: { rule: 'qemu/tls-force-without-native', node: C2 },
  },
  {
    ...{ id: 'T3', title: 'libvirt does not ask its clients for certificates', checks: [20] },
    ...restarted(C2, libvirt(C2, 'libvirtd', 'tls_no_verify_certificate', '1')),
    finds: { rule: 'libvirtd/no-verify', node: C2 },
  },
  {
    ...{ id: 'H7', title: 'the short name stands first, and libvirt calls itself by it', checks: [16, 21] },
    ...edit(C2, '/etc/hosts', 's/compute2.lab compute2/compute2 compute2.lab/'),
    finds: { rule: 'hosts/alias-order', node: C2, severity: 'info' },
  },
];

export const certificates: readonly Fault[] = faults.map((f) => ({ ...f, stage: 'tls' }));

export const uncertified: readonly Unprovoked[] = [
  {
    id: 'C13',
    title: 'certificates of two authorities',
    why: 'facts hold names and dates of a certificate, not its issuer; the daemon’s own refusal shows as libvirtd/not-listening',
    checks: [21, 22],
  },
];
