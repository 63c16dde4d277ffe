import type { KnownMessage } from '../message';

/** The guest's memory on its way from QEMU to QEMU. Words of libvirt 9.0 and QEMU 7.2. */
export const stream: readonly KnownMessage[] = [
  {
    id: 'stream-refused',
    pattern: /unable to connect to server at '(?<host>[^']*):(?<port>49[12]\d\d)': Connection refused/,
    means: 'The two libvirtds agreed; QEMU on the source did not reach QEMU on {host}, port {port}.',
    causes: [
      {
        text: '{host}: a firewall refuses the migration ports.',
        remedy: 'let 49152 to 49215 in from the compute nodes (migration_port_min and _max of qemu.conf)',
        rules: ['cluster/firewall-ports', 'cluster/port-blocked'],
      },
      {
        text: 'The name {host} leads the source to loopback or to another machine: the destination gave its host name.',
        remedy: 'the real address in /etc/hosts of the source, or live_migration_inbound_addr',
        rules: ['hosts/peer-loopback', 'hosts/peer-resolves', 'hosts/host-duplicate', 'qemu/migration-host-loopback'],
      },
      {
        text: '{host}: QEMU awaits the guest on another address.',
        remedy: 'migration_address "0.0.0.0" in qemu.conf',
        rules: ['qemu/migration-address-not-dialled', 'qemu/migration-address-loopback'],
      },
    ],
  },
  {
    id: 'stream-no-way',
    pattern:
      /unable to connect to server at '(?<host>[^']*):(?<port>49[12]\d\d)': (?<how>Connection timed out|No route to host|Network is unreachable)/,
    means: 'The two libvirtds agreed; no way leads to port {port} of {host}: {how}.',
    causes: [
      {
        text: '{host}: a firewall drops the migration ports.',
        remedy: 'let 49152 to 49215 in from the compute nodes (migration_port_min and _max of qemu.conf)',
        rules: ['cluster/firewall-ports', 'cluster/port-blocked'],
      },
      {
        text: 'live_migration_inbound_addr of {host} is of a network that the source does not reach.',
        rules: ['nova/inbound-addr-foreign', 'nova/inbound-addr-loopback'],
      },
      {
        text: 'The name {host} leads the source to an address that {host} does not have.',
        remedy: 'the right address in /etc/hosts or DNS',
        rules: ['hosts/peer-resolves', 'hosts/peer-conflict', 'hosts/not-own-address'],
      },
    ],
  },
  {
    id: 'stream-name',
    pattern: /Unable to resolve address '(?<host>[^']*)' service '(?<port>49[12]\d\d)'/,
    means: 'The destination gave its full name {host} as where to send the guest, and the source does not know it.',
    causes: [
      {
        text: '{host} is neither in /etc/hosts of the source nor in DNS.',
        remedy: 'an entry for it on every compute node, or live_migration_inbound_addr',
        rules: ['hosts/peer-missing', 'hosts/peer-resolves'],
      },
    ],
  },
  {
    id: 'ports-used-up',
    pattern: /Unable to find an unused port in range 'migration' \((?<range>[\d-]+)\)/,
    means: 'All migration ports of the destination ({range}) are taken.',
    causes: [
      {
        text: 'migration_port_min and _max leave room for few guests at a time.',
        remedy: '49152 to 49215',
        rules: ['qemu/migration-ports-narrow'],
      },
      {
        text: 'Other programs use these ports: they lie in the range that the kernel gives away.',
        remedy: 'net.ipv4.ip_local_reserved_ports',
        rules: ['qemu/migration-ports-taken'],
      },
    ],
  },
  {
    id: 'ports-empty',
    pattern: /start port (?<min>\d+) must be less than end port (?<max>\d+)/,
    means: 'libvirtd ended: migration_port_min {min} is not below migration_port_max {max}.',
    causes: [{ text: 'qemu.conf: the range of migration ports is empty.', rules: ['qemu/migration-ports'] }],
  },
  {
    id: 'migration-address-local',
    pattern: /migration_(?<key>address|host) must not be the address of the local machine: (?<value>\S+)/,
    means: 'libvirtd ended: migration_{key} in qemu.conf is {value}.',
    causes: [
      {
        text: 'qemu.conf names loopback as where guests are to be sent.',
        rules: ['qemu/migration-address-loopback', 'qemu/migration-host-loopback'],
      },
    ],
  },
  {
    id: 'incoming-bind',
    pattern: /'migrate-incoming': Failed to bind socket: Cannot assign requested address/,
    means: 'QEMU on the destination is to await the guest on an address that its host does not have.',
    causes: [
      {
        text: 'migration_address in qemu.conf, or the listen address, is another host’s.',
        remedy: '"0.0.0.0", or an own address',
        rules: ['qemu/migration-address-not-own', 'qemu/migration-address-not-dialled'],
      },
    ],
  },
  {
    id: 'qemu-certificates',
    pattern: /Unable to access credentials (?<file>\S+?):|Cannot load certificate '(?<cert>[^']*)'/,
    means: 'QEMU is to encrypt the stream and cannot read its certificates.',
    causes: [
      {
        text: 'live_migration_with_native_tls is on, and /etc/pki/qemu (or default_tls_x509_cert_dir) lacks them.',
        remedy: 'CA, server and client certificates for QEMU on every compute node',
        rules: ['qemu/native-tls-no-certs', 'qemu/asked-tls-no-certs', 'qemu/tls-dir-missing'],
      },
      {
        text: 'The key is readable for root only: QEMU runs as another account.',
        remedy: 'owner or group of the key: that of QEMU',
        rules: ['qemu/tls-key-unreadable'],
      },
    ],
  },
  {
    id: 'qemu-authority',
    pattern: /The certificate hasn't got a known issuer|certificate signature .* not trusted/,
    means: "One QEMU does not know the authority of the other's certificate.",
    causes: [
      {
        text: 'The certificates in /etc/pki/qemu are of different authorities.',
        remedy: 'certificates of one authority, and its CA certificate on all hosts',
        rules: ['qemu/certificate-authority', 'libvirtd/certificate-authority'],
      },
    ],
  },
  {
    id: 'tls-channel',
    pattern: /Cannot read from TLS channel|TLS handshake failed/,
    means: 'The two QEMUs did not agree on TLS.',
    vague: true,
    causes: [
      {
        text: "The destination's certificate is not for the name that was dialled, or of another authority; the log of the source says which.",
        rules: ['qemu/certificate-names', 'qemu/certificate-authority', 'qemu/certificate-dates'],
      },
    ],
  },
  {
    id: 'stream-cut',
    pattern: /End of file while reading data: Input\/output error/,
    means: 'A connection ended in the middle.',
    vague: true,
    causes: [
      {
        text: 'The port of QEMU, or of the disks that are copied, is closed by a firewall.',
        remedy: 'let 49152 to 49215 in',
        rules: ['cluster/firewall-ports', 'cluster/port-blocked'],
      },
      { text: 'libvirtd on the source was restarted.', remedy: 'look where the guest runs, then migrate again' },
    ],
  },
];
