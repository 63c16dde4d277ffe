import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Ran, RunOptions, Snapshot } from '../../server/src/fleet/types';
import { logFiles, logged, linesSince } from '../../server/src/migration/libvirt/logs';
import { whyFailed } from '../../server/src/migration/explain';
import { RULES } from '../../server/src/rules/index';
import { clusterOf } from '../support/cluster';

const SINCE = Date.UTC(2026, 0, 1, 10, 0, 0);

describe('lines of logs since a migration began', () => {
  const lines = (text: string) => linesSince(text, SINCE);

  test('by the times of libvirt, QEMU and the journal, in any zone', () => {
    assert.deepEqual(
      lines(
        [
          '2026-01-01 09:59:59.999+0000: 7: error : before',
          '2026-01-01 10:00:00.000+0000: 7: error : libvirt',
          '2026-01-01T10:00:01.000000Z qemu-system-x86_64: QEMU',
          '2026-01-01T11:00:02+0100 c1 libvirtd[7]: journal',
        ].join('\n'),
      ),
      [
        '2026-01-01 10:00:00.000+0000: 7: error : libvirt',
        '2026-01-01T10:00:01.000000Z qemu-system-x86_64: QEMU',
        '2026-01-01T11:00:02+0100 c1 libvirtd[7]: journal',
      ],
    );
  });

  test('a line without a time is as old as the one before it', () => {
    assert.deepEqual(
      lines(
        'cut off at the front\n2026-01-01 09:00:00.000+0000: old\ntoo old\n2026-01-01 10:30:00.000+0000: new\r\nfrom then\n\n',
      ),
      ['2026-01-01 10:30:00.000+0000: new', 'from then'],
    );
  });

  test('where a daemon logs to', () => {
    assert.deepEqual(logFiles([undefined]), ['/var/log/libvirt/libvirtd.log']);
    assert.deepEqual(logFiles(['3:syslog:libvirtd 1:file:/var/log/a.log 4:file:relative']), ['/var/log/a.log']);
  });
});

test('both logs of a node are read by words, as far as allowed, and what cannot be read is left out', async () => {
  const asked: (readonly string[])[] = [];
  const runner = {
    run: (argv: readonly string[], { root }: RunOptions): Promise<Ran> => {
      assert.equal(root, true);
      asked.push(argv);
      const text = argv.at(-1)!.endsWith('libvirtd.log')
        ? '2026-01-01 10:00:03.000+0000: 7: info : telling\n2026-01-01 10:00:04.000+0000: 7: error : broken\n'
        : undefined;
      return Promise.resolve({
        ...{ code: text === undefined ? 1 : 0, signal: undefined, stderr: '' },
        stdout: Buffer.from(text ?? 'tail: cannot open'),
      });
    },
  };
  const cluster = clusterOf({ 'c1/etc/libvirt/libvirtd.conf': 'log_outputs = "1:file:/srv/libvirtd.log"\n' });
  const snapshot: Snapshot = { node: 'c1', taken: 1, files: [], facts: {}, failures: [] };
  const read = (guest: string) =>
    logged({ node: 'c1', runner }, cluster, snapshot, guest, SINCE, AbortSignal.timeout(10_000));
  assert.deepEqual(await read('-n'), ['c1: 2026-01-01 10:00:04.000+0000: 7: error : broken']);
  assert.deepEqual(asked, [
    ['tail', '-c', '65536', '--', '/srv/libvirtd.log'],
    ['tail', '-c', '65536', '--', '/var/log/libvirt/qemu/-n.log'],
  ]);
  asked.length = 0;
  await read('../../../etc/shadow');
  assert.deepEqual(
    asked.map((words) => words.at(-1)),
    ['/srv/libvirtd.log'],
  );
});

test('what is exact in a log goes before what was said without saying much', () => {
  const said = [
    'internal error: qemu unexpectedly closed the monitor',
    "c2: 2026-01-01T10:00:01.000000Z qemu-system-x86_64: could not load PC BIOS 'bios-256k.bin'",
  ];
  assert.equal(whyFailed(said, [], RULES)?.explanation.message.id, 'firmware-missing');
  assert.equal(whyFailed(said.slice(0, 1), [], RULES)?.explanation.message.id, 'destination-qemu-died');
  assert.equal(whyFailed(['nothing'], [], RULES), undefined);
});
