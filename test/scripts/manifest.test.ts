// package.json against the code that it speaks of. Its settings are generated.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { watched } from '../../client/src/languages';
import { WATCHED } from '../../server/src/lsp/watch';
import { kindOf } from '../../server/src/model/files';

interface Manifest {
  activationEvents: string[];
  contributes: {
    languages: { id: string; filenames?: string[]; filenamePatterns?: string[] }[];
  };
}
const root = path.resolve(__dirname, '../..');
const { contributes, activationEvents } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as Manifest;

test('client and server watch the same files', () => {
  assert.deepEqual(watched, WATCHED);
});

test('every file that gets a language is one that the server knows, as what the language says', () => {
  const kinds: Readonly<Record<string, readonly string[]>> = {
    'nova-conf': ['nova'],
    'libvirt-conf': ['libvirtd', 'qemu'],
    'libvirt-defaults': ['defaults'],
    'libvirt-upstart': ['upstart'],
    'libvirt-units': ['unit'],
    'nfs-exports': ['exports'],
    fstab: ['fstab'],
    'livemig-ini': ['livemig-ini'],
  };
  for (const { id, filenames = [], filenamePatterns = [] } of contributes.languages) {
    assert.ok(activationEvents.includes(`onLanguage:${id}`));
    for (const glob of [...filenames, ...filenamePatterns]) {
      const sample = glob
        .replace('**/', glob.startsWith('**/etc/') ? 'compute1/' : 'compute1/etc/')
        .replaceAll('*', '-x');
      assert.ok(kinds[id]?.includes(kindOf(sample) ?? ''), `${id}: ${sample} is ${kindOf(sample)}`);
    }
  }
});
