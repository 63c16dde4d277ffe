import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { localRunner } from '../../server/src/fleet/shell';
import { saveSnapshot, takeSnapshot } from '../../server/src/fleet/snapshot';
import { FleetError, type Ran, type Runner, type RunOptions, type Snapshot } from '../../server/src/fleet/types';
import { lint } from '../../server/src/lint';
import { Cluster, type ClusterInput } from '../../server/src/model/cluster';
import { readFacts } from '../../server/src/model/readFacts';
import { discover } from '../../server/src/workspace/discover';
import { diskSource } from '../../server/src/workspace/disk';
import { loadFile } from '../../server/src/workspace/load';
import { lineOf } from '../support/place';
import { tempFolder } from '../support/temp';

const folders: { remove: () => void }[] = [];
function folderOf(files: Record<string, string> = {}): string {
  const folder = tempFolder(files);
  folders.push(folder);
  return folder.path;
}
after(() => {
  for (const folder of folders) folder.remove();
});

const frame = (name: string, text: string): string => {
  const body = Buffer.from(text).toString('base64');
  return `@@livemig out ${body.length} ${name}\n${body}\n`;
};
const file = (name: string, text: string): string => {
  const body = Buffer.from(text).toString('base64');
  return `@@livemig file ${body.length} 81a0 0 109 1700000000 ${text.length} ${name}\n${body}\n`;
};
const BEGIN = '@@livemig begin 1 base64\n';
const END = '@@livemig end\n';

/** A node that gives these answers, one after another, and what it was asked. */
function node(...answers: (string | FleetError)[]): {
  runner: Runner;
  asked: { argv: readonly string[]; options: RunOptions }[];
} {
  const asked: { argv: readonly string[]; options: RunOptions }[] = [];
  return {
    asked,
    runner: {
      run: (argv, options): Promise<Ran> => {
        asked.push({ argv, options });
        const answer = answers.shift() ?? BEGIN + END;
        if (answer instanceof FleetError) return Promise.reject(answer);
        return Promise.resolve({
          code: 0,
          signal: undefined,
          stdout: Buffer.from(answer),
          stderr: 'sh: no such thing\n',
        });
      },
    },
  };
}

/** Where most nodes have their instances. */
const USUAL = [
  'path:/var',
  'path:/var/lib',
  'path:/var/lib/nova',
  'path:/var/lib/nova/instances',
  'room:/var/lib/nova/instances',
];
/** What is said of a folder and who may write there. */
const room = (path: string, status: number): string =>
  frame(`room ${path}`, '4096 100 50\n\nexit 0\n') + frame(`writer nova ${path}`, `\nexit ${status}\n`);

