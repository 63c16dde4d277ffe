import assert from 'node:assert/strict';
import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { Unchanged } from '../../server/src/fleet/ssh/unchanged';
import { tempFolder } from '../support/temp';

const { path: folder, remove } = tempFolder();
after(remove);

/** All files were written long ago. */
const later = (): number => Date.now() + 60_000;

function counted(now?: () => number): { readonly files: Unchanged<string>; readonly made: string[] } {
  const made: string[] = [];
  const files = new Unchanged((content) => {
    made.push(content.toString());
    return content.toString();
  }, now);
  return { files, made };
}

/** Writes until the file system's clock has gone on, however coarse it is. */
function written(file: string, text: string): void {
  const before = statSync(file, { bigint: true, throwIfNoEntry: false })?.ctimeNs;
  do writeFileSync(file, text);
  while (statSync(file, { bigint: true }).ctimeNs === before);
}

describe('files that are read when they changed', () => {
  test('once, for however many ask', async () => {
    const file = path.join(folder, 'once');
    writeFileSync(file, 'one');
    const { files, made } = counted(later);
    for (let i = 0; i < 5; i++) assert.equal(await files.get(file), 'one');
    await Promise.all([1, 2, 3].map(() => files.get(file)));
    assert.deepEqual(made, ['one']);
  });

  test('again after each change, be it of the same size, renamed over, gone, or a folder now', async () => {
    const file = path.join(folder, 'changed');
    writeFileSync(file, 'one');
    const { files } = counted(later);
    assert.equal(await files.get(file), 'one');
    written(file, 'two');
    assert.equal(await files.get(file), 'two');
    writeFileSync(`${file}.new`, 'six');
    renameSync(`${file}.new`, file);
    assert.equal(await files.get(file), 'six');
    rmSync(file);
    assert.equal(await files.get(file), undefined);
    writeFileSync(file, 'ten');
    assert.equal(await files.get(file), 'ten');
    rmSync(file);
    await assert.rejects(files.get(folder), { code: 'EISDIR' });
  });

  test('what was written a moment ago is read each time, since its times may not tell of the next change', async () => {
    const file = path.join(folder, 'fresh');
    writeFileSync(file, 'one');
    const stamp = statSync(file);
    // As if all of it had come within one tick of the file system's clock.
    const { files, made } = counted(() => stamp.ctimeMs);
    assert.equal(await files.get(file), 'one');
    writeFileSync(file, 'two');
    assert.equal(await files.get(file), 'two');
    assert.equal(await files.get(file), 'two');
    assert.deepEqual(made, ['one', 'two']);
  });
});
