import { TOP } from '../edits';
import type { Host } from '../../model/host';
import { factPlace } from '../../model/factPlace';
import { defineRule } from '../rule';

/** Where distributions keep the firmware that QEMU gives to guests that name none. */
const FILES = [
  '/usr/share/seabios/bios-256k.bin',
  '/usr/share/qemu/bios-256k.bin',
  '/usr/share/qemu-kvm/bios-256k.bin',
];

export default defineRule({
  id: 'cluster/firmware-missing',
  scope: 'cluster',
  title: 'There is no firmware for guests',
  severity: 'warning',
  files: ['facts'],
  messages: {
    default:
      'QEMU has no firmware here ({name} in none of the usual folders), as {other} has: no guest starts or arrives; install seabios',
  },
  why: `A guest that names no firmware gets SeaBIOS, from a package of its own: *qemu: could not load PC BIOS 'bios-256k.bin'*. It is missing
where packages were installed without what they recommend, or were removed by halves.`,
  sources: ['virsh migrate to a host without seabios, QEMU 7.2.22'],
  explains: [/could not load PC BIOS/],
  preflight: 'destination',
  examples: [
    {
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/facts.json':
          '{"emulator": "/usr/bin/qemu-system-x86_64", "paths": {"/usr/share/seabios/bios-256k.bin": {"type": "file", "mode": 420, "uid": 0, "gid": 0}, "/usr/share/qemu/bios-256k.bin": null, "/usr/share/qemu-kvm/bios-256k.bin": null}}',
        'c2/facts.json':
          '{"emulator": "/usr/bin/qemu-system-x86_64", "paths": {"/usr/share/seabios/bios-256k.bin": ⟦null⟧, "/usr/share/qemu/bios-256k.bin": null, "/usr/share/qemu-kvm/bios-256k.bin": null}}',
      },
    },
    {
      title: 'elsewhere on all; a program of another kind; nobody looked',
      files: {
        'livemig.ini':
          '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n[node c4]\nroles = compute\n',
        'c1/facts.json':
          '{"emulator": "/usr/bin/qemu-system-x86_64", "paths": {"/usr/share/seabios/bios-256k.bin": {"type": "file", "mode": 420, "uid": 0, "gid": 0}, "/usr/share/qemu/bios-256k.bin": null, "/usr/share/qemu-kvm/bios-256k.bin": null}}',
        'c2/facts.json':
          '{"emulator": "/opt/qemu/bin/qemu-system-x86_64", "paths": {"/usr/share/seabios/bios-256k.bin": null, "/usr/share/qemu/bios-256k.bin": null, "/usr/share/qemu-kvm/bios-256k.bin": null}}',
        'c3/facts.json': '{"emulator": "/usr/bin/qemu-system-x86_64", "paths": {}}',
        'c4/facts.json':
          '{"paths": {"/usr/share/seabios/bios-256k.bin": null, "/usr/share/qemu/bios-256k.bin": null, "/usr/share/qemu-kvm/bios-256k.bin": null}}',
      },
    },
  ],
  check(cluster, report) {
    // The same program on both, so that it looks in the same folders.
    const having = new Map<string, Host>();
    for (const host of cluster.hosts) {
      const { emulator, paths } = host.facts ?? {};
      if (emulator !== undefined && FILES.some((f) => paths?.[f])) having.set(emulator, host);
    }
    for (const host of cluster.hosts) {
      const { emulator, paths } = host.facts ?? {};
      const other = emulator === undefined ? undefined : having.get(emulator);
      const file = host.first('facts');
      if (!other || !file || !FILES.every((f) => paths?.[f] === null)) continue;
      const place = factPlace(host, ['paths', FILES[0]!]) ?? { file, span: TOP };
      report({ host, ...place, values: { name: 'bios-256k.bin', other: other.name } });
    }
  },
});
