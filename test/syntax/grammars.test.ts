/** The TextMate grammars, run by the engine that VS Code runs them with. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { createOnigScanner, createOnigString, loadWASM } from 'vscode-oniguruma';
import { INITIAL, Registry, parseRawGrammar, type IGrammar } from 'vscode-textmate';
import { SAMPLES } from './samples';

const FOLDER = join(__dirname, '../../syntaxes');
const IDS = [
  'nova-conf',
  'libvirt-conf',
  'libvirt-defaults',
  'libvirt-upstart',
  'libvirt-units',
  'nfs-exports',
  'fstab',
  'livemig-ini',
] as const;
type Id = (typeof IDS)[number];

let registry: Registry;
before(async () => {
  const wasm = readFileSync(require.resolve('vscode-oniguruma/release/onig.wasm'));
  await loadWASM(new Uint8Array(wasm).buffer);
  registry = new Registry({
    onigLib: Promise.resolve({ createOnigScanner, createOnigString }),
    loadGrammar: (scope) => {
      const path = join(FOLDER, `${scope.replace('source.', '')}.tmLanguage.json`);
      return Promise.resolve(parseRawGrammar(readFileSync(path, 'utf8'), path));
    },
  });
});

const load = async (id: Id): Promise<IGrammar> => {
  const grammar = await registry.loadGrammar(`source.${id}`);
  assert.ok(grammar);
  return grammar;
};

interface Token {
  readonly text: string;
  /** Innermost last, the language's own ending left out. */
  readonly scopes: readonly string[];
}

async function tokens(id: Id, text: string): Promise<Token[]> {
  const grammar = await load(id);
  let stack = INITIAL;
  const found: Token[] = [];
  for (const line of text.split('\n')) {
    const result = grammar.tokenizeLine(line, stack);
    stack = result.ruleStack;
    for (const { startIndex, endIndex, scopes } of result.tokens) {
      found.push({
        text: line.slice(startIndex, endIndex),
        scopes: scopes.slice(1).map((scope) => scope.replace(`.${id}`, '')),
      });
    }
  }
  return found;
}

/** `[text of a token, a scope it must have]`; the first token with that text (blanks aside) counts. */
type Expectation = readonly [text: string, scope: string];

