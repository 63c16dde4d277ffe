import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { livemig } from '../support/cli';
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

const INI = '[node a]\naddress = local\n\n[node b]\naddress = local\n\n[node gone]\naddress = 127.0.0.1\nport = 1\n';

describe('livemig snapshot', () => {
  test('saves all nodes that can be read, names the others, and says so by its exit code', async () => {
    const cwd = folderOf({ 'livemig.ini': INI });
    const run = await livemig(['snapshot', '--out', 'out', '--parallel', '2'], { cwd });
    assert.equal(run.code, 2, run.stderr);
    assert.equal(run.stdout, '2 nodes saved in out, 1 failed\n');
    assert.match(run.stderr, /^gone: .*(refused|reach)/im);
    assert.deepEqual(readdirSync(path.join(cwd, 'out')).sort(), ['a', 'b']);
    const facts = JSON.parse(readFileSync(path.join(cwd, 'out/a/facts.json'), 'utf8')) as Record<string, object>;
    assert.deepEqual(Object.keys(facts.resolves ?? {}).sort(), ['b', 'gone']);
    assert.ok(existsSync(path.join(cwd, 'out/b/etc/passwd')));
    // No terminal: nothing that moves a cursor, and no line for what went well.
    assert.ok(!run.stderr.includes('\x1b') && !/ files in /.test(run.stderr));
  });

  test('of some nodes, of an inventory elsewhere, above the folder; what it is asked to probe', async () => {
    const top = folderOf({ 'livemig.ini': INI, 'deep/er/x': '' });
    const cwd = path.join(top, 'deep/er');
    const run = await livemig(['snapshot', 'b', '--out', 'out', '--probe', '1'], { cwd });
    assert.equal(run.code, 0, run.stderr);
    assert.equal(run.stdout, '1 node saved in out\n');
    const facts = JSON.parse(readFileSync(path.join(cwd, 'out/b/facts.json'), 'utf8')) as { reaches?: object };
    assert.ok('127.0.0.1:1' in (facts.reaches ?? {}), JSON.stringify(facts.reaches));
    const elsewhere = await livemig(['snapshot', 'a', '--out', 'o2', '--inventory', path.join(top, 'livemig.ini')], {
      cwd: folderOf(),
    });
    assert.equal(elsewhere.code, 0, elsewhere.stderr);
  });

  test('of this machine', async () => {
    const cwd = folderOf();
    assert.equal((await livemig(['snapshot', '--local', '--out', '.'], { cwd })).code, 0);
    assert.deepEqual(readdirSync(cwd), [hostname()]);
  });

  test('wrong usage is explained', async () => {
    const cwd = folderOf({ 'livemig.ini': INI });
    for (const [args, words] of [
      [['snapshot', 'gon', '--out', 'x'], /no \[node gon\] in livemig.ini; did you mean gone\?/],
      [['snapshot'], /required option '--out <dir>'/],
      [['snapshot', '--out', 'x', '--parallel', '0'], /whole number from 1/],
      [['snapshot', '--out', 'x', '--probe', '16509,x'], /numbers from 1 to 65535/],
      [['check', '--inventory', 'nosuch.ini'], /nosuch\.ini: no such file/],
    ] as const) {
      const run = await livemig([...args], { cwd });
      assert.equal(run.code, 2, args.join(' '));
      assert.match(run.stderr, words);
      assert.equal(run.stdout, '');
    }
    const without = await livemig(['check'], { cwd: folderOf() });
    assert.equal(without.code, 2);
    assert.match(without.stderr, /no livemig\.ini here that names nodes/);
    const empty = await livemig(['check'], { cwd: folderOf({ 'livemig.ini': 'release = zed\n' }) });
    assert.match(empty.stderr, /livemig\.ini has no \[node NAME\]/);
  });
});

describe('livemig check', () => {
  test('says what lint says of the saved snapshot', async () => {
    const cwd = folderOf({ 'livemig.ini': '[node a]\naddress = local\nroles = compute\n' });
    const check = await livemig(['check'], { cwd });
    assert.equal((await livemig(['snapshot', '--out', '.'], { cwd })).code, 0);
    const lint = await livemig(['lint', '.'], { cwd });
    assert.equal(check.stdout, lint.stdout);
    assert.equal(check.code, lint.code);
    const only = await livemig(['check', '--format', 'json', '--severity', 'error'], { cwd });
    assert.ok(Array.isArray((JSON.parse(only.stdout) as { findings: unknown }).findings));
  });

  test('a node that fails is unreadable, the others are judged', async () => {
    const cwd = folderOf({ 'livemig.ini': INI });
    const run = await livemig(['check', '--rule', 'hosts/peer-missing=off'], { cwd });
    assert.equal(run.code, 2);
    assert.match(run.stdout, /^unreadable gone: .*(refused|reach)/im);
    assert.doesNotMatch(run.stdout, /livemig\/node-without-host/);
    const some = await livemig(['check', 'a'], { cwd });
    assert.doesNotMatch(some.stdout, /livemig\/node-without-host/);
  });
});

test('what talks to nodes is a bundle of its own, with the collector in it; lint does not load it', () => {
  const bundle = (name: string): string => readFileSync(path.join(__dirname, '../../dist', name), 'utf8');
  assert.ok(bundle('fleet.js').includes('Tells livemig what a node is'));
  assert.doesNotMatch(bundle('cli-main.js'), /Tells livemig what a node is|localRunner/);
});
