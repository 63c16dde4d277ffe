/**
 * nova/uri-wrong-driver against libvirt itself: what it marks the daemon refuses, and what it leaves alone is opened.
 * Skipped by name where libvirtd or root is missing, never in CI.
 */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { lint } from '../../server/src/lint';
import type { Cluster } from '../../server/src/model/cluster';
import rule from '../../server/src/rules/nova/uri-wrong-driver';
import { missing, Oracle, type OracleSpec } from '../oracles/driver';
import { clusterOf } from '../support/cluster';
import { declared, readCorpus } from '../support/corpus';

const URIS: OracleSpec = {
  script: 'uris.py',
  programs: ['libvirtd', 'virsh', 'unshare'],
  mounts: true,
  packages: 'libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients util-linux',
};

interface Answer {
  readonly opened: boolean;
  readonly error: string;
}

const DRIVERS = ['qemu', 'QEMU', 'kvm', 'xen', 'qem'];
const PATHS = ['', '/', '/system', '/session', '/System', '/system/', '//system', '/sytem', '/system/x'];
const QUERIES = ['', '?no_verify=1', '?name=qemu:///system', '?x=1&name=qemu:///system'];

const lacking = missing(URIS);
const options = lacking !== undefined && !process.env['CI'] ? { skip: `libvirtd: ${lacking}` } : {};

describe('URIs that are said to lead nowhere do, and no others', options, () => {
  if (options.skip !== undefined) return;
  assert.equal(lacking, undefined, 'in CI every oracle has to be there');
  const oracle = new Oracle<Answer>(URIS);
  after(() => oracle.close());

  const known = new Map<string, Promise<Answer>>();
  const ask = (uri: string): Promise<Answer> => {
    const answer = known.get(uri) ?? oracle.ask(uri);
    known.set(uri, answer);
    return answer;
  };

  /** How many hosts were compared, and those on which the two do not agree. */
  async function compare(cluster: Cluster): Promise<{ asked: number; differing: string[] }> {
    const marked = new Set(lint(cluster).findings.flatMap((f) => (f.rule.id === rule.id ? [f.host] : [])));
    let asked = 0;
    const differing: string[] = [];
    for (const host of cluster.hosts) {
      const uri = host.nova.get('live_migration_uri');
      const type = host.nova.get('virt_type')?.value ?? 'kvm';
      // Templates and trailing notes have rules of their own, other hypervisors other drivers.
      if (uri?.origin !== 'set' || !uri.value || /[\s{]/.test(uri.value) || !/^(kvm|qemu)$/.test(type)) continue;
      asked++;
      const { opened, error } = await ask(uri.value.replaceAll('%%', '%'));
      if (opened === marked.has(host)) differing.push(`${uri.value}: ${opened ? 'opened' : error}`);
    }
    return { asked, differing };
  }

  test("the rule's own examples", async () => {
    let all = 0;
    for (const example of rule.examples) {
      const files = Object.entries(example.files).map(([name, text]) => [name, text.replace(/[⟦⟧]/g, '')] as const);
      const release = example.release ?? '2026.1';
      for (const cluster of [
        clusterOf(Object.fromEntries(files), release),
        clusterOf({ ...Object.fromEntries(files), ...example.good }, release),
      ]) {
        const { asked, differing } = await compare(cluster);
        assert.deepEqual(differing, [], example.title);
        all += asked;
      }
    }
    assert.ok(all >= 10, `${all} URIs`);
  });

  test('drivers, paths and parameters in all combinations', async () => {
    for (const driver of DRIVERS)
      for (const path of PATHS)
        for (const query of QUERIES) {
          const text = `[libvirt]\nlive_migration_uri = ${driver}+tcp://%s${path}${query}\n`;
          const { differing } = await compare(clusterOf({ 'etc/nova/nova.conf': text }, 'zed'));
          assert.deepEqual(differing, []);
        }
  });

  test('every URI of the correct clusters', async () => {
    let all = 0;
    for (const sample of await readCorpus()) {
      const { asked, differing } = await compare(declared(sample));
      assert.deepEqual(differing, [], sample.name);
      all += asked;
    }
    assert.ok(all >= 20, `${all} URIs`);
  });
});
