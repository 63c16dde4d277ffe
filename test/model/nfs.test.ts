import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  clientOptions,
  exportsOf,
  instancesMount,
  instancesStorage,
  mountsOf,
  nfsSource,
} from '../../server/src/model/cluster';
import { clientOf, exportTable, grantedTo, servedMount } from '../../server/src/model/exportTable';
import {
  bytesOf,
  clientForm,
  clientsOf,
  exportMatches,
  isMask,
  isRootId,
  isWorld,
  neighbours,
  networkHolds,
  nfsVersion,
  type NfsClient,
} from '../../server/src/model/nfs';
import { clusterOf } from '../support/cluster';

const INI = '[node c1]\naddress = 10.0.0.1\n[node c2]\naddress = 10.0.0.2\n[node nfs]\naddress = 10.0.0.9\n';

function clientNamed(names: string[], addresses: string[], certain = true): NfsClient {
  const host = clusterOf({ 'etc/hostname': `${names[0] ?? 'x'}\n` }).hosts[0]!;
  return { host, names: new Set(names), addresses, certain };
}

describe('clients of etc/exports', () => {
  test('forms are told apart as nfs-utils does', () => {
    const forms = ['', '*', '@computes', 'gss/krb5p', '*.lab', 'c?', '[2001:db8::1]', '[2001:db8::]/64', '10.0.*/16'];
    assert.deepEqual(forms.map(clientForm), [
      'world',
      'world',
      'netgroup',
      'gss',
      'wildcard',
      'wildcard',
      'wildcard',
      'wildcard',
      'wildcard',
    ]);
    assert.deepEqual(
      ['10.0.0.1', '10.0.0.0/24', '10.0.0.0/255.255.255.0', '2001:db8::5', '2001:db8::/64', 'c1/24'].map(clientForm),
      new Array<string>(6).fill('network'),
    );
    assert.deepEqual(['c1', 'c1.lab', '10.0.0.300', '10.0.0'].map(clientForm), new Array<string>(4).fill('name'));
  });

  test('everybody, however written', () => {
    for (const spec of ['', '*', '0.0.0.0/0', '::/0', '0.0.0.0/0.0.0.0']) assert.ok(isWorld(spec), spec);
    for (const spec of ['0.0.0.0', '10.0.0.0/0x', '*.lab', '10.0.0.0/1']) assert.ok(!isWorld(spec), spec);
  });

  test('networks by prefix and by mask, in both families', () => {
    const holds: [string, string, boolean][] = [
      ['10.0.0.0/24', '10.0.0.255', true],
      ['10.0.0.0/24', '10.0.1.0', false],
      ['10.0.0.77/24', '10.0.0.1', true],
      ['10.0.0.0/25', '10.0.0.128', false],
      ['10.0.0.0/0', '192.168.1.1', true],
      ['10.0.0.0/32', '10.0.0.0', true],
      ['10.0.0.0/33', '10.0.0.0', false],
      ['10.0.0.0/', '10.0.0.0', false],
      ['192.168.0.0/255.255.252.0', '192.168.3.255', true],
      ['192.168.0.0/255.255.252.0', '192.168.4.0', false],
      ['10.0.0.1', '10.0.0.1', true],
      ['10.0.0.1', '10.0.0.10', false],
      ['2001:db8::/32', '2001:db8:ffff::1', true],
      ['2001:db8::/33', '2001:db8:8000::1', false],
      ['2001:DB8::0:5', '2001:db8::5', true],
      ['::ffff:10.0.0.1', '::ffff:a00:1', true],
      ['10.0.0.0/8', '2001:db8::1', false],
      ['::/0', '10.0.0.1', false],
      ['c1/24', '10.0.0.1', false],
    ];
    for (const [network, address, yes] of holds)
      assert.equal(networkHolds(network, address), yes, `${network} ${address}`);
    assert.ok(isMask('32', 4) && isMask('128', 6) && isMask('255.255.0.0', 4));
    assert.ok(!isMask('33', 4) && !isMask('129', 6) && !isMask('', 4) && !isMask('-1', 4) && !isMask('255.255.0.0', 6));
  });

  test('addresses to bytes', () => {
    assert.deepEqual(bytesOf('10.0.0.1'), [10, 0, 0, 1]);
    assert.equal(bytesOf('::')?.length, 16);
    assert.deepEqual(bytesOf('::ffff:1.2.3.4')?.slice(-6), [255, 255, 1, 2, 3, 4]);
    for (const bad of [
      '',
      '10.0.0',
      '010.0.0.1',
      '1::2::3',
      ':::',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '::1.2.3.400',
      'g::',
    ])
      assert.equal(bytesOf(bad), undefined, bad);
    assert.ok(neighbours('10.0.0.1', '10.0.0.200') && !neighbours('10.0.0.1', '10.0.1.1'));
    assert.ok(neighbours('2001:db8::1', '2001:db8::ffff') && !neighbours('2001:db8::1', '10.0.0.1'));
  });

  test('a host that is known whole', () => {
    const c1 = clientNamed(['c1', 'c1.lab'], ['10.0.0.1']);
    const answers: [string, string][] = [
      ['*', 'yes'],
      ['10.0.0.0/24', 'yes'],
      ['10.0.1.0/24', 'no'],
      ['10.0.0.1', 'yes'],
      ['10.0.0.2', 'no'],
      ['C1.LAB', 'yes'],
      ['*.lab', 'yes'],
      ['*.LAB', 'yes'],
      ['c[0-9].lab', 'yes'],
      ['c[!0-9].lab', 'unknown'],
      ['c?', 'yes'],
      // The server may find another name for the address.
      ['*.example.org', 'unknown'],
      ['@computes', 'unknown'],
      ['gss/krb5', 'unknown'],
      ['storage1', 'unknown'],
    ];
    for (const [spec, answer] of answers) assert.equal(exportMatches(spec, c1), answer, spec);
  });

  test('of a host with an unknown address nobody can say that it is not meant', () => {
    const c1 = clientNamed(['c1'], ['10.0.0.1'], false);
    assert.equal(exportMatches('10.20.0.0/24', c1), 'unknown');
    assert.equal(exportMatches('10.20.0.1', c1), 'unknown');
    assert.equal(exportMatches('10.0.0.1', c1), 'yes');
    assert.equal(exportMatches('c1', c1), 'yes');
  });

  test('names go by what the server knows', () => {
    const c1 = clientNamed(['c1'], ['10.0.0.1']);
    const other = clientNamed(['c2'], ['10.0.0.2']).host;
    const resolve = (name: string) =>
      name === 'storage1'
        ? { host: undefined, addresses: ['10.0.0.1'] }
        : name === 'storage2'
          ? { host: undefined, addresses: ['10.0.0.2'] }
          : name === 'c2'
            ? { host: other, addresses: [] }
            : undefined;
    assert.equal(exportMatches('storage1', c1, resolve), 'yes');
    assert.equal(exportMatches('storage2', c1, resolve), 'no');
    assert.equal(exportMatches('c2', c1, resolve), 'no');
    assert.equal(exportMatches('elsewhere', c1, resolve), 'unknown');
    assert.equal(exportMatches('storage2', { ...c1, certain: false }, resolve), 'unknown');
  });

  test('nonsense neither throws nor takes long', () => {
    const c1 = clientNamed(['a'.repeat(200)], ['10.0.0.1']);
    for (const spec of ['[', '[z-a]', '[]', '[!]', '\\', '(', '/', '//', '*/*', '[[:alpha:]]', '\u0000', '::/:'])
      assert.ok(['yes', 'no', 'unknown'].includes(exportMatches(spec, c1)), spec);
    const start = performance.now();
    exportMatches('*a'.repeat(40) + 'b', c1);
    exportMatches('*'.repeat(5000) + 'b', c1);
    assert.ok(performance.now() - start < 500);
  });
});

