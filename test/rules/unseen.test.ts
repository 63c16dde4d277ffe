import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lint, type Finding } from '../../server/src/lint';
import { Cluster, type ClusterInput } from '../../server/src/model/cluster';
import { RULES } from '../../server/src/rules/index';
import { clusterOf, fileOf } from '../support/cluster';
import { readCorpus } from '../support/corpus';

/** Findings that come when a node is out of sight and are right all the same: what two hosts in sight say of each other. */
const RIGHT = new Map([
  ['cluster/emulator-missing', 'of two equal groups neither is told, of two hosts both'],
  ['cluster/port-blocked', 'its own rules say so; that somebody got through all the same may be out of sight'],
  ['cluster/release-mismatch', 'of two equal groups neither is told, of two hosts both'],
  [
    'cluster/transport-asymmetric',
    'louder where both hosts say their scheme, and which two are compared depends on who is there',
  ],
  ['hosts/duplicate-name', 'the name stands twice, whoever bears it'],
  ['libvirtd/certificate-authority', 'of two authorities one is usual, which depends on who is there'],
  ['nova/vnc-listen-family-mismatch', 'the proxy is sent elsewhere, be it to a host out of sight or to nobody'],
]);

const WEIGHT = { info: 1, warning: 2, error: 3 };

/** Findings of hosts alone that their cluster, of which some nodes are not in sight, tells and the whole one does not. */
function unfounded(whole: ClusterInput): string[] {
  const cluster = new Cluster(whole);
  const all = lint(cluster).findings;
  const line = ({ file, span }: Finding): string =>
    `${file.uri}:${file.text.slice(0, span.start).split('\n').length.toString()}`;
  const told = (one: Finding): boolean =>
    all.some(
      (f) =>
        // Of hosts that differ another one may be marked, and another rule may come first.
        (f.rule === one.rule && (f.file !== one.file || WEIGHT[f.severity] >= WEIGHT[one.severity])) ||
        (line(f) === line(one) && WEIGHT[f.severity] >= WEIGHT[one.severity]),
    );
  const names = whole.hosts.map((h) => h.name);
  const groups = names.flatMap((a, i) => [[a], ...names.slice(i + 1).map((b) => [a, b])]);
  return groups
    .filter((hidden) => hidden.length < names.length)
    .flatMap((hidden) => {
      const hosts = whole.hosts.filter((h) => !hidden.includes(h.name));
      const rest = new Cluster({ ...whole, hosts, partial: true, sharesInventory: true }, undefined, cluster);
      const { findings } = lint(rest);
      return findings
        .filter((f) => !RIGHT.has(f.rule.id) && !told(f))
        .map((f) => `without ${hidden.join(' and ')}: ${f.rule.id} in ${f.file.uri}: ${f.message}`);
    });
}

/** As it is read from nodes: livemig.ini names every one of them. */
function inputOf(cluster: Cluster): ClusterInput {
  const hosts = cluster.hosts.map(({ name, folder, files }) => ({ name, folder, files }));
  const text = hosts.map((h) => `[node ${h.name}]\n`).join('');
  const release = cluster.declared ? `release = ${cluster.declared.release}\n` : '';
  return { root: cluster.root, hosts, inventory: cluster.inventory?.file ?? fileOf('livemig.ini', release + text) };
}

test('no finding of any example rests on a node that is out of sight', () => {
  for (const rule of RULES)
    for (const [i, { files, release = '2026.1' }] of rule.examples.entries()) {
      const plain = Object.entries(files).map(([path, text]) => [path, text.replace(/[⟦⟧]/g, '')]);
      const cluster = clusterOf(Object.fromEntries(plain) as Record<string, string>, release);
      if (cluster.hosts.length > 1 && cluster.hosts.length < 8)
        assert.deepEqual(unfounded(inputOf(cluster)), [], `example ${i} of ${rule.id}`);
    }
});

test('no finding of a correct cluster comes up while only some of its nodes are in sight', async () => {
  for (const { name, input } of await readCorpus())
    if (input.inventory && input.hosts.length > 1) assert.deepEqual(unfounded(input), [], name);
});

test('nodes out of sight are those that livemig.ini declares, where not all were asked for or could be read', () => {
  const files = { 'livemig.ini': '[node a]\n[node b]\n[node c]\n', 'a/etc/fstab': '', 'x/etc/hostname': 'c\n' };
  const { root, hosts, inventory } = inputOf(clusterOf(files));
  const unseen = (more: Partial<ClusterInput>): string[] =>
    new Cluster({ root, hosts, inventory, ...more }).unseen.map((n) => n.name);
  assert.deepEqual(unseen({}), []);
  assert.deepEqual(unseen({ partial: true }), ['b']);
  assert.deepEqual(unseen({ sharesInventory: true }), ['b']);
});
