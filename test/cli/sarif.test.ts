import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import AjvDraft04 from 'ajv-draft-04';
import addFormats from 'ajv-formats';
import type { Log, PhysicalLocation, Region, Result, Run } from 'sarif';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { livemig } from '../support/cli';
import { tempFolder } from '../support/temp';

const BAD = '[libvirt]\nlive_migration_uri = qemu+tcp://compute2/system\n';
const CLEAN = '[libvirt]\nvirt_type = kvm\n';

/** The published schema of SARIF 2.1.0, out of a package that carries it. */
const schema = JSON.parse(
  readFileSync(
    path.join(
      path.dirname(createRequire(__filename).resolve('@microsoft/jest-sarif/package.json')),
      'lib/schemas/sarif-2.1.0-rtm.5.json',
    ),
    'utf8',
  ),
) as Record<string, unknown>;
// One of its patterns is none by the stricter rules of the flag u.
const ajv = new AjvDraft04({ allErrors: true, strict: false, unicodeRegExp: false });
addFormats(ajv);
const validate = ajv.compile(schema);

const folders: { remove: () => void }[] = [];
function folderOf(files: Record<string, string | Uint8Array>): string {
  const folder = tempFolder(files);
  folders.push(folder);
  return folder.path;
}
after(() => {
  for (const folder of folders) folder.remove();
});

/** Lints, and takes all of standard output as one log, which has to be valid. */
async function sarif(args: readonly string[], options: { cwd: string; input?: string }): Promise<Run> {
  const run = await livemig(['lint', '--format', 'sarif', '--release', 'zed', ...args], options);
  assert.equal(run.stderr, '');
  const log = JSON.parse(run.stdout) as Log;
  validate(log);
  assert.deepEqual(validate.errors ?? [], []);
  assert.equal(log.runs.length, 1);
  return log.runs[0]!;
}

const resultsOf = (run: Run): readonly Result[] => run.results ?? [];
const placeOf = (result: Result | undefined): PhysicalLocation => result!.locations![0]!.physicalLocation!;

/** The file on the disk that a location names, as a reader of the log finds it. */
function fileOf(run: Run, { artifactLocation }: PhysicalLocation): string {
  const { uri, uriBaseId } = artifactLocation!;
  return fileURLToPath(new URL(uri!, uriBaseId === undefined ? undefined : run.originalUriBaseIds![uriBaseId]!.uri));
}

