import { LibvirtConfig, type LibvirtSetting } from '../../model/libvirt';
import type { LibvirtValue } from '../../syntax/types';
import { setLibvirtValue } from '../edits';
import { defineRule } from '../rule';
import { isMonolith, tcpListens, tlsListens } from './_listening';
import { daemonOf } from './_syntax';
import type { Host } from '../../model/host';

interface Verdict {
  readonly message:
    'level' | 'outputs' | 'filters' | 'uuid' | 'choice' | 'mode' | 'positive' | 'ssf' | 'empty' | 'address';
  /** The part that is wrong. */
  readonly part?: string;
  readonly allowed?: string;
  readonly right?: string;
}

type Judge = (value: LibvirtValue) => Verdict | undefined;

const text =
  (judge: (text: string) => Verdict | undefined): Judge =>
  (value) =>
    value.type === 'string' ? judge(value.text) : undefined;
const number =
  (judge: (n: number) => Verdict | undefined): Judge =>
  (value) =>
    value.type === 'int' && value.number >= 0 ? judge(value.number) : undefined;

const words = (line: string): string[] => line.split(' ').filter((w) => w !== '');
const mode = text((m) => (/^\s*\+?[0-7]+$/.test(m) ? undefined : { message: 'mode' }));

/** What ends the daemon though its type is right. */
const JUDGES: Readonly<Record<string, Judge>> = {
  log_level: number((n) => (n <= 4 ? undefined : { message: 'level' })),
  log_outputs: text((line) => {
    const bad = words(line).find((w) => !/^[1-4]:(stderr|journald|(syslog|file):.+)$/.test(w));
    return bad === undefined ? undefined : { message: 'outputs', part: bad };
  }),
  log_filters: text((line) => {
    const bad = words(line).find((w) => !/^[1-4]:\+?.+$/.test(w));
    return bad === undefined ? undefined : { message: 'filters', part: bad };
  }),
  host_uuid: text((uuid) => {
    const digits = uuid.replace(/[\s-]/g, '').toLowerCase();
    const good = /^[0-9a-f]{32}$/.test(digits) && !/^(..)\1{15}$/.test(digits);
    return good ? undefined : { message: 'uuid' };
  }),
  host_uuid_source: text((source) => choice(source, ['smbios', 'machine-id'])),
  unix_sock_ro_perms: mode,
  unix_sock_rw_perms: mode,
  unix_sock_admin_perms: mode,
  unix_sock_group: text((group) => (group === '' ? { message: 'empty' } : undefined)),
  access_drivers: (value) => {
    const items = value.type === 'list' ? value.items : [];
    const bad = items.find((i) => i.type === 'string' && i.text !== 'polkit' && i.text !== 'nop');
    return bad && { message: 'choice', allowed: '[ "polkit" ], or leave it out' };
  },
  max_workers: number((n) => (n === 0 ? { message: 'positive' } : undefined)),
  tcp_min_ssf: number((n) => (n < 112 ? { message: 'ssf' } : undefined)),
};

function choice(word: string, allowed: readonly string[]): Verdict | undefined {
  if (allowed.includes(word)) return undefined;
  const right = allowed.find((a) => a === word.trim().toLowerCase());
  return {
    message: 'choice',
    allowed: allowed.map((a) => `"${a}"`).join(' or '),
    ...(right === undefined ? {} : { right: `"${right}"` }),
  };
}

