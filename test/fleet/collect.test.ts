import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { factsOf } from '../../server/src/fleet/collect/facts';
import { readAnswer, type Answer } from '../../server/src/fleet/collect/frames';
import { collector } from '../../server/src/fleet/collect/script';
import { kindOf } from '../../server/src/model/files';
import { discover } from '../../server/src/workspace/discover';
import { diskSource } from '../../server/src/workspace/disk';
import { loadFile } from '../../server/src/workspace/load';
import { tempFolder } from '../support/temp';

const SHELLS = [['dash'], ['bash'], ['busybox', 'sh']].filter(
  ([program]) => spawnSync(program!, ['-c', 'exit 0']).error === undefined,
);

const folders: { remove: () => void }[] = [];
function folderOf(files: Record<string, string | Uint8Array> = {}): string {
  const folder = tempFolder(files);
  folders.push(folder);
  return folder.path;
}
after(() => {
  for (const folder of folders) folder.remove();
});

interface Collected extends Answer {
  readonly stderr: string;
  readonly seconds: number;
}

/** Runs the collector as a node does, with programs of the test's own before those of the system. */
function collect(
  shell: readonly string[],
  words: readonly string[],
  {
    programs = {},
    script = collector(),
    until,
  }: { programs?: Record<string, string>; script?: string; until?: RegExp } = {},
): Promise<Collected> {
  const bin = folderOf();
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(path.join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }
  const began = performance.now();
  return new Promise((done, fail) => {
    const [program, ...args] = shell;
    const child = spawn(program!, [...args, '-s', '--', ...words], {
      env: { ...process.env, PATH: `${bin}:${process.env.PATH ?? ''}` },
      cwd: '/',
    });
    const out: Buffer[] = [];
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out.push(chunk);
      // Killed as soon as it says so.
      if (until?.test(Buffer.concat(out).toString())) child.kill('SIGKILL');
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', fail);
    child.on('close', () =>
      done({ ...readAnswer(Buffer.concat(out)), stderr, seconds: (performance.now() - began) / 1000 }),
    );
    child.stdin.end(script);
  });
}

const sleeper = 'sleep 60';
const UNIT = '[Socket]\nListenStream=16509\n';

/** A file of every kind that livemig knows, and neighbours that it does not. */
const ZOO: Record<string, string | Uint8Array> = {
  'etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.1',
  'etc/nova/nova-compute.conf': '',
  'etc/nova/nova.conf.d/10 first.conf': Uint8Array.from({ length: 256 }, (_, i) => i),
  'etc/nova/nova.conf.d/größe.conf': 'x',
  'etc/nova/api-paste.ini': 'no',
  'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\r\n',
  'etc/libvirt/virtproxyd.conf': '',
  'etc/libvirt/virtqemud.conf': '',
  'etc/libvirt/virtlogd.conf': 'no',
  'etc/libvirt/qemu.conf': '',
  'etc/libvirt/auth.conf': '[credentials-a]\nauthname=x\n',
  'etc/default/libvirt-bin': '',
  'etc/default/libvirtd': '',
  'etc/default/nfs-kernel-server': 'no',
  'etc/sysconfig/libvirtd': '',
  'etc/init/libvirt-bin.conf': '',
  'etc/init/nova-compute.conf': 'no',
  'etc/exports': '',
  'etc/exports.d/a.exports': '',
  'etc/exports.d/.b.exports': 'no',
  'etc/fstab': '\n\n',
  'etc/hosts': '127.0.0.1 localhost\n',
  'etc/passwd': '',
  'etc/shadow': 'root:$6$no:1::::::\n',
  'etc/group': '',
  'etc/gshadow': 'no',
  'etc/hostname': 'c1\n',
  'etc/os-release': 'ID=debian\n',
  'etc/sysctl.conf': '',
  'etc/sysctl.d/50-a.conf': '',
  'etc/sasl2/libvirt.conf': '',
  'etc/kolla/nova-compute/nova.conf': '',
  'etc/kolla/nova-libvirt/qemu.conf': '',
  'etc/kolla/nova-libvirt/libvirtd.conf': '',
  'etc/systemd/system/libvirtd-tcp.socket': UNIT,
  'etc/systemd/system/libvirtd-tcp.socket.d/override.conf': UNIT,
  'etc/systemd/system/nova-compute.service': '[Service]\n',
  'etc/systemd/system/var-lib-nova-instances.mount': '[Mount]\n',
  'etc/systemd/system/snap-core-1.mount': 'no',
  'etc/systemd/system/ssh.service': 'no',
  'usr/lib/systemd/system/libvirtd.service': '[Service]\n',
  'usr/lib/systemd/system/virtqemud-admin.socket': UNIT,
  'lib/systemd/system/openstack-nova-compute.service': '[Service]\n',
};