const CASES: readonly { readonly id: Id; readonly text: string; readonly expect: readonly Expectation[] }[] = [
  {
    id: 'nova-conf',
    text: '# note\n; other\n[libvirt]\nvirt_type = kvm # no comment\nuri = qemu+tcp://%s/system\nmy_ip=10.77.0.11\nproxy = $my_ip\nesc = a$$b ${x.y} $g.z\nflag = True\ncount: 500\nq = "a b"\nlist = one,\n  two\n  # swallowed\nn = fd00::1\n',
    expect: [
      ['note', 'comment.line.number-sign'],
      ['other', 'comment.line.semicolon'],
      ['libvirt', 'entity.name.section'],
      ['virt_type', 'variable.other.property'],
      ['=', 'keyword.operator.assignment'],
      ['kvm', 'string.unquoted'],
      ['comment', 'string.unquoted'],
      ['qemu+tcp://', 'string.unquoted.url'],
      ['%s', 'constant.other.placeholder'],
      ['10.77.0.11', 'constant.numeric.address.ipv4'],
      ['$my_ip', 'variable.other.interpolation'],
      ['$$', 'constant.character.escape'],
      ['${x.y}', 'variable.other.interpolation'],
      ['$g.z', 'variable.other.interpolation'],
      ['True', 'constant.language.boolean'],
      ['500', 'constant.numeric'],
      ['"', 'string.quoted.double'],
      ['two', 'meta.entry'],
      ['swallowed', 'string.unquoted'],
      ['fd00::1', 'constant.numeric.address.ipv6'],
    ],
  },
  {
    id: 'nova-conf',
    text: '[libvirt] # note\nno assignment\n\n  stray\n',
    expect: [
      ['[libvirt] # note', 'invalid.illegal'],
      ['no assignment', 'invalid.illegal'],
      ['stray', 'invalid.illegal'],
    ],
  },
  {
    id: 'nova-conf',
    text: '# livemig: ignore nova/uri-deprecated -- why\n',
    expect: [
      ['ignore', 'keyword.control.livemig'],
      ['nova/uri-deprecated', 'constant.other.rule'],
      ['-- why', 'comment.line.number-sign'],
    ],
  },
  {
    id: 'libvirt-conf',
    text: '#listen_tls = 0\nlisten_tcp = 1 # on\nauth_tcp = "none"; tcp_port = \'16509\'\nlisten_addr = "0.0.0.0"\nlist = [ "x",\n  5 ]\nmax_clients = 500\nbad = none\nlong = """a\nb"""\n',
    expect: [
      ['listen_tcp', 'variable.other.property'],
      ['1', 'constant.language.boolean'],
      ['on', 'comment.line.number-sign'],
      ['none', 'string.quoted.double'],
      [';', 'punctuation.terminator'],
      ['16509', 'string.quoted.single'],
      ['0.0.0.0', 'constant.numeric.address.ipv4'],
      ['[', 'punctuation.definition.list.begin'],
      ['5', 'constant.numeric.integer'],
      [']', 'punctuation.definition.list.end'],
      ['500', 'constant.numeric.integer'],
      ['b', 'string.quoted.triple'],
    ],
  },
  {
    id: 'libvirt-conf',
    text: 'auth_tcp = none\na = [ "x", # c\nb = 1\n',
    expect: [
      ['none', 'invalid.illegal'],
      ['# c', 'invalid.illegal'],
      ['b', 'variable.other.property'],
    ],
  },
  {
    id: 'libvirt-defaults',
    text: '# c\nlibvirtd_opts="-d -l" # note\nexport A=$B\'x\'\nP=/etc/libvirt/krb5.tab\n',
    expect: [
      ['c', 'comment.line.number-sign'],
      ['libvirtd_opts', 'variable.other.assignment'],
      ['-l', 'constant.other.option'],
      ['note', 'comment.line.number-sign'],
      ['export', 'keyword.other'],
      ['$B', 'variable.other.expansion'],
      ['x', 'string.quoted.single'],
      ['/etc/libvirt/krb5.tab', 'string.unquoted'],
    ],
  },
  {
    id: 'libvirt-upstart',
    text: 'start on runlevel [2345]\nenv libvirtd_opts="-d"\npre-start script\n  . /etc/default/libvirt-bin\nend script\nexec /usr/sbin/libvirtd $libvirtd_opts # c\n',
    expect: [
      ['start', 'keyword.other.stanza'],
      ['on', 'keyword.operator.logical'],
      ['libvirtd_opts', 'variable.other.assignment'],
      ['-d', 'constant.other.option'],
      ['pre-start', 'keyword.other.stanza'],
      ['.', 'meta.embedded.script'],
      ['end', 'keyword.other.stanza'],
      ['exec', 'keyword.other.stanza'],
      ['$libvirtd_opts', 'variable.other.expansion'],
      ['c', 'comment.line.number-sign'],
    ],
  },
  {
    id: 'libvirt-units',
    text: '# note\n; other\n[Socket]\nListenStream=192.0.2.31:16514\nListenStream = 16509\nFreeBind=yes\nEnvironment="A=b c" \\\n# between\n  D=e\nExecStart=/usr/sbin/libvirtd --listen $LIBVIRTD_ARGS %i # none\nstray\n[Socket\n',
    expect: [
      ['note', 'comment.line.number-sign'],
      ['other', 'comment.line.semicolon'],
      ['Socket', 'entity.name.section'],
      ['ListenStream', 'variable.other.property'],
      ['=', 'keyword.operator.assignment'],
      ['192.0.2.31', 'constant.numeric.address.ipv4'],
      ['16509', 'constant.numeric'],
      ['yes', 'constant.language.boolean'],
      ['"', 'punctuation.definition.string'],
      ['\\', 'constant.character.escape.line-continuation'],
      ['between', 'comment.line.number-sign'],
      ['D=e', 'meta.entry'],
      ['--listen', 'constant.other.option'],
      ['$LIBVIRTD_ARGS', 'variable.other.expansion'],
      ['%i', 'constant.other.specifier'],
      ['none', 'string.unquoted'],
      ['stray', 'invalid.illegal'],
      ['[Socket', 'invalid.illegal'],
    ],
  },
  {
    id: 'nfs-exports',
    text: '/srv/nova 10.77.0.0/24(rw,sync,fsid=0) compute1(ro) @group *.example(ro) (rw) # c\n"/a b" -rw,sync host \\\n  fd00::1(ro)\n/a\\040b x(rw, sync)\n',
    expect: [
      ['/srv/nova', 'entity.name.tag.path'],
      ['10.77.0.0/24', 'constant.numeric.address.ipv4'],
      ['(', 'punctuation.definition.options.begin'],
      ['rw', 'keyword.other.option'],
      ['0', 'constant.numeric'],
      ['compute1', 'entity.name.type.host'],
      ['@group', 'entity.name.type.netgroup'],
      ['*', 'keyword.operator.wildcard'],
      ['c', 'comment.line.number-sign'],
      ['"/a b"', 'string.quoted.double.path'],
      ['-', 'keyword.operator.defaults'],
      ['host', 'entity.name.type.host'],
      ['\\', 'constant.character.escape.line-continuation'],
      ['fd00::1', 'constant.numeric.address.ipv6'],
      ['\\040', 'constant.character.escape.octal'],
      ['sync', 'keyword.other.option'],
    ],
  },
  {
    id: 'fstab',
    text: 'controller:/srv/nova /var/lib/nova/instances nfs4 rw,hard,vers=4.2,addr=10.0.0.1 0 0 # c\nUUID=ab-12 / ext4 errors=remount-ro 0 1\n# c\n10.0.0.1:/x /a\\040b nfs defaults\n',
    expect: [
      ['controller', 'entity.name.type.host'],
      ['/var/lib/nova/instances', 'entity.name.tag.mountpoint'],
      ['nfs4', 'storage.type.filesystem'],
      ['hard', 'keyword.other.option'],
      ['4.2', 'constant.numeric'],
      ['10.0.0.1', 'constant.numeric.address.ipv4'],
      ['0', 'constant.numeric.dump'],
      ['# c', 'comment.line.number-sign'],
      ['UUID', 'keyword.other.tag'],
      ['remount-ro', 'string.unquoted'],
      ['1', 'constant.numeric.passno'],
      ['\\040', 'constant.character.escape.octal'],
    ],
  },
  {
    id: 'livemig-ini',
    text: 'release = zed\n[node compute1.example]\naddress = 192.168.3.10\nroles = controller, nfs\n[rules]\n; c\nnova/uri-deprecated = off\nname = a # b\nport = 22\n',
    expect: [
      ['release', 'variable.other.property'],
      ['zed', 'string.unquoted'],
      ['node', 'entity.name.section'],
      ['compute1.example', 'entity.name.tag.node'],
      ['192.168.3.10', 'constant.numeric.address.ipv4'],
      [',', 'punctuation.separator.list'],
      ['c', 'comment.line.semicolon'],
      ['off', 'constant.language'],
      ['# b', 'invalid.illegal.trailing-comment'],
      ['22', 'constant.numeric'],
    ],
  },
];

