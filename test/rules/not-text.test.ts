import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lint } from '../../server/src/lint';
import { clusterOf } from '../support/cluster';

const LATIN_1 = Buffer.from('# caf\xe9\n[DEFAULT]\nmy_ip = 10.0.0.1\n', 'latin1');

function utf16(text: string): Uint8Array {
  return Buffer.from(`\uFEFF${text}`, 'utf16le');
}

/** `severity path start-end`, and that nothing is offered as a repair: such a file is never changed. */
function told(files: Record<string, string | Uint8Array>, release?: string): string[] {
  return lint(clusterOf(files, release)).findings.map((f) => {
    assert.equal(f.rule.id, 'file/not-text', `${f.rule.id} judges a file that is no text`);
    assert.deepEqual(f.fixes, []);
    return `${f.severity} ${f.file.path} ${f.span.start}-${f.span.end}`;
  });
}

test('a byte that is no UTF-8 stops nova on Python 3, in a comment too', () => {
  assert.deepEqual(told({ 'etc/nova/nova.conf': LATIN_1 }, 'zed'), ['error etc/nova/nova.conf 5-6']);
});

test('Python 2 took any byte; where either may run it is a warning', () => {
  assert.deepEqual(told({ 'etc/nova/nova.conf': LATIN_1 }, 'queens'), ['info etc/nova/nova.conf 5-6']);
  assert.deepEqual(told({ 'etc/nova/nova.conf': LATIN_1 }), ['warning etc/nova/nova.conf 5-6']);
});

test('libvirt, NFS and fstab take such bytes', () => {
  const files = { 'etc/libvirt/libvirtd.conf': LATIN_1, 'etc/exports': LATIN_1, 'etc/fstab': LATIN_1 };
  assert.deepEqual(told(files), ['info etc/libvirt/libvirtd.conf 5-6', 'info etc/exports 5-6', 'info etc/fstab 5-6']);
});

test('nobody reads UTF-16', () => {
  const files = { 'etc/nova/nova.conf': utf16('[DEFAULT]\n'), 'etc/exports': utf16('/srv *(rw)\n') };
  assert.deepEqual(told(files), ['error etc/nova/nova.conf 0-0', 'error etc/exports 0-0']);
});

test('livemig.ini, with hosts and without', () => {
  assert.deepEqual(told({ 'livemig.ini': LATIN_1 }), ['warning livemig.ini 5-6']);
  assert.deepEqual(told({ 'livemig.ini': utf16('release = zed\n') }), ['warning livemig.ini 0-0']);
});

test('the message names the byte', () => {
  const { findings } = lint(clusterOf({ 'etc/nova/nova.conf': LATIN_1 }, 'zed'));
  assert.match(findings[0]?.message ?? '', /a byte 0xE9 that is no UTF-8/);
});
