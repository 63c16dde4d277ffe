import { setLibvirtKey } from '../edits';
import { defineRule } from '../rule';

/** Defaults of libvirt. */
const MIN = 49152;
const MAX = 49215;

export default defineRule({
  id: 'qemu/migration-ports',
  scope: 'host',
  title: 'The range of migration ports is empty',
  severity: 'error',
  files: ['qemu'],
  messages: {
    zero: 'migration_port_min = 0 is no port: libvirt does not start; write one from 1 to 65534',
    high: 'migration_port_max = {max} is beyond 65535: libvirt does not start',
    empty:
      'Ports {min} ({minFrom}) to {max} ({maxFrom}) are no range, the first must be less than the last: libvirt does not start',
  },
  fixes: { usual: 'Use the default range, 49152 to 49215', last: 'Set the last port to {last}' },
  why: `QEMU takes a port of this range for each incoming migration. libvirt refuses a range whose first port is not less than its last,
also against the default of the one that is left out: *migration_port_max: port must be between the minimal port 50000 and 65535*,
or *start port 49152 must be less than end port 49152*; the QEMU driver fails and the daemon ends.`,
  sources: ['libvirtd 9.0.0 run on each of the examples', 'src/qemu/qemu_conf.c of libvirt 9.0.0'],
  explains: [/migration_port_(min|max): port must be/, /start port \d+ must be less than end port \d+/],
  preflight: 'destination',
  examples: [
    {
      title: 'the first port alone is raised above the default last one',
      files: { 'etc/libvirt/qemu.conf': '⟦migration_port_min = 50000⟧ # firewall\r\n' },
      fix: 'last',
      good: { 'etc/libvirt/qemu.conf': 'migration_port_min = 50000 # firewall\r\nmigration_port_max = 50063\r\n' },
    },
    {
      title: 'a single port',
      files: { 'etc/libvirt/qemu.conf': 'migration_port_min = 49152\n⟦migration_port_max = 49152⟧\n' },
      fix: 'usual',
      good: { 'etc/libvirt/qemu.conf': 'migration_port_min = 49152\nmigration_port_max = 49215\n' },
    },
    {
      title: 'too high, and none',
      files: {
        'compute1/etc/libvirt/qemu.conf': '⟦migration_port_max = 70000⟧\n',
        'compute2/etc/libvirt/qemu.conf': '⟦migration_port_min = 0⟧\n',
      },
      fix: 'usual',
      good: {
        'compute1/etc/libvirt/qemu.conf': 'migration_port_max = 49215\n',
        'compute2/etc/libvirt/qemu.conf': 'migration_port_min = 49152\n',
      },
    },
    {
      title: 'ranges, also small and low ones',
      files: {
        'compute1/etc/libvirt/qemu.conf': 'migration_port_min = 49214\n',
        'compute2/etc/libvirt/qemu.conf': 'migration_port_min = 100\nmigration_port_max = 200\n',
      },
    },
  ],
  check(host, report) {
    const { qemu } = host;
    const lower = qemu.get('migration_port_min');
    const upper = qemu.get('migration_port_max');
    const min = qemu.number('migration_port_min') ?? MIN;
    const max = qemu.number('migration_port_max') ?? MAX;
    const set = upper ?? lower;
    if (!set || min < 0 || max < 0) return;
    const message = min === 0 ? 'zero' : max > 65535 ? 'high' : min >= max ? 'empty' : undefined;
    if (!message) return;
    const marked = message === 'zero' ? lower : set;
    if (!marked) return;
    const usual = [
      ...(lower && min !== MIN ? [setLibvirtKey(set.file, 'migration_port_min', String(MIN))] : []),
      ...(upper && max !== MAX ? [setLibvirtKey(set.file, 'migration_port_max', String(MAX))] : []),
    ];
    // As many ports as by default.
    const last = min + MAX - MIN;
    report({
      file: set.file,
      span: marked.entry.span,
      message,
      values: { min, max, minFrom: lower ? 'set' : 'the default', maxFrom: upper ? 'set' : 'the default' },
      related:
        message === 'empty' && lower && upper
          ? [{ file: set.file, span: lower.entry.span, message: 'The first port' }]
          : [],
      fixes: [
        { title: 'usual', edits: usual, preferred: false },
        message === 'empty' && last <= 65535
          ? {
              title: 'last',
              values: { last },
              edits: [setLibvirtKey(set.file, 'migration_port_max', String(last))],
              preferred: false,
            }
          : undefined,
      ],
    });
  },
});
