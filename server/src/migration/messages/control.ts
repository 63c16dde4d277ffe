import type { KnownMessage } from '../message';

/** What libvirtd ends of as it starts: the source then hears that nothing listens. */
export const DOES_NOT_START = [
  'libvirtd/syntax',
  'libvirtd/bad-value',
  'libvirtd/wrong-type',
  'libvirtd/auth-tcp-invalid',
  'libvirtd/certificate-dates',
  'libvirtd/certificate-authority',
  'libvirtd/certificate-key-type',
  'libvirtd/cert-triple-incomplete',
  'libvirtd/port-invalid',
  'qemu/syntax',
  'qemu/bad-value',
  'qemu/wrong-type',
  'qemu/migration-ports',
  'qemu/migration-address-loopback',
  'qemu/migration-host-loopback',
  'qemu/tls-dir-missing',
  'defaults/listen-with-sockets',
] as const;

/** Where nothing listens for TCP or TLS, and no nova says what to dial, SSH is what is left. */
const SSH_WAS_LEFT = {
  text: 'libvirt listens neither on TCP nor on TLS there, and so was dialled over SSH.',
  remedy: 'let it listen, unless SSH is what you want',
  rules: [
    'libvirtd/listen-without-flag',
    'defaults/missing-listen-flag',
    'libvirtd/listen-tcp-off',
    ...DOES_NOT_START,
    'libvirtd/not-listening',
  ],
} as const;

const FIREWALL = ['cluster/firewall-ports', 'cluster/port-blocked'] as const;

