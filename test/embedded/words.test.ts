// What the embedded libvirtd says of files, beside the real one; and command lines, beside the real sh.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { shellWords } from '../../server/src/fleet/shell';
import { tempFolder } from '../support/temp';
import { DaemonEnded, startLibvirtd } from './daemons';
import { Tree } from './tree';
import { wordsOf } from './words';

const { path: folder, remove } = tempFolder();
after(remove);

const LIBVIRTD = '/usr/sbin/libvirtd';
const noLibvirtd = existsSync(LIBVIRTD) ? false : 'libvirt-daemon is not installed';

describe('libvirtd’s last words', { skip: noLibvirtd }, () => {
  for (const text of [
    'listen_tls = 0\nlisten_tcp = yes\n',
    'listen_tcp 1\n',
    'auth_tcp = "none\n',
    '# fine\n\nlisten_tcp = 1 0\n',
    '[libvirtd]\n',
    'auth_tcp = "foo"\n',
    'listen_tls = "x"\n',
  ])
    test(JSON.stringify(text), () => {
      const file = path.join(folder, 'libvirtd.conf');
      writeFileSync(file, text);
      const real = spawnSync(LIBVIRTD, ['--config', file, '--pid-file', path.join(folder, 'pid')], {
        ...{ encoding: 'utf8', timeout: 60_000 },
      });
      assert.equal(real.status, 1);
      const said = /error : \w+:\d+ : (.*)/.exec(real.stderr)?.[1]?.replaceAll(file, '/etc/libvirt/libvirtd.conf');
      const tree = new Tree();
      tree.put('/etc/libvirt/libvirtd.conf', text);
      assert.throws(
        () => startLibvirtd(tree, 'x', []),
        (error) => error instanceof DaemonEnded && (assert.equal(error.message, said), true),
      );
    });
});

test('words come out of a command line as they went in', () => {
  for (const words of [['a'], ["it's", '!x', ''], ['a\nb', 'ä', '\\n', '$(id)'], ['sh', '-c', 'exec "$@"', "'", '"']])
    assert.deepEqual(wordsOf(shellWords(words)), words);
  assert.deepEqual(wordsOf('cat  "/etc/hosts" a\\ b'), ['cat', '/etc/hosts', 'a b']);
  for (const line of ['cat $HOME', 'a; b', 'a | b', "it's", 'ls *', 'a "$(b)"']) assert.equal(wordsOf(line), undefined);
});
