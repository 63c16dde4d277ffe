/** exports, fstab, hosts, passwd, group. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  parseExports,
  parseFstab,
  parseGroup,
  parseHosts,
  parsePasswd,
  type ExportsDocument,
  type ListOption,
} from '../../server/src/syntax';
import { slice, table } from './table';

const options = (list: readonly ListOption[]): string =>
  list.map(({ name, value }) => (value === undefined ? name : `${name}:${value}`)).join(' ');

const showExports = (document: ExportsDocument): string[] =>
  document.entries.map(({ path, defaults, clients }) =>
    [
      `${path}${defaults.length ? ` -${options(defaults)}` : ''}`,
      ...clients.map(
        (client) =>
          `${client.host}(${client.optionsSpan ? options(client.options) : '-'})${client.defaults ? ` -${options(client.defaults)}` : ''}`,
      ),
    ].join(' | '),
  );

describe('exports', () => {
  table(parseExports, showExports, [
    ['/srv 10.0.0.0/24(rw,sync) host(fsid=0)\n', ['/srv | 10.0.0.0/24(rw sync) | host(fsid:0)']],
    ['/srv host (rw)\n', ['/srv | host(-) | (rw)']],
    ['/srv\n/b (ro)\n', ['/srv', '/b | (ro)']],
    ['/srv -rw,sync a b(ro)\n', ['/srv -rw sync | a(-) | b(ro)']],
    ['/srv a -rw b\n', ['/srv | a(-) | b(-) -rw']],
    ['/srv -rw\n', ['/srv -rw']],
    ['/srv a -rw\n', ['/srv | a(-) | (-) -rw']],
    ['"/a b"\\\n  *(rw) \\\n  c(ro) # d\n', ['/a b | *(rw) | c(ro)']],
    ['/a\\040b *(rw)\n', ['/a b | *(rw)']],
    ['# c\n/a # d\n', ['/a']],
    ['/a *(rw, sync)\n/b *(ro)\n', ['/a | *(rw sync)', '/b | *(ro)'], ['blank-in-options⟨ ⟩']],
    ['/a *(rw sync) c(ro)\n', ['/a | *(rw sync) | c(ro)'], ['blank-in-options⟨ ⟩']],
    ['/a *(rw,\\\n  sync)\n', ['/a | *(rw sync)'], ['continuation-in-options⟨\\\n  ⟩']],
    ['/a *(rw c(ro)\n/b *(ro)\n', ['/a | *(rw) | c(ro)', '/b | *(ro)'], ['unclosed-options⟨(rw⟩']],
    ['/a *(rw)(ro) c(ro)\n', ['/a | *(rw) | c(ro)'], ['text-after-options⟨(ro)⟩']],
    ['/a *(rw)# c\n', ['/a | *(rw) | c(-)'], ['text-after-options⟨#⟩']],
    ['/a *(,rw) b(rw,,ro) c(rw,)\n', ['/a | *(rw) | b(rw ro) | c(rw)'], ['empty-option⟨,⟩', 'empty-option⟨,⟩']],
    ['srv *(rw)\n', ['srv | *(rw)'], ['relative-path⟨srv⟩']],
    ['"/a *(rw)\n/b *(ro)\n', ['/b | *(ro)'], ['unterminated-quote⟨"/a *(rw)⟩']],
    ['"" *(rw)\n/b *(ro)\n', ['/b | *(ro)'], ['empty-path⟨""⟩']],
    ['/a *(ro)\r\n\r\n/b *(ro)\r\n\r\n', ['/a | *(ro)', '/b | *(ro)'], ['carriage-return⟨\r⟩']],
    [`/a ${'x'.repeat(512)}\n/b c\n`, ['/a', '/b | c(-)'], [`client-too-long⟨${'x'.repeat(512)}⟩`]],
    [`/${'é'.repeat(512)} c\n/b c\n`, ['/b | c(-)'], [`path-too-long⟨/${'é'.repeat(512)}⟩`]],
    ['', []],
  ]);

  test('spans', () => {
    const document = parseExports('"/a b"  -ro  h\\040x(rw,sec=sys) (ro) # c\n');
    const [entry] = document.entries;
    assert.equal(slice(document, entry!.pathSpan), '"/a b"');
    assert.equal(slice(document, entry!.defaultsSpan!), '-ro');
    assert.equal(slice(document, entry!.span), '"/a b"  -ro  h\\040x(rw,sec=sys) (ro)');
    const [client, world] = entry!.clients;
    assert.equal(client!.host, 'h x');
    assert.equal(slice(document, client!.hostSpan), 'h\\040x');
    assert.equal(slice(document, client!.optionsSpan!), 'rw,sec=sys');
    assert.equal(slice(document, client!.options[1]!.span), 'sec=sys');
    assert.equal(world!.hostSpan.start, world!.hostSpan.end);
    assert.equal(document.text.charAt(world!.hostSpan.start), '(');
  });
});

describe('fstab', () => {
  table(
    parseFstab,
    (document) =>
      document.entries.map(({ spec, file, type, optionList, dump, passno }) =>
        [spec.value, file.value, type.value, options(optionList), dump?.raw ?? '-', passno?.raw ?? '-'].join(' | '),
      ),
    [
      ['srv:/a /b\\040c nfs rw,vers=4.2 0 0\n', ['srv:/a | /b c | nfs | rw vers:4.2 | 0 | 0']],
      ['  a\t/b nfs\r\n', ['a | /b | nfs |  | - | -']],
      ['a /b nfs rw,,hard, 0 0 # c\n', ['a | /b | nfs | rw hard | 0 | 0']],
      ['a /b nfs rw 0 0 junk\n', ['a | /b | nfs | rw | 0 | 0']],
      ['a /b\nc /d nfs\n', ['c | /d | nfs |  | - | -'], ['missing-field⟨a /b⟩']],
      ['a\n', [], ['missing-field⟨a⟩']],
      ['a /b nfs rw, hard 0 0\n', ['a | /b | nfs | rw | hard | 0'], ['blank-in-options⟨ ⟩']],
      ['a /b nfs rw # c\n', ['a | /b | nfs | rw | # | c'], ['bad-dump⟨#⟩']],
      ['a /b nfs rw 0 x\n', ['a | /b | nfs | rw | 0 | x'], ['bad-passno⟨x⟩']],
      ['a /b nfs \0\nc /d nfs\n', ['c | /d | nfs |  | - | -'], ['nul-character⟨\0⟩']],
      ['# a /b nfs\n\n   # c\n', []],
    ],
  );
});

describe('hosts', () => {
  table(
    parseHosts,
    (document) => document.entries.map(({ address, names }) => [address, ...names.map(({ name }) => name)].join(' ')),
    [
      ['10.0.0.1 a b # c\n::1\tx\r\n', ['10.0.0.1 a b', '::1 x']],
      ['010.9.9.8 a\nname b\n', ['010.9.9.8 a', 'name b'], ['bad-address⟨010.9.9.8⟩', 'bad-address⟨name⟩']],
      ['10.0.0.1\n#10.0.0.2 b\n', ['10.0.0.1']],
    ],
  );
});

describe('passwd and group', () => {
  table(parsePasswd, (document) => document.entries.map(({ name, uid, gid }) => `${name} ${uid} ${gid}`), [
    ['nova:x:64060:64061::/:/bin/sh\n# c\n\n+nis\n', ['nova 64060 64061']],
    [
      'a:x:1\nb:x:x:1\nc:x:1:\nd:x:4294967296:1\ne:x:1:2',
      ['e 1 2'],
      ['missing-field⟨a:x:1⟩', 'bad-id⟨x⟩', 'bad-id⟨c:x:1:⟩', 'bad-id⟨4294967296⟩'],
    ],
  ]);
  table(
    parseGroup,
    (document) => document.entries.map(({ name, gid, members }) => `${name} ${gid} ${members.join(' ')}`),
    [
      ['kvm:x:106:nova,qemu\nempty:x:1:\n', ['kvm 106 nova qemu', 'empty 1 ']],
      ['a:x\nb:x:-1:\n', [], ['missing-field⟨a:x⟩', 'bad-id⟨-1⟩']],
    ],
  );

  test('no suppressions in them', () => {
    assert.deepEqual(parsePasswd('# livemig: ignore a/b\n').suppressions, []);
  });
});
