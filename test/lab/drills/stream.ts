/** The memory stream, in the clear and by TLS. */
import { all, both, C1, C2, libvirt, made, restarted, step, type Change, type Drill } from './drill';

const tls = { options: { tls: true } } as const;
/** Something listens on the ports already. */
const taken = (...ports: number[]): Change => ({
  make: ports.map((port) =>
    step(C2, 'sh', '-c', `nc -lk ${port} >/dev/null 2>&1 </dev/null & echo $! >/run/lab/nc${port}`),
  ),
  undo: ports.map((port) => step(C2, 'sh', '-c', `kill "$(cat /run/lab/nc${port})"`)),
});
const AUTHORITY = ['cn = other CA', 'ca', 'cert_signing_key', ''].join('\n');
const TEMPLATE = ['cn = compute2.lab', 'dns_name = compute2.lab', 'dns_name = compute2', 'ip_address = @NET.0.12']
  .concat('ip_address = @NET.1.12', 'tls_www_server', 'tls_www_client', 'encryption_key', 'signing_key', '')
  .join('\n');
/** Certificates of the destination by another authority. */
const otherAuthority = (of: 'libvirt' | 'qemu', ...more: Change[]): Change =>
  restarted(
    C2,
    all(
      {
        make: [
          step(C2, 'cp', '-a', '/etc/pki', '/run/lab/pki.kept'),
          { node: C2, argv: ['/run/lab/certify', 'authority', '/run/lab/ca2'], input: AUTHORITY },
          { node: C2, argv: ['/run/lab/certify', of, '/run/lab/ca2'], input: TEMPLATE },
        ],
        undo: [step(C2, 'rm', '-rf', '/etc/pki'), step(C2, 'mv', '/run/lab/pki.kept', '/etc/pki')],
      },
      ...more,
    ),
  );
const elliptic: Change = restarted(C2, {
  make: [
    step(C2, 'cp', '-a', '/etc/pki', '/run/lab/pki.kept'),
    step(C2, 'mv', '/run/lab/own', '/run/lab/own.kept'),
    step(C2, 'mkdir', '/run/lab/own'),
    step(C2, 'sh', '-c', 'certtool --generate-privkey --key-type=ecdsa --outfile /run/lab/own/key.pem 2>/dev/null'),
    { node: C2, argv: ['/run/lab/certify', 'libvirt'], input: TEMPLATE },
  ],
  undo: [
    step(C2, 'rm', '-rf', '/run/lab/own', '/etc/pki'),
    step(C2, 'mv', '/run/lab/own.kept', '/run/lab/own'),
    step(C2, 'mv', '/run/lab/pki.kept', '/etc/pki'),
  ],
});
const FIREWALL = ['cluster/firewall-ports', 'cluster/port-blocked'];

export const stream: readonly Drill[] = [
  made('C1', 'nova', { causes: FIREWALL }),
  made('C2', 'plain', { causes: FIREWALL }),
  made('C1', 'plain', { id: 'C1-plain', causes: FIREWALL }),
  {
    ...{ id: 'C3', title: 'the two migration ports of the destination are taken', stage: 'plain' },
    ...all(restarted(C2, libvirt(C2, 'qemu', 'migration_port_max', '49153')), taken(49152, 49153)),
    causes: ['qemu/migration-ports-taken', 'qemu/migration-ports-narrow'],
  },
  made('C4', 'nova'),
  made('C5', 'plain'),
  made('C6', 'nova'),
  made('C6-host', 'nova'),
  made('C7', 'nova', tls),
  {
    ...{ id: 'C7-plain', title: 'the stream is to be encrypted, and there are no certificates', stage: 'plain' },
    ...{ make: [], undo: [], ...tls, causes: ['qemu/asked-tls-no-certs'] },
  },
  made('C8', 'tls', tls),
  made('C9', 'tls', tls),
  made('C10', 'tls', { ...tls, causes: ['libvirtd/certificate-names'] }),
  made('C11', 'tls', tls),
  made('C11-qemu', 'tls', tls),
  made('C12', 'tls', tls),
  {
    ...{ id: 'C13', title: 'the destination’s certificates are of another authority', stage: 'tls', ...tls },
    ...{ ...otherAuthority('libvirt'), causes: ['libvirtd/certificate-authority'] },
  },
  {
    ...{ id: 'C13-own', title: 'the destination trusts another authority than its own: libvirtd does not start' },
    ...{ stage: 'tls', ...tls, causes: ['libvirtd/certificate-authority'] },
    ...restarted(C2, {
      make: [
        { node: C2, argv: ['/run/lab/certify', 'authority', '/run/lab/ca3'], input: AUTHORITY },
        step(C2, 'cp', '-a', '/etc/pki/CA/cacert.pem', '/run/lab/cacert.kept'),
        step(C2, 'cp', '/run/lab/ca3/cert.pem', '/etc/pki/CA/cacert.pem'),
      ],
      undo: [step(C2, 'cp', '-a', '/run/lab/cacert.kept', '/etc/pki/CA/cacert.pem')],
    }),
  },
  {
    ...{ id: 'C13-qemu', title: 'QEMU’s certificates are of another authority on the destination' },
    ...{ stage: 'tls', ...tls, ...otherAuthority('qemu'), causes: ['qemu/certificate-authority'] },
  },
  { ...{ id: 'C14', title: 'right certificates', stage: 'tls', causes: [], ...tls }, make: [], undo: [] },
  {
    ...{ id: 'C15', title: 'libvirt’s certificate is of an elliptic curve', stage: 'tls' },
    ...{ ...tls, ...elliptic, causes: ['libvirtd/certificate-key-type'] },
  },
  made('C7-key', 'tls', tls),
  made('C7-folder', 'tls', tls),
  made('C10-triple', 'tls', tls),
  made('T1', 'tls', { ...tls, causes: [] }),
  made('T3', 'tls', { ...tls, causes: [] }),
  made('H7', 'tls', { ...tls, causes: [] }),
  {
    ...{ id: 'C16', title: 'the source’s certificate for dialling is not there', stage: 'tls', ...tls },
    ...both(
      C1,
      ['mv', '/etc/pki/libvirt/clientcert.pem', '/run/lab/away'],
      ['mv', '/run/lab/away', '/etc/pki/libvirt/clientcert.pem'],
    ),
    causes: ['libvirtd/tls-files-missing'],
  },
];