describe('sarif is valid by the published schema', () => {
  test('the schema is no formality', () => {
    const good = { version: '2.1.0', runs: [{ tool: { driver: { name: 'x' } }, results: [] }] };
    assert.equal(validate(good), true);
    for (const bad of [
      { version: '2.1', runs: [] },
      { version: '2.1.0', runs: [{ results: [] }] },
      { version: '2.1.0', runs: [{ ...good.runs[0], results: [{ ruleId: 'x' }] }] },
      { version: '2.1.0', runs: [{ ...good.runs[0], results: [{ message: { text: 'x' }, level: 'info' }] }] },
    ])
      assert.equal(validate(bad), false, JSON.stringify(bad));
  });

  test('no findings: an empty list, not none, and success', async () => {
    const cwd = folderOf({ 'etc/nova/nova.conf': CLEAN });
    const run = await sarif(['.'], { cwd });
    assert.deepEqual(run.results, []);
    assert.equal(run.invocations?.[0]?.executionSuccessful, true);
  });

  test('several hosts, related locations, every rule and file by its index', async () => {
    for (const demo of ['nfs', 'cephfs']) {
      const cwd = path.resolve(__dirname, '../demo');
      const run = await sarif(['--release', 'grizzly', demo], { cwd });
      const results = resultsOf(run);
      assert.ok(results.length > 15);
      assert.ok(new Set(results.map((r) => placeOf(r).artifactLocation?.uri?.split('/')[0])).size >= 3);
      assert.ok(results.some((r) => (r.relatedLocations?.length ?? 0) > 0));
      for (const result of results) {
        assert.equal(run.tool.driver.rules?.[result.ruleIndex ?? -1]?.id, result.ruleId);
        const { artifactLocation } = placeOf(result);
        const { uri, uriBaseId } = run.artifacts![artifactLocation!.index!]!.location!;
        assert.deepEqual([uri, uriBaseId], [artifactLocation?.uri, 'SRCROOT']);
        for (const at of [...result.locations!, ...(result.relatedLocations ?? [])])
          assert.match(fileOf(run, at.physicalLocation!), new RegExp(`/test/demo/${demo}/`));
      }
    }
  });

  test('fixes: a reader who makes the replacements gets what `livemig fix` writes', async () => {
    const text = `# 𝄞 twice as wide\r\n${BAD.replaceAll('\n', '\r\n')}`;
    const cwd = folderOf({ 'etc/nova/nova.conf': text });
    const run = await sarif(['.'], { cwd });
    const [fix] = resultsOf(run).find((r) => r.ruleId === 'nova/uri-no-placeholder')!.fixes!;
    const document = TextDocument.create('', '', 0, text);
    const range = (r: Region) => ({
      start: { line: r.startLine! - 1, character: r.startColumn! - 1 },
      end: { line: r.endLine! - 1, character: r.endColumn! - 1 },
    });
    const edits = fix!.artifactChanges[0]!.replacements.map((r) => ({
      range: range(r.deletedRegion),
      newText: r.insertedContent?.text ?? '',
    }));
    await livemig(['fix', '--release', 'zed', '.'], { cwd });
    const fixed = readFileSync(path.join(cwd, 'etc/nova/nova.conf'), 'utf8');
    assert.notEqual(fixed, text);
    assert.equal(TextDocument.applyEdits(document, edits), fixed);
    assert.equal(run.columnKind, 'utf16CodeUnits');
  });

  test('the preferred of several fixes comes first', async () => {
    const cwd = folderOf({
      'etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+tcp://a/system\nvirt_typ = kvm\n',
    });
    const json = JSON.parse((await livemig(['lint', '--format', 'json', '--release', 'zed', '.'], { cwd })).stdout) as {
      findings: { rule: string; fixes: { title: string; preferred: boolean }[] }[];
    };
    for (const result of resultsOf(await sarif(['.'], { cwd }))) {
      const { fixes } = json.findings.find((f) => f.rule === result.ruleId)!;
      const titles = (result.fixes ?? []).map((f) => f.description?.text);
      assert.deepEqual([...titles].sort(), fixes.map((f) => f.title).sort());
      const preferred = fixes.find((f) => f.preferred);
      if (preferred) assert.equal(titles[0], preferred.title);
    }
  });

  test('a suppressed finding is none', async () => {
    const cwd = folderOf({
      'etc/nova/nova.conf': BAD.replace('live', '# livemig: ignore nova/uri-no-placeholder -- one destination\nlive'),
    });
    assert.ok(!resultsOf(await sarif(['.'], { cwd })).some((r) => r.ruleId === 'nova/uri-no-placeholder'));
    const off = await sarif(['--rule', 'nova/uri-no-placeholder=off', '.'], { cwd });
    assert.ok(!resultsOf(off).some((r) => r.ruleId === 'nova/uri-no-placeholder'));
  });

  test('odd names lead back to their files', async () => {
    const names = [
      'compute 1',
      'rechner-über',
      '100%',
      '%41',
      'a:b',
      'file:x',
      'c#1?',
      '計算ノード',
      "o'hara[1]",
      'a&b=c,d@e',
    ];
    const files = Object.fromEntries(names.map((n) => [`fl öt%te/${n}/etc/nova/nova.conf`, BAD]));
    const cwd = folderOf(files);
    const run = await sarif(['fl öt%te'], { cwd });
    const found = resultsOf(run).filter((r) => r.ruleId === 'nova/uri-no-placeholder');
    for (const result of found) {
      const { uri, uriBaseId } = placeOf(result).artifactLocation!;
      assert.match(uri!, /^[\w%.~!*'()-]+\/etc\/nova\/nova\.conf$/, 'relative to the given folder, and escaped');
      assert.equal(uriBaseId, 'SRCROOT');
    }
    assert.deepEqual(found.map((r) => path.relative(cwd, fileOf(run, placeOf(r)))).sort(), Object.keys(files).sort());
  });

  test('a single file goes by the current folder, one elsewhere by its absolute URI, standard input by its name', async () => {
    const cwd = folderOf({ 'a/a:b/etc/nova/nova.conf': BAD, 'b/etc/nova/nova.conf': BAD, 'x/.keep': '' });
    const only = async (args: string[], at: string, input?: string): Promise<readonly [Run, PhysicalLocation]> => {
      const run = await sarif(args, { cwd: at, ...(input !== undefined && { input }) });
      return [run, placeOf(resultsOf(run).find((r) => r.ruleId === 'nova/uri-no-placeholder'))];
    };
    const [inside, first] = await only(['a/a:b/etc/nova/nova.conf'], cwd);
    assert.equal(first.artifactLocation?.uri, 'a/a%3Ab/etc/nova/nova.conf');
    assert.equal(fileOf(inside, first), path.join(cwd, 'a/a:b/etc/nova/nova.conf'));
    const [outside, second] = await only([path.join(cwd, 'b/etc/nova/nova.conf')], path.join(cwd, 'x'));
    assert.equal(second.artifactLocation?.uriBaseId, undefined);
    assert.equal(fileOf(outside, second), path.join(cwd, 'b/etc/nova/nova.conf'));
    const [, third] = await only(['--stdin-filename', 'etc/nova/nova.conf', '-'], cwd, BAD);
    assert.equal(third.artifactLocation?.uri, 'etc/nova/nova.conf');
  });

  test('what could not be read or is not shown is a notification, with its place', async () => {
    const cwd = folderOf({
      'fleet/c 1/etc/nova/nova.conf': '[libvirt]\n' + 'no assignment\n'.repeat(600),
      'fleet/c2/etc/exports': '/srv *(ro)\n',
    });
    mkdirSync(path.join(cwd, 'fleet/c2/etc/nova/nova.conf'), { recursive: true });
    const run = await sarif(['fleet', 'no such'], { cwd });
    const [invocation] = run.invocations!;
    assert.equal(invocation?.executionSuccessful, false);
    const told = invocation.toolExecutionNotifications!.map(
      (n) => `${n.level} ${path.relative(cwd, fileOf(run, n.locations![0]!.physicalLocation!))}: ${n.message.text}`,
    );
    assert.deepEqual(told.sort(), [
      'error fleet/c2/etc/nova/nova.conf: is a folder, a file is expected here',
      'error no such: no such file or folder',
      'note fleet/c 1/etc/nova/nova.conf: 100 more findings are not shown',
    ]);
    assert.equal(resultsOf(run).filter((r) => placeOf(r).artifactLocation?.uri?.startsWith('c%201/')).length, 500);
  });

  test('whatever stands in a file goes into a message unharmed', async () => {
    const value = 'SARIF_BUILDER_INVALID "\\ {0} \u0001 [x](y) %s%s';
    const cwd = folderOf({ 'etc/nova/nova.conf': `[libvirt]\nvirt_type = ${value}\n` });
    const result = resultsOf(await sarif(['.'], { cwd })).find((r) => placeOf(r).region?.startLine === 2);
    assert.match(result?.message.text ?? '', /SARIF_BUILDER_INVALID/);
  });
});
