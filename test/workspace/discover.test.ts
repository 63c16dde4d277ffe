import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, test } from 'node:test';
import { discover, hostFolderOf } from '../../server/src/workspace/discover';
import { diskSource } from '../../server/src/workspace/disk';
import { loadFile } from '../../server/src/workspace/load';
import type { FileSource } from '../../server/src/workspace/source';
import { tempFolder } from '../support/temp';

/** A file system in memory; a folder is whatever a path lies in, and `-> x` a link that leads nowhere here. */
function memory(files: Readonly<Record<string, string>>, listed: string[] = []): FileSource {
  const missing = (uri: string): Error => Object.assign(new Error(`ENOENT ${uri}`), { code: 'ENOENT' });
  return {
    list(folder) {
      listed.push(folder);
      const prefix = `${folder}/`;
      const below = Object.keys(files).filter((f) => f.startsWith(prefix));
      if (below.length === 0) return Promise.reject(missing(folder));
      const names = new Map(
        below.map((f) => f.slice(prefix.length)).map((f) => [f.split('/')[0]!, f.includes('/')] as const),
      );
      return Promise.resolve(
        [...names].map(([name, isFolder]) => {
          const link = files[prefix + name]?.match(/^-> (.*)/)?.[1];
          const type = isFolder ? 'folder' : link === undefined ? 'file' : 'other';
          return { name: decodeURIComponent(name), type, ...(link !== undefined && { link }) };
        }),
      );
    },
    read: (uri) =>
      files[uri] === undefined || files[uri].startsWith('-> /usr')
        ? Promise.reject(missing(uri))
        : Promise.resolve(new TextEncoder().encode(files[uri].replace('-> /dev/null', ''))),
  };
}

async function found(files: Readonly<Record<string, string>>, root: string) {
  const source = memory(files);
  const { clusters, failures } = await discover(source, root, (uri, path, kind) => loadFile(source, uri, path, kind));
  return {
    clusters: clusters.map((c) => ({
      root: c.root,
      inventory: c.inventory?.uri,
      hosts: Object.fromEntries(c.hosts.map((h) => [h.name, h.files.map((f) => f.path)])),
    })),
    failures,
  };
}