describe('grammars', () => {
  for (const { id, text, expect } of CASES) {
    test(`${id}: ${JSON.stringify(text.slice(0, 50))}`, async () => {
      const found = await tokens(id, text);
      for (const [word, scope] of expect) {
        const candidates = found.filter((token) => token.text.trim() === word);
        const shown = candidates.map((token) => token.scopes.join(' ')).join(' | ');
        assert.ok(
          candidates.some((token) => token.scopes.some((one) => one === scope || one.startsWith(`${scope}.`))),
          `${word}: ${scope} expected, found ${shown || found.map((t) => t.text).join('·')}`,
        );
      }
    });
  }

  const samples: Readonly<Record<Id, string>> = {
    'nova-conf': SAMPLES.oslo,
    'libvirt-conf': SAMPLES.libvirt,
    'libvirt-defaults': SAMPLES.shell,
    'libvirt-upstart': SAMPLES.upstart,
    'libvirt-units': SAMPLES.unit,
    'nfs-exports': SAMPLES.exports,
    fstab: SAMPLES.fstab,
    'livemig-ini': SAMPLES['livemig-ini'],
  };
  for (const id of IDS) {
    test(`${id}: nothing of a file from the field is marked as wrong`, async () => {
      const wrong = (await tokens(id, samples[id])).filter(({ scopes }) =>
        scopes.some((scope) => scope.startsWith('invalid')),
      );
      assert.deepEqual(wrong, []);
    });

    test(`${id}: scopes end in the language's name, every include exists`, () => {
      const raw = readFileSync(join(FOLDER, `${id}.tmLanguage.json`), 'utf8');
      const grammar = JSON.parse(raw) as { scopeName: string; repository: Record<string, unknown> };
      assert.equal(grammar.scopeName, `source.${id}`);
      for (const [, name] of raw.matchAll(/"include": "#(\w+)"/g)) assert.ok(name! in grammar.repository, name);
      for (const [, scopes] of raw.matchAll(/"name": "([a-z][\w.-]*\.[\w.-]*)"/g)) {
        if (scopes !== 'nova.conf' && scopes !== 'livemig.ini') assert.ok(scopes!.endsWith(`.${id}`), scopes);
      }
    });
  }

  test('language configurations are JSON with a comment sign', () => {
    const files = readdirSync(FOLDER).filter((file) => file.endsWith('.language-configuration.json'));
    assert.ok(files.length >= 4);
    for (const file of files) {
      const configuration = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as {
        comments: { lineComment: string };
      };
      assert.equal(configuration.comments.lineComment, '#');
    }
  });

  test('ten thousand characters in one line do not take long', async () => {
    for (const id of IDS) {
      const grammar = await load(id);
      for (const line of [
        'x'.repeat(10_000),
        `a = ${'"'.repeat(10_000)}`,
        `/a ${'b(c '.repeat(2_500)}`,
        `a = ${'1:'.repeat(5_000)}`,
      ]) {
        const before = performance.now();
        grammar.tokenizeLine(line, INITIAL);
        assert.ok(performance.now() - before < 5_000, `${id}: ${line.slice(0, 20)}`);
      }
    }
  });
});
