import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import type { NodeDraft } from '../../server/src/fleet-protocol';
import { addNodes, ansibleHosts, sshHosts } from '../../server/src/fleet/inventory';
import { FleetError } from '../../server/src/fleet/types';
import { readInventory } from '../../server/src/model/inventory';
import { parseLivemigIni } from '../../server/src/syntax/livemigIni';
import { tempFolder } from '../support/temp';

const { path: folder, remove } = tempFolder();
after(remove);
const nodesOf = (text: string) =>
  readInventory({ uri: 'file:///livemig.ini', path: 'livemig.ini', kind: 'livemig-ini', text }).nodes;
const refused = (code: FleetError['code'], words: RegExp) => (error: unknown) => {
  assert.ok(error instanceof FleetError);
  assert.equal(error.code, code);
  assert.match(error.message, words);
  return true;
};

describe('nodes are added to livemig.ini', () => {
  test('to none', () => {
    const text = addNodes('', [{ name: 'compute1', address: '10.0.0.1', user: 'root', roles: ['compute', 'nfs'] }]);
    assert.equal(
      text,
      '# The hosts that live migrations run between, and how livemig judges them.\n\n' +
        '[node compute1]\naddress = 10.0.0.1\nuser = root\nroles = compute, nfs\n',
    );
    assert.deepEqual(parseLivemigIni(text).problems, []);
  });

  for (const [title, before, gap] of [
    ['behind all else', '# ours\nrelease = zed\n[node a]\naddress = 10.0.0.1\n', '\n'],
    ['with its line ends and mark', '\uFEFFrelease = zed\r\n; note\r\n', '\r\n'],
    ['without a last line end', 'release = zed', '\n\n'],
    ['behind an empty line', 'release = zed\n\n', ''],
    ['behind what cannot be read', 'what is this\n[rules\n', '\n'],
  ] as const)
    test(title, () => {
      const eol = before.includes('\r') ? '\r\n' : '\n';
      assert.equal(
        addNodes(before, [{ name: 'b', port: 2222 }, { name: 'c.example.org' }]),
        `${before}${gap}[node b]${eol}port = 2222${eol}${eol}[node c.example.org]${eol}`,
      );
    });

  test('a name that is there already, or twice in what is added', () => {
    assert.throws(() => addNodes('[node Compute1]\n', [{ name: 'compute1' }]), refused('exists', /\[node Compute1\]/));
    assert.throws(() => addNodes('', [{ name: 'a' }, { name: 'a' }]), refused('exists', /\[node a\]/));
  });

  test('what no node can have is refused in words', () => {
    const bad: readonly (readonly [Partial<NodeDraft>, RegExp])[] = [
      [{ name: 'a]b' }, /name/],
      [{ name: '..' }, /name/],
      [{ name: '-oProxyCommand=x' }, /name/],
      [{ name: 'a\n[rules]' }, /name/],
      [{ name: '__proto__' }, /name/],
      [{ address: '10.0.0.1/24' }, /no address/],
      [{ address: 'a\nuser = root' }, /no address/],
      [{ user: '-v' }, /account/],
      [{ port: 0 }, /port/],
      [{ port: 22.5 }, /port/],
      [{ identity: '/a\nb' }, /key/],
      [{ identity: '"/a b"' }, /cannot hold/],
      [{ jump: 'a b' }, /go through/],
      [{ roles: ['storage'] }, /role/],
    ];
    for (const [draft, words] of bad)
      assert.throws(() => addNodes('', [{ name: 'ok', ...draft }]), refused('refused', words), JSON.stringify(draft));
  });

  test('what was added is read back, and nothing else changed', () => {
    const name = fc.stringMatching(/^[\w.][\w.-]{0,8}$/).filter((n) => !/^\.+$/.test(n) && n !== '__proto__');
    const some = <T>(a: fc.Arbitrary<T>) => fc.option(a, { nil: undefined });
    const draft = fc.record({
      name,
      address: some(fc.constantFrom('10.0.0.1', '2001:db8::1', 'fe80::1%eth0', 'a_b.example.org')),
      user: some(fc.constantFrom('root', 'ops.team@example.org', 'svc$')),
      port: some(fc.integer({ min: 1, max: 65535 })),
      identity: some(fc.stringMatching(/^[~/][\w;#\\ '"=[\]-]{0,12}$/)),
      jump: some(fc.constantFrom('none', 'root@gate:22,b2')),
      roles: some(fc.subarray(['compute', 'controller', 'nfs'])),
    });
    const line = fc.constantFrom(
      '# c',
      '',
      '[rules]',
      'a = b',
      '[node zz]',
      'x',
      'address = 1',
      '[',
      '  y = "',
      '[cloud]',
    );
    const eol = fc.constantFrom('\n', '\r\n');
    let added = 0;
    fc.assert(
      fc.property(
        fc.array(line),
        eol,
        fc.boolean(),
        fc.uniqueArray(draft, { selector: (d) => d.name.toLowerCase(), maxLength: 4 }),
        (lines, end, mark, drafts) => {
          const before = (mark ? '\uFEFF' : '') + lines.join(end);
          let text;
          try {
            text = addNodes(before, drafts as readonly NodeDraft[]);
          } catch (error) {
            assert.ok(error instanceof FleetError && /cannot hold|already/.test(error.message), String(error));
            return;
          }
          added += drafts.length;
          if (before.replace('\uFEFF', '').trim() !== '') assert.ok(text.startsWith(before));
          const read = nodesOf(text).slice(-drafts.length);
          drafts.forEach((d, i) => {
            assert.equal(read[i]?.name, d.name);
            for (const key of ['address', 'user', 'identity', 'jump'] as const)
              assert.equal(read[i].values[key], d[key]?.trim());
            assert.equal(read[i].values['port'], d.port?.toString());
            assert.deepEqual(read[i].roles, d.roles ?? []);
          });
        },
      ),
      { numRuns: 500 },
    );
    assert.ok(added > 500);
  });
});

describe('hosts of an ssh configuration', () => {
  const noSsh = spawnSync('ssh', ['-V']).error !== undefined && 'ssh is not installed';
  const home = path.join(folder, 'home');
  mkdirSync(path.join(home, '.ssh/conf.d'), { recursive: true });
  const main = path.join(home, '.ssh/config');
  writeFileSync(
    main,
    [
      'Include conf.d/*.conf',
      'Host gate bastion !not',
      '  User ops',
      '  Port 2222',
      'Host compute1 compute2',
      '  HostName %h.cloud.example.org',
      '  ProxyJump gate',
      '  IdentityFile ~/.ssh/cloud',
      'Host nfs1',
      '  HostName 192.0.2.10',
      'Host v6',
      '  HostName 2001:db8::6',
      '  Port 2200',
      'Match originalhost compute1',
      '  User nobody',
      'Host *.example.org web? !x',
      '  Port 99',
      'Host git@odd',
      'Host outer',
      '  Include nested.conf',
      'Host *',
      '  User root',
      '',
    ].join('\n'),
  );
  writeFileSync(path.join(home, '.ssh/conf.d/a.conf'), 'Host first\n  Port 2022\nHost compute1\n  Port 2023\n');
  writeFileSync(path.join(home, '.ssh/conf.d/b.txt'), 'Host never\n');
  writeFileSync(path.join(home, '.ssh/nested.conf'), 'Host inner\nHost outer\n  HostName 192.0.2.99\n');

  test('their names, each once, and where they are', async () => {
    const hosts = await sshHosts(main, home);
    assert.deepEqual(
      hosts.map(({ name, address }) => [name, address]),
      [
        ...[
          ['first', undefined],
          ['compute1', 'compute1.cloud.example.org'],
          ['gate', undefined],
        ],
        ...[
          ['bastion', undefined],
          ['compute2', 'compute2.cloud.example.org'],
          ['nfs1', '192.0.2.10'],
        ],
        ...[
          ['v6', '2001:db8::6'],
          ['outer', '192.0.2.99'],
        ],
      ],
    );
    const own = userInfo().username === 'root' ? '' : 'root@';
    assert.deepEqual(Object.fromEntries(hosts.map((h) => [h.name, h.detail])), {
      first: `${own}first:2022`,
      compute1: `${own}compute1.cloud.example.org:2023, via gate, key ~/.ssh/cloud`.replace(
        /^.*(?=compute1\.)/,
        'nobody@',
      ),
      gate: 'ops@gate:2222',
      bastion: 'ops@bastion:2222',
      compute2: `${own}compute2.cloud.example.org, via gate, key ~/.ssh/cloud`,
      nfs1: `${own}192.0.2.10`,
      v6: `${own}[2001:db8::6]:2200`,
      outer: `${own}192.0.2.99`,
    });
  });

  test('nothing is put into livemig.ini that ssh would not say itself', { skip: noSsh }, async () => {
    for (const { name, address } of await sshHosts(main, home)) {
      // Relative includes are those of the account's own folder, whatever -F says.
      const env = { ...process.env, HOME: home };
      const said = execFileSync('ssh', ['-G', '-F', absolute(main, home), '--', name], {
        env,
        encoding: 'utf8',
        stdio: 'pipe',
      });
      assert.equal(/^hostname (.*)$/m.exec(said)?.[1], address ?? name, name);
    }
  });

  test('a file that is not there names nobody; one that cannot be read says so', async () => {
    assert.deepEqual(await sshHosts(path.join(folder, 'none'), home), []);
    await assert.rejects(sshHosts(folder, home), refused('refused', /cannot be read/));
  });

  test('a thousand hosts', async () => {
    const file = path.join(folder, 'many');
    writeFileSync(
      file,
      Array.from({ length: 1000 }, (_, i) => `Host c${i}\n  HostName 10.0.${i >> 8}.${i & 255}\n`).join(''),
    );
    const hosts = await sshHosts(file, home);
    assert.equal(hosts.length, 1000);
    assert.equal(hosts[999]!.address, '10.0.3.231');
  });

  /** ssh looks for what is included beside the account's own files, by the password database: give it whole paths. */
  function absolute(file: string, of: string): string {
    const text = execFileSync('cat', [file], { encoding: 'utf8' }).replace(/Include /g, `Include ${of}/.ssh/`);
    const copy = path.join(folder, 'absolute');
    writeFileSync(copy, text);
    return copy;
  }
});

const SAMPLE = `
# a cloud
gate ansible_host=192.0.2.1 ansible_port=2222   # the way in
[compute]
compute[01:03].example.org
"compute9" ansible_user='ops team'
old:2200

[controllers]
ctl[a:c] ansible_host=10.0.0.9

[storage]
filer ansible_connection=local
localhost

[cloud:children]
compute
controllers   # both

[cloud:vars]
ansible_user = "nova-admin"
ansible_ssh_common_args='-o ProxyJump=ops@gate:22 -o Compression=yes'
[all:vars]
ansible_user=nobody
ansible_ssh_private_key_file=~/.ssh/cloud
`;

describe('hosts of an Ansible inventory', () => {
  test('names, ranges, groups of groups and their values', () => {
    const via = { user: 'nova-admin', identity: '~/.ssh/cloud', jump: 'ops@gate:22' };
    const own = { user: 'nobody', identity: '~/.ssh/cloud' };
    assert.deepEqual(ansibleHosts(SAMPLE), [
      { name: 'gate', address: '192.0.2.1', ...own, port: 2222 },
      ...['01', '02', '03'].map((n) => ({
        name: `compute${n}.example.org`,
        ...via,
        roles: ['compute'],
        detail: 'cloud, compute',
      })),
      {
        name: 'compute9',
        identity: '~/.ssh/cloud',
        jump: 'ops@gate:22',
        roles: ['compute'],
        detail: 'cloud, compute; not taken: ansible_user = ops team',
      },
      { name: 'old', ...via, port: 2200, roles: ['compute'], detail: 'cloud, compute' },
      ...['a', 'b', 'c'].map((n) => ({
        name: `ctl${n}`,
        address: '10.0.0.9',
        ...via,
        roles: ['controller'],
        detail: 'cloud, controllers',
      })),
      { name: 'filer', ...own, roles: ['nfs'], detail: 'storage; ansible_connection = local: dialled by its name' },
    ]);
  });

  test('what is found can be added', () => {
    const text = addNodes('', ansibleHosts(SAMPLE));
    assert.equal(nodesOf(text).length, 10);
    assert.deepEqual(parseLivemigIni(text).problems, []);
  });

  test('roles by what the groups are called', () => {
    const roles = (group: string) => ansibleHosts(`[${group}]\na\n`)[0]?.roles;
    for (const group of [
      'compute',
      'Compute',
      'computes',
      'nova_compute',
      'nova-compute',
      'compute_hosts',
      'hypervisors',
    ])
      assert.deepEqual(roles(group), ['compute'], group);
    for (const group of ['control', 'controllers', 'controller_nodes']) assert.deepEqual(roles(group), ['controller']);
    for (const group of ['nfs', 'nfs_servers', 'storage']) assert.deepEqual(roles(group), ['nfs'], group);
    for (const group of ['nova-conductor', 'nova-compute-ironic', 'web', 'constructor', 'ceph'])
      assert.equal(roles(group), undefined, group);
  });

  test('YAML and JSON are refused in words', () => {
    for (const text of ['---\nall:\n  hosts:\n', 'all:\n  hosts:\n    a:\n', '{"all": {}}', '# x\n\nall: # y\n'])
      assert.throws(() => ansibleHosts(text), refused('refused', /YAML or JSON/), text);
  });

  test('what Ansible refuses is refused with its line', () => {
    for (const [text, line] of [
      ['a b\n', 1],
      ['[g:x]\n', 1],
      ['[a b]\n', 1],
      ['\n[g:children]\nh\n', 3],
      ['[g:vars]\na=1\n', 1],
      ['[g]\n"a\n', 2],
      ['[g]\na[1:]\n', 2],
      ['a[01:3]\n', 1],
      ['a[1:2:0]\n', 1],
      ['[g]\na\n[g:vars]\nx\n', 4],
      ['a[0:99999999]\n', 1],
    ] as const)
      assert.throws(() => ansibleHosts(text), refused('refused', new RegExp(`Line ${line} `)), text);
  });

  const python = '/usr/bin/python3';
  const noAnsible =
    (!existsSync('/usr/bin/ansible-inventory') || spawnSync(python, ['-c', 'import ansible']).status !== 0) &&
    'ansible-core is not installed';

  test('as ansible-inventory --list has it', { skip: noAnsible }, () => {
    const file = path.join(folder, 'hosts.ini');
    writeFileSync(file, SAMPLE);
    const said = JSON.parse(
      execFileSync('ansible-inventory', ['-i', file, '--list'], {
        encoding: 'utf8',
        env: { ...process.env, HOME: folder },
      }),
    ) as { _meta: { hostvars: Record<string, Record<string, unknown>> } };
    const { localhost, ...hosts } = said._meta.hostvars;
    assert.ok(localhost);
    const drafts = ansibleHosts(SAMPLE);
    assert.deepEqual(drafts.map((d) => d.name).sort(), Object.keys(hosts).sort());
    for (const draft of drafts) compare(draft, hosts[draft.name]!);
  });

  test('as Ansible reads anything', { skip: noAnsible }, () => {
    const host = fc.constantFrom(
      ...[
        'a',
        'b',
        'c.example.org',
        'd[1:3]',
        'e[01:10:4]',
        'f[a:c]x',
        'g:2222',
        '"h"',
        '192.0.2.1',
        '[2001:db8::1]:22',
      ],
      ...[
        'i[1:2]-[x:y]',
        '-j',
        'k_',
        'l[3:1]',
        'm[z:a]',
        '2001:db8::2',
        'n[1:2]:2200',
        'o.',
        'é',
        'p[:3]',
        '10.0.[0:1].[1:2]',
      ],
    );
    const pair = fc.constantFrom(
      ...['ansible_host=10.0.0.1', 'ansible_port=22', 'ansible_port="2022"', 'ansible_user=root', "ansible_user='x'"],
      ...['ansible_user=a#b', 'ansible_user="a b"', 'ansible_ssh_user=old', 'ansible_ssh_private_key_file=~/k', 'odd'],
      ...['ansible_user=', 'ansible_user=None', 'ansible_user=a\\ b', 'x="', '# note', ';', 'ansible_host=\'"q"\''],
    );
    const variable = fc.constantFrom(
      ...[
        'ansible_user = root',
        'ansible_user="root" # c',
        'ansible_user=root # c',
        "ansible_user='a'",
        'ansible_port=2200',
      ],
      ...[
        'ansible_port = 2200 # c',
        'ansible_host=h.example.org',
        'ansible_group_priority=10',
        'nothing',
        'ansible_user=',
      ],
    );
    const group = fc.constantFrom('g1', 'g2', 'g3', 'all', 'ungrouped', 'compute');
    const section = fc.oneof(
      {
        weight: 3,
        arbitrary: fc
          .tuple(group, fc.array(fc.tuple(host, fc.array(pair, { maxLength: 2 })), { maxLength: 3 }))
          .map(([g, hosts]) => [`[${g}]`, ...hosts.map(([h, p]) => [h, ...p].join(' '))]),
      },
      fc.tuple(group, fc.array(variable, { maxLength: 2 })).map(([g, v]) => [`[${g}:vars]`, ...v]),
      fc.tuple(fc.constantFrom('g1', 'g2'), fc.subarray(['g3', 'compute'])).map(([g, c]) => [`[${g}:children]`, ...c]),
      fc.constantFrom(['# c'], ['; c'], [''], ['[x y]'], ['  [g1]  # c'], ['[g1:wrong]']),
    );
    const texts = fc.sample(
      fc.array(section, { maxLength: 6 }).map((s) => s.flat().join('\n') + '\n'),
      { numRuns: 2000, seed: 2 },
    );
    const answers = JSON.parse(
      execFileSync(python, [path.join(__dirname, 'ansible-oracle.py')], {
        input: JSON.stringify(texts),
        encoding: 'utf8',
        maxBuffer: 1 << 28,
        stdio: ['pipe', 'pipe', 'ignore'],
        env: { ...process.env, HOME: folder, ANSIBLE_LOCALHOST_WARNING: '0' },
      }),
    ) as readonly { error?: string; hosts?: Record<string, { vars: Record<string, unknown>; groups: string[] }> }[];
    let read = 0;
    texts.forEach((text, i) => {
      const { error, hosts = {} } = answers[i]!;
      if (error !== undefined) {
        assert.throws(() => ansibleHosts(text), FleetError, `${text}\nAnsible: ${error}`);
        return;
      }
      const drafts = ansibleHosts(text);
      const named = Object.keys(hosts).filter((n) => /^[\w.:][\w.:-]*$/.test(n));
      assert.deepEqual(drafts.map((d) => d.name).sort(), named.map((n) => n.replaceAll(':', '-')).sort(), text);
      for (const draft of drafts) {
        const key = named.find((n) => n.replaceAll(':', '-') === draft.name)!;
        compare(draft, hosts[key]!.vars, text, key);
        assert.equal(draft.roles?.includes('compute') ?? false, hosts[key]!.groups.includes('compute'), text);
        read++;
      }
    });
    assert.ok(read > 800, `only ${read} hosts were compared`);
  });

  function compare(draft: NodeDraft, vars: Record<string, unknown>, text = '', key = draft.name): void {
    const of = (...keys: string[]) =>
      keys
        .map((k) => vars[k])
        .filter((v) => v !== undefined && v !== '')
        .map(String)[0];
    const where = `${draft.name} in ${text}`;
    const user = of('ansible_user', 'ansible_ssh_user');
    assert.equal(draft.user, user !== undefined && /^[\w.][\w.@+-]*\$?$/.test(user) ? user : undefined, where);
    const port = of('ansible_port');
    assert.equal(draft.port, port === undefined || port === '22' ? undefined : Number(port), where);
    assert.equal(draft.identity, of('ansible_ssh_private_key_file'), where);
    const host = of('ansible_host') ?? key;
    const valid = /^[\w.:-]+$/.test(host) ? host : key;
    assert.equal(draft.address, valid === draft.name ? undefined : valid, where);
  }
});