describe('which files make which host', () => {
  test('hosts side by side are a cluster, with livemig.ini above', async () => {
    const { clusters } = await found(
      {
        'm:///f/livemig.ini': '',
        'm:///f/b/etc/nova/nova.conf': '',
        'm:///f/a/etc/libvirt/qemu.conf': '',
        'm:///f/a/etc/nova/nova.conf.d/10.conf': '',
        'm:///f/a/etc/nova/policy.json': '',
        'm:///f/a/etc/exports.d/x.exports': '',
        'm:///f/a/etc/exports.d/nova.conf': '',
        'm:///f/a/etc/exports.d/README': '',
        'm:///f/a/etc/exports.d/x.exports.bak': '',
        'm:///f/a/facts.json': '{}',
      },
      'm:///f',
    );
    assert.deepEqual(clusters, [
      {
        root: 'm:///f',
        inventory: 'm:///f/livemig.ini',
        hosts: {
          a: [
            'etc/nova/nova.conf.d/10.conf',
            'etc/libvirt/qemu.conf',
            'etc/exports.d/nova.conf',
            'etc/exports.d/x.exports',
            'facts.json',
          ],
          b: ['etc/nova/nova.conf'],
        },
      },
    ]);
  });
  test('the folder itself is the host', async () => {
    assert.deepEqual((await found({ 'm:///n1/etc/fstab': '' }, 'm:///n1')).clusters, [
      { root: 'm:///n1', inventory: undefined, hosts: { n1: ['etc/fstab'] } },
    ]);
  });
  test('files without etc/ in one folder', async () => {
    assert.deepEqual(
      (await found({ 'm:///x/nova.conf': '', 'm:///x/fstab': '', 'm:///x/other.txt': '' }, 'm:///x')).clusters,
      [{ root: 'm:///x', inventory: undefined, hosts: { x: ['fstab', 'nova.conf'] } }],
    );
  });
  test('a JavaScript project is no fleet', async () => {
    const files = {
      'm:///p/package.json': '',
      'm:///p/src/exports/index.js': '',
      'm:///p/exports': '',
      'm:///p/src/hosts': '',
      'm:///p/node_modules/a/etc/fstab': '',
    };
    const { clusters } = await found(files, 'm:///p');
    // An `exports` that lies in the very folder one asks for is taken; nothing deeper is.
    assert.deepEqual(clusters, [{ root: 'm:///p', inventory: undefined, hosts: { p: ['exports'] } }]);
    assert.deepEqual((await found(files, 'm:///p/src')).clusters, []);
  });
  test("units of libvirt and nova among systemd's others, what enables them, and what switches them off", async () => {
    const etc = 'm:///h/etc/systemd/system';
    const lib = 'm:///h/usr/lib/systemd/system';
    const { clusters, failures } = await found(
      {
        'm:///h/etc/hostname': 'h\n',
        [`${etc}/libvirtd-tcp.socket`]: '-> /dev/null',
        [`${etc}/libvirt-bin.service`]: '-> /usr/lib/systemd/system/libvirtd.service',
        [`${etc}/libvirtd-tls.socket.d/override.conf`]: '[Socket]\n',
        [`${etc}/libvirtd-tls.socket.d/libvirtd.conf`]: '[Socket]\n',
        [`${etc}/libvirtd-tls.socket.d/notes.txt`]: '',
        [`${etc}/ssh.service.d/override.conf`]: '',
        [`${etc}/ssh.service`]: '',
        [`${etc}/var-lib-nova-instances.mount`]: '',
        [`${etc}/snap-core-1.mount`]: '',
        [`${etc}/sockets.target.wants/libvirtd-tls.socket`]: '-> /usr/lib/systemd/system/libvirtd-tls.socket',
        [`${etc}/sockets.target.wants/dbus.socket`]: '-> /usr/lib/systemd/system/dbus.socket',
        [`${lib}/libvirtd.service`]: '[Service]\n',
        [`${lib}/cron.service`]: '[Service]\n',
        'm:///h/etc/sasl2/libvirt.conf': '',
        'm:///h/etc/sysctl.d/99-sysctl.conf': '-> ../sysctl.conf',
        'm:///h/etc/sysctl.d/10-own.conf': '',
      },
      'm:///h',
    );
    assert.deepEqual(failures, []);
    assert.deepEqual(clusters[0]?.hosts['h'], [
      'etc/hostname',
      'etc/sasl2/libvirt.conf',
      'etc/sysctl.d/10-own.conf',
      'etc/systemd/system/libvirtd-tcp.socket',
      'etc/systemd/system/libvirtd-tls.socket.d/libvirtd.conf',
      'etc/systemd/system/libvirtd-tls.socket.d/override.conf',
      'etc/systemd/system/sockets.target.wants/libvirtd-tls.socket',
      'etc/systemd/system/var-lib-nova-instances.mount',
      'usr/lib/systemd/system/libvirtd.service',
    ]);
  });
  test('a fleet without units costs no look for them', async () => {
    const listed: string[] = [];
    const source = memory({ 'm:///f/a/etc/nova/nova.conf': '', 'm:///f/b/etc/nova/nova.conf': '' }, listed);
    await discover(source, 'm:///f', (uri, path, kind) => loadFile(source, uri, path, kind));
    assert.deepEqual(
      listed.filter((f) => /systemd|sasl2|sysctl/.test(f)),
      [],
    );
  });
  test('the disk: a unit that is off is an empty file, an enabled one is there wherever its link leads', async () => {
    const temp = tempFolder({ 'h/etc/systemd/system/sockets.target.wants/.keep': '' });
    const system = path.join(temp.path, 'h/etc/systemd/system');
    symlinkSync('/dev/null', path.join(system, 'libvirtd.socket'));
    symlinkSync('/nowhere/libvirtd-tls.socket', path.join(system, 'sockets.target.wants/libvirtd-tls.socket'));
    const source = diskSource();
    const { clusters, failures } = await discover(source, pathToFileURL(temp.path).href, (uri, below, kind) =>
      loadFile(source, uri, below, kind),
    );
    temp.remove();
    assert.deepEqual(failures, []);
    assert.deepEqual(
      clusters.flatMap((c) => c.hosts.flatMap((h) => h.files.map((f) => [f.kind, f.path, f.text]))),
      [
        ['unit', 'etc/systemd/system/libvirtd.socket', ''],
        ['wants', 'etc/systemd/system/sockets.target.wants/libvirtd-tls.socket', ''],
      ],
    );
  });
  test('no deeper than three folders; names with blanks', async () => {
    const { clusters } = await found(
      { 'm:///r/a/b/c/etc/fstab': '', 'm:///r/1/2/3/4/etc/fstab': '', 'm:///r/my%20node/etc/fstab': '' },
      'm:///r',
    );
    assert.deepEqual(clusters.flatMap((c) => Object.keys(c.hosts)).sort(), ['c', 'my node']);
  });
  test('a folder that cannot be read is told', async () => {
    assert.deepEqual((await found({}, 'm:///gone')).failures, [{ uri: 'm:///gone', reason: 'no such file or folder' }]);
  });
  test('the host of a single file', () => {
    assert.deepEqual(hostFolderOf('file:///c/n1/etc/nova/nova.conf'), {
      folder: 'file:///c/n1',
      path: 'etc/nova/nova.conf',
    });
    assert.deepEqual(hostFolderOf('file:///etc/nova/nova.conf'), { folder: 'file://', path: 'etc/nova/nova.conf' });
    assert.deepEqual(hostFolderOf('file:///c/n1/usr/lib/systemd/system/libvirtd.service'), {
      folder: 'file:///c/n1',
      path: 'usr/lib/systemd/system/libvirtd.service',
    });
    assert.deepEqual(hostFolderOf('file:///tmp/nova.conf'), { folder: 'file:///tmp', path: 'nova.conf' });
  });
});
