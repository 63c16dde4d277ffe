import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from '../../server/src/migration/preflight';
import type { MigrateOptions } from '../../server/src/migration/types';
import { clusterOf } from '../support/cluster';

const INI = '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\n[node s]\nroles = nfs\n';
const NO_CERTIFICATES =
  '{"paths": {"/etc/pki/qemu/ca-cert.pem": null}, "sysctls": {"vm.unprivileged_userfaultfd": "0"}}';

function verdict(files: Readonly<Record<string, string>>, options?: MigrateOptions) {
  const cluster = clusterOf({ 'livemig.ini': INI, ...files });
  const host = (name: string) => cluster.hosts.find((h) => h.name === name)!;
  return judge({ cluster, source: host('c1'), ...(options && { options }) }, host('c2'));
}

test('what a migration asks for is judged, and nothing that it does not ask for', () => {
  const files = { 'c1/facts.json': '{}', 'c2/facts.json': NO_CERTIFICATES };
  assert.equal(verdict(files).state, 'ready');
  assert.equal(verdict(files, { storage: 'shared', tls: false }).state, 'ready');
  const told = (options: MigrateOptions) => verdict(files, options).reasons.map((r) => r.finding.rule.id);
  assert.deepEqual(told({ tls: true }), ['qemu/asked-tls-no-certs']);
  assert.deepEqual(told({ postCopy: true }), ['cluster/asked-post-copy']);
});

test('a host that runs guests without nova is no server of the two; one that has another role is', () => {
  const files = { 'c1/facts.json': '{}', 'c2/facts.json': '{}' };
  const fstab = 'nas:/i /x\n';
  const runs = '{"emulator": "/usr/bin/qemu-system-x86_64"}';
  assert.equal(verdict({ ...files, 'c3/etc/fstab': fstab, 'c3/facts.json': runs }).state, 'ready');
  assert.notEqual(verdict({ ...files, 'c3/etc/fstab': fstab }).state, 'ready');
  assert.notEqual(verdict({ ...files, 's/etc/fstab': fstab, 's/facts.json': runs }).state, 'ready');
});

test('the certificate that a source shows is asked of the source alone, and what listens of the destination', () => {
  const tls = '[libvirt]\nlive_migration_scheme = tls\n';
  const there = { 'c1/etc/nova/nova.conf': tls, 'c2/etc/nova/nova.conf': tls };
  const told = (c1: string, c2: string) =>
    verdict({ ...there, 'c1/facts.json': c1, 'c2/facts.json': c2 }).reasons.map((r) => r.finding.message.split(' ')[0]);
  const gone = '/etc/pki/libvirt/clientcert.pem';
  const none = `{"paths": {"${gone}": null}}`;
  assert.deepEqual(told(none, '{}'), [gone]);
  assert.deepEqual(told('{}', none), []);
  const old = `{"measured": 1750000000, "certificates": {"${gone}": {"names": [], "notAfter": 1700000000}}}`;
  assert.deepEqual(told(old, '{}'), [gone]);
  assert.deepEqual(told('{}', old), []);
});
