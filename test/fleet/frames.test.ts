import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readAnswer, readLook } from '../../server/src/fleet/collect/frames';

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replace(/.{76}/g, '$&\n');

function file(path: string, bytes: Uint8Array): string {
  const body = base64(bytes);
  return `@@livemig file ${body.length} 81a4 0 109 1700000000 ${bytes.length} ${path}\n${body}\n`;
}
function out(name: string, text: string, kind = 'out'): string {
  const body = base64(Buffer.from(text));
  return `@@livemig ${kind} ${body.length} ${name}\n${body}\n`;
}
const BEGIN = '@@livemig begin 1 base64\n';
const END = '@@livemig end\n';
const read = (text: string): ReturnType<typeof readAnswer> => readAnswer(Buffer.from(text));

const BINARY = Uint8Array.from({ length: 256 }, (_, i) => i);
const WHOLE =
  BEGIN +
  file('etc/nova/nova.conf', Buffer.from('[DEFAULT]\nmy_ip = 10.0.0.1')) +
  file('etc/exports.d/größe.exports', BINARY) +
  file('etc/hosts', new Uint8Array()) +
  out('fqdn', 'c1.example.org\n\nexit 0\n') +
  out('peers', '== 0 peer c2\n192.0.2.12  STREAM c2\n\n== 2 peer c3\n\n== peer c4\n== 124 peer c5', 'outs') +
  '@@livemig lacks etc/libvirt/qemu.conf\tpermission denied\n' +
  END;

describe('an answer that is whole', () => {
  test('files byte for byte, outputs with their status, failures', () => {
    const answer = read(WHOLE);
    assert.ok(answer.whole && answer.begun);
    assert.deepEqual(
      answer.files.map((f) => [f.path, f.bytes.length]),
      [
        ['etc/nova/nova.conf', 26],
        ['etc/exports.d/größe.exports', 256],
        ['etc/hosts', 0],
      ],
    );
    assert.deepEqual(new Uint8Array(answer.files[1]!.bytes), BINARY);
    assert.deepEqual(answer.files[0]!.look, { type: 'file', mode: 0o644, uid: 0, gid: 109, modified: 1_700_000_000 });
    assert.deepEqual(answer.outputs.get('fqdn'), { text: 'c1.example.org\n', status: 0 });
    assert.deepEqual([...answer.outputs].slice(1), [
      ['peer c2', { text: '192.0.2.12  STREAM c2\n\n', status: 0 }],
      ['peer c3', { text: '\n', status: 2 }],
      ['peer c5', { text: '', status: 124 }],
    ]);
    assert.deepEqual(answer.failures, [{ what: 'etc/libvirt/qemu.conf', why: 'permission denied' }]);
  });

  test('through a terminal, with greetings before it and noise between', () => {
    const plain = read(WHOLE);
    assert.deepEqual(read(`Welcome to c1\r\n${WHOLE.replaceAll('\n', '\r\n')}`), plain);
    assert.deepEqual(read(WHOLE.replace('@@livemig lacks', 'sh: can not do this\n@@livemig lacks')), plain);
  });

  test('in hexadecimal, as od writes it', () => {
    const body = ' 61 62 0a\n 00 ff';
    const answer = read(
      `@@livemig begin 1 od\n@@livemig file ${body.length} -rw------- 0 0 - 5 etc/fstab\n${body}\n${END}`,
    );
    assert.deepEqual([...answer.files[0]!.bytes], [0x61, 0x62, 0x0a, 0, 0xff]);
    assert.equal(answer.files[0]!.look.modified, undefined);
  });
});

describe('an answer that is not', () => {
  test('cut off anywhere: what is there is whole, and never is all of it said to be there', () => {
    const full = readAnswer(Buffer.from(WHOLE));
    for (let length = 0; length < WHOLE.length; length++) {
      const answer = readAnswer(Buffer.from(WHOLE).subarray(0, length));
      assert.ok(!answer.whole, `${length}`);
      for (const [i, got] of answer.files.entries()) assert.deepEqual(got, full.files[i]);
      for (const [name, output] of answer.outputs) assert.deepEqual(output, full.outputs.get(name));
    }
  });

  test('a file in which something is missing is named, and the next one read', () => {
    const damaged = WHOLE.replace('AAECAwQF', '');
    const answer = read(damaged);
    assert.deepEqual(
      answer.files.map((f) => f.path),
      ['etc/nova/nova.conf', 'etc/hosts'],
    );
    assert.deepEqual(answer.failures[0], { what: 'etc/exports.d/größe.exports', why: 'did not arrive whole' });
    assert.ok(answer.whole);
  });

  test('a path that leads out of the folder is refused', () => {
    for (const path of ['../etc/passwd', 'etc/../../x', '/etc/hosts', 'etc//hosts', '', 'etc/./hosts']) {
      const answer = read(BEGIN + file(path, Buffer.from('x')) + END);
      assert.deepEqual(answer.files, [], path);
      assert.equal(answer.failures.length, 1);
    }
  });

  test('text of something else has not begun; a newer collector is not understood', () => {
    assert.ok(!read('Permission denied\n').begun);
    assert.ok(!read(WHOLE.replace('begin 1', 'begin 2')).begun);
    assert.deepEqual(read(file('etc/hosts', Buffer.from('x'))).files, []);
  });

  test('garbage never throws', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom(BEGIN, END, '@@livemig ', '@@livemig file ', '@@livemig out 4 x\n', 'AAAA', '\n', '\r\n', '\0'),
      fc.integer({ min: -5, max: 1e10 }).map(String),
      fc.constant(WHOLE),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        readAnswer(Buffer.from(pieces.join('')));
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        readAnswer(bytes);
      }),
    );
  });
});

test('modes as stat and as ls say them', () => {
  const mode = (word: string): unknown => readLook([word, '0', '0', '-'])?.mode;
  assert.equal(mode('81a4'), 0o644);
  assert.equal(mode('41ed'), 0o755);
  assert.equal(mode('43ff'), 0o1777);
  assert.equal(mode('-rw-r--r--'), 0o644);
  assert.equal(mode('-rwsr-Sr-T'), 0o7744);
  assert.equal(mode('drwxrwxrwt.'), 0o1777);
  assert.equal(readLook(['drwxr-x--x', '110', '119', '-'])?.type, 'folder');
  assert.equal(readLook(['crw-rw----', '0', '107', '-'])?.type, 'other');
  assert.equal(readLook(['stat:', 'cannot', 'statx', 'x']), undefined);
});
