/** Who is who: URIs, names, addresses and numbers of the nodes. */
import {
  all,
  both,
  C0,
  C1,
  C2,
  edit,
  libvirt,
  nova,
  restarted,
  type Change,
  type Fault,
  type Unprovoked,
} from './fault';

const HOSTS = 'etc/hosts';
const NOVA = 'etc/nova/nova.conf';

/** Without it nova puts the destination's name into the URI, and QEMU is dialled by it. */
const byName = all(
  nova(C1, 'libvirt', 'live_migration_inbound_addr', undefined),
  // Two changes of one file keep it under one name: here it is the first, and the only one.
  nova(C2, 'libvirt', 'live_migration_inbound_addr', undefined),
);
const named = (change: Change): Change => all(byName, change);

/** A URI instead of scheme and address. */
const uri = (value: string): Change =>
  edit(C1, '/etc/nova/nova.conf', '/^live_migration_/d', `/^\\[libvirt\\]/alive_migration_uri = ${value}`);

export const names: readonly Fault[] = [
  {
    ...{ id: 'B1', title: 'live_migration_uri names one host instead of %s', checks: [20] },
    ...uri('qemu+tcp://compute2/system'),
    finds: { rule: 'nova/uri-no-placeholder', node: C1, file: NOVA },
  },
  {
    ...{ id: 'B2', title: 'live_migration_uri with three slashes: the source itself', checks: [20] },
    ...uri('qemu+tcp:///%s/system'),
    finds: { rule: 'nova/uri-no-placeholder', node: C1, file: NOVA },
  },
  {
    ...{ id: 'B3', title: 'live_migration_uri = qemu+tcpp://…', checks: [20] },
    ...uri('qemu+tcpp://%s/system'),
    finds: { rule: 'nova/uri-wrong-driver', node: C1, file: NOVA },
  },
  {
    ...{ id: 'B4', title: 'live_migration_uri = tcp://…', checks: [20] },
    ...uri('tcp://%s/system'),
    finds: { rule: 'nova/uri-wrong-driver', node: C1, file: NOVA },
  },
  {
    ...{ id: 'B5', title: 'live_migration_uri ends in /sytem', checks: [20] },
    ...uri('qemu+tcp://%s/sytem'),
    finds: { rule: 'nova/uri-wrong-driver', node: C1, file: NOVA },
  },
  {
    ...{ id: 'B6', title: 'live_migration_uri = xen+tcp://…', checks: [20] },
    ...uri('xen+tcp://%s/system'),
    finds: { rule: 'nova/uri-wrong-driver', node: C1, file: NOVA },
  },
  {
    ...{ id: 'B7', title: 'two nodes with one host_uuid', checks: [38] },
    ...restarted(C2, libvirt(C2, 'libvirtd', 'host_uuid', '"1ab00000-0000-4000-8000-000000000011"')),
    finds: { rule: 'libvirtd/host-uuid-duplicate' },
  },
  {
    ...{ id: 'B7-machine', title: 'cloned machines: libvirt takes the UUID from an equal machine-id', checks: [38] },
    ...all(
      restarted(C1, libvirt(C1, 'libvirtd', 'host_uuid_source', '"machine-id"')),
      both(
        C2,
        ['cp', '-a', '/etc/machine-id', '/run/lab/machine-id'],
        ['cp', '-a', '/run/lab/machine-id', '/etc/machine-id'],
      ),
      edit(C1, '/etc/libvirt/libvirtd.conf', '/^host_uuid *=/d'),
      edit(C2, '/etc/libvirt/libvirtd.conf', '/^host_uuid *=/d', '$ahost_uuid_source = "machine-id"'),
      edit(C2, '/etc/machine-id', 's/.*/000000000000000000000000001ab000b/;s/^0//'),
      restarted(C1, { make: [], undo: [] }),
      restarted(C2, { make: [], undo: [] }),
    ),
    finds: { rule: 'libvirtd/host-uuid-duplicate' },
  },
  {
    ...{ id: 'B8', title: 'live_migration_inbound_addr is the other node’s', checks: [16] },
    ...nova(C2, 'libvirt', 'live_migration_inbound_addr', '@NET.1.11'),
    finds: { rule: 'nova/inbound-addr-foreign', node: C2, file: NOVA },
  },
  {
    ...{ id: 'B9', title: 'the source has the destination’s name on 127.0.1.1', checks: [16] },
    ...edit(C1, '/etc/hosts', 's/^.* compute2.lab/127.0.1.1 compute2.lab/'),
    finds: { rule: 'hosts/peer-loopback', node: C1, file: HOSTS },
  },
  {
    ...{ id: 'B10', title: 'the node’s own name on 127.0.1.1, and VNC is announced by that name', checks: [16] },
    ...all(
      edit(C2, '/etc/hosts', 's/^.* compute2.lab/127.0.1.1 compute2.lab/'),
      nova(C2, 'vnc', 'server_proxyclient_address', 'compute2'),
    ),
    finds: { rule: 'hosts/own-name-loopback', node: C2, file: HOSTS },
  },
  {
    ...{ id: 'B11', title: 'the destination is called localhost, and dialled by name', checks: [17] },
    ...named(both(C2, ['hostname', 'localhost'], ['hostname', 'compute2'])),
    finds: { rule: 'hosts/host-localhost', node: C2 },
  },
  {
    ...{ id: 'B12', title: 'both nodes have one name', checks: [17] },
    ...both(C2, ['hostname', 'compute1'], ['hostname', 'compute2']),
    finds: { rule: 'hosts/host-duplicate', node: C2 },
  },
  {
    ...{ id: 'B13', title: 'the source’s file of hosts lacks the destination, which is dialled by name', checks: [16] },
    ...named(edit(C1, '/etc/hosts', '/compute2/d')),
    finds: { rule: 'hosts/peer-resolves', node: C1 },
  },
  {
    ...{
      id: 'B13-way-back',
      title: 'the destination’s file of hosts lacks the source, which is dialled by name',
      checks: [16],
    },
    ...named(edit(C2, '/etc/hosts', '/compute1/d')),
    finds: { rule: 'hosts/peer-resolves', node: C2 },
  },
  {
    ...{ id: 'B13-line', title: 'a line for another node is there, one for the destination is not', checks: [16] },
    ...named(edit(C1, '/etc/hosts', '/compute2/d', `$a@NET.0.13 compute3.lab compute3`)),
    finds: { rule: 'hosts/peer-resolves', node: C1 },
  },
  {
    ...{ id: 'B14', title: 'live_migration_inbound_addr is an address that the node does not have', checks: [16] },
    ...nova(C2, 'libvirt', 'live_migration_inbound_addr', '10.255.1.99'),
    finds: { rule: 'nova/inbound-addr-foreign', node: C2, file: NOVA },
  },
  {
    ...{ id: 'B14-loopback', title: 'live_migration_inbound_addr = 127.0.0.1', checks: [16] },
    ...nova(C2, 'libvirt', 'live_migration_inbound_addr', '127.0.0.1'),
    finds: { rule: 'nova/inbound-addr-loopback', node: C2, file: NOVA },
  },
  {
    ...{ id: 'H1', title: 'the nodes disagree on the address of a third', checks: [16] },
    ...edit(C1, '/etc/hosts', 's/^.* compute2.lab/@NET.0.99 compute2.lab/'),
    finds: { rule: 'hosts/peer-conflict', node: C1, file: HOSTS },
  },
  {
    ...{ id: 'H2', title: 'the node’s own name stands on the line of the other', checks: [16] },
    ...edit(C2, '/etc/hosts', '/compute2/d', 's/compute1$/compute1 compute2.lab compute2/'),
    finds: { rule: 'hosts/not-own-address', node: C2, file: HOSTS },
  },
  {
    ...{ id: 'H3', title: 'a name stands on two addresses', checks: [16] },
    ...edit(C1, '/etc/hosts', '$a@NET.0.99 compute2'),
    finds: { rule: 'hosts/peer-conflict', node: C1, file: HOSTS },
  },
  {
    ...{ id: 'H4', title: 'a letter in an address', checks: [16] },
    ...edit(C1, '/etc/hosts', '$al0.0.0.5 compute3'),
    finds: { rule: 'hosts/bad-address', node: C1, file: HOSTS },
  },
  {
    ...{ id: 'H5', title: 'the destination is known by IPv6 alone, its libvirt listens on IPv4', checks: [16] },
    ...named(
      all(
        edit(C1, '/etc/hosts', 's/^.* compute2.lab/fd00::12 compute2.lab/'),
        restarted(C2, libvirt(C2, 'libvirtd', 'listen_addr', '"0.0.0.0"')),
      ),
    ),
    finds: { rule: 'hosts/ipv6-only-peer', node: C1 },
  },
  {
    ...{ id: 'N1', title: 'two computes run under one name in nova', checks: [17] },
    ...nova(C2, 'DEFAULT', 'host', 'compute1'),
    finds: { rule: 'nova/host-duplicate' },
  },
  {
    ...{ id: 'N2', title: 'two computes with one my_ip', checks: [16] },
    ...nova(C2, 'DEFAULT', 'my_ip', '@NET.0.11'),
    finds: { rule: 'nova/my-ip-duplicate' },
  },
  {
    ...{ id: 'I1', title: 'nova has another number on one compute node', checks: [9] },
    ...both(
      C2,
      ['sed', '-i', 's/:64060:64060:/:64061:64060:/', '/etc/passwd'],
      ['sed', '-i', 's/:64061:64060:/:64060:64060:/', '/etc/passwd'],
    ),
    finds: { rule: 'cluster/nova-uid-differs' },
  },
  {
    ...{ id: 'I2', title: 'nova has another number on the controller, which serves the instances', checks: [9] },
    ...both(
      C0,
      ['sed', '-i', 's/:64060:64060:/:64061:64060:/', '/etc/passwd'],
      ['sed', '-i', 's/:64061:64060:/:64060:64060:/', '/etc/passwd'],
    ),
    finds: { rule: 'cluster/nova-uid-differs', severity: 'info' },
  },
  {
    ...{ id: 'D5', title: 'libvirt-qemu has another number on one node', checks: [9, 13] },
    ...edit(C2, '/etc/passwd', 's/^\\(libvirt-qemu:x:\\)[0-9]*/\\164099/'),
    finds: { rule: 'cluster/qemu-uid-differs' },
  },
];

export const unnamed: readonly Unprovoked[] = [
  {
    id: 'B13, by DNS',
    title: 'a name that DNS answers wrongly',
    why: 'no DNS server in the lab; what the resolver of the node says is what is judged, whoever told it',
  },
];
