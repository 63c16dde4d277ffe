import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dialledTransports, ofUri, wantedTransport } from '../../server/src/model/transport';
import { clusterOf } from '../support/cluster';

function wanted(nova: string, release: string): string | undefined {
  const found = wantedTransport(clusterOf({ 'etc/nova/nova.conf': nova }, release).hosts[0]!);
  return found && `${found.transport}${found.port === undefined ? '' : `:${found.port}`}${found.declared ? '' : '?'}`;
}

describe('the transport that nova wants', () => {
  test('by its URI, its scheme, its default', () => {
    assert.equal(wanted('[DEFAULT]\nlive_migration_uri=qemu+tcp://%s/system\n', 'grizzly'), 'tcp');
    assert.equal(wanted('[libvirt]\nlive_migration_uri = qemu+ssh://nova@%s:2022/system\n', 'zed'), 'ssh:2022');
    assert.equal(wanted('[libvirt]\nlive_migration_scheme = TLS\n', 'zed'), 'tls');
    assert.equal(wanted('[libvirt]\nlive_migration_uri =\nlive_migration_scheme = tls\n', 'zed'), 'tls');
    for (const release of ['grizzly', 'mitaka', 'zed']) assert.equal(wanted('[DEFAULT]\n', release), 'tcp?', release);
  });
  test('the URI counts before the scheme; a scheme before ocata is not read', () => {
    const both = '[libvirt]\nlive_migration_uri = qemu+tcp://%s/system\nlive_migration_scheme = tls\n';
    assert.equal(wanted(both, 'zed'), 'tcp');
    assert.equal(wanted('[libvirt]\nlive_migration_scheme = tls\n', 'mitaka'), 'tcp?');
  });
  test('nothing is said of other hypervisors, of nonsense and of hosts without nova', () => {
    assert.equal(wanted('[libvirt]\nvirt_type = parallels\n', 'zed'), undefined);
    assert.equal(wanted('[libvirt]\nlive_migration_scheme = qemu+tls\n', 'zed'), undefined);
    assert.equal(wanted('[libvirt]\nlive_migration_uri = $nosuch\n', 'zed'), undefined);
    assert.equal(wantedTransport(clusterOf({ 'etc/hosts': '' }).hosts[0]!), undefined);
  });
  test('URIs', () => {
    assert.deepEqual(ofUri('qemu://host/system'), { transport: 'tls', port: undefined });
    assert.deepEqual(ofUri('qemu:///system'), { transport: 'unix', port: undefined });
    assert.deepEqual(ofUri('qemu+libssh2://[fd00::1]:22/system?x=1'), { transport: 'libssh2', port: 22 });
    for (const bad of ['xen://host/', 'tcp:host', 'qemu+tcpp://h/', '']) assert.equal(ofUri(bad), undefined, bad);
  });
  test('a host without nova.conf is dialled as a peer declares', () => {
    const cluster = clusterOf(
      {
        'a/etc/nova/nova.conf': '[DEFAULT]\n',
        'b/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c/etc/libvirt/libvirtd.conf': '',
        'd/etc/exports': '',
      },
      'zed',
    );
    const dialled = dialledTransports(cluster);
    assert.deepEqual(
      cluster.hosts.map((h) => dialled(h)?.transport),
      ['tcp', 'tls', 'tls', undefined],
    );
  });
});
