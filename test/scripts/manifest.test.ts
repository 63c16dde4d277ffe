// package.json against the code that it speaks of. Its settings are generated.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { listFiles, PackageManager } from '@vscode/vsce';
import { watched } from '../../client/src/languages';
import { WATCHED } from '../../server/src/lsp/watch';
import { kindOf } from '../../server/src/model/files';

interface Manifest {
  activationEvents: string[];
  contributes: {
    commands: { command: string }[];
    walkthroughs: { steps: { description: string; media: { image?: string; markdown?: string } }[] }[];
    languages: { id: string; filenames?: string[]; filenamePatterns?: string[] }[];
  };
}
const root = path.resolve(__dirname, '../..');
const { contributes, activationEvents } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as Manifest;

test('the walkthrough shows what is packed, and offers commands that are there', async () => {
  const strings = JSON.parse(readFileSync(path.join(root, 'package.nls.json'), 'utf8')) as Record<string, string>;
  const packed = (await listFiles({ cwd: root, packageManager: PackageManager.None })).map((f) =>
    f.replaceAll('\\', '/'),
  );
  for (const { description, media } of contributes.walkthroughs.flatMap((w) => w.steps)) {
    assert.ok(packed.includes(media.image ?? media.markdown ?? ''), JSON.stringify(media));
    for (const [, command] of (strings[description.replaceAll('%', '')] ?? '').matchAll(/\(command:([\w.]+)\)/g))
      assert.ok(!command!.startsWith('livemig.') || contributes.commands.some((c) => c.command === command), command);
  }
});

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
