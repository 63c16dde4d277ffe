import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readInventories, settingsOf } from '../../server/src/fleet/process/inventories';
import { refreshed } from '../../server/src/fleet/process/refreshed';
import { duration } from '../../server/src/fleet/process/services';
import { readUri, uriOf } from '../../server/src/fleet/process/uris';
import { FleetError, type Snapshot } from '../../server/src/fleet/types';
import type { Facts } from '../../server/src/model/facts';

const uri = 'file:///w/lab/livemig.ini';
const read = (text: string) => readInventories([{ uri, text }])[0]!;

function snapshot(files: Readonly<Record<string, string>>, facts: Facts = {}, more: Partial<Snapshot> = {}): Snapshot {
  const all = Object.entries(files).map(([path, text]) => ({
    ...{ path, bytes: Buffer.from(text), mode: 0o640, uid: 0, gid: 0 },
  }));
  return { node: 'c1', taken: 1_700_000_000, files: all, facts, failures: [], ...more };
}

describe('the view of a node', () => {
  const facts: Facts = {
    measured: 1_700_000_000,
    hostname: 'c1',
    fqdn: 'c1.example.org',
    addresses: { eth0: ['192.0.2.1', '2001:db8::1'] },
    kernel: '6.1.0',
    libvirt: '9.0.0',
    daemons: 'monolithic',
    started: { libvirtd: 1_700_000_000 - 3 * 3600, 'nova-compute': 1_700_000_000 - 90 },
    sockets: ['libvirtd.socket'],
    listening: ['0.0.0.0:16509', '[::]:16509', '0.0.0.0:111'],
    memory: { total: 65_536, available: 1000 },
    hugepages: { 2048: 512, 1048576: 0 },
    clockOffset: -0.0123,
    ids: { nova: { uid: 998, gid: 997 } },
    groups: { nova: ['nova', 'libvirt'] },
    mounts: {
      '/': { source: '/dev/sda1', type: 'ext4' },
      '/var/lib/nova/instances': { source: 'filer:/nova', type: 'nfs4' },
    },
    paths: { '/var/lib/nova/instances': { type: 'folder', mode: 0o755, uid: 998, gid: 997 } },
    certificates: {
      '/etc/pki/CA/cacert.pem': { names: [], notAfter: 1_600_000_000 },
      '/etc/pki/libvirt/servercert.pem': { names: [], notAfter: 4_000_000_000 },
    },
  };
  const nova = '[DEFAULT]\ninstances_path = /var/lib/nova/instances\n[libvirt]\nvirt_type = kvm\n';
  const files = {
    'etc/systemd/system/multi-user.target.wants/nova-compute.service': '',
    'etc/nova/nova.conf': nova,
    'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n',
  };
  const lab = read('release = zed\n[cloud]\nname = Lab\n[node c1]\nroles = compute\n');
  const { view, live } = refreshed('Lab', lab, snapshot(files, facts));

  test('files, the release and when it was read', () => {
    assert.deepEqual(view.files, [
      { path: 'etc/libvirt/libvirtd.conf', size: 15, mode: 0o640 },
      { path: 'etc/nova/nova.conf', size: nova.length, mode: 0o640 },
    ]);
    assert.deepEqual(view.release, { name: 'zed', guessed: false });
    assert.deepEqual([view.cluster, view.node, view.taken], ['Lab', 'c1', 1_700_000_000_000]);
    assert.equal(refreshed('Lab', lab, snapshot({ 'etc/hosts': '' }, facts)).view.release, undefined);
    const guessed = refreshed('x', read('[node c1]\n'), snapshot(files));
    assert.equal(guessed.view.release?.guessed, true);
  });

  test('services in words', () => {
    assert.deepEqual(view.services, [
      { name: 'nova-compute', state: 'active', detail: 'since 1 minute' },
      { name: 'libvirtd', state: 'active', detail: 'listens on 0.0.0.0:16509, [::]:16509, since 3 hours' },
      { name: 'rpcbind', state: 'active', detail: 'listens on 0.0.0.0:111' },
    ]);
    const of = (f: Facts, s = {}) => refreshed('Lab', lab, snapshot({ ...files, ...s }, f)).view.services;
    assert.deepEqual(of({ ...facts, started: {} })[1], {
      ...{ name: 'libvirtd', state: 'inactive' },
      detail: 'listens on 0.0.0.0:16509, [::]:16509, starts with the first connection to libvirtd.socket',
    });
    assert.deepEqual(of({})[1], { name: 'libvirtd', state: 'unknown' });
    const modular = of({ ...facts, daemons: 'modular', started: { virtqemud: 1_699_999_990 }, sockets: [] });
    assert.deepEqual(
      modular.map((s) => `${s.name} ${s.state}`),
      ['nova-compute inactive', 'virtqemud active', 'virtproxyd inactive', 'rpcbind active'],
    );
    const nfs = of({ ...facts, listening: [] }, { 'etc/exports': '/srv 192.0.2.0/24(rw)\n' });
    assert.deepEqual(nfs.slice(-2), [
      { name: 'nfs-server', state: 'inactive' },
      { name: 'rpcbind', state: 'inactive' },
    ]);
    assert.deepEqual([0, 59, 60, 7200, 86_400 * 2].map(duration), [
      ...['less than a minute', 'less than a minute', '1 minute', '2 hours', '2 days'],
    ]);
  });

  test('facts in words', () => {
    const words = Object.fromEntries(view.facts.map(({ label, value }) => [label, value]));
    assert.deepEqual(words, {
      'Host name': 'c1 (c1.example.org)',
      'Address, eth0': '192.0.2.1, 2001:db8::1',
      Memory: '64 GiB, 1000 MiB available',
      'Huge pages': '512 of 2 MiB',
      Kernel: '6.1.0',
      libvirt: '9.0.0, monolithic daemons',
      'Account nova': 'user 998, group 997, in nova, libvirt',
      'Instances path': '/var/lib/nova/instances, on nfs4 of filer:/nova, mode 0755, owner 998:997',
      'Certificate /etc/pki/CA/cacert.pem': 'expired 2020-09-13',
      'Certificate /etc/pki/libvirt/servercert.pem': 'good until 2096-10-02',
      Clock: '12 ms behind',
    });
  });

  test('instances', () => {
    const instances = [
      { name: 'instance-1', uuid: 'u', title: 'web', state: 'running', memory: 2048, vcpus: 2, migrating: true },
      { name: 'instance-2', uuid: 'v', state: 'paused' },
    ] as const;
    const { view: own } = refreshed('Lab', lab, snapshot(files, { ...facts, instances }));
    assert.deepEqual(own.instances, instances);
    assert.deepEqual(view.instances, []);
  });

  test('the language server gets all files, and the facts as one', () => {
    assert.deepEqual([live.cluster, live.node, live.inventory], ['Lab', 'c1', uri]);
    assert.deepEqual(
      live.files?.map((f) => f.path),
      [...Object.keys(files), 'facts.json'],
    );
    const json = Buffer.from(live.files.at(-1)!.base64, 'base64').toString();
    assert.deepEqual(JSON.parse(json), facts);
  });
});

