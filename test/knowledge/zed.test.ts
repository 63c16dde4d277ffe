/** Nova 26.2.2's own sample generator, every namespace, against what the knowledge says of zed. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { choicesOf, defaultOf, lookup, type NovaOption, rangeOf, typeOf } from '../../server/src/knowledge/nova';
import { releaseIndex } from '../../server/src/knowledge/releases';

interface GeneratorOption {
  readonly name: string;
  readonly type: string;
  readonly namespace: string;
  readonly default?: unknown;
  readonly min?: number;
  readonly max?: number;
  readonly secret?: boolean;
  readonly choices?: readonly (readonly [string | number | null, string | null])[];
}
interface Generator {
  readonly meta: {
    readonly deprecated_options: Readonly<
      Record<
        string,
        readonly { readonly name: string; readonly replacement_group: string; readonly replacement_name: string }[]
      >
    >;
  };
  readonly options: Readonly<Record<string, readonly GeneratorOption[]>>;
}

const generator = JSON.parse(readFileSync(join(__dirname, 'zed-generator.json'), 'utf8')) as Generator;
const ZED = releaseIndex('zed')!;
const entries = Object.entries(generator.options).flatMap(([group, options]) =>
  // The generator prints some of oslo.log's with the dashes of the command line.
  options.map((o) => ({ group, o: { ...o, name: o.name.replaceAll('-', '_') } })),
);

const TYPES: Readonly<Record<string, string>> = {
  'string value': 'string',
  'integer value': 'integer',
  'boolean value': 'boolean',
  'list value': 'list',
  'floating point value': 'float',
  'multi valued': 'multistring',
  'port value': 'port',
  'uri value': 'uri',
  'host address value': 'hostaddress',
  'host domain value': 'hostdomain',
  'dict value': 'multi',
};

/** oslo.service registers these in [DEFAULT]; nova reads them as old names of [wsgi]. */
const OLD_NAMES_FIRST = new Set(
  'api_paste_config wsgi_log_format tcp_keepidle wsgi_default_pool_size max_header_line wsgi_keep_alive client_socket_timeout'.split(
    ' ',
  ),
);

const found = (group: string, name: string): NovaOption => {
  const answer = lookup(group, name, ZED);
  assert.ok(answer.kind === 'option' || answer.kind === 'alias', `[${group}] ${name} is ${answer.kind}`);
  return answer.option;
};

test('every option of the generator is found under its own name', () => {
  assert.ok(entries.length > 1100);
  for (const { group, o } of entries) {
    const kind = group === 'DEFAULT' && OLD_NAMES_FIRST.has(o.name) ? 'alias' : 'option';
    assert.equal(lookup(group, o.name, ZED).kind, kind, `[${group}] ${o.name}`);
  }
});

test('types', () => {
  const wrong = entries
    .filter(({ group, o }) => typeOf(found(group, o.name), ZED) !== TYPES[o.type])
    .map(({ group, o }) => `[${group}] ${o.name}: ${typeOf(found(group, o.name), ZED)}, generator ${o.type}`);
  assert.deepEqual(wrong, []);
});

test('ranges', () => {
  const wrong: string[] = [];
  for (const { group, o } of entries) {
    const range = rangeOf(found(group, o.name), ZED);
    // The generator leaves a minimum of 0 out.
    const min = range.min === 0 ? undefined : range.min;
    if (min !== (o.min === 0 ? undefined : o.min) || range.max !== o.max) {
      wrong.push(`[${group}] ${o.name}: ${JSON.stringify(range)}, generator ${o.min}..${o.max}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('choices', () => {
  const wrong: string[] = [];
  for (const { group, o } of entries) {
    // The generator does not print the choices of a list's items.
    if (o.type === 'list value') continue;
    const ours = choicesOf(found(group, o.name), ZED);
    // Numbers are kept as the words a file has; None cannot be written.
    const theirs = o.choices
      ?.map(([c]) => c)
      .filter((c) => c !== null)
      .map(String);
    if (JSON.stringify(ours) !== JSON.stringify(theirs)) {
      wrong.push(`[${group}] ${o.name}: ${JSON.stringify(ours)}, generator ${JSON.stringify(theirs)}`);
    }
  }
  assert.deepEqual(wrong, []);
});

/** Defaults that depend on the machine the generator ran on, or that are another option's. */
const OTHER_DEFAULT = new Map([
  ['[DEFAULT] console_host', 'the host name'],
  ['[DEFAULT] host', 'the host name'],
  ['[DEFAULT] my_ip', 'the address of the host'],
  ['[DEFAULT] pybasedir', 'where nova is installed'],
  ['[privsep] thread_pool_size', 'the number of processors'],
  ['[DEFAULT] wsgi_log_format', 'default of [wsgi] wsgi_log_format, which the old name leads to'],
  ['[DEFAULT] wsgi_default_pool_size', 'default of [wsgi] default_pool_size, which the old name leads to'],
]);

test('defaults', () => {
  const wrong: string[] = [];
  const empty = (x: unknown): boolean =>
    x === null || x === undefined || x === false || x === 0 || x === '' || (Array.isArray(x) && x.length === 0);
  for (const { group, o } of entries) {
    const ours = defaultOf(found(group, o.name), ZED);
    if (empty(ours) && empty(o.default)) continue;
    if (OTHER_DEFAULT.has(`[${group}] ${o.name}`)) continue;
    if (JSON.stringify(ours) !== JSON.stringify(o.default)) {
      wrong.push(`[${group}] ${o.name}: ${JSON.stringify(ours)}, generator ${JSON.stringify(o.default)}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('secrets', () => {
  const wrong = entries
    .filter(({ group, o }) => o.secret && !found(group, o.name).secret)
    .map(({ group, o }) => `[${group}] ${o.name}`);
  assert.deepEqual(wrong, []);
});

/** Old names that are also options of their own, which are then what a file with them means. */
const OWN_AS_WELL = new Set(['[key_manager] auth_url', '[keystone_authtoken] auth_uri']);

test('every old name leads to the option that the generator names', () => {
  const wrong: string[] = [];
  for (const [group, list] of Object.entries(generator.meta.deprecated_options)) {
    for (const old of list) {
      const option = found(group, old.name);
      const allowed = list
        .filter((x) => x.name === old.name)
        .map((x) => `${x.replacement_group}.${x.replacement_name.replaceAll('-', '_')}`);
      if (OWN_AS_WELL.has(`[${group}] ${old.name}`)) {
        assert.equal(lookup(group, old.name, ZED).kind, 'option');
        continue;
      }
      if (!allowed.includes(`${option.group}.${option.name}`)) {
        wrong.push(`[${group}] ${old.name} -> [${option.group}] ${option.name}, generator ${allowed.join(' or ')}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});
