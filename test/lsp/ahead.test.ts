// Among many hosts an edit is answered before they are compared, and settled after.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { lint, type Finding } from '../../server/src/lint';
import { JudgedCluster } from '../../server/src/lsp/judged';
import { Cluster, type ClusterInput } from '../../server/src/model/cluster';
import { NO_SETTINGS } from '../../server/src/lsp/configuration';
import { fileOf } from '../support/cluster';

const HOSTS = 45;
const PASSWD = 'root:x:0:0:root:/root:/bin/bash\nnova:x:998:998::/var/lib/nova:/bin/sh\n';
const STRAY = PASSWD.replace('998:998', '997:998');
const NOVA = '[DEFAULT]\nmy_ip = {ip}\n\n[libvirt]\nvirt_type = kvm\n';

const FSTAB = '10.0.0.1:/var/lib/nova/instances /var/lib/nova/instances nfs defaults 0 0\n';
const EXPORTS = '/var/lib/nova/instances *(rw,sync,no_root_squash)\n';
const INI = [
  'release = grizzly\n[node ctl]\naddress = 10.0.0.1\nroles = controller, nfs',
  ...Array.from({ length: HOSTS }, (_, i) => `[node compute${i}]\nroles = compute`),
].join('\n');

function input(): ClusterInput {
  const host = (name: string, files: Readonly<Record<string, string>>): ClusterInput['hosts'][number] => {
    const folder = `file:///cluster/${name}`;
    const all = Object.entries(files).map(([path, text]) => ({ ...fileOf(path, text), uri: `${folder}/${path}` }));
    return { name, folder, files: all };
  };
  const hosts = Array.from({ length: HOSTS }, (_, i) =>
    host(`compute${i}`, {
      'etc/nova/nova.conf': NOVA.replace('{ip}', `192.0.2.${i + 1}`),
      'etc/fstab': FSTAB,
      'etc/passwd': i === 7 ? STRAY : PASSWD,
    }),
  );
  const controller = host('ctl', { 'etc/exports': EXPORTS, 'etc/passwd': PASSWD });
  return { root: 'file:///cluster', hosts: [...hosts, controller], inventory: fileOf('livemig.ini', INI) };
}

const uri = (host: number, path: string): string => `file:///cluster/compute${host}/${path}`;
const said = (findings: readonly Finding[]): unknown[] =>
  findings.map((f) => [f.rule.id, f.severity, f.message, f.file.uri, f.span, f.fixes.length]);
const settle = (judged: JudgedCluster): boolean => {
  for (const steps = judged.settling(); ;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
};
const all = (judged: JudgedCluster): Finding[] => [...judged.keys()].flatMap((key) => judged.shown(key).findings);

test('an edit is told at once of its own host, and what was found by comparing stays where its text is', () => {
  const judged = new JudgedCluster(input(), NO_SETTINGS);
  const key = uri(7, 'etc/passwd');
  const [differs] = judged.shown(key).findings.filter((f) => f.rule.id === 'cluster/nova-uid-differs');
  assert.ok(differs && differs.fixes.length > 0);
  judged.replace({ ...judged.file(key)!, text: `games:x:5:60::/usr/games:/bin/sh\n${STRAY}` });
  assert.equal(judged.unsettled, true);
  const [moved] = judged.shown(key).findings.filter((f) => f.rule.id === 'cluster/nova-uid-differs');
  assert.equal(
    moved!.file.text.slice(moved!.span.start, moved!.span.end),
    STRAY.slice(differs.span.start, differs.span.end),
  );
  assert.deepEqual(moved!.fixes, [], 'a repair is of the text that it was made for');
  const nova = uri(3, 'etc/nova/nova.conf');
  judged.replace({ ...judged.file(nova)!, text: 'oops here\n' });
  assert.ok(judged.shown(nova).findings.some((f) => f.span.start === 0));
  assert.equal(settle(judged), true);
  assert.equal(judged.unsettled, false);
  const [settled] = judged.shown(key).findings.filter((f) => f.rule.id === 'cluster/nova-uid-differs');
  assert.ok(settled!.fixes.length > 0);
});

test('what is edited away is gone at once, and what only comparing finds is found when it is settled', () => {
  const judged = new JudgedCluster(input(), NO_SETTINGS);
  const ids = (key: string): string[] => judged.shown(key).findings.map((f) => f.rule.id);
  const key = uri(7, 'etc/passwd');
  assert.ok(ids(key).includes('cluster/nova-uid-differs'));
  judged.replace({ ...judged.file(key)!, text: PASSWD });
  assert.ok(!ids(key).includes('cluster/nova-uid-differs'));
  const other = uri(9, 'etc/passwd');
  judged.replace({ ...judged.file(other)!, text: STRAY });
  assert.ok(!ids(other).includes('cluster/nova-uid-differs'));
  // Whoever repairs is never told what is only ahead.
  assert.ok(judged.findings(other).some((f) => f.rule.id === 'cluster/nova-uid-differs'));
});

test('an edit while the hosts are compared makes that vain, and the next settles it', () => {
  const judged = new JudgedCluster(input(), NO_SETTINGS);
  const key = uri(2, 'etc/passwd');
  judged.shown(key);
  judged.replace({ ...judged.file(key)!, text: STRAY });
  const steps = judged.settling();
  steps.next();
  judged.replace({ ...judged.file(key)!, text: PASSWD });
  for (let step = steps.next(); !step.done; step = steps.next());
  assert.equal(judged.unsettled, true);
  assert.equal(settle(judged), true);
  assert.deepEqual(judged.shown(key).findings, []);
});

test('settled it is what a cluster that nobody edited is, whatever was edited in whatever order', () => {
  const line = fc.constantFrom(
    'oops',
    '[vnc]',
    'my_ip = 192.0.2.3',
    'virt_type = qemu',
    '# a comment',
    '',
    'instances_path = /x',
  );
  const text = fc.array(line, { maxLength: 6 }).map((lines) => `[DEFAULT]\n${lines.join('\n')}\n`);
  const edit = fc.record({
    host: fc.nat(HOSTS - 1),
    file: fc.oneof(
      text.map((t) => ['etc/nova/nova.conf', t] as const),
      fc.constantFrom(PASSWD, STRAY, '', 'nova:x:1').map((t) => ['etc/passwd', t] as const),
    ),
    ask: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), (edits) => {
      const judged = new JudgedCluster(input(), NO_SETTINGS);
      judged.shown(uri(0, 'etc/passwd'));
      for (const { host, file, ask } of edits) {
        const key = uri(host, file[0]);
        judged.replace({ ...judged.file(key)!, text: file[1] });
        // Never outside of the text.
        if (ask)
          for (const f of all(judged))
            assert.ok(f.span.end <= f.file.text.length && f.file === judged.file(f.file.uri));
      }
      settle(judged);
      const plain = lint(new Cluster(judged.input, NO_SETTINGS.release), NO_SETTINGS.lint);
      assert.deepEqual(said(all(judged)), said(plain.findings));
    }),
    { numRuns: 25 },
  );
});