describe('takeSnapshot', () => {
  test('a node with its instances where nova puts them is asked once', async () => {
    const { runner, asked } = node(
      BEGIN + file('etc/nova/nova.conf', '[DEFAULT]\n') + room('/var/lib/nova/instances', 1) + END,
    );
    const { facts } = await takeSnapshot(runner, { node: 'c1' });
    assert.equal(asked.length, 1);
    assert.deepEqual(asked[0]!.argv.slice(4), USUAL);
    assert.deepEqual(Object.keys(facts.space!), ['/var/lib/nova/instances']);
    assert.deepEqual(facts.writable, { nova: false });
  });

  test('of one that has them elsewhere, nothing that is so of the usual place counts', async () => {
    const { runner, asked } = node(
      BEGIN + file('etc/nova/nova.conf', '[DEFAULT]\ninstances_path = /srv/i\n') + room(USUAL[3]!.slice(5), 1) + END,
      BEGIN + room('/srv/i', 0) + END,
    );
    const { facts } = await takeSnapshot(runner, { node: 'c1' });
    assert.deepEqual(asked[1]!.argv.slice(4), ['only:asked', 'path:/srv', 'path:/srv/i', 'room:/srv/i']);
    assert.deepEqual(Object.keys(facts.space!), ['/srv/i']);
    assert.deepEqual(facts.writable, { nova: true });
    // Nor where its folder is not there at all.
    const gone = node(
      BEGIN + file('etc/nova/nova.conf', '[DEFAULT]\ninstances_path = /srv/i\n') + room(USUAL[3]!.slice(5), 1) + END,
    );
    const { space, writable } = (await takeSnapshot(gone.runner, { node: 'c1' })).facts;
    assert.deepEqual([space, writable], [undefined, undefined]);
  });

  test('asks once for all, and again for what the files of the node name', async () => {
    const { runner, asked } = node(
      BEGIN +
        file('etc/nova/nova.conf', '[DEFAULT]\nstate_path = /srv/nova\ninstances_path = $state_path/inst ances\n') +
        file('etc/libvirt/libvirtd.conf', 'cert_file = "/etc/x/c.pem"\nkey_file = "/etc/x/k.pem"\n') +
        file('etc/libvirt/qemu.conf', 'user = "vm"\ndefault_tls_x509_cert_dir = "/etc/q/"\n') +
        file('etc/shadow', 'root:hash:\n') +
        frame('user', '0\n\nexit 0\n') +
        END,
      BEGIN + frame('paths /srv/nova', '41ed 0 0 1700000000 4096 /srv/nova\n\nexit 0\n') + END,
    );
    const lines: string[] = [];
    const peers = ['c2', 'c3.example.org', '192.0.2.1'];
    const taken = await takeSnapshot(runner, { node: 'c1', peers, probes: ['192.0.2.1:16509'] }, (l) => lines.push(l));
    assert.deepEqual(asked[0]!.argv, [
      'sh',
      '-s',
      '--',
      'deadline:60',
      ...USUAL,
      ...peers.map((p) => `peer:${p}`),
      'probe:192.0.2.1:16509',
    ]);
    assert.equal(asked[0]!.options.root, true);
    assert.match(String(asked[0]!.options.input), /^# Tells livemig what a node is/);
    assert.ok(asked[0]!.options.timeout > 60_000);
    const second = asked[1]!.argv;
    assert.equal(second[4], 'only:asked');
    for (const word of [
      'path:/srv',
      'path:/srv/nova',
      'path:/srv/nova/inst ances',
      'certificate:/etc/x/c.pem',
      'path:/etc/x/k.pem',
      'certificate:/etc/q/server-cert.pem',
      'account:vm',
    ])
      assert.ok(second.includes(word), word);
    assert.ok(!second.some((w) => w.startsWith('certificate:') && w.includes('k.pem')));
    assert.equal(asked.length, 2);
    assert.deepEqual(taken.failures, []);
    assert.deepEqual(
      taken.files.map((f) => f.path),
      ['etc/nova/nova.conf', 'etc/libvirt/libvirtd.conf', 'etc/libvirt/qemu.conf'],
    );
    assert.deepEqual([taken.files[0]!.mode, taken.files[0]!.gid], [0o640, 109]);
    assert.equal(taken.facts.paths?.['/srv/nova']?.mode, 0o755);
    assert.equal(taken.facts.paths['/etc/nova/nova.conf']?.modified, 1_700_000_000);
    assert.match(lines.join('\n'), /^c1: snapshot of 3 files in \d+ ms$/);
  });

  test('without sudo it goes on as who it is, and says so', async () => {
    const { runner, asked } = node(
      new FleetError('sudo', 'c1: no', 'sudo: a password is required'),
      BEGIN + frame('user', '1000\n\nexit 0\n') + END,
    );
    const { failures } = await takeSnapshot(runner, { node: 'c1' });
    assert.deepEqual(
      asked.map((a) => a.options.root),
      [true, undefined],
    );
    assert.deepEqual(failures, [
      { what: 'the rights of root', why: 'sudo: a password is required' },
      { what: 'everything', why: 'was read without the rights of root: files and facts may be missing' },
    ]);
  });

  test('an answer that was cut gives what is whole, and says so', async () => {
    const whole = BEGIN + file('etc/fstab', 'x') + file('etc/hosts', '127.0.0.1 localhost\n');
    const { runner } = node(whole.slice(0, -5));
    const { files, failures } = await takeSnapshot(runner, { node: 'c1' });
    assert.deepEqual(
      files.map((f) => f.path),
      ['etc/fstab'],
    );
    assert.ok(failures.some((f) => f.what === 'etc/hosts' && f.why === 'did not arrive whole'));
    assert.ok(failures.some((f) => f.what === 'the snapshot' && f.why.startsWith('was cut off')));
  });

  test('no answer of the collector is an error, with what was said instead', async () => {
    const { runner } = node('This account is currently not available.\n');
    await assert.rejects(takeSnapshot(runner, { node: 'c1' }), (error: FleetError) => {
      assert.equal(error.code, 'refused');
      assert.match(error.message, /^c1: the collector was not run/);
      return true;
    });
    const { runner: gone } = node(new FleetError('lost', 'c1: the connection is gone'));
    await assert.rejects(takeSnapshot(gone, { node: 'c1' }), { code: 'lost' });
  });

  test('the second question may fail, the first answer stays', async () => {
    const { runner } = node(
      BEGIN + file('etc/nova/nova.conf', '[DEFAULT]\ninstances_path = /x\n') + END,
      new FleetError('lost', 'gone'),
    );
    const { files, failures } = await takeSnapshot(runner, { node: 'c1' });
    assert.equal(files.length, 1);
    assert.deepEqual(failures, [{ what: 'what the files of the node name', why: 'gone' }]);
  });

  test('thousands of peers go in command lines that Linux takes; what is no name goes in none', async () => {
    const { runner, asked } = node();
    const peers = Array.from({ length: 6000 }, (_, i) => `compute${i}.example.org`);
    const { failures } = await takeSnapshot(runner, {
      node: 'c1',
      peers: [...peers, '-x', 'a b', 'c\nd', "e'f"],
      paths: ['rel', '/a\nb'],
    });
    const words = asked.flatMap((a) => a.argv.filter((w) => w.startsWith('peer:')));
    assert.deepEqual(
      words,
      peers.map((p) => `peer:${p}`),
    );
    assert.ok(asked.length > 2);
    for (const { argv } of asked) assert.ok(Buffer.byteLength(argv.join(' ')) < 100_000);
    assert.deepEqual(
      failures.map((f) => f.what),
      ['-x', 'a b', 'c\nd', "e'f", 'rel', '/a\nb'],
    );
  });

  test('of this machine', async () => {
    const { facts, files } = await takeSnapshot(localRunner(), { node: 'here', peers: ['localhost'], paths: ['/tmp'] });
    assert.ok(files.some((f) => f.path === 'etc/passwd'));
    assert.ok(facts.kernel && facts.memory && facts.paths?.['/tmp']?.mode === 0o1777);
    assert.deepEqual(readFacts(JSON.stringify(facts)), facts);
  });
});

describe('saveSnapshot', () => {
  const snapshot: Snapshot = {
    node: 'c1',
    taken: 1_700_000_000,
    files: [
      {
        path: 'etc/nova/nova.conf',
        bytes: Buffer.from('[neutron]\npassword = hunter2\n'),
        mode: 0o640,
        uid: 0,
        gid: 1,
      },
    ],
    facts: { hostname: 'c1' },
    failures: [{ what: 'etc/libvirt', why: 'permission denied' }],
  };

  test('files without secrets, facts, what is missing; an earlier one gives way', async () => {
    const out = path.join(folderOf(), 'deep/out');
    await saveSnapshot(out, { ...snapshot, files: [{ ...snapshot.files[0]!, path: 'etc/fstab' }] });
    await saveSnapshot(out, snapshot);
    assert.deepEqual(readdirSync(out), ['c1']);
    assert.deepEqual(readdirSync(path.join(out, 'c1')).sort(), ['etc', 'facts.json', 'snapshot.json']);
    assert.deepEqual(readdirSync(path.join(out, 'c1/etc')), ['nova']);
    assert.equal(readFileSync(path.join(out, 'c1/etc/nova/nova.conf'), 'utf8'), '[neutron]\npassword = ***\n');
    assert.deepEqual(JSON.parse(readFileSync(path.join(out, 'c1/facts.json'), 'utf8')), { hostname: 'c1' });
    assert.deepEqual(JSON.parse(readFileSync(path.join(out, 'c1/snapshot.json'), 'utf8')), {
      node: 'c1',
      taken: 1_700_000_000,
      failures: snapshot.failures,
    });
    assert.equal(statSync(path.join(out, 'c1')).mode & 0o777, 0o700);
  });

  test('what is no snapshot is not replaced; no name leads elsewhere', async () => {
    const out = folderOf({ 'c1/etc/nova/nova.conf': 'mine' });
    await assert.rejects(saveSnapshot(out, snapshot), {
      code: 'refused',
      message: /holds something else than a snapshot/,
    });
    assert.equal(readFileSync(path.join(out, 'c1/etc/nova/nova.conf'), 'utf8'), 'mine');
    for (const name of ['..', '.', '../c1', 'a/b', '']) {
      await assert.rejects(saveSnapshot(out, { ...snapshot, node: name }), { code: 'refused' });
    }
    const elsewhere = [{ ...snapshot.files[0]!, path: '../../outside' }];
    await saveSnapshot(out, { ...snapshot, node: 'c2', files: elsewhere });
    assert.ok(!existsSync(path.join(out, '../outside')) && !existsSync(path.join(out, 'outside')));
  });
});

const TREES = ['corpus', 'demo', 'fixtures/howto'].map((name) => path.join(__dirname, '..', name));

async function clustersOf(folder: string): Promise<readonly ClusterInput[]> {
  const source = diskSource();
  const { clusters, failures } = await discover(source, pathToFileURL(folder).href, (uri, below, kind) =>
    loadFile(source, uri, below, kind),
  );
  assert.deepEqual(failures, []);
  return clusters.filter((c) => c.hosts.length > 0);
}

/** What lint says, by place and words. The snapshot's facts.json is laid out anew: there, the line is no matter. */
function findings(input: ClusterInput): string[] {
  return lint(new Cluster(input)).findings.map(({ file: at, span, rule, severity, message }) => {
    const below = at.uri.slice(input.root.length);
    return `${below}:${at.kind === 'facts' ? '' : lineOf(at.text, span.start)} ${severity} ${rule.id}: ${message}`;
  });
}

test('lint says the same of a saved snapshot as of what it was taken of', async () => {
  const out = folderOf();
  const runner = localRunner();
  let count = 0;
  let redacted = 0;
  for (const [i, tree] of TREES.entries()) {
    const inputs = await clustersOf(tree);
    // Two at a time: as many as the smallest machine has processors.
    const queue = inputs.entries();
    const work = async (): Promise<void> => {
      for (const [j, input] of queue) {
        const to = path.join(out, `${i}-${j}`);
        for (const host of input.hosts) {
          const root = new URL(host.folder).pathname;
          const taken = await takeSnapshot(runner, { node: host.name, root });
          assert.deepEqual(taken.failures, [], root);
          const measured = host.files.find((f) => f.kind === 'facts');
          await saveSnapshot(to, { ...taken, facts: (measured && readFacts(measured.text)) ?? {} });
          for (const { path: name, bytes } of taken.files)
            if (!Buffer.from(bytes).equals(readFileSync(path.join(to, host.name, name)))) redacted++;
        }
        if (input.inventory) {
          mkdirSync(to, { recursive: true });
          writeFileSync(path.join(to, 'livemig.ini'), input.inventory.text);
        }
        const [saved] = await clustersOf(to);
        assert.deepEqual(findings(saved!), findings(input), input.root);
        count += input.hosts.length;
      }
    };
    await Promise.all([work(), work()]);
  }
  assert.ok(count > 280, `${count} hosts`);
  assert.ok(redacted > 200, `${redacted} files had a secret`);
});
