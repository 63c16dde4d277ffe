import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import { withEdits } from '../../server/src/fixes';
import { lint, type Finding } from '../../server/src/lint';
import type { Cluster } from '../../server/src/model/cluster';
import type { SourceFile } from '../../server/src/model/files';
import { waysOut } from '../../server/src/rules/libvirtd/_waysOut';
import type { Edit } from '../../server/src/rules/rule';
import { wantedTransport } from '../../server/src/model/transport';
import { clusterOf } from '../support/cluster';
import { declared, readCorpus, undeclared } from '../support/corpus';

const EXPOSED = 'libvirtd/auth-tcp-none';

function problems(cluster: Cluster): Finding[] {
  return lint(cluster).findings.filter((f) => f.severity !== 'info');
}

function say(f: Finding): string {
  return `${path.basename(f.host?.folder ?? '')} ${f.rule.id}`;
}

type Ways = ReadonlyMap<string, readonly Edit[]>;

/** The ways out that a finding offers, by the transport in their title. */
function offered(cluster: Cluster): Ways {
  const finding = lint(cluster).findings.find((f) => f.rule.id === EXPOSED);
  const ways = (finding?.fixes ?? []).map((fix) => [/over (TLS|SSH)/.exec(fix.title)?.[1], fix.edits] as const);
  return new Map(ways.filter((way): way is [string, readonly Edit[]] => way[0] !== undefined));
}

/** Those of a cluster whose exposure is accepted, and which has no finding that could offer them. */
function possible(cluster: Cluster): Ways {
  const { tls, ssh } = waysOut(cluster) ?? {};
  return new Map([...(tls ? [['TLS', tls] as const] : []), ...(ssh ? [['SSH', ssh] as const] : [])]);
}

function taken(cluster: Cluster, edits: readonly Edit[]): Cluster {
  const byFile = new Map<SourceFile, Edit[]>();
  for (const edit of edits) byFile.set(edit.file, [...(byFile.get(edit.file) ?? []), edit]);
  return withEdits(cluster, byFile);
}

/** Takes each way out; all hosts must be off TCP then, and nothing be wrong that was not before. */
function walk(cluster: Cluster, ways: Ways = offered(cluster)): string[] {
  const before = problems(cluster).filter((f) => f.rule.id !== EXPOSED);
  const known = new Set(before.map(say));
  for (const [name, edits] of ways) {
    const after = taken(cluster, edits);
    const added = problems(after)
      .map(say)
      .filter((problem) => !known.has(problem));
    assert.deepEqual(added, [], `${cluster.root} over ${name}`);
    for (const host of after.hosts.filter((h) => h.isCompute))
      assert.equal(wantedTransport(host)?.transport, name.toLowerCase(), host.name);
  }
  return [...ways.keys()];
}

type Files = Readonly<Record<string, string>>;

const LIBVIRTD = 'listen_tls = 0\nlisten_tcp = 1\nauth_tcp = "none"\n';
const TWO: Files = {
  'c1/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
  'c1/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
  'c1/etc/libvirt/libvirtd.conf': LIBVIRTD,
  'c2/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.2\n',
  'c2/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
  'c2/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tls = "none"\nauth_tcp = "none"',
};