/** The source's libvirtd cannot talk to that of the destination. Words of libvirt 9.0. */
export const control: readonly KnownMessage[] = [
  {
    id: 'control-refused',
    pattern: /unable to connect to server at '(?<host>[^']*):(?<port>(?!49[12]\d\d')\d+)': Connection refused/,
    means: 'Nothing listens on port {port} of {host}, or a firewall there answers in its place.',
    causes: [
      {
        text: '{host}: libvirtd was started without --listen, so that listen_tcp and listen_tls count for nothing.',
        remedy: 'give it --listen (and mask its sockets), or enable libvirtd-tcp.socket or libvirtd-tls.socket',
        rules: [
          'libvirtd/listen-without-flag',
          'defaults/missing-listen-flag',
          'defaults/wrong-file',
          'defaults/wrong-variable',
          'defaults/upstart-listen-flag',
        ],
      },
      {
        text: '{host}: listen_tcp is 0, which it is unless it is set.',
        remedy: 'listen_tcp = 1 in libvirtd.conf',
        rules: ['libvirtd/listen-tcp-off'],
      },
      {
        text: '{host}: libvirtd does not run. With --listen and without certificates it ends at once, since listen_tls is 1 unless it is set.',
        remedy: 'listen_tls = 0, or certificates; its log names what it ended of',
        rules: ['libvirtd/listen-tls-default-no-certs', 'libvirtd/tls-files-missing', ...DOES_NOT_START],
      },
      {
        text: '{host}: libvirtd listens on loopback only.',
        remedy: 'listen_addr = "0.0.0.0", or the address that peers dial',
        rules: ['libvirtd/listen-addr-loopback', 'defaults/socket-loopback'],
      },
      {
        text: '{host}: libvirtd listens on another of its addresses.',
        remedy: 'listen_addr and live_migration_inbound_addr have to go together',
        rules: ['libvirtd/listen-addr-not-own', 'cluster/listen-addr-not-dialled', 'defaults/socket-address'],
      },
      {
        text: '{host}: libvirtd listens on another port.',
        remedy: 'tcp_port and tls_port at their defaults, or the port in live_migration_uri',
        rules: ['libvirtd/port-non-default', 'cluster/transport-mismatch'],
      },
      {
        text: 'The source takes {host} for another machine, or for itself.',
        remedy: 'the right address in /etc/hosts or DNS',
        rules: ['hosts/peer-loopback', 'hosts/peer-resolves', 'hosts/peer-conflict'],
      },
      {
        text: '{host}: a firewall refuses port {port} with a TCP reset.',
        remedy: 'let port {port} in from the compute nodes',
        rules: FIREWALL,
      },
      {
        text: '{host}: libvirtd has ended, or was started otherwise than the files say.',
        remedy: 'start it; its log names what it ended of',
        rules: ['libvirtd/not-listening', 'defaults/start-libvirtd-no'],
      },
    ],
  },
  {
    id: 'control-no-way',
    pattern:
      /unable to connect to server at '(?<host>[^']*):(?<port>(?!49[12]\d\d')\d+)': (?<how>Connection timed out|No route to host|Network is unreachable)/,
    means: 'No way leads to port {port} of {host}: {how}.',
    causes: [
      {
        text: '{host}: a firewall drops or rejects port {port}.',
        remedy: 'let port {port} in from the compute nodes',
        rules: FIREWALL,
      },
      {
        text: 'The address is of a network that the source does not reach.',
        remedy: 'live_migration_inbound_addr of a network that all compute nodes share',
        rules: ['nova/inbound-addr-foreign', 'nova/inbound-addr-loopback'],
      },
      {
        text: 'The name leads to an address that nobody has.',
        remedy: 'the right address in /etc/hosts or DNS',
        rules: ['hosts/peer-resolves', 'hosts/peer-conflict', 'hosts/not-own-address'],
      },
      { text: '{host} is down.', remedy: 'start it; if it was the source of guests, evacuate them' },
    ],
  },
  {
    id: 'control-name',
    pattern: /Unable to resolve address '(?<host>[^']*)' service '(?<port>(?!49[12]\d\d')\d+)'(?!: Servname)/,
    means: 'The source does not know the name {host}.',
    causes: [
      {
        text: '{host} is neither in /etc/hosts of the source nor in DNS.',
        remedy: 'an entry for it on every compute node',
        rules: ['hosts/peer-missing', 'hosts/peer-resolves', 'hosts/bad-address'],
      },
      {
        text: "live_migration_inbound_addr of the destination is misspelt, or is a name of nobody's.",
        remedy: 'an address of the destination',
        rules: ['nova/inbound-addr-foreign'],
      },
    ],
  },
  {
    id: 'service-name',
    pattern: /Unable to resolve address '(?<host>[^']*)' service '(?<port>[^']*)': Servname not supported/,
    means: '{port} is no port.',
    causes: [
      {
        text: 'The port in libvirtd.conf or in live_migration_uri is no number from 1 to 65535.',
        rules: ['libvirtd/port-invalid'],
      },
    ],
  },
  {
    id: 'listen-with-sockets',
    pattern: /--listen parameter not permitted with systemd activation sockets/,
    means: 'libvirtd ended: it was given --listen and sockets of systemd at a time.',
    causes: [
      {
        text: 'The sockets libvirtd*.socket are active.',
        remedy: 'mask them and keep --listen, or drop --listen and enable libvirtd-tcp.socket',
        rules: ['defaults/listen-with-sockets'],
      },
    ],
  },
  {
    id: 'no-certificates',
    pattern:
      /Cannot read (?<what>CA certificate|server certificate|server key|client certificate|client key) '(?<file>[^']*)'/,
    means: 'libvirt is to talk TLS, and its {what} {file} is not there or cannot be read.',
    causes: [
      {
        text: 'live_migration_scheme or the URI says TLS, and the source has no certificates.',
        remedy: 'certificates on every compute node, or another transport on all of them',
        rules: ['cluster/transport-mismatch', 'libvirtd/tls-files-missing', 'cluster/transport-asymmetric'],
      },
      {
        text: 'libvirtd listens for TLS unless listen_tls is 0, and does not start without certificates.',
        remedy: 'listen_tls = 0, or certificates',
        rules: ['libvirtd/listen-tls-default-no-certs'],
      },
      {
        text: 'The URI does not begin with qemu+: libvirt then takes it for TLS to a remote host.',
        remedy: 'live_migration_uri = qemu+tcp://%s/system',
        rules: ['nova/uri-wrong-driver', 'nova/scheme-contains-uri'],
      },
    ],
  },
  {
    id: 'no-network-sockets',
    pattern: /Unable to initialize network sockets/,
    means: 'libvirtd ended, since it could not open what it is to listen on; its log has the reason.',
    vague: true,
    causes: [
      {
        text: 'listen_tls is on and there are no certificates.',
        remedy: 'listen_tls = 0, or certificates',
        rules: ['libvirtd/listen-tls-default-no-certs', 'libvirtd/tls-files-missing'],
      },
      { text: 'listen_addr is no address of the host.', rules: ['libvirtd/listen-addr-not-own'] },
    ],
  },
  {
    id: 'bind-address',
    pattern: /Unable to bind to port: Cannot assign requested address/,
    means: 'libvirtd is to listen on an address that its host does not have, and ended.',
    causes: [
      {
        text: 'listen_addr is another host’s, or its interface was not up yet.',
        remedy: 'an own address, or 0.0.0.0',
        rules: ['libvirtd/listen-addr-not-own', 'libvirtd/listen-addr-specific-race'],
      },
    ],
  },
  {
    id: 'sasl',
    pattern:
      /authentication failed: (?:authentication failed|No authentication callback available)|no SASL mechanisms are available|cannot list SASL mechanisms/,
    means: 'The destination asks for SASL, and the two did not agree on a way or on a password.',
    causes: [
      {
        text: 'auth_tcp is "sasl", which it is unless it is set, and there is no Kerberos.',
        remedy: 'auth_tcp = "none" on a network of its own, or TLS, or SASL with credentials on every node',
        rules: ['libvirtd/sasl-unusable', 'libvirtd/auth-tcp-absent', 'libvirtd/auth-tcp-sasl-no-creds'],
      },
      {
        text: 'The mechanism gives no encryption, which libvirt asks for over TCP.',
        remedy: 'gssapi, or TLS as the transport',
        rules: ['libvirtd/sasl-unusable'],
      },
      {
        text: 'auth.conf of the source holds no password for the destination, or a wrong one.',
        remedy: '/etc/libvirt/auth.conf of root on the source',
      },
    ],
  },
  {
    id: 'auth-unknown',
    pattern: /auth_(?<key>\w+): unsupported auth (?<value>\S+)/,
    means: 'libvirtd ended: auth_{key} holds {value}, which it does not know.',
    causes: [
      {
        text: 'A misspelt authentication in libvirtd.conf.',
        remedy: 'none, sasl or polkit',
        rules: ['libvirtd/auth-tcp-invalid'],
      },
    ],
  },
  {
    id: 'client-certificate',
    pattern: /Unable to verify TLS peer: No certificate was found/,
    means: 'The destination asked for the certificate of the source, which showed none.',
    causes: [
      {
        text: 'clientcert.pem or its key is not there on the source, or libvirtd there may not read it.',
        remedy: 'a certificate and its key for libvirt as a client, on every compute node',
        rules: ['libvirtd/tls-files-missing', 'libvirtd/certificate-dates'],
      },
    ],
  },
  {
    id: 'tls-confirmation',
    pattern: /Unable to read TLS confirmation/,
    means: 'The destination saw the certificate of the source, or that it has none, and hung up; its log says why.',
    vague: true,
    causes: [
      {
        text: 'clientcert.pem or its key is not there on the source, or not good on this day.',
        remedy: 'a certificate and its key for libvirt as a client, on every compute node',
        rules: ['libvirtd/tls-files-missing', 'libvirtd/certificate-dates'],
      },
      {
        text: 'The destination does not trust the authority of the source’s certificate.',
        remedy: 'one CA certificate on all hosts',
        rules: ['libvirtd/certificate-authority'],
      },
      {
        text: 'tls_allowed_dn_list of the destination does not name the source.',
        remedy: 'the subject of its clientcert.pem in that list',
      },
    ],
  },
  {
    id: 'certificate-name',
    pattern: /Failed to verify peer's certificate|Certificate does not match the hostname (?<host>\S+)/,
    means: "The destination's certificate is not for the name by which it is dialled, or of another authority.",
    causes: [
      {
        text: 'The certificate lacks the name or address in the URI.',
        remedy: 'all names and addresses by which peers dial as subjectAltName',
        rules: ['libvirtd/certificate-names', 'qemu/certificate-names', 'hosts/alias-order'],
      },
      {
        text: 'The two hosts trust different authorities.',
        remedy: 'one CA certificate on all hosts',
        rules: ['libvirtd/certificate-authority', 'qemu/certificate-authority'],
      },
    ],
  },
  {
    id: 'certificate-dates',
    pattern: /certificate (?<file>\S+) (?<how>has expired|is not yet active)/,
    means: 'The certificate {file} {how}: libvirtd does not start.',
    causes: [
      {
        text: 'The certificate has run out, or is younger than the clock.',
        remedy: 'a new certificate',
        rules: ['libvirtd/certificate-dates', 'qemu/certificate-dates'],
      },
      { text: 'The clock is wrong.', remedy: 'time synchronisation', rules: ['cluster/clock-skew'] },
    ],
  },
  {
    id: 'certificate-usage',
    pattern: /Certificate (?<file>\S+) usage does not permit key encipherment/,
    means: 'libvirtd did not start: {file} may not be used to encipher keys, which this libvirt asks for.',
    causes: [
      {
        text: 'The certificate is of an elliptic curve, or was made without that use.',
        remedy: 'a certificate of RSA with digital signature and key encipherment',
        rules: ['libvirtd/certificate-key-type'],
      },
    ],
  },
  {
    id: 'certificate-authority',
    pattern: /certificate (?<file>\S+) failed validation against (?<ca>\S+?):/,
    means: 'libvirtd did not start: it does not take {file} by {ca}.',
    causes: [
      {
        text: 'Certificate and CA certificate are of different authorities.',
        remedy: 'one CA certificate on all hosts, and certificates that it signed',
        rules: ['libvirtd/certificate-authority'],
      },
    ],
  },
  {
    id: 'ssh-host-key',
    pattern: /Host key verification failed/,
    means: "root on the source does not know the destination's SSH key, or knows another one.",
    causes: [
      {
        text: '/root/.ssh/known_hosts of the source lacks the destination, under the very name or address that nova dials.',
        remedy: 'ssh-keyscan on every compute node, or /etc/ssh/ssh_known_hosts',
        rules: ['cluster/ssh-host-unknown'],
      },
      SSH_WAS_LEFT,
    ],
  },
  {
    id: 'ssh-key',
    pattern: /Permission denied \((?:publickey|password|keyboard-interactive|,)+\)/,
    means: 'root on the source may not log in on the destination.',
    causes: [
      {
        text: "The destination's authorized_keys lacks the key of root on the source, or sshd forbids root to log in.",
        remedy: 'the key in authorized_keys of the user that the URI names',
        rules: ['cluster/ssh-key-refused'],
      },
      SSH_WAS_LEFT,
    ],
  },
  {
    id: 'ssh-refused',
    pattern:
      /ssh: connect to host (?<host>\S+) port (?<port>\d+): (?<how>Connection refused|Connection timed out|No route to host)/,
    means: 'No sshd answers on port {port} of {host}.',
    causes: [{ text: '{host}: sshd does not run, listens elsewhere, or a firewall is before it.' }],
  },
  {
    id: 'own-socket',
    pattern: /Failed to connect socket to '(?<socket>[^']*libvirt-sock[^']*)': Permission denied/,
    means: "nova may not talk to its own host's libvirt.",
    causes: [
      {
        text: 'The account of nova-compute is not in the group of the socket.',
        remedy: 'usermod -aG libvirt nova, and restart nova-compute',
        rules: ['cluster/nova-not-in-libvirt-group'],
      },
    ],
  },
  {
    id: 'own-socket-missing',
    pattern:
      /Failed to connect socket to '(?<socket>[^']*(?:libvirt-sock|virtqemud-sock)[^']*)': (?:No such file or directory|Connection refused)/,
    means: 'libvirt does not run on that host.',
    causes: [
      {
        text: 'libvirtd ended or was not started; its log has the reason.',
        rules: ['defaults/start-libvirtd-no', 'libvirtd/syntax', 'libvirtd/bad-value'],
      },
    ],
  },
];
