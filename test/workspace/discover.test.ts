import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { discover, hostFolderOf } from '../../server/src/workspace/discover';
import { loadFile } from '../../server/src/workspace/load';
import type { FileSource } from '../../server/src/workspace/source';

/** A file system in memory; a folder is whatever a path lies in. */
function memory(files: Readonly<Record<string, string>>): FileSource {
  const missing = (uri: string): Error => Object.assign(new Error(`ENOENT ${uri}`), { code: 'ENOENT' });
  return {
    list(folder) {
      const prefix = `${folder}/`;
      const below = Object.keys(files).filter((f) => f.startsWith(prefix));
      if (below.length === 0) return Promise.reject(missing(folder));
      const names = new Map(
        below.map((f) => f.slice(prefix.length)).map((f) => [f.split('/')[0]!, f.includes('/')] as const),
      );
      return Promise.resolve(
        [...names].map(([name, isFolder]) => ({ name: decodeURIComponent(name), type: isFolder ? 'folder' : 'file' })),
      );
    },
    read: (uri) =>
      files[uri] === undefined ? Promise.reject(missing(uri)) : Promise.resolve(new TextEncoder().encode(files[uri])),
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
        'm:///f/a/facts.json': '{}',
      },
      'm:///f',
    );
    assert.deepEqual(clusters, [
      {
        root: 'm:///f',
        inventory: 'm:///f/livemig.ini',
        hosts: {
          a: ['etc/nova/nova.conf.d/10.conf', 'etc/libvirt/qemu.conf', 'etc/exports.d/x.exports', 'facts.json'],
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
    assert.deepEqual(hostFolderOf('file:///tmp/nova.conf'), { folder: 'file:///tmp', path: 'nova.conf' });
  });
});
