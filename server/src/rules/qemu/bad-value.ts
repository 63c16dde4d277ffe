import type { LibvirtSetting } from '../../model/libvirt';
import type { LibvirtConfig } from '../../model/libvirt';
import { atLeast, type Platform } from '../../model/platform';
import { setLibvirtValue } from '../edits';
import { defineRule, type Severity } from '../rule';
import { CERTIFICATE_FOLDERS } from './_certificates';

interface Verdict {
  readonly set: LibvirtSetting;
  readonly message: 'choice' | 'empty' | 'folder' | 'low' | 'last' | 'high' | 'order' | 'firmware' | 'probing';
  /** Where it is not the record's. */
  readonly severity?: Severity;
  readonly values?: Readonly<Record<string, string | number>>;
  /** The word in small letters, where it is then right. */
  readonly right?: string;
}

/** Words that libvirt 9.0.0 takes; of lists every item. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  stdio_handler: ['logd', 'file'],
  security_driver: ['selinux', 'apparmor', 'none'],
  namespaces: ['mount'],
  max_core: ['unlimited'],
  // Each is a plugin, and libvirt has no others.
  lock_manager: ['lockd', 'sanlock'],
  sched_core: ['none', 'vcpus', 'emulator', 'full'],
  cgroup_controllers: [
    'cpu',
    'cpuacct',
    'cpuset',
    'memory',
    'devices',
    'freezer',
    'blkio',
    'net_cls',
    'perf_event',
    'name=systemd',
  ],
};

const ACCOUNTS = ['user', 'group', 'swtpm_user', 'swtpm_group'];
const FOLDERS = ['auto_dump_path', ...CERTIFICATE_FOLDERS];
/** Refused by the libvirt of the day, whatever came before it. */
const PROBING_REFUSED = [9, 0, 0];

/** Ranges of display ports: each with the port below which libvirt does not go. */
const RANGES = [
  ['remote_display_port', 5900],
  ['remote_websocket_port', 5700],
] as const;

export default defineRule({
  id: 'qemu/bad-value',
  scope: 'host',
  title: "A value that ends libvirt's QEMU driver",
  severity: 'error',
  files: ['qemu'],
  messages: {
    choice: '{key} has {word}, which libvirt does not know and so does not start; write {allowed}',
    empty:
      '{key} = "" names nobody: libvirt does not start; write a name or a number, or leave it out for the package\'s own',
    folder: '{key} = "" names no folder: libvirt does not start; name one, or leave it out',
    low: '{key} = {value} is below {least}: libvirt does not start; write {least} or more',
    last: '{key} = {value} leaves no port above it: libvirt does not start; the last port there is is 65535',
    high: '{key} = {value} is beyond 65535: libvirt does not start',
    order: '{key} = {value} is not above the first port, {first}: libvirt does not start',
    firmware:
      '{word} in {key} is no pair "FIRMWARE:VARIABLES": libvirt does not start, unless QEMU brings descriptions of its firmware',
    probing:
      '{key} = 1 is refused by the libvirt of today, which does not start; give disks their format, and leave it out',
  },
  fixes: { value: 'Write {right}' },
  why: `The QEMU driver reads its file when the daemon starts and fails at the first value it cannot use: *Initialization of QEMU
state driver failed: unsupported configuration: Unknown stdio handler foo*, *Failed to initialize security drivers*,
*remote_display_port_min: port must be greater than or equal to 5900*. The daemon ends; there is nothing to migrate to or from.
\`nvram\` is passed over where /usr/share/qemu/firmware has descriptions.`,
  sources: ['libvirtd 9.0.0 run on each of the examples', 'src/qemu/qemu_conf.c of libvirt 9.0.0'],
  explains: [
    /Unknown (stdio handler|core size|sched_core value|cgroup controller|namespace)/,
    /Security driver \S* not found|Failed to initialize security drivers/,
    /remote_(display|websocket)_port_(min|max): port must be/,
    /Invalid nvram format/,
    /Failed to parse (user|group) ''/,
    /_tls_x509_cert_dir directory '' does not exist|Failed to create dump dir/,
    /lock-driver\/\S*\.so not accessible/,
    /allow_disk_format_probing is no longer supported/,
  ],
  preflight: true,
  examples: [
    {
      title: 'in capitals',
      files: { 'etc/libvirt/qemu.conf': 'security_driver = ⟦"None"⟧ # off\r\n' },
      good: { 'etc/libvirt/qemu.conf': 'security_driver = "none" # off\r\n' },
    },
    {
      title: 'words that are not known',
      files: {
        'etc/libvirt/qemu.conf':
          'stdio_handler = ⟦"syslog"⟧\nsecurity_driver = [ "selinux", ⟦"dac"⟧ ]\ncgroup_controllers = [ "cpu", ⟦"mem"⟧ ]\n',
      },
    },
    { title: 'no account', files: { 'etc/libvirt/qemu.conf': 'user = ⟦""⟧\n' } },
    {
      title: 'no folder, and a lock manager that nobody has',
      files: { 'etc/libvirt/qemu.conf': 'default_tls_x509_cert_dir = ⟦""⟧\nlock_manager = ⟦"none"⟧\n' },
    },
    {
      title: 'a switch of olden times',
      files: {
        'facts.json': '{"libvirt": "9.0.0"}',
        'etc/libvirt/qemu.conf': 'allow_disk_format_probing = ⟦1⟧\n',
      },
    },
    {
      title: 'the same, the version not known',
      severity: 'warning',
      files: { 'etc/libvirt/qemu.conf': 'allow_disk_format_probing = ⟦1⟧\n' },
    },
    {
      title: 'display ports',
      files: {
        'compute1/etc/libvirt/qemu.conf': 'remote_display_port_min = ⟦5000⟧\n',
        'compute2/etc/libvirt/qemu.conf': 'remote_display_port_min = 6000\nremote_display_port_max = ⟦6000⟧\n',
        'compute3/etc/libvirt/qemu.conf': 'remote_websocket_port_max = ⟦70000⟧\n',
      },
    },
    {
      title: 'firmware',
      severity: 'warning',
      files: { 'etc/libvirt/qemu.conf': 'nvram = [ ⟦"/usr/share/OVMF/OVMF_CODE.fd"⟧ ]\n' },
    },
    {
      title: 'what libvirt takes',
      files: {
        'etc/libvirt/qemu.conf':
          'stdio_handler = "file"\nsecurity_driver = [ "selinux", "apparmor" ]\nnamespaces = [ ]\nmax_core = "unlimited"\nuser = "+0"\nremote_display_port_min = 5950\nsave_image_format = "foo"\nnvram = [ "/a.fd:/b.fd" ]\n',
      },
    },
  ],
  check(host, report) {
    for (const { set, message, severity, values, right } of judge(host.qemu, host.platform)) {
      report({
        file: set.file,
        span: set.entry.value.span,
        message,
        ...(severity && { severity }),
        values: { key: set.entry.key, ...values },
        fixes: [
          right === undefined
            ? undefined
            : { title: 'value', values: { right }, edits: [setLibvirtValue(set.file, set.entry, right)] },
        ],
      });
    }
  },
});

