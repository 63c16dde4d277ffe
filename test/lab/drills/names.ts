/** Which node is meant: URIs, names and identities. */
import { all, both, C1, C2, edit, made, nova, restarted, type Change, type Drill } from './drill';

/** live_migration_uri of the source, and what nova makes of it. */
const byUri = (id: string, title: string, value: string, ...causes: string[]): Drill => ({
  ...{ id, title, stage: 'nova', causes, uri: value.replace('%s', 'compute2') },
  ...edit(C1, '/etc/nova/nova.conf', '/^live_migration_/d', `/^\\[libvirt\\]/alive_migration_uri = ${value}`),
});
const renamed = (name: string): Change => restarted(C2, both(C2, ['hostname', name], ['hostname', 'compute2']));
const byName = all(
  nova(C1, 'libvirt', 'live_migration_inbound_addr', undefined),
  nova(C2, 'libvirt', 'live_migration_inbound_addr', undefined),
);
const LOOPBACK = 's/^.* compute2.lab/127.0.1.1 compute2.lab/';

export const names: readonly Drill[] = [
  byUri(
    'B1',
    'live_migration_uri names one host instead of %s: the source',
    'qemu+tcp://compute1/system',
    'nova/uri-no-placeholder',
  ),
  {
    ...{ id: 'B1-scheme', title: 'live_migration_scheme holds a whole URI', stage: 'nova' },
    ...nova(C1, 'libvirt', 'live_migration_scheme', 'qemu+tcp://%s/system'),
    uri: 'qemu+qemu+tcp://%s/system://compute2/system',
    causes: ['nova/scheme-contains-uri'],
  },
  byUri('B2', 'live_migration_uri with three slashes', 'qemu+tcp:///%s/system', 'nova/uri-no-placeholder'),
  byUri('B3', 'live_migration_uri = qemu+tcpp://…', 'qemu+tcpp://%s/system', 'nova/uri-wrong-driver'),
  byUri('B4', 'live_migration_uri = tcp://…', 'tcp://%s', 'nova/uri-wrong-driver'),
  byUri('B5', 'live_migration_uri ends in /sytem', 'qemu+tcp://%s/sytem', 'nova/uri-wrong-driver'),
  byUri('B6', 'live_migration_uri = xen+tcp://…', 'xen+tcp://%s/system', 'nova/uri-wrong-driver'),
  made('B7', 'plain'),
  made('B7-machine', 'plain'),
  made('B8', 'nova'),
  {
    ...{ id: 'B9', title: 'the source has the destination’s name on 127.0.1.1', stage: 'plain' },
    ...edit(C1, '/etc/hosts', LOOPBACK),
    causes: ['hosts/peer-loopback'],
  },
  {
    ...{ id: 'B9-name', title: 'the same, and the destination is dialled by name', stage: 'nova' },
    ...all(byName, edit(C1, '/etc/hosts', LOOPBACK)),
    uri: 'qemu+tcp://compute2/system',
    causes: ['hosts/peer-loopback'],
  },
  {
    ...{ id: 'B9-inbound', title: 'the same, where live_migration_inbound_addr spares the name', stage: 'nova' },
    ...edit(C1, '/etc/hosts', LOOPBACK),
    causes: [],
  },
  {
    ...{ id: 'B10', title: 'the destination has its own name on 127.0.1.1', stage: 'plain' },
    ...restarted(C2, edit(C2, '/etc/hosts', LOOPBACK)),
    causes: [],
  },
  {
    ...{ id: 'B10-line', title: 'the destination has its own name on the line of localhost', stage: 'plain' },
    ...restarted(C2, edit(C2, '/etc/hosts', '/compute2/d', 's/^127.0.0.1 localhost/127.0.0.1 localhost compute2/')),
    causes: [],
  },
  {
    ...{ id: 'B11', title: 'the destination is called localhost', stage: 'plain' },
    ...{ ...renamed('localhost'), causes: ['hosts/host-localhost'] },
  },
  {
    ...{ id: 'B11-inbound', title: 'the same, where live_migration_inbound_addr spares the name', stage: 'nova' },
    ...{ ...renamed('localhost'), causes: [] },
  },
  {
    ...{ id: 'B12', title: 'both nodes have one host name', stage: 'plain' },
    ...{ ...renamed('compute1'), causes: ['hosts/host-duplicate'] },
  },
  {
    ...{ id: 'B13', title: 'the source does not know the name that the destination gives', stage: 'plain' },
    ...edit(C1, '/etc/hosts', '/compute2/d'),
    causes: ['hosts/peer-resolves', 'hosts/peer-missing'],
  },
  made('B14', 'nova'),
  made('B14-loopback', 'nova'),
  {
    ...{ id: 'B15', title: 'the source has another address for the destination’s name', stage: 'plain' },
    ...edit(C1, '/etc/hosts', 's/^.* compute2.lab/@NET.0.99 compute2.lab/'),
    causes: ['hosts/peer-resolves', 'hosts/peer-conflict', 'hosts/not-own-address'],
  },
];
