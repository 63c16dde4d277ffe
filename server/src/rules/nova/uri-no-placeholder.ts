import type { SourceFile } from '../../model/files';
import type { OsloEntry, Span } from '../../syntax/types';
import { replace } from '../edits';
import { defineRule } from '../rule';
import { runsGuests } from './_guests';
import { isPlaceholder } from './_items';
import { uriOf } from './_uris';

/** A conversion of Python's `%`: mapping key, flags, width, precision, length, type; `%%` is a percent sign. */
const CONVERSION = /%(?:\([^)]*\))?[#0\- +]*(?:\*|\d+)?(?:\.(?:\*|\d*))?[hlL]?(?:%|[^%\s])?/g;

export default defineRule({
  id: 'nova/uri-no-placeholder',
  scope: 'host',
  title: 'live_migration_uri does not hold exactly one %s',
  severity: 'error',
  files: ['nova'],
  messages: {
    missing: 'live_migration_uri has no %s for the destination: every migration fails; write e.g. qemu+tcp://%s/system',
    many: 'live_migration_uri has {count} placeholders, nova fills exactly one: every migration fails',
    path: 'live_migration_uri names no host: with three slashes it is this host itself, and every migration fails; write qemu+tcp://%s/system',
    other:
      'live_migration_uri has {conversion}, which nova cannot fill: write %s for the destination, %% for a percent sign',
  },
  fixes: {
    host: 'Put %s in place of {host}',
    slash: 'Leave out one slash',
    escape: 'Write %% for each percent sign beside %s',
    placeholder: 'Write %s for {conversion}',
  },
  why: `Nova makes the destination's URI with \`live_migration_uri % destination\`. Without exactly one \`%s\` that raises
*not all arguments converted during string formatting* or *not enough arguments for format string*, logged as *Live Migration
failure*. nova-compute starts without a word, so it shows only when somebody migrates.`,
  sources: ['nova/virt/libvirt/driver.py, _live_migration_uri, 2013.1 to 33.0.0', 'run with nova 26.2.2'],
  explains: [
    /Attempt to migrate guest to the same host/,
    /not all arguments converted during string formatting/,
    /not enough arguments for format string/,
    /unsupported format character/,
    /format: a (real )?number is required, not str/,
    /format requires a mapping/,
  ],
  preflight: 'source',
  examples: [
    {
      title: 'a literal host name',
      release: 'grizzly',
      files: { 'etc/nova/nova.conf': '[DEFAULT]\nlive_migration_uri=⟦qemu+tcp://compute2/system⟧\n' },
      good: { 'etc/nova/nova.conf': '[DEFAULT]\nlive_migration_uri=qemu+tcp://%s/system\n' },
    },
    {
      title: 'a slash too many',
      release: 'zed',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = ⟦qemu+tcp:///%s/system⟧\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+tcp://%s/system\n' },
    },
    {
      title: 'two of them',
      release: 'zed',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = ⟦qemu+ssh://%s@%s/system⟧\n' },
    },
    {
      title: 'another conversion',
      release: 'zed',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = ⟦qemu+tcp://%d/system⟧\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+tcp://%s/system\n' },
    },
    {
      title: 'a name, as in other programs',
      release: 'grizzly',
      files: { 'etc/nova/nova.conf': '[DEFAULT]\nlive_migration_uri=⟦"qemu+ssh://nova@%(host)s:22/system"⟧\n' },
      good: { 'etc/nova/nova.conf': '[DEFAULT]\nlive_migration_uri="qemu+ssh://nova@%s:22/system"\n' },
    },
    {
      title: 'percent signs of a path',
      release: 'zed',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\nlive_migration_uri = ⟦qemu+ssh://nova@%s/system?keyfile=/etc/nova/my%20key%2Ffile⟧\n',
      },
      good: {
        'etc/nova/nova.conf':
          '[libvirt]\nlive_migration_uri = qemu+ssh://nova@%s/system?keyfile=/etc/nova/my%%20key%%2Ffile\n',
      },
    },
    {
      title: 'a controller does not migrate',
      files: {
        'livemig.ini': '[node ctl]\nroles = controller\n',
        'ctl/etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+tcp://compute2/system\n',
      },
    },
    {
      title: 'one %s, a doubled percent sign, a port and a domain are all right',
      release: 'zed',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\nlive_migration_uri = qemu+ssh://nova@%s.mig.example:22/system?keyfile=/a%%20b\n',
      },
    },
  ],
  check(host, report) {
    const uri = host.nova.get('live_migration_uri');
    if (!uri?.entry || !uri.file || !uri.value || isPlaceholder(uri.value) || !runsGuests(host)) return;
    const { file, entry, value } = uri;
    const conversions = [...value.matchAll(CONVERSION)].map((m) => m[0]).filter((c) => c !== '%%');
    const other = conversions.find((c) => c !== '%s');
    const at = { file, span: entry.rawSpan };
    if (other !== undefined)
      report({
        ...at,
        message: 'other',
        values: { conversion: other },
        fixes: [repair(file, entry, conversions.length, conversions.filter((c) => c === '%s').length)],
      });
    else if (conversions.length === 1 && uriOf(uri)?.authority === '' && uriOf(uri)?.path.startsWith('/%s'))
      report({ ...at, message: 'path', fixes: [slash(file, entry)] });
    else if (conversions.length > 1) report({ ...at, message: 'many', values: { count: conversions.length } });
    else if (conversions.length === 0) {
      const raw = file.text.slice(entry.rawSpan.start, entry.rawSpan.end);
      const literal = /^(["']?[\w+]+:\/\/(?:[^@/]*@)?)(\[[^\]]*\]|[^:/?"']+)/.exec(raw);
      const start = entry.rawSpan.start + (literal?.[1]?.length ?? 0);
      const target = literal?.[2] ?? '';
      report({
        ...at,
        message: 'missing',
        fixes: [
          literal
            ? {
                title: 'host',
                values: { host: target },
                edits: [replace(file, { start, end: start + target.length }, '%s')],
              }
            : undefined,
        ],
      });
    }
  },
});

/** Two slashes stand before the host. */
function slash(file: SourceFile, entry: OsloEntry) {
  const at = file.text.slice(entry.rawSpan.start, entry.rawSpan.end).indexOf(':///%s/');
  const start = entry.rawSpan.start + at + 1;
  return at < 0 ? undefined : { title: 'slash' as const, edits: [replace(file, { start, end: start + 1 }, '')] };
}

/** With one %s in place the other percent signs are meant as such; a lone conversion of another kind is meant to be %s. */
function repair(file: SourceFile, entry: OsloEntry, count: number, placeholders: number) {
  const raw = file.text.slice(entry.rawSpan.start, entry.rawSpan.end);
  const wrong = [...raw.matchAll(CONVERSION)].filter((m) => m[0] !== '%s' && m[0] !== '%%');
  const [first] = wrong;
  if (!first) return undefined;
  const spanOf = (m: RegExpExecArray): Span => ({
    start: entry.rawSpan.start + m.index,
    end: entry.rawSpan.start + m.index + m[0].length,
  });
  if (placeholders === 1)
    return {
      title: 'escape' as const,
      edits: wrong.map((m) => replace(file, { start: spanOf(m).start, end: spanOf(m).start }, '%')),
    };
  const inHost = /:\/\/[^/]*$/.test(raw.slice(0, first.index));
  if (placeholders > 0 || count !== 1 || !inHost || !/^%(?:\(\w+\))?[a-z]$/i.test(first[0])) return undefined;
  return {
    title: 'placeholder' as const,
    values: { conversion: first[0] },
    edits: [replace(file, spanOf(first), '%s')],
  };
}
