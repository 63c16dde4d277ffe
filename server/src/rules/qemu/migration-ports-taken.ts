import { TOP } from '../edits';
import { factPlace } from '../../model/factPlace';
import { defineRule } from '../rule';

const [MIN, MAX] = [49152, 49215];

export default defineRule({
  id: 'qemu/migration-ports-taken',
  scope: 'host',
  title: 'All ports for migrations are taken',
  severity: 'error',
  files: ['facts'],
  messages: {
    default:
      'Something listens on every port from {min} to {max}: no guest can arrive; end it, or set migration_port_min and _max to free ones',
  },
  why: `The destination's QEMU listens on the first free port from migration_port_min to migration_port_max of qemu.conf: *Unable to find an
unused port in range 'migration' (49152-49153)*. The kernel gives ports of that range to other programs, too, unless
net.ipv4.ip_local_reserved_ports keeps it free.`,
  sources: ['virsh migrate to libvirt 9.0.0 whose two migration ports were taken'],
  explains: [/Unable to find an unused port in range 'migration'/],
  preflight: 'destination',
  examples: [
    {
      files: {
        'etc/libvirt/qemu.conf': 'migration_port_max = 49153\n',
        'facts.json':
          '{"emulator": "/usr/bin/qemu-system-x86_64", ⟦"listening"⟧: ["0.0.0.0:22", "0.0.0.0:49152", "[::]:49153"]}',
      },
    },
    {
      title: 'one is free; many are; it was not looked at; a range that libvirt refuses',
      files: {
        'c1/etc/libvirt/qemu.conf': 'migration_port_max = 49153\n',
        'c1/facts.json': '{"listening": ["0.0.0.0:49152"]}',
        'c2/etc/libvirt/qemu.conf': '',
        'c2/facts.json': '{"listening": ["0.0.0.0:49152", "0.0.0.0:49153"]}',
        'c3/etc/libvirt/qemu.conf': 'migration_port_max = 49153\n',
        'c3/facts.json': '{}',
        'c4/etc/libvirt/qemu.conf': 'migration_port_max = 49152\n',
        'c4/facts.json': '{"listening": ["0.0.0.0:49152"]}',
      },
    },
  ],
  check(host, report) {
    const { listening } = host.facts ?? {};
    const file = host.first('facts');
    if (!listening || !file || !host.qemu.file) return;
    const min = host.qemu.number('migration_port_min') ?? MIN;
    const max = host.qemu.number('migration_port_max') ?? MAX;
    const taken = new Set(listening.map((l) => Number(/:(\d+)$/.exec(l)?.[1])).filter((p) => p >= min && p <= max));
    if (max <= min || taken.size < max - min + 1) return;
    const place = factPlace(host, ['listening']) ?? { file, span: TOP };
    report({ ...place, values: { min, max } });
  },
});
