/** Reaching libvirt on the destination: how it is started, where it listens, who may talk to it, what stands in between. */
import { all, both, C1, C2, edit, libvirt, nova, restarted, type Fault, type Unprovoked } from './fault';

const LIBVIRTD = 'etc/libvirt/libvirtd.conf';
const drop = (ports: string, verdict: readonly string[]) =>
  all(both(C2, ['nft', 'add', 'table', 'inet', 'lab'], ['nft', 'delete', 'table', 'inet', 'lab']), {
    make: [
      { node: C2, argv: ['nft', 'add chain inet lab in { type filter hook input priority 0; }'] },
      { node: C2, argv: ['nft', 'add', 'rule', 'inet', 'lab', 'in', 'tcp', 'dport', ports, ...verdict] },
    ],
    undo: [],
  });

export const reach: readonly Fault[] = [
  {
    ...{ id: 'A1', title: 'libvirtd runs without --listen', checks: [23, 24] },
    ...restarted(C2, edit(C2, '/etc/default/libvirtd', 's/"--listen"/""/')),
    finds: { rule: 'libvirtd/listen-without-flag', node: C2 },
  },
  {
    ...{ id: 'A1-running', title: 'the file says --listen, libvirtd was started by hand without it', checks: [23, 24] },
    make: [{ node: C2, argv: ['/run/lab/restart-libvirtd', 'bare'] }],
    undo: [{ node: C2, argv: ['/run/lab/restart-libvirtd'] }],
    finds: { rule: 'libvirtd/not-listening', node: C2 },
  },
  {
    ...{ id: 'A1-dead', title: 'libvirtd does not run', checks: [18, 23, 24] },
    ...both(C2, ['service', 'libvirtd', 'stop'], ['/run/lab/restart-libvirtd']),
    finds: { rule: 'libvirtd/not-listening', node: C2 },
  },
  {
    ...{ id: 'A2', title: 'listen_tcp = 0', checks: [24] },
    ...restarted(C2, libvirt(C2, 'libvirtd', 'listen_tcp', '0')),
    finds: { rule: 'libvirtd/listen-tcp-off', node: C2, file: LIBVIRTD },
  },
  {
    ...{ id: 'A3', title: 'listen_tls = 1 without certificates: libvirtd does not start', checks: [21, 23] },
    ...restarted(C2, libvirt(C2, 'libvirtd', 'listen_tls', '1')),
    finds: { rule: 'libvirtd/tls-files-missing', node: C2 },
  },
  {
    ...{ id: 'A3-default', title: 'listen_tls left to its default of 1', checks: [21, 23] },
    ...restarted(C2, edit(C2, '/etc/libvirt/libvirtd.conf', '/^listen_tls/d')),
    finds: { rule: 'libvirtd/listen-tls-default-no-certs', node: C2 },
  },
  {
    ...{ id: 'A5', title: 'listen_addr = "127.0.0.1"', checks: [24] },
    ...restarted(C2, libvirt(C2, 'libvirtd', 'listen_addr', '"127.0.0.1"')),
    finds: { rule: 'libvirtd/listen-addr-loopback', node: C2, file: LIBVIRTD },
  },
  {
    ...{ id: 'A6', title: 'listen_addr is an address that the node does not have', checks: [24] },
    ...restarted(C2, libvirt(C2, 'libvirtd', 'listen_addr', '"10.255.0.99"')),
    finds: { rule: 'libvirtd/listen-addr-not-own', node: C2, file: LIBVIRTD },
  },
  {
    ...{ id: 'A6-other', title: 'listen_addr is the address of the network that is not dialled', checks: [24] },
    ...restarted(C2, libvirt(C2, 'libvirtd', 'listen_addr', '"@NET.0.12"')),
    finds: { rule: 'cluster/listen-addr-not-dialled', node: C2, file: LIBVIRTD },
  },
  {
    ...{ id: 'A7', title: 'tcp_port = "16510"', checks: [18, 24] },
    ...restarted(C2, libvirt(C2, 'libvirtd', 'tcp_port', '"16510"')),
    finds: { rule: 'libvirtd/port-non-default', node: C2, file: LIBVIRTD },
  },
  {
    ...{ id: 'A8', title: 'auth_tcp left to its default, SASL, which is not set up', checks: [20] },
    ...restarted(
      C2,
      all(
        edit(C2, '/etc/libvirt/libvirtd.conf', '/^auth_tcp/d'),
        both(C2, ['mv', '/etc/sasl2', '/etc/sasl2.kept'], ['mv', '/etc/sasl2.kept', '/etc/sasl2']),
      ),
    ),
    finds: { rule: 'libvirtd/auth-tcp-absent', node: C2, file: LIBVIRTD },
  },
  {
    ...{ id: 'A9', title: 'auth_tcp = "sasl", and root has no credentials for the other node', checks: [20] },
    ...restarted(C2, libvirt(C2, 'libvirtd', 'auth_tcp', '"sasl"')),
    finds: { rule: 'libvirtd/auth-tcp-sasl-no-creds', severity: 'info' },
  },
  {
    ...{ id: 'A10', title: 'auth_tcp = "foo": libvirtd does not start', checks: [23] },
    ...restarted(C2, libvirt(C2, 'libvirtd', 'auth_tcp', '"foo"')),
    finds: { rule: 'libvirtd/auth-tcp-invalid', node: C2, file: LIBVIRTD },
  },
  {
    ...{ id: 'A-restart', title: 'libvirtd.conf was changed, libvirtd not restarted', checks: [23] },
    make: [{ node: C2, argv: ['sh', '-c', 'sleep 2.1; touch /etc/libvirt/libvirtd.conf'] }],
    undo: [{ node: C2, argv: ['/run/lab/restart-libvirtd'] }],
    finds: { rule: 'cluster/restart-needed', node: C2, file: LIBVIRTD, severity: 'info' },
  },
  {
    ...{ id: 'A11', title: 'a firewall drops libvirt’s port', checks: [18, 19] },
    ...{ ...drop('16509', ['drop']), looks: [C1, C2] },
    finds: { rule: 'cluster/firewall-ports', node: C1, file: 'facts.json' },
  },
  {
    ...{ id: 'A12', title: 'a firewall rejects libvirt’s port', checks: [18, 19] },
    ...{ ...drop('16509', ['reject', 'with', 'icmpx', 'type', 'host-unreachable']), looks: [C1, C2] },
    finds: { rule: 'cluster/firewall-ports', node: C1, file: 'facts.json' },
  },
  {
    ...{ id: 'A17', title: 'nova is not in the group libvirt', checks: [9] },
    ...both(C2, ['gpasswd', '-d', 'nova', 'libvirt'], ['gpasswd', '-a', 'nova', 'libvirt']),
    finds: { rule: 'cluster/nova-not-in-libvirt-group', node: C2 },
  },
  {
    ...{ id: 'A18', title: 'the computes dial each other over different transports', checks: [20] },
    ...nova(C2, 'libvirt', 'live_migration_scheme', 'ssh'),
    finds: { rule: 'cluster/transport-asymmetric' },
  },
  {
    ...{ id: 'A14', title: 'nova dials over TLS, libvirt listens on TCP', checks: [18, 20] },
    ...all(nova(C1, 'libvirt', 'live_migration_scheme', 'tls'), nova(C2, 'libvirt', 'live_migration_scheme', 'tls')),
    finds: { rule: 'cluster/transport-mismatch' },
  },
];

export const unreached: readonly Unprovoked[] = [
  {
    id: 'A4',
    title: '--listen beside systemd’s sockets',
    why: 'systemd is process 1 of no namespace here; defaults/listen-with-sockets is held against the real systemd-socket-activate’s words instead',
    checks: [23],
  },
  {
    id: 'A15, A16',
    title: 'qemu+ssh:// with an unknown host key, or without a key',
    why: 'a snapshot reads nothing of root’s ~/.ssh, on purpose: keys are secrets',
    checks: [20],
  },
];
