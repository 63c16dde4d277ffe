import assert from 'node:assert/strict';
import { test } from 'node:test';
import { abort, look, migrate } from '../../server/src/migration/libvirt/commands';
import { readJobInfo } from '../../server/src/migration/libvirt/jobinfo';
import { hasArrived, isBroken, readState } from '../../server/src/migration/libvirt/state';

const UUID = '1aec34a6-9953-4c72-af26-e5b36c641f6a';

test('statistics of a migration that runs (libvirt 9.0.0)', () => {
  const text = `Job type: 2

operation: 5
time_elapsed: 2944
downtime: 300
setup_time: 9
data_total: 139010048
memory_total: 139010048
memory_processed: 1489923
memory_remaining: 135610368
memory_bps: 1413417
memory_dirty_rate: 944
memory_iteration: 2
memory_page_size: 4096
disk_total: 0
disk_processed: 0
disk_remaining: 0
auto_converge_throttle: 20

running (migrating)
`;
  assert.deepEqual(readJobInfo(text), {
    type: 'unbounded',
    operation: 'outgoing',
    progress: {
      elapsed: 2944,
      memory: { total: 139010048, processed: 1489923, remaining: 135610368 },
      rate: 1413417,
      dirtyRate: 944 * 4096,
      iteration: 2,
      downtime: 300,
      throttle: 20,
    },
  });
  assert.deepEqual(readState(text), { state: 'running', reason: 'migrating' });
});

test('no job, and what is no answer', () => {
  assert.equal(readJobInfo('Job type: 0\n\nrunning (booted)')?.type, 'none');
  assert.equal(readJobInfo('Job type: 99'), undefined);
  for (const text of ['', 'error: failed to get domain', 'Job type:         Unbounded'])
    assert.equal(readJobInfo(text), undefined);
  assert.equal(readState('nonsense'), undefined);
});

test('where the guest is', () => {
  const at = (text: string) => readState(text)!;
  assert.ok(hasArrived(at('running (migrated)')));
  assert.ok(hasArrived(at('paused (user)')));
  for (const text of ['paused (migrating)', 'running (post-copy)', 'shut off (migrated)', 'paused (starting up)'])
    assert.ok(!hasArrived(at(text)), text);
  assert.ok(isBroken(at('paused (post-copy failed)')));
  assert.ok(!isBroken(at('paused (post-copy)')));
});

test('words of virsh: the options that are asked for, and no word that came from a node but a UUID', () => {
  assert.deepEqual(
    migrate(
      { uuid: UUID, name: 'g1; reboot' },
      { uri: 'qemu+tcp://compute2/system', migrateUri: 'tcp://10.1.0.2' },
      { storage: 'copy', postCopy: true, autoConverge: true, bandwidth: 12.6, parallel: 4, tls: true },
    ).slice(4),
    [
      ...['/run/libvirt/qemu/g1; reboot.pid', 'virsh', '-q', '-c', 'qemu:///system'],
      ...['migrate', '--live', '--p2p', '--persistent', '--undefinesource', '--abort-on-error', '--copy-storage-all'],
      ...['--postcopy', '--auto-converge', '--bandwidth', '13', '--parallel', '--parallel-connections', '4', '--tls'],
      ...['--migrateuri', 'tcp://10.1.0.2', '--domain', UUID, '--desturi', 'qemu+tcp://compute2/system'],
    ],
  );
  for (const bad of ['g1', '--help', `${UUID}; destroy ${UUID}`, '']) {
    assert.throws(() => look(bad), TypeError);
    assert.throws(() => abort(bad), TypeError);
  }
});