describe('options', () => {
  test('a later default list counts for the clients behind it only', () => {
    const host = clusterOf({ 'etc/exports': '/srv -ro,async a -rw b(sync) \n' }).hosts[0]!;
    const { entry } = exportsOf(host)[0]!;
    const [a, b] = entry.clients;
    assert.deepEqual([...clientOptions(entry, a!).keys()], ['ro', 'async']);
    assert.deepEqual([...clientOptions(entry, b!).keys()].sort(), ['rw', 'sync']);
  });

  test('a path alone has the world for its client', () => {
    const host = clusterOf({ 'etc/exports': '/a\n/b -rw\n/c x\n' }).hosts[0]!;
    const specs = exportsOf(host).map((e) => clientsOf(e.entry).map((c) => c.host));
    assert.deepEqual(specs, [[''], [''], ['x']]);
  });

  test('the root of NFSv4', () => {
    for (const id of ['0', 'root', '0x0', '00']) assert.ok(isRootId(id), id);
    for (const id of [undefined, '', '1', '10', '0x10', 'ROOT', '11111111-2222-3333-4444-555555555555'])
      assert.ok(!isRootId(id), String(id));
  });

  test('the version that a mount asks for', () => {
    const versions: [string, string, 3 | 4 | undefined][] = [
      ['nfs', 'defaults', undefined],
      ['nfs4', 'defaults', 4],
      ['nfs', 'vers=4.2', 4],
      ['nfs', 'nfsvers=3', 3],
      ['nfs', 'vers=2', 3],
      ['nfs', 'v4.1', 4],
      ['nfs', 'v3', 3],
      ['nfs', 'vers=3,vers=4', 4],
      ['nfs', 'mountvers=3', 3],
      ['nfs', 'minorversion=1', 4],
      ['nfs', 'vers=', undefined],
    ];
    for (const [type, options, version] of versions) {
      const host = clusterOf({ 'etc/fstab': `n:/a /a ${type} ${options} 0 0\n` }).hosts[0]!;
      assert.equal(nfsVersion(mountsOf(host)[0]!.entry), version, `${type} ${options}`);
    }
  });
});