describe('ways out of plain TCP without authentication, for all hosts together', () => {
  for (const release of ['grizzly', 'icehouse', 'mitaka', 'ocata', 'zed', '2026.1'])
    test(`at ${release}`, () => assert.deepEqual(walk(clusterOf(TWO, release)), ['TLS', 'SSH']));

  test('by URIs in quotes and with the usual port, in a file of nova.conf.d', () => {
    const files = {
      ...TWO,
      'c1/etc/nova/nova.conf': '[libvirt]\r\nlive_migration_uri="qemu+tcp://%s/system"\r\n',
      'c2/etc/nova/nova.conf.d/10-migration.conf': '[libvirt]\nlive_migration_uri = qemu+tcp://%s:16509/system\n',
    };
    const cluster = clusterOf(files, 'queens');
    assert.deepEqual(walk(cluster), ['TLS', 'SSH']);
    const [c1, c2] = taken(cluster, offered(cluster).get('SSH')!).hosts;
    assert.equal(c1!.first('nova')!.text, '[libvirt]\r\nlive_migration_uri="qemu+ssh://%s/system"\r\n');
    assert.match(c2!.filesOf('nova').at(-1)!.text, /^live_migration_uri = qemu\+ssh:\/\/%s\/system$/m);
  });

  test('with daemons of their own for the network', () => {
    const files = Object.fromEntries(
      ['c1', 'c2'].flatMap((name) => [
        [`${name}/etc/nova/nova.conf`, '[libvirt]\nlive_migration_scheme = tcp\n'],
        [`${name}/etc/libvirt/virtproxyd.conf`, 'listen_tcp = 1\nauth_tcp = "none"\n'],
        [`${name}/etc/libvirt/qemu.conf`, ''],
      ]),
    );
    assert.deepEqual(walk(clusterOf(files, '2024.1')), ['TLS', 'SSH']);
  });

  test('on every correct cluster that can take them', async () => {
    const clusters = (await readCorpus()).flatMap((s) => [declared(s), undeclared(s)]);
    const ways = clusters.flatMap((cluster) => walk(cluster, possible(cluster)));
    assert.ok(ways.length >= 20, `${ways.length} ways`);
  });

  const silent: readonly (readonly [title: string, files: Files, ways?: readonly string[]])[] = [
    ['a host whose nova.conf is not in view', { 'c3/etc/libvirt/libvirtd.conf': LIBVIRTD }],
    [
      'a compute of livemig.ini that is not in view',
      { 'livemig.ini': '[node c1]\n[node c2]\n[node c3]\nroles = compute\n' },
    ],
    ['sockets that systemd opens', { 'c2/facts.json': '{"sockets": ["libvirtd.socket", "libvirtd-tcp.socket"]}' }],
    ['a URI with a user', { 'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+tcp://nova@%s/system\n' }],
    [
      'a URI beside a scheme',
      {
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+tcp://%s/system\nlive_migration_scheme = tcp\n',
      },
    ],
    ['a host that goes by SSH already', { 'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = ssh\n' }],
    ['a template', { 'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = {{ scheme }}\n' }],
    ['a file that is no text', { 'c2/etc/libvirt/libvirtd.conf': `${LIBVIRTD}#\0\n` }],
    [
      'a host without a certificate: SSH only',
      { 'c2/facts.json': '{"paths": {"/etc/pki/libvirt/servercert.pem": null}}' },
      ['SSH'],
    ],
    [
      'certificates in other places: SSH only',
      { 'c1/etc/libvirt/libvirtd.conf': `${LIBVIRTD}ca_file = ""\n` },
      ['SSH'],
    ],
    [
      'a certificate for another name: SSH only',
      { 'c2/facts.json': '{"certificates": {"/etc/pki/libvirt/servercert.pem": {"names": ["c9"]}}}' },
      ['SSH'],
    ],
    [
      'a certificate for its name',
      { 'c2/facts.json': '{"certificates": {"/etc/pki/libvirt/servercert.pem": {"names": ["C2"]}}}' },
      ['TLS', 'SSH'],
    ],
    ['a controller, which does not migrate', { 'livemig.ini': '[node ctl]\nroles = controller\n' }, ['TLS', 'SSH']],
  ];
  for (const [title, files, ways = []] of silent)
    test(`${ways.length > 0 ? '' : 'none: '}${title}`, () =>
      assert.deepEqual(walk(clusterOf({ ...TWO, ...files }, 'zed')), ways));

  test('none for a host alone', () => {
    const alone = Object.fromEntries(Object.entries(TWO).filter(([name]) => name.startsWith('c1/')));
    assert.deepEqual(walk(clusterOf(alone, 'zed')), []);
  });

  test('none where the release decides by which option it is said, and is a guess', () => {
    const cluster = clusterOf(TWO);
    assert.ok(cluster.hosts.some((h) => h.release.from < h.release.to));
    assert.deepEqual(walk(cluster), []);
  });
});
