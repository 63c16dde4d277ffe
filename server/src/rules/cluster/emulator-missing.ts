import { factPlace } from '../../model/factPlace';
import type { Host } from '../../model/host';
import { outliers } from '../nova/_groups';
import { defineRule } from '../rule';

export default defineRule({
  id: 'cluster/emulator-missing',
  scope: 'cluster',
  title: 'QEMU lies elsewhere on another host',
  severity: 'error',
  files: ['facts'],
  messages: {
    default:
      'Guests of {host} are run by {other}, which is not here (but {own}): they cannot come; link the one to the other on both hosts',
  },
  why: `Libvirt writes the path of the QEMU program into a guest's definition when it is first started, and the destination looks for it
there: *Cannot check QEMU binary /usr/libexec/qemu-kvm: No such file or directory*. Red Hat's is /usr/libexec/qemu-kvm, Debian's and
Ubuntu's /usr/bin/qemu-system-x86_64, old Ubuntu's /usr/bin/kvm or kvm-spice. A symbolic link on each host settles it, as far as machine
types go together.`,
  sources: ['virsh migrate and virsh create with an emulator that is not there, libvirt 9.0.0'],
  explains: [/Cannot check QEMU binary \S+: No such file or directory/],
  preflight: 'destination',
  examples: [
    {
      title: 'one of another distribution, looked at',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/facts.json': '{"emulator": "/usr/bin/qemu-system-x86_64"}',
        'c2/facts.json': '{"emulator": "/usr/bin/qemu-system-x86_64"}',
        'c3/facts.json': '{"emulator": ⟦"/usr/libexec/qemu-kvm"⟧, "paths": {"/usr/bin/qemu-system-x86_64": null}}',
      },
    },
    {
      title: 'nobody looked whether there is a link',
      severity: 'warning',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/facts.json': '{"emulator": ⟦"/usr/bin/qemu-system-x86_64"⟧}',
        'c2/facts.json': '{"emulator": ⟦"/usr/bin/kvm"⟧}',
      },
    },
    {
      title: 'the same program, found by another search path',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/facts.json': '{"emulator": "/usr/bin/qemu-system-x86_64"}',
        'c2/facts.json': '{"emulator": "/bin/qemu-system-x86_64"}',
      },
    },
    {
      title: 'there are links; the same on all; a controller',
      files: {
        'livemig.ini':
          '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n[node ctl]\nroles = controller\n',
        'c1/facts.json': '{"emulator": "/usr/bin/qemu-system-x86_64"}',
        'c2/facts.json': '{"emulator": "/usr/bin/qemu-system-x86_64"}',
        'c3/facts.json':
          '{"emulator": "/usr/libexec/qemu-kvm", "paths": {"/usr/bin/qemu-system-x86_64": {"type": "file", "mode": 493, "uid": 0, "gid": 0}}}',
        'ctl/facts.json': '{"emulator": "/usr/bin/kvm"}',
      },
    },
  ],
  check(cluster, report) {
    const hosts = cluster.hosts.filter((h) => h.isCompute && h.facts?.emulator !== undefined);
    for (const { item, other } of outliers(hosts, (h) => merged(h.facts!.emulator!))) {
      const path = other.facts!.emulator!;
      const found = pathOf(item, merged(path));
      const place = factPlace(item, ['emulator']);
      if (!place || found) continue;
      const theirs = factPlace(other, ['emulator']);
      report({
        host: item,
        ...place,
        severity: found === null ? 'error' : 'warning',
        values: { own: item.facts!.emulator!, other: path, host: other.name },
        related: theirs ? [{ ...theirs, message: `QEMU of ${other.name}` }] : [],
      });
    }
  },
});

/** /bin and /usr/bin are one where libvirt finds QEMU in /bin, by whatever search path it was started with. */
function merged(path: string): string {
  return path.replace(/^\/bin\//, '/usr/bin/');
}

/** Null where there is nothing, undefined where nobody looked. */
function pathOf(host: Host, path: string): object | null | undefined {
  const paths = host.facts?.paths ?? {};
  return Object.hasOwn(paths, path) ? paths[path] : undefined;
}
