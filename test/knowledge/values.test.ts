/** checkValue against oslo.config's own types, in one process of the system's Python. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { choicesOf, type NovaOption, option, rangeOf, typeOf } from '../../server/src/knowledge/nova';
import { NEWEST, releaseIndex } from '../../server/src/knowledge/releases';
import { checkValue } from '../../server/src/knowledge/values';

const PYTHON = '/usr/bin/python3';
const hasOslo = spawnSync(PYTHON, ['-c', 'import oslo_config.types']).status === 0;
const missing = process.env['CI'] ? false : hasOslo ? false : 'python3-oslo.config is not installed';

const real = (group: string, name: string): NovaOption => {
  const found = option(group, name);
  assert.ok(found, `[${group}] ${name}`);
  return found;
};

/** Random text of pieces that the type's grammar is made of: most of it nearly right. */
const pieces = (words: readonly string[], most = 8): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...words), { maxLength: most }).map((p) => p.join(''));
const ODD = ['\u00a0', '\u3000', '\ufeff', '\u200b', '\u0661', '\u{1d7d9}', '\u00e9', '\n', '\t', ' ', '"', "'", '#'];

const NUMBERS = '0 1 5 9 00 07 100 65535 65536 99999999999999999999 . , - + _ e E x 0x inf infinity nan INF ms %'.split(
  ' ',
);
const HOSTS =
  'a A z compute1 node_1 - _ . : :: 0 1 10 010 255 256 300 1.2.3.4 fe80 ffff 12345 dead beef % [ ] / @ example.org xn--'.split(
    ' ',
  );
const URIS =
  'http https qemu+tcp 1x :// : / // host h_st [::1] [fe80::1%25eth0] [fe80::1%eth0] [v1.a] [::1.2.3.4] [::1.2.3.04] [1::2::3] [ ] 1.2.3.4 1.2.3.444 :80 :123456 user@ u:p@ %41 %4 %zz %s ? # \\ a b . - ~ ! | ^'.split(
    ' ',
  );

/** Grammar by type; every list also gets the ODD characters. */
const CASES: readonly {
  readonly o: NovaOption;
  readonly at?: string;
  readonly words: readonly string[];
  readonly samples: readonly string[];
}[] = [
  {
    o: real('libvirt', 'live_migration_permit_post_copy'),
    words: [
      'true',
      'false',
      'TRUE',
      'False',
      '1',
      '0',
      'yes',
      'no',
      'on',
      'off',
      't',
      'T',
      'y',
      'ture',
      'enabled',
      '2',
    ],
    samples: ['true', 'FALSE', 'Yes', 'oFf', '', 't', 'T', 'maybe', ' true', 'true # note', '01'],
  },
  {
    o: real('libvirt', 'live_migration_downtime'),
    words: NUMBERS,
    samples: [
      '500',
      '500.0',
      '0x1ff',
      '1_000',
      '50',
      '',
      ' 500 ',
      '500ms',
      '1,000',
      '\u0661\u0660\u0660',
      '9'.repeat(4300),
      '9'.repeat(4301),
    ],
  },
  { o: real('DEFAULT', 'max_concurrent_live_migrations'), words: NUMBERS, samples: ['-1', '0', '+5', '--5'] },
  {
    o: real('libvirt', 'rx_queue_size'),
    words: ['256', '512', '1024', '300', '-', '0'],
    samples: ['256', '0256', '500', ''],
  },
  {
    o: real('DEFAULT', 'cpu_allocation_ratio'),
    words: NUMBERS,
    samples: ['16.0', '1e1', '.5', '5.', '-0.1', 'nan', '-inf', '1_0.5', '1__0', '1,5', '1e', ''],
  },
  { o: real('vnc', 'novncproxy_port'), words: NUMBERS, samples: ['6080', '65535', '65536', '0', '-1', '', '6080/tcp'] },
  {
    o: real('vnc', 'server_listen'),
    words: HOSTS,
    samples: [
      '0.0.0.0',
      '::',
      '[::1]',
      '10.0.0.300',
      'compute_1',
      'a.b.c.',
      'a..b',
      '-a',
      '1.2.3',
      '1.2.3.4/24',
      '::ffff:1.2.3.4',
      '1:2:3:4:5:6:7::',
      '::1:2:3:4:5:6:7:8',
      '1:2:3:4:5:6:1.2.3.4',
      '1::1.2.3.4::',
      'fe80::1%eth0',
      'a\n',
      '',
      `${'a'.repeat(63)}.b`,
      `${'a'.repeat(64)}.b`,
      'abc.'.repeat(63),
      'abc.'.repeat(64),
      'http://10.0.0.1:80/x',
    ],
  },
  {
    o: real('libvirt', 'live_migration_inbound_addr'),
    words: HOSTS,
    samples: ['compute_1', '_a', 'a_', '10.0.0.256', '', 'a-_b.c', '1_1'],
  },
  {
    o: real('cloudpipe', 'dmz_net'),
    at: 'newton',
    words: HOSTS,
    samples: ['10.0.0.0', '::', 'localhost', '010.0.0.0', '1.2.3.4\n', ''],
  },
  {
    o: real('vnc', 'novncproxy_base_url'),
    words: URIS,
    samples: [
      'http://h:6080/vnc_auto.html',
      'h:6080/vnc_auto.html',
      '//h/x',
      'http:///x',
      'http://',
      'http://a b/',
      'http://h/[x]',
      'http://[::1]:80/',
      'http://:80',
      'http://1.2.3.999/',
      'http://1.2.3.04/',
      'http://h:99999',
      'http://h:999999',
      '',
    ],
  },
  {
    o: real('libvirt', 'virt_type'),
    words: ['kvm', 'KVM', 'qemu', 'qem', 'lxc', ' '],
    samples: ['kvm', 'kwm', 'KVM', '', 'kvm  # the default', 'kvm\ncpu_mode = none'],
  },
  { o: real('libvirt', 'cpu_models'), words: ['A', 'B', ',', ' ', '"'], samples: ['A,B', 'A","B', ',', ''] },
  {
    o: real('vnc', 'auth_schemes'),
    words: ['none', 'vencrypt', ',', ' ', 'x', '"'],
    samples: ['none,vencrypt', 'none,,vencrypt', ', none', 'vnc', '"none"', '', ',,'],
  },
  {
    o: real('DEFAULT', 'reserved_huge_pages'),
    words: ['node', 'size', ':', ',', '0', '2048', 'count', ' '],
    samples: ['node:0,size:2048,count:64', 'node:0,node:1', 'node', '', ':1', 'a,b:c', 'a:b,c'],
  },
];

