// The quick way to a pair's findings, beside the plain one: all rules, on a cluster made from nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lint, type Finding } from '../../server/src/lint';
import { judge } from '../../server/src/migration/preflight';
import { pairFindings } from '../../server/src/migration/pair';
import { Cluster } from '../../server/src/model/cluster';
import type { Host } from '../../server/src/model/host';
import { RULES } from '../../server/src/rules/index';
import { DEFAULT_SETTINGS, type Settings } from '../../server/src/settings';
import { clusterOf } from '../support/cluster';

/** What the examples of rules on migrations have of each host, by the host's name. */
const examples = RULES.filter((r) => r.preflight !== undefined).flatMap((rule) =>
  rule.examples.map(({ files, release }) => ({
    rule: rule.id,
    release,
    files: Object.fromEntries(Object.entries(files).map(([path, text]) => [path, text.replace(/[⟦⟧]/g, '')])),
  })),
);

/** Hosts of several examples in one cluster; of those of one name the first has its file. */
function mixed(chosen: readonly (typeof examples)[number][]): Cluster {
  const files: Record<string, string> = {};
  for (const [i, example] of chosen.entries())
    for (const [path, text] of Object.entries(example.files)) {
      const own = /^(?:etc|usr|lib|facts\.json)/.test(path) ? `host${i}/${path}` : path;
      files[own] ??= text;
    }
  return clusterOf(files, chosen[0]?.release ?? '2026.1');
}

function plain({ root, inventory, declared }: Cluster, hosts: readonly Host[], settings: Settings): readonly Finding[] {
  const pair = new Cluster({ root, hosts, inventory: inventory?.file, sharesInventory: true }, declared);
  return lint(pair, settings).findings.filter(({ rule }) => rule.preflight !== undefined);
}

const words = (findings: readonly Finding[]): unknown[] =>
  findings.map(({ rule, severity, message, host, file, span, related, fixes }) => [
    ...[rule.id, severity, message, host?.name, file.uri, span.start, span.end, related.length],
    fixes.map(({ title, edits }) => [title, edits.map((e) => [e.file.uri, e.span.start, e.span.end, e.text])]),
  ]);

/** All pairs of the cluster, in the order in which a list of destinations asks for them. */
function compare(cluster: Cluster, settings: Settings = DEFAULT_SETTINGS): number {
  let found = 0;
  for (const source of cluster.hosts)
    for (const destination of cluster.hosts) {
      if (source === destination) continue;
      const hosts = cluster.hosts.filter((h) => h === source || h === destination || !h.isCompute);
      const quick = pairFindings(cluster, hosts, settings);
      assert.deepEqual(words(quick), words(plain(cluster, hosts, settings)), `${source.name} to ${destination.name}`);
      found += quick.length;
    }
  return found;
}

test('every example of a rule on migrations', () => {
  const found = examples.map(({ files, release }) => compare(clusterOf(files, release ?? '2026.1')));
  // Most of them are of several hosts, and found: what is compared is more than nothing.
  assert.ok(found.filter((n) => n > 0).length > 100, `${found.filter((n) => n > 0).length} of ${found.length}`);
});

test('hosts of any examples side by side, and rules that are switched off or are of another severity', () => {
  const levels = fc.dictionary(
    fc.constantFrom(...RULES.map((r) => r.id)),
    fc.constantFrom('off' as const, 'error' as const, 'info' as const),
    { maxKeys: 20 },
  );
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...examples), { minLength: 2, maxLength: 4 }), levels, (chosen, rules) => {
      compare(mixed(chosen), { rules });
    }),
    { numRuns: 60 },
  );
});

test('what is broken on one node speaks against that destination alone', () => {
  const broken = 'listen_tcp = 1\nlisten_tls = 0\nauth_tcp = "nothing"\n';
  const good = 'listen_tcp = 1\nlisten_tls = 0\nauth_tcp = "none"\n';
  const cluster = clusterOf(
    {
      'livemig.ini': 'release = zed\n[node a]\nroles = compute\n[node b]\nroles = compute\n[node c]\nroles = compute\n',
      'a/etc/libvirt/libvirtd.conf': good,
      'b/etc/libvirt/libvirtd.conf': broken,
      'c/etc/libvirt/libvirtd.conf': good,
    },
    'zed',
  );
  const [a, b, c] = cluster.hosts;
  assert.equal(judge({ cluster, source: a! }, b!).state, 'blocked');
  assert.ok(judge({ cluster, source: a! }, c!).reasons.every(({ finding }) => finding.host !== b));
});