function zoo(): string {
  const root = folderOf(ZOO);
  symlinkSync('/dev/null', path.join(root, 'etc/systemd/system/libvirtd.socket'));
  symlinkSync('/usr/lib/systemd/system/libvirtd.service', path.join(root, 'etc/systemd/system/libvirt-bin.service'));
  mkdirSync(path.join(root, 'etc/systemd/system/sockets.target.wants'));
  symlinkSync('/nowhere', path.join(root, 'etc/systemd/system/sockets.target.wants/libvirtd-tls.socket'));
  symlinkSync('../sysctl.conf', path.join(root, 'etc/sysctl.d/99-sysctl.conf'));
  return root;
}

/** What the linter reads of the same folder. */
async function discovered(root: string): Promise<string[]> {
  const source = diskSource();
  const { clusters, failures } = await discover(source, pathToFileURL(root).href, (uri, below, kind) =>
    loadFile(source, uri, below, kind),
  );
  assert.deepEqual(failures, []);
  return clusters.flatMap((c) => c.hosts.flatMap((h) => h.files.map((f) => f.path))).sort();
}

test('there are three shells to try it in', () => assert.equal(SHELLS.length, 3, SHELLS.join(' ')));

for (const shell of SHELLS) {
  describe(shell.join(' '), { concurrency: 4 }, () => {
    test('brings just the files that the linter reads, byte for byte', async () => {
      const root = zoo();
      const answer = await collect(shell, [`root:${root}`]);
      assert.equal(answer.stderr, '');
      assert.ok(answer.whole);
      assert.deepEqual(answer.failures, []);
      const brought = answer.files.filter((f) => kindOf(f.path) !== undefined);
      assert.deepEqual(brought.map((f) => f.path).sort(), await discovered(root));
      for (const { path: name, bytes } of brought) {
        const wanted = ZOO[name] ?? '';
        assert.deepEqual(Buffer.from(bytes), Buffer.from(wanted as string), name);
      }
      assert.deepEqual(
        answer.files.filter((f) => ['etc/shadow', 'etc/gshadow', 'etc/nova/api-paste.ini'].includes(f.path)),
        [],
      );
      assert.equal(answer.outputs.size, 0, 'nothing is measured for a tree of files');
    });

    test('modes and owners; what cannot be read is named', async () => {
      const root = folderOf({ 'etc/nova/nova.conf': 'x', 'etc/libvirt/qemu.conf': 'x', 'etc/hosts': 'x' });
      chmodSync(path.join(root, 'etc/nova/nova.conf'), 0o4640);
      writeFileSync(path.join(root, 'etc/fstab'), Buffer.alloc(5_000_000));
      mkdirSync(path.join(root, 'etc/exports'));
      execFileSync('mkfifo', [path.join(root, 'etc/passwd')]);
      symlinkSync('/nowhere', path.join(root, 'etc/group'));
      const answer = await collect(shell, [`root:${root}`]);
      const nova = answer.files.find((f) => f.path === 'etc/nova/nova.conf')!.look;
      assert.deepEqual([nova.mode, nova.uid, nova.gid], [0o4640, process.getuid!(), process.getgid!()]);
      assert.ok(Math.abs(nova.modified! - Date.now() / 1000) < 60);
      assert.deepEqual(Object.fromEntries(answer.failures.map((f) => [f.what, f.why])), {
        'etc/exports': 'is no regular file',
        'etc/passwd': 'is no regular file',
        'etc/group': 'is a link that leads nowhere',
        'etc/fstab': 'has more than 4194304 bytes',
      });
      assert.ok(answer.whole);
    });

    test('no folder, an empty one', async () => {
      const none = await collect(shell, ['root:/no/such/folder']);
      assert.deepEqual(none.failures, [{ what: '/no/such/folder', why: 'is no folder' }]);
      const empty = await collect(shell, [`root:${folderOf()}`]);
      assert.ok(empty.whole && empty.files.length === 0 && empty.failures.length === 0);
    });

    test('words are words', async () => {
      const marker = path.join(folderOf(), 'marker');
      const nasty = [
        `$(touch ${marker})`,
        `\`touch ${marker}\``,
        `;touch ${marker};`,
        `'"; touch ${marker} #`,
        '*',
        '-v',
        'a b',
      ];
      const words = ['peer', 'path', 'account', 'certificate', 'probe'].flatMap((p) => nasty.map((n) => `${p}:${n}`));
      const answer = await collect(shell, ['only:asked', 'limit:5', ...words]);
      assert.ok(answer.whole);
      assert.throws(() => execFileSync('test', ['-e', marker]));
      assert.equal(answer.outputs.get('paths a b')?.status, 1);
    });

    test('what runs side by side comes whole', async () => {
      const names = Array.from({ length: 296 }, (_, i) => `127.0.${i >> 8}.${i % 256}`);
      const answer = await collect(shell, ['only:asked', ...names.map((n) => `peer:${n}`)]);
      assert.deepEqual(factsOf(answer).facts.resolves, Object.fromEntries(names.map((n) => [n, [n]])));
    });

    test('names that resolve to many addresses, and one that makes its resolver say much', async () => {
      const many = 'for i in 1 2 3 4 5 6 7 8; do printf "2001:db8::%s:%s STREAM x\\n" "$2" "$i"; done';
      const answer = await collect(shell, ['only:asked', 'peer:loud', ...[1, 2, 3, 4].map((n) => `peer:${n}`)], {
        programs: { getent: `if [ "$2" = loud ]; then seq 20000 >&2; exit 3; fi; ${many}` },
      });
      assert.ok(answer.whole);
      assert.deepEqual(answer.failures, [{ what: 'peer loud', why: 'says too much' }]);
      const { resolves } = factsOf(answer).facts;
      assert.deepEqual(Object.keys(resolves!).sort(), ['1', '2', '3', '4']);
      assert.deepEqual(resolves!['3']!.slice(0, 2), ['2001:db8::3:1', '2001:db8::3:2']);
    });

    test('measures this machine', async () => {
      const answer = await collect(shell, [
        'peer:localhost',
        'peer:nosuch.invalid',
        'path:/',
        'account:root',
        'probe:127.0.0.1:1',
        'room:/',
      ]);
      assert.equal(answer.stderr, '');
      assert.ok(answer.whole);
      const { facts } = factsOf(answer);
      assert.equal(facts.kernel, execFileSync('uname', ['-r'], { encoding: 'utf8' }).trim());
      assert.ok(facts.memory!.total > facts.memory!.available);
      assert.ok(facts.resolves!.localhost!.some((a) => a === '127.0.0.1' || a === '::1'));
      assert.deepEqual(facts.resolves!['nosuch.invalid'], []);
      assert.deepEqual(facts.ids!.root, { uid: 0, gid: 0 });
      assert.equal(facts.paths!['/']!.type, 'folder');
      assert.equal(facts.paths!['/usr/libexec/no-such-qemu'], undefined);
      assert.deepEqual(facts.reaches, { '127.0.0.1:1': 'refused' });
      assert.ok(facts.cpu!.flags!.length > 3);
      assert.equal(facts.mounts!['/']?.type !== undefined, true);
      assert.ok(facts.sysctls!['vm.swappiness']);
      assert.ok(facts.interfaces!.includes('lo'));
      assert.ok(facts.space!['/']!.total > facts.space!['/']!.available);
      assert.match(facts.mounts!['/']!.options!, /^r[wo]\b/);
    });

    for (const old of [false, true]) {
      test(`hangs on no command${old ? ', with a timeout of before -s' : ''}`, async () => {
        const answer = await collect(shell, ['limit:1', 'peer:c2'], {
          programs: {
            hostname: sleeper,
            virsh: sleeper,
            getent: sleeper,
            ip: `trap '' TERM INT HUP; ${sleeper}`,
            ...(old && { timeout: 'exit 1' }),
          },
        });
        assert.ok(answer.whole);
        assert.ok(answer.seconds < 30, `${answer.seconds} s`);
        const { facts, failures } = factsOf(answer);
        assert.equal(facts.fqdn, undefined);
        assert.deepEqual(facts.resolves, undefined);
        assert.ok(facts.kernel);
        assert.deepEqual(
          failures
            .filter((f) => f.why === 'did not answer in time')
            .map((f) => f.what)
            .sort(),
          ['addresses', 'fqdn', 'libvirt (virsh capabilities)', 'peer c2'],
        );
      });
    }

    test('when its time is over the rest is named', async () => {
      const answer = await collect(shell, ['limit:2', 'deadline:1'], { programs: { hostname: sleeper } });
      assert.ok(answer.whole);
      assert.ok(answer.failures.some((f) => f.why === 'no time was left'));
      assert.ok(answer.seconds < 12, `${answer.seconds} s`);
    });

    test('without base64, and without a stat that takes a format', async () => {
      const root = zoo();
      const wanted = await collect(shell, [`root:${root}`]);
      const strip = (a: Answer): unknown =>
        a.files.map((f) => [f.path, Buffer.from(f.bytes).toString('hex'), f.look.type, f.look.mode]);
      for (const hidden of [/if have base64/, /(?:if|elif) have (?:base64|openssl)/g]) {
        const script = collector().replace(hidden, (m) => m.replace(/base64|openssl/, 'no-such-program'));
        const answer = await collect(shell, [`root:${root}`], { script });
        assert.ok(answer.whole);
        assert.deepEqual(strip(answer), strip(wanted));
      }
      const old = await collect(shell, [`root:${root}`], { programs: { stat: 'exit 1' } });
      assert.ok(old.whole);
      const masks = (list: unknown): unknown => (list as unknown[][]).filter((f) => f[2] === 'file');
      assert.deepEqual(masks(strip(old)), masks(strip(wanted)));
    });

    test('of a file with a key in it only the certificate leaves the node', async () => {
      const file = path.join(
        folderOf({
          'both.pem':
            '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
        }),
        'both.pem',
      );
      const answer = await collect(shell, ['only:asked', `certificate:${file}`]);
      assert.equal(
        answer.outputs.get(`certificate ${file}`)?.text,
        '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      );
    });

    test('the probe file: made once, read, removed; never over a file that is there', async () => {
      const folder = folderOf({ '.livemig-probe-taken123': 'mine\n' });
      const ask = (...words: string[]): Promise<Answer> => collect(shell, ['only:asked', ...words]);
      const [token, name] = ['abcdEFGH1234', '.livemig-probe-abcdEFGH1234'];
      const made = await ask(
        `probe-write:${token}:${folder}`,
        'probe-write:short:/tmp',
        `probe-write:a/../../b1:${folder}`,
      );
      assert.deepEqual(
        [...made.outputs].map(([n, o]) => [n, o.status]),
        [[`probe-write ${token}:${folder}`, 0]],
      );
      assert.deepEqual(readdirSync(folder).sort(), [name, '.livemig-probe-taken123']);
      const read = await ask(
        `probe-read:${token}:${folder}`,
        `probe-read:${token}:/no/such/folder`,
        `probe-read:nothere12:${folder}`,
      );
      assert.deepEqual(
        [...read.outputs.values()].map((o) => o.status),
        [0, 3, 5],
      );
      assert.equal(read.outputs.get(`probe-read ${token}:${folder}`)?.text.trim(), token);
      const taken = await ask(`probe-write:taken123:${folder}`, `probe-remove:taken123:${folder}`);
      assert.ok([...taken.outputs.values()].every((o) => o.status !== 0));
      assert.equal(readFileSync(path.join(folder, '.livemig-probe-taken123'), 'utf8'), 'mine\n');
      const gone = await ask(`probe-remove:${token}:${folder}`);
      assert.equal(gone.outputs.get(`probe-remove ${token}:${folder}`)?.status, 0);
      assert.deepEqual(readdirSync(folder), ['.livemig-probe-taken123']);
    });

    test('of guests no password leaves the node, be it that virsh tells one', async () => {
      const uuid = '5f3c1d1e-0c0a-4d9a-8f0e-2f9d3b1b7a10';
      const graphics = "<graphics type='vnc' port='5900' passwd='geheim' listen='192.0.2.1'/>";
      const virsh = `case "$*" in
*security-info*) exit 9 ;;
*dumpxml*) echo "== ${uuid}"; echo "<domain type='kvm'><name>a</name><uuid>${uuid}</uuid><devices>${graphics}</devices></domain>" ;;
*) printf '%s\\n' '== list' ' 1  a  running' '== uuids' ${uuid} '== with-snapshot' '== end' ;;
esac`;
      const answer = await collect(shell, [], { programs: { virsh } });
      assert.deepEqual(factsOf(answer).facts.instances, [
        {
          name: 'a',
          uuid,
          state: 'running',
          type: 'kvm',
          graphics: [{ type: 'vnc', listen: '192.0.2.1' }],
          snapshots: 0,
        },
      ]);
      assert.doesNotMatch([...answer.outputs.values()].map((o) => o.text).join('\n'), /geheim/);
    });

    test('killed half-way, what came is whole', async () => {
      const answer = await collect(shell, ['limit:1'], { programs: { hostname: sleeper }, until: / kernel\n/ });
      assert.ok(!answer.whole && answer.begun);
      assert.ok(answer.outputs.has('kernel'));
    });
  });
}

test('it writes nothing but the probe file, and starts nothing with a shell of its own', () => {
  const script = collector();
  const probe = /^# ---- the probe file -+\n[\s\S]*?^# Only what stands/m;
  assert.match(script, probe);
  const code = script
    .replace(probe, '')
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n');
  assert.doesNotMatch(code, /\beval\b|\bsource\b|\bsudo\b|\brm\b|\bmv\b|\btee\b|\bmktemp\b|\bchmod\b|\bchown\b/);
  for (const [, target] of code.matchAll(/(?:^|\s)\d?>{1,2}\s*([^\s;|)&]+)/gm)) assert.equal(target, '/dev/null');
});