const PER_CASE = 700;

test('checkValue judges as oslo.config does, and what it suggests passes', { skip: missing }, () => {
  const specs = CASES.map(({ o, at, words, samples }, i) => {
    const r = at === undefined ? NEWEST : releaseIndex(at)!;
    const choices = choicesOf(o, r);
    const spec = { type: typeOf(o, r), ...rangeOf(o, r), ...(choices ? { choices } : {}) };
    const random = fc.sample(
      fc.oneof({ weight: 4, arbitrary: pieces(words) }, { weight: 1, arbitrary: pieces([...words, ...ODD]) }),
      { numRuns: PER_CASE, seed: 20221005 + i },
    );
    return { o, r, spec, values: [...new Set([...samples, ...(choices ?? []), ...random])] };
  });
  const questions = specs.flatMap(({ o, r, spec, values }) =>
    values.flatMap((value) => {
      const found = checkValue(o, r, value);
      const own = { o, spec, value, accepted: found === undefined || found.code === 'list-quote' };
      // Nova's own objection to None is not oslo.config's.
      if (found?.code === 'empty' && o.notNone) return [];
      return [own, ...(found?.suggestions ?? []).map((s) => ({ o, spec, value: s, accepted: true }))];
    }),
  );
  const run = spawnSync(PYTHON, [join(__dirname, 'oslo_oracle.py')], {
    input: JSON.stringify(questions.map((q) => [q.spec, q.value])),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  assert.equal(run.status, 0, run.stderr);
  const verdicts = JSON.parse(run.stdout) as (string | null)[];
  assert.equal(verdicts.length, questions.length);
  assert.ok(verdicts.length > 5000, `only ${verdicts.length} values`);
  const wrong = questions
    .map((q, i) => ({ ...q, verdict: verdicts[i] }))
    .filter((q) => q.accepted !== (q.verdict === null))
    .map(
      (q) =>
        `${q.o.name} ${JSON.stringify(q.value)}: ${q.accepted ? 'accepted' : 'refused'} here; oslo: ${q.verdict ?? 'fine'}`,
    );
  assert.deepEqual(wrong.slice(0, 20), []);
  // A generator of values that are all wrong (or all right) would prove nothing.
  for (const { o } of specs) {
    const own = questions.flatMap((q, i) => (q.o === o ? [verdicts[i]] : []));
    assert.ok(own.includes(null), `${o.name}: no value was right`);
    if (o.type !== 'list')
      assert.ok(
        own.some((v) => v !== null),
        `${o.name}: no value was wrong`,
      );
  }
});