describe('livemig.ini files', () => {
  test('ids are names, else folders, and unique; a file that stays keeps its id', () => {
    const file = (where: string, text = '') => ({ uri: `file:///${where}/livemig.ini`, text });
    const files = [
      file('b/lab'),
      file('a/lab'),
      file('c', '[cloud]\nname = Prod/EU\n'),
      file('d', '[cloud]\nname = ..\n'),
    ];
    const ids = (all: typeof files, known?: ReadonlyMap<string, string>) =>
      readInventories(all, known).map(({ view }) => `${view.uri.slice(8, -12)}: ${view.id}`);
    const first = ['a/lab: lab', 'b/lab: lab-2', 'c: Prod-EU', 'd: cluster..'];
    assert.deepEqual(ids(files), first);
    assert.deepEqual(ids([...files].reverse()), first);
    const known = new Map(readInventories(files).map(({ view }) => [view.uri, view.id]));
    assert.deepEqual(ids([file('b/lab'), file('0/lab'), file('c', '[cloud]\nname = New\n')], known), [
      ...['0/lab: lab', 'b/lab: lab-2', 'c: Prod-EU'],
    ]);
  });

  test('a node is told once, with its line', () => {
    const { view } = read('\r\n[node a]\r\naddress = 192.0.2.1\r\n\n[node a]\n[node b]\nroles = compute, nfs\n');
    assert.deepEqual(view.nodes, [
      { name: 'a', address: '192.0.2.1', roles: [], line: 1 },
      { name: 'b', roles: ['compute', 'nfs'], line: 5 },
    ]);
  });

  test('a connection depends on what ssh is told, and on its jump hosts, and on nothing else', () => {
    const of = (a: string, b = '', config?: string) => {
      const cluster = read(`[node a]\njump = op@b\n${a}\n[node b]\njump = a\n${b}\n`);
      return settingsOf(cluster.nodes.get('a')!, cluster, config);
    };
    const plain = of('');
    assert.equal(of('roles = compute\ninit = systemd'), plain);
    assert.notEqual(of('port = 23'), plain);
    assert.notEqual(of('', 'address = 192.0.2.9'), plain);
    assert.notEqual(of('', '', '/x'), plain);
  });
});

describe('URIs of nodes', () => {
  test('there and back', () => {
    for (const place of [
      { cluster: 'Lab', node: 'c1.example.org', path: '/etc/nova/nova.conf' },
      { cluster: 'a b?%', node: 'é', path: '/etc/x y#' },
    ])
      assert.deepEqual(readUri(uriOf(place)), place);
    assert.deepEqual(readUri('livemig:/a/b'), { cluster: 'a', node: 'b', path: '/' });
    assert.deepEqual(readUri('livemig:///a/b//etc//x/'), { cluster: 'a', node: 'b', path: '/etc/x' });
  });

  test('what leads elsewhere is refused', () => {
    for (const bad of [
      ...[
        'livemig:///a',
        'livemig://host/a/b/etc',
        'file:///a/b/etc',
        'livemig:///a/b/../c',
        'livemig:///a/%2e%2E/etc',
      ],
      ...['livemig:///a/b/etc%2fx', 'livemig:///a/b/%00', 'livemig:///a/b/%E0', 'livemig:///a/b/etc?x'],
    ])
      assert.throws(
        () => readUri(bad),
        (e) => e instanceof FleetError && e.code === 'not-found',
        bad,
      );
  });
});
