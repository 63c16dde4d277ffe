import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Cluster } from '../../server/src/model/cluster';
import { inventoryPlace } from '../../server/src/model/factPlace';
import { clusterOf, fileOf } from '../support/cluster';

describe('a cluster after an edit', () => {
  const before = clusterOf({
    'livemig.ini': 'release = zed\n[node a]\naddress = 192.0.2.1\n[node b]\naddress = 192.0.2.2\n',
    'a/etc/nova/nova.conf': '[DEFAULT]\n',
    'b/etc/nova/nova.conf': '[DEFAULT]\n',
  });
  const after = (text: string): Cluster => {
    const hosts = before.hosts.map(({ name, folder, files }) => ({ name, folder, files }));
    return new Cluster({ root: before.root, hosts, inventory: fileOf('livemig.ini', text) }, undefined, before);
  };
  /** For each host, whether it is the one it was. */
  const kept = (cluster: Cluster): boolean[] => cluster.hosts.map((h, i) => h === before.hosts[i]);

  test('only those hosts are made anew of which livemig.ini says something else, and places are where they are now', () => {
    const text = '# by hand\nrelease = zed\n[node b]\naddress = 192.0.2.2\n[node a]\naddress = 192.0.2.9\n';
    const cluster = after(text);
    assert.deepEqual(kept(cluster), [false, true]);
    const [a, b] = cluster.hosts.map((h) => inventoryPlace(cluster, h, 'address'));
    assert.deepEqual(
      [a, b].map((place) => text.slice(place?.span.start, place?.span.end)),
      ['192.0.2.9', '192.0.2.2'],
    );
    assert.equal(cluster.nodeOf(cluster.hosts[1]!)?.section.span.start, text.indexOf('[node b]'));
  });

  test('a key more or less is something else, and another release is for all', () => {
    assert.deepEqual(
      kept(after('release = zed\n[node a]\naddress = 192.0.2.1\nroles = nfs\n[node b]\naddress = 192.0.2.2\n')),
      [false, true],
    );
    assert.deepEqual(kept(after('release = zed\n[node a]\n[node b]\naddress = 192.0.2.2\n')), [false, true]);
    assert.deepEqual(kept(after('release = zed\n[node b]\naddress = 192.0.2.2\n')), [false, true]);
    assert.deepEqual(kept(after('release = yoga\n[node a]\naddress = 192.0.2.1\n[node b]\naddress = 192.0.2.2\n')), [
      false,
      false,
    ]);
  });
});