describe('mounts and exports', () => {
  test('a source in its parts', () => {
    assert.deepEqual(nfsSource('nfs:/srv//a/'), { host: 'nfs', path: '/srv/a', colon: 3 });
    assert.deepEqual(nfsSource('[2001:db8::1]:/'), { host: '2001:db8::1', path: '/', colon: 13 });
    for (const other of ['/dev/sda1', 'UUID=1', 'mon1:6789:/', '//h/s', 'none', 'nfs:srv'])
      assert.equal(nfsSource(other), undefined);
  });

  test('the mount of the instances is the deepest one that holds them, of two equal ones the first', () => {
    const fstab =
      'n:/a / nfs\nn:/b /var/lib nfs\nn:/c /var/lib/nova/ nfs\nn:/d /var/lib/nova nfs\nn:/e /var/lib/nova/inst nfs\n';
    const host = clusterOf({ 'etc/nova/nova.conf': '[DEFAULT]\n', 'etc/fstab': fstab }).hosts[0]!;
    assert.equal(instancesMount(host)?.entry.spec.value, 'n:/c');
    const unnamed = clusterOf({ 'etc/fstab': `${fstab}n:/f /srv/nova/instances nfs\n` }).hosts[0]!;
    assert.equal(instancesMount(unnamed), undefined);
    assert.equal(instancesStorage(unnamed)?.entry.spec.value, 'n:/f');
  });

  test('who gets what: names before addresses before patterns before everybody', () => {
    const exports = '/srv *(ro) *.lab(ro) 10.0.0.0/24(ro) c1(rw)\n';
    const files = {
      'livemig.ini': INI,
      'nfs/etc/exports': exports,
      'c1/etc/hostname': 'c1.lab\n',
      'c2/etc/hostname': 'c2\n',
    };
    const cluster = clusterOf(files);
    const server = cluster.hostByName('nfs')!;
    const table = exportTable(cluster, server)!;
    const got = (name: string) => {
      const grant = table.grant('/srv', clientOf(cluster, cluster.hostByName(name)!, server, '10.0.0.9'));
      return [grant.match, grant.client?.client.host];
    };
    assert.deepEqual(got('c1'), ['yes', 'c1']);
    assert.deepEqual(got('c2'), ['yes', '10.0.0.0/24']);
  });

  test('what a netgroup may outdo is not said', () => {
    const cluster = clusterOf({
      'livemig.ini': INI,
      'nfs/etc/exports': '/srv @c(rw) *(ro)\n',
      'c1/etc/hostname': 'c1\n',
    });
    const server = cluster.hostByName('nfs')!;
    const client = clientOf(cluster, cluster.hostByName('c1')!, server, 'nfs');
    assert.deepEqual(exportTable(cluster, server)!.grant('/srv', client), { match: 'yes', client: undefined });
  });

  test('a host is seen by its address on the network of the server', () => {
    const cluster = clusterOf({
      'livemig.ini': INI,
      'nfs/etc/exports': '/srv *\n',
      'c1/etc/hostname': 'c1\n',
      'c2/etc/hosts': '10.20.0.1 c1\n',
    });
    const [server, c1] = [cluster.hostByName('nfs')!, cluster.hostByName('c1')!];
    assert.deepEqual(cluster.addressesOf(c1), ['10.0.0.1', '10.20.0.1']);
    assert.deepEqual(clientOf(cluster, c1, server, '10.20.0.9').addresses, ['10.20.0.1']);
    const near = clientOf(cluster, c1, server, 'nfs');
    assert.deepEqual([near.addresses, near.certain], [['10.0.0.1'], true]);
    const apart = clusterOf({
      'livemig.ini': INI.replace('10.0.0.9', '172.16.0.9'),
      'nfs/etc/exports': '/srv *\n',
      'c1/etc/hostname': 'c1\n',
    });
    const far = clientOf(apart, apart.hostByName('c1')!, apart.hostByName('nfs')!, '172.16.0.9');
    assert.equal(far.certain, false);
  });

  test('a server by the name that the client gives it', () => {
    const cluster = clusterOf({
      'livemig.ini': INI,
      'nfs/etc/exports': '/srv 10.0.0.1(rw)\n',
      'c1/etc/hosts': '10.0.0.9 storage\n',
      'c1/etc/fstab': 'storage:/srv/i /var/lib/nova/instances nfs\n',
    });
    const served = servedMount(cluster, mountsOf(cluster.hostByName('c1')!)[0]!);
    assert.equal(served?.table.server.name, 'nfs');
    assert.equal(grantedTo(served)?.client.host, '10.0.0.1');
  });

  test('below fsid=0 NFSv4 counts from there', () => {
    const cluster = clusterOf({
      'livemig.ini': INI,
      'nfs/etc/exports': '/srv *(rw,fsid=0)\n/srv/i *(ro)\n',
      'c1/etc/fstab': 'nfs:/i /var/lib/nova/instances nfs4\n',
    });
    const served = servedMount(cluster, mountsOf(cluster.hostByName('c1')!)[0]!)!;
    assert.equal(grantedTo(served)?.export.entry.path, '/srv/i');
    assert.deepEqual(served.table.above('/srv/i/x'), ['/srv/i', '/srv']);
  });
});
