/** Releases, libvirt's keys, NFS options, and that the generated tables are fresh and small. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { libvirtKey, libvirtKeys, nearLibvirtKeys } from '../../server/src/knowledge/libvirt';
import {
  exportOption,
  exportOptions,
  fileSystem,
  mountOption,
  nearExportOptions,
  nearMountOptions,
} from '../../server/src/knowledge/nfs';
import { NEWEST, RELEASES, releaseIndex, releaseName } from '../../server/src/knowledge/releases';

const ROOT = join(__dirname, '..', '..');

test('releases by all their names', () => {
  const names = (words: string): (string | undefined)[] =>
    words.split(' ').map((w) => {
      const i = releaseIndex(w);
      return i === undefined ? undefined : releaseName(i);
    });
  assert.deepEqual(names('zed Zed ZED 26 26.2.2 2:26.2.2-1~deb12u3 26.0.0.0rc1 stable/zed'), Array(8).fill('zed'));
  assert.deepEqual(names('2013.1 grizzly 1:2013.1.5-0ubuntu1'), ['grizzly', 'grizzly', 'grizzly']);
  assert.deepEqual(names('2015.1.0 2015.1 1:2015.1.4-0ubuntu2'), ['kilo', 'kilo', 'kilo']);
  assert.deepEqual(names('2023.1 antelope 27 27.1.0 unmaintained/2023.1'), Array(5).fill('2023.1'));
  assert.deepEqual(names('caracal 29.2.1 3:29.0.1-0ubuntu1 1:17.0.13-1.el7'), ['2024.1', '2024.1', '2024.1', 'queens']);
  assert.deepEqual(names('34.0.0.0b1 master 2026.2'), ['master', 'master', 'master']);
  assert.deepEqual(names('11 35 2022.1 2014.3 zedd 1 v26 26zed'), Array(8).fill(undefined));
  assert.equal(releaseIndex(''), undefined);
  assert.equal(releaseName(NEWEST), '2026.1');
  assert.equal(RELEASES[0]!.name, 'grizzly');
  assert.equal(RELEASES.at(-1)!.name, 'master');
  assert.throws(() => releaseName(99), RangeError);
  for (const [i, r] of RELEASES.entries()) {
    for (const name of [r.name, r.version, ...r.aliases]) assert.equal(releaseIndex(name), i, name);
  }
});

test('libvirt keys', () => {
  const tcp = libvirtKey('libvirtd.conf', 'listen_tcp')!;
  assert.deepEqual(
    [tcp.type, tcp.defaultValue, tcp.ipOnly, tcp.liveMigration, tcp.read],
    ['bool', 0, true, true, true],
  );
  assert.equal(libvirtKey('virtproxyd.conf', 'listen_tcp')!.read, true);
  assert.equal(libvirtKey('virtqemud.conf', 'listen_tcp')!.read, false);
  assert.equal(libvirtKey('virtqemud.conf', 'max_clients')!.read, true);
  assert.equal(libvirtKey('libvirtd.conf', 'auth_tcp')!.defaultValue, 'sasl');
  assert.equal(libvirtKey('libvirtd.conf', 'tcp_port')!.defaultValue, '16509');
  assert.equal(libvirtKey('libvirtd.conf', 'max_clients')!.type, 'uint');
  assert.equal(libvirtKey('libvirtd.conf', 'keepalive_interval')!.type, 'int');
  assert.equal(libvirtKey('qemu.conf', 'migration_port_min')!.defaultValue, 49152);
  assert.equal(libvirtKey('qemu.conf', 'security_driver')!.type, 'string or list');
  assert.equal(libvirtKey('qemu.conf', 'migrate_tls_x509_cert_dir')!.defaultValue, undefined);
  assert.equal(libvirtKey('qemu.conf', 'vxhs_tls')!.type, 'bool');
  assert.equal(libvirtKey('qemu.conf', 'listen_tcp'), undefined);
  assert.equal(libvirtKey('libvirtd.conf', 'Listen_Tcp'), undefined);
  assert.equal(libvirtKey('nova.conf', 'listen_tcp'), undefined);
  assert.equal(libvirtKey('constructor', 'name'), undefined);
  assert.equal(nearLibvirtKeys('libvirtd.conf', 'listen_tpc')[0], 'listen_tcp');
  assert.equal(nearLibvirtKeys('libvirtd.conf', 'listen-tcp')[0], 'listen_tcp');
  assert.deepEqual(nearLibvirtKeys('unknown.conf', 'listen_tcp'), []);
  const types = new Set(
    libvirtKeys('libvirtd.conf')
      .concat(libvirtKeys('qemu.conf'))
      .map((k) => k.type),
  );
  assert.deepEqual([...types].sort(), [
    'bool',
    'bytes',
    'int',
    'int or unlimited',
    'string',
    'string list',
    'string or list',
    'uint',
  ]);
});

test('export options', () => {
  for (const name of [
    'rw',
    'ro',
    'sync',
    'async',
    'no_root_squash',
    'no_subtree_check',
    'subtree_check',
    'fsid',
    'anonuid',
    'mp',
    'mountpoint',
    'insecure',
    'wdelay',
    'crossmnt',
    'nohide',
    'sec',
    'all_squash',
  ]) {
    assert.ok(exportOption(name), name);
  }
  assert.equal(exportOption('all_squash')!.liveMigration, 'breaks');
  assert.equal(exportOption('mp')!.name, 'mountpoint');
  assert.equal(exportOption('no_root_sqash'), undefined);
  assert.equal(exportOption('RW'), undefined);
  assert.equal(exportOption('constructor'), undefined);
  assert.deepEqual(nearExportOptions('no_root_sqash'), ['no_root_squash']);
  assert.deepEqual(nearExportOptions('no-root-squash'), ['no_root_squash']);
  for (const o of exportOptions()) if (o.opposite) assert.ok(exportOption(o.opposite), `${o.name} / ${o.opposite}`);
});

test('mount options and file systems', () => {
  for (const [type, name] of [
    ['nfs', 'vers'],
    ['nfs', 'nfsvers'],
    ['nfs', 'soft'],
    ['nfs', 'nolock'],
    ['nfs4', 'nolock'],
    ['nfs', '_netdev'],
    ['nfs', 'nosharecache'],
    ['nfs', 'bg'],
    ['nfs', 'x-systemd.automount'],
    ['nfs', 'x-anything.new'],
    ['ceph', 'secretfile'],
    ['glusterfs', 'backup-volfile-servers'],
    ['fuse.glusterfs', 'backup-volfile-servers'],
    ['ext4', 'noatime'],
    ['made-up', 'nofail'],
  ] as const) {
    assert.ok(mountOption(type, name), `${type} ${name}`);
  }
  assert.equal(mountOption('nfs', 'vers')!.name, 'nfsvers');
  assert.equal(mountOption('nfs', 'nolock')!.liveMigration, 'breaks');
  assert.equal(mountOption('ext4', 'nolock'), undefined);
  assert.equal(mountOption('nfs', 'constructor'), undefined);
  assert.deepEqual(nearMountOptions('nfs', 'nfsver'), ['nfsvers']);
  assert.deepEqual([fileSystem('nfs')!.libvirtShared, fileSystem('nfs')!.network], [true, true]);
  assert.deepEqual([fileSystem('ext4')!.libvirtShared, fileSystem('ext4')!.network], [false, false]);
  assert.equal(fileSystem('ceph')!.libvirtCluster, true);
  assert.ok(fileSystem('fuse.ceph')!.uncertain);
  assert.equal(fileSystem('constructor'), undefined);
});

interface Step {
  (root: string): Promise<{ path: string; content: string } | { path: string; content: string }[]>;
}

test('the generated tables are fresh, deterministic and small', async () => {
  let zipped = 0;
  for (const [file, step] of [
    ['nova', 'novaTables'],
    ['libvirt', 'libvirtTables'],
    ['nfs', 'nfsTables'],
  ] as const) {
    const module = (await import(`../../scripts/generate/${file}.mjs`)) as Record<string, Step>;
    const made = [await module[step]!(ROOT)].flat();
    assert.deepEqual([await module[step]!(ROOT)].flat(), made);
    for (const { path, content } of made) {
      assert.equal(readFileSync(join(ROOT, path), 'utf8'), content, `${path} is stale: node scripts/generate.mjs`);
      zipped += gzipSync(content).length;
    }
  }
  assert.ok(zipped < 250 * 1024, `${zipped} bytes`);
});