function* judge(qemu: LibvirtConfig, { libvirt }: Platform): Generator<Verdict> {
  for (const key of Object.keys(CHOICES)) yield* judgeWords(qemu.get(key), CHOICES[key] ?? []);
  for (const key of [...ACCOUNTS, ...FOLDERS]) {
    const set = qemu.get(key);
    if (set && qemu.string(key) === '') yield { set, message: ACCOUNTS.includes(key) ? 'empty' : 'folder' };
  }
  const probing = qemu.get('allow_disk_format_probing');
  if (probing && qemu.number('allow_disk_format_probing') === 1)
    yield { set: probing, message: 'probing', severity: atLeast(libvirt, PROBING_REFUSED) ? 'error' : 'warning' };
  for (const [name, least] of RANGES) yield* judgeRange(qemu, name, least);
  const nvram = qemu.get('nvram');
  if (nvram?.entry.value.type === 'list') {
    for (const item of nvram.entry.value.items) {
      if (item.type === 'string' && !item.text.includes(':'))
        yield { set: at(nvram, item), message: 'firmware', severity: 'warning', values: { word: item.text } };
    }
  }
}

/** The same setting with one item of its list for the value: what a finding marks and a fix replaces. */
function at(set: LibvirtSetting, value: LibvirtSetting['entry']['value']): LibvirtSetting {
  return { file: set.file, entry: { ...set.entry, value } };
}

function* judgeWords(set: LibvirtSetting | undefined, allowed: readonly string[]): Generator<Verdict> {
  if (!set) return;
  const { value } = set.entry;
  for (const item of value.type === 'list' ? value.items : [value]) {
    if (item.type !== 'string' || allowed.includes(item.text)) continue;
    const lower = allowed.find((a) => a === item.text.trim().toLowerCase());
    yield {
      set: at(set, item),
      message: 'choice',
      values: { word: `"${item.text}"`, allowed: allowed.map((a) => `"${a}"`).join(', ') },
      ...(lower === undefined ? {} : { right: `"${lower}"` }),
    };
  }
}

function* judgeRange(qemu: LibvirtConfig, name: string, least: number): Generator<Verdict> {
  const lower = qemu.get(`${name}_min`);
  const upper = qemu.get(`${name}_max`);
  const min = qemu.number(`${name}_min`) ?? least;
  const max = qemu.number(`${name}_max`) ?? 65535;
  if (min < 0 || max < 0) return;
  if (lower && min < least) yield { set: lower, message: 'low', values: { value: min, least } };
  else if (lower && min >= 65535) yield { set: lower, message: 'last', values: { value: min } };
  else if (upper && max > 65535) yield { set: upper, message: 'high', values: { value: max } };
  else if (upper && max <= min) yield { set: upper, message: 'order', values: { value: max, first: min } };
}
