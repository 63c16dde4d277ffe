import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lint } from '../../server/src/lint';
import { Cluster } from '../../server/src/model/cluster';
import { RULES } from '../../server/src/rules/index';
import { DEFAULT_SETTINGS, type Settings } from '../../server/src/settings';
import { discover } from '../../server/src/workspace/discover';
import { diskSource } from '../../server/src/workspace/disk';
import { loadFile, singleFile } from '../../server/src/workspace/load';
import { pathToFileURL } from 'node:url';
import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { clusterOf } from '../support/cluster';
import { tempFolder } from '../support/temp';

const NEEDLESS = 'livemig/needless-suppression';
const COMMENT = '# livemig: ignore libvirtd/keepalive-short -- a lab\n';
const FILES = {
  'livemig.ini': 'release = zed\n',
  'a/etc/libvirt/libvirtd.conf': `${COMMENT}keepalive_interval = 5\n`,
  'b/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nkeepalive_interval = 1\n',
};

function needless(cluster: Cluster, settings: Settings = DEFAULT_SETTINGS, rules = RULES): number {
  return lint(cluster, settings, rules).findings.filter((f) => f.rule.id === NEEDLESS).length;
}

test('a rule that was not run, or is off, is not called to account', () => {
  const cluster = clusterOf(FILES);
  assert.equal(needless(cluster), 1);
  assert.equal(needless(cluster, { rules: { 'libvirtd/keepalive-short': 'off' } }), 0);
  assert.equal(needless(cluster, { rules: { 'libvirtd/keepalive-short': 'info' } }), 1);
  assert.equal(needless(cluster, { rules: { [NEEDLESS]: 'off' } }), 0);
  const others = RULES.filter((r) => r.id !== 'libvirtd/keepalive-short');
  assert.equal(needless(cluster, DEFAULT_SETTINGS, others), 0);
});

test('nothing is said of one file alone, nor where another one cannot be read', async () => {
  const fleet = tempFolder(FILES);
  const source = diskSource();
  const load: Parameters<typeof singleFile>[1] = (uri, below, kind) => loadFile(source, uri, below, kind);
  const uri = pathToFileURL(path.join(fleet.path, 'a/etc/libvirt/libvirtd.conf')).href;
  const alone = new Cluster((await singleFile(uri, load))!);
  assert.equal(alone.hosts[0]?.release.guessed, false);
  assert.equal(needless(alone), 0);

  const all = async (): Promise<Cluster> =>
    new Cluster((await discover(source, pathToFileURL(fleet.path).href, load)).clusters[0]!);
  assert.equal(needless(await all()), 1);
  symlinkSync('nothing', path.join(fleet.path, 'b/etc/fstab'));
  assert.equal(needless(await all()), 0);
  fleet.remove();
});

test('findings of a host are kept while another one is edited, and so is what its comments silence', () => {
  const before = clusterOf({
    ...FILES,
    'c/etc/libvirt/libvirtd.conf': `${COMMENT}keepalive_interval = 1\nlisten_tcp = 1\n`,
  });
  const first = lint(before);
  const input = {
    root: before.root,
    inventory: before.inventory?.file,
    hosts: before.hosts.map(({ name, folder, files }) => ({
      name,
      folder,
      files:
        name === 'a' ? files.map((f) => ({ ...f, text: `${COMMENT}listen_tcp = 1\nkeepalive_interval = 1\n` })) : files,
    })),
  };
  const after = new Cluster(input, undefined, before);
  const second = lint(after);
  const of = (name: string, findings: typeof first.findings) => findings.filter((f) => f.host?.name === name);
  assert.equal(after.hosts[1], before.hosts[1]);
  assert.ok(of('b', first.findings).length > 0);
  of('b', first.findings).forEach((f, i) => assert.equal(of('b', second.findings)[i], f));
  // The comment of a stands above another line now: it silences nothing still; that of c goes on doing its work.
  assert.equal(of('a', second.findings).filter((f) => f.rule.id === NEEDLESS).length, 1);
  assert.ok(of('a', second.findings).some((f) => f.rule.id === 'libvirtd/keepalive-short'));
  for (const { findings } of [first, second])
    assert.ok(!of('c', findings).some((f) => [NEEDLESS, 'libvirtd/keepalive-short'].includes(f.rule.id)));
});

test('a level in livemig.ini for a rule that finds nothing is policy, not a mistake', () => {
  const cluster = clusterOf({ ...FILES, 'livemig.ini': 'release = zed\n[rules]\nnova/virt-type-differs = off\n' });
  assert.deepEqual(
    lint(cluster).findings.filter((f) => f.file.kind === 'livemig-ini'),
    [],
  );
});