export default defineRule({
  id: 'libvirtd/bad-value',
  scope: 'host',
  title: 'A value that ends the daemon',
  severity: 'error',
  files: ['libvirtd'],
  messages: {
    level: '{key} = {value} is no level: {daemon} does not start; write 1 (debug), 2 (info), 3 (warning) or 4 (error)',
    outputs:
      '{part} in {key} is no log output: {daemon} does not start; write LEVEL:stderr, LEVEL:journald, LEVEL:syslog:NAME or LEVEL:file:PATH',
    filters:
      '{part} in {key} is no log filter: {daemon} does not start; write LEVEL:NAME, the level from 1 to 4, with blanks between',
    uuid: '{key} = {value} is no UUID, or one of equal bytes: {daemon} does not start; make one with uuidgen',
    choice: '{key} = {value} is not known: {daemon} does not start; write {allowed}',
    mode: '{key} = {value} is no octal mode: {daemon} does not start; write e.g. "0770"',
    positive: '{key} = 0: {daemon} does not start without a worker; write at least 1, or leave it out for 20',
    ssf: '{key} = {value} is too weak a cipher: {daemon} does not start; write 112 or more',
    empty: '{key} = "" names no group: {daemon} does not start; name one or leave it out',
    address:
      '{key} = {value} cannot be resolved: {daemon} does not start; write one address without brackets, or leave it out for all',
  },
  fixes: { value: 'Write {key} = {right}' },
  why: `The daemon reads its whole file before it listens, and ends at the first value it cannot use: *Failed to set logging priority,
argument '9' is invalid*, *Invalid log destination 'fil' for log output '3:fil:/x'*, *invalid host UUID: …* and *Can't setup host
uuid*, *Failed to parse mode 'rwx'*, *Unable to resolve address 'a, b' service '16509'*. No migration reaches this host then.`,
  sources: ['libvirtd 9.0.0 run on each of the examples'],
  explains: [
    /Failed to set logging priority, argument/,
    /Invalid (log (destination|priority)|priority) '/,
    /Malformed format for (log output|filter)/,
    /does not meet the format requirements for destination type/,
    /invalid host UUID:|Can't setup host uuid|invalid UUID source:/,
    /Failed to parse mode '/,
    /Failed to parse group ''/,
    /'max_workers' must be greater than 0/,
    /Cannot find security driver '.*'|Can't initialize access manager/,
    /minimum SSF levels lower than \d+ are not supported/,
  ],
  preflight: 'destination',
  examples: [
    { title: 'log level', files: { 'etc/libvirt/libvirtd.conf': 'log_level = ⟦9⟧\n' } },
    {
      title: 'log outputs and filters',
      files: {
        'etc/libvirt/libvirtd.conf':
          'log_outputs = ⟦"3:fil:/var/log/libvirt/libvirtd.log"⟧\nlog_filters = ⟦"9:qemu"⟧\n',
      },
    },
    {
      title: 'commas between log outputs',
      files: { 'etc/libvirt/libvirtd.conf': 'log_outputs = ⟦"3:stderr, 4:journald"⟧\n' },
    },
    {
      title: "the sample file's own UUID, and no UUID",
      files: {
        'compute1/etc/libvirt/libvirtd.conf': 'host_uuid = ⟦"00000000-0000-0000-0000-000000000000"⟧\n',
        'compute2/etc/libvirt/virtqemud.conf': 'host_uuid = ⟦"compute2"⟧\n',
      },
    },
    {
      title: 'where the UUID comes from, in capitals',
      files: { 'etc/libvirt/libvirtd.conf': 'host_uuid_source = ⟦"SMBIOS"⟧\r\n' },
      good: { 'etc/libvirt/libvirtd.conf': 'host_uuid_source = "smbios"\r\n' },
    },
    {
      title: 'permissions and group',
      files: { 'etc/libvirt/libvirtd.conf': 'unix_sock_rw_perms = ⟦"rwx"⟧\nunix_sock_group = ⟦""⟧\n' },
    },
    { title: 'access drivers', files: { 'etc/libvirt/libvirtd.conf': 'access_drivers = ⟦[ "Polkit" ]⟧\n' } },
    {
      title: 'limits',
      files: { 'etc/libvirt/libvirtd.conf': 'max_workers = ⟦0⟧\ntcp_min_ssf = ⟦56⟧\n' },
    },
    {
      title: 'two addresses',
      files: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nlisten_addr = ⟦"10.0.0.1, 10.1.0.1"⟧\n' },
    },
    {
      title: 'brackets round an address',
      files: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nlisten_addr = ⟦"[fd00::1]"⟧ # v6\n' },
      good: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nlisten_addr = "fd00::1" # v6\n' },
    },
    {
      title: 'what the daemon takes',
      files: {
        'etc/libvirt/libvirtd.conf':
          'log_level = 0\nlog_outputs = "1:file:/var/log/libvirt/libvirtd.log 3:syslog:libvirtd"\nlog_filters = "1:+qemu 1:libvirt,x 4:object"\nhost_uuid = "1AB000000000-40008000-00000000000f"\nhost_uuid_source = "machine-id"\nunix_sock_rw_perms = "0770"\nmin_workers = 0\ntcp_min_ssf = 112\nlisten_addr = ""\n',
      },
    },
  ],
  check(host, report) {
    for (const file of host.filesOf('libvirtd')) {
      const config = new LibvirtConfig(file);
      const judged = Object.keys(JUDGES).map(
        (key) => [config.get(key), JUDGES[key]?.(valueOf(config.get(key)))] as const,
      );
      const address = host.libvirtd.file === file ? config.get('listen_addr') : undefined;
      judged.push([address, address && judgeAddress(host, address)]);
      for (const [set, verdict] of judged) {
        if (!set || !verdict) continue;
        const { key, value } = set.entry;
        report({
          file,
          span: value.span,
          message: verdict.message,
          values: {
            key,
            value: file.text.slice(value.span.start, value.span.end),
            part: verdict.part ?? '',
            allowed: verdict.allowed ?? '',
            daemon: daemonOf(file),
          },
          fixes: [
            verdict.right === undefined
              ? undefined
              : {
                  title: 'value',
                  values: { right: verdict.right },
                  edits: [setLibvirtValue(file, set.entry, verdict.right)],
                },
          ],
        });
      }
    }
  },
});

const NOTHING: LibvirtValue = { type: 'list', items: [], span: { start: 0, end: 0 } };

/** A list is no value of any judge here: an absent key is as good as one. */
function valueOf(set: LibvirtSetting | undefined): LibvirtValue {
  return set?.entry.value ?? NOTHING;
}

/** Resolved only when a socket is opened for it. */
function judgeAddress(host: Host, set: LibvirtSetting): Verdict | undefined {
  const { value } = set.entry;
  if (value.type !== 'string' || host.daemon.sockets?.tcp || host.daemon.sockets?.tls) return undefined;
  if (tcpListens(host) === false && tlsListens(host) === false) return undefined;
  if (isMonolith(host) && host.daemon.listen === false) return undefined;
  const bracketed = /^\[([0-9a-fA-F:.]+)\]$/.exec(value.text)?.[1];
  if (bracketed !== undefined) return { message: 'address', right: `"${bracketed}"` };
  return value.text === '' || /[\s,[\]/]/.test(value.text) ? { message: 'address' } : undefined;
}
