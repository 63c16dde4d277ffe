import assert from 'node:assert/strict';
import { cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Diagnostic, TextDocumentEdit, WorkspaceEdit } from 'vscode-languageserver-protocol';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { lint } from '../../server/src/lint';
import { Cluster } from '../../server/src/model/cluster';
import { LineIndex } from '../../server/src/syntax/lines';
import { diskSource } from '../../server/src/workspace/disk';
import { discover } from '../../server/src/workspace/discover';
import { loadFile } from '../../server/src/workspace/load';
import { tempFolder } from '../support/temp';
import { Client, uriOf } from './support/client';

const DEMOS = ['nfs', 'cephfs'].map((name) => path.resolve(__dirname, '../demo', name));

/** What the linter itself says of a folder, in the form of diagnostics. */
async function linted(folder: string): Promise<Map<string, unknown[]>> {
  const source = diskSource();
  const { clusters } = await discover(source, uriOf(folder), (uri, below, kind) => loadFile(source, uri, below, kind));
  const out = new Map<string, unknown[]>();
  for (const f of clusters.flatMap((c) => lint(new Cluster(c)).findings)) {
    const at = (file: { text: string }, span: { start: number; end: number }): unknown => {
      const index = new LineIndex(file.text);
      return { start: index.positionAt(span.start), end: index.positionAt(span.end) };
    };
    const related = f.related.map((r) => ({
      location: { uri: r.file.uri, range: at(r.file, r.span) },
      message: r.message,
    }));
    const list = out.get(f.file.uri) ?? [];
    list.push({ code: f.rule.id, message: f.message, range: at(f.file, f.span), related });
    out.set(f.file.uri, list);
  }
  return out;
}

interface Report {
  readonly uri: string;
  readonly items: Diagnostic[];
}

async function everything(client: Client): Promise<Report[]> {
  const answer = await client.ask('workspace/diagnostic', { previousResultIds: [] });
  return (answer.result as { items: Report[] }).items;
}

test('fleets are told what the linter finds in them, with the places in other files that a finding leans on', async () => {
  const client = await Client.start({ folders: DEMOS });
  const wanted = new Map([...(await linted(DEMOS[0]!)), ...(await linted(DEMOS[1]!))]);
  const reports = await everything(client);
  for (const { uri, items } of reports) {
    const got = items.map(({ code, message, range, relatedInformation = [] }) => ({
      code,
      message,
      range,
      related: relatedInformation,
    }));
    assert.deepEqual(got, wanted.get(uri) ?? [], uri);
  }
  assert.ok([...wanted.keys()].every((uri) => reports.some((r) => r.uri === uri)));
  const elsewhere = reports.flatMap(({ uri, items }) =>
    items.flatMap((d) => (d.relatedInformation ?? []).filter((r) => r.location.uri !== uri)),
  );
  assert.ok(elsewhere.length > 0, 'no finding of the demo leans on another file');
  await client.stop();
});

for (const demo of DEMOS)
  test(`${path.basename(demo)}: fixing everything leaves nothing to fix, and each file reads as its edits say`, async () => {
    const copy = tempFolder();
    cpSync(demo, copy.path, { recursive: true });
    const client = await Client.start({ folders: [copy.path] });
    const ask = async (): Promise<TextDocumentEdit[]> =>
      ((await client.request('livemig/fixWorkspace', {})) as WorkspaceEdit).documentChanges as TextDocumentEdit[];
    const before = (await everything(client)).flatMap((r) => r.items).length;
    const changes = await ask();
    assert.ok(changes.length > 0);
    for (const { textDocument, edits } of changes) {
      assert.equal(textDocument.version, null);
      const text = readFileSync(fileURLToPath(textDocument.uri), 'utf8');
      const plain = edits.map((e) => ({ range: e.range, newText: (e as { newText: string }).newText }));
      const repaired = TextDocument.applyEdits(TextDocument.create(textDocument.uri, '', 0, text), plain);
      // Opened and repaired, not saved: what is open counts.
      client.open(textDocument.uri, repaired, 'plaintext');
    }
    assert.deepEqual(await ask(), []);
    assert.ok((await everything(client)).flatMap((r) => r.items).length < before);
    await client.stop();
    copy.remove();
  });
