import type { Host } from '../../model/host';
import { defineRule } from '../rule';
import { placeOf, removeAll } from './_entry';
import { runsGuests } from './_guests';
import { moveEntry } from './_move';

export default defineRule({
  id: 'nova/cpu-sets-conflict',
  scope: 'host',
  title: 'CPU sets that exclude each other',
  severity: 'error',
  files: ['nova'],
  releases: { from: 'train' },
  messages: {
    pins: 'vcpu_pin_set beside cpu_dedicated_set: nova-compute does not start; cpu_shared_set takes its place',
    overlap:
      'CPU {cpu} is in cpu_dedicated_set and in cpu_shared_set: nova-compute does not start; a CPU may be in one of them',
    reserved:
      'reserved_host_cpus = {reserved} beside {set}: nova-compute does not start; leave those CPUs out of the set instead',
  },
  fixes: { remove: 'Delete {key}', move: 'Move it to [compute] as cpu_shared_set' },
  why: `The sets say which CPUs guests share and which they are pinned to, and nova-compute compares them as it starts: *The 'vcpu_pin_set'
config option has been deprecated and cannot be defined alongside '[compute] cpu_dedicated_set'*, *… must be disjoint*, *The
'reserved_host_cpus' config option cannot be defined alongside*. While it is down no guest can migrate to or from the host.`,
  sources: ['nova/virt/libvirt/driver.py, _check_cpu_set_configuration, 26.2.2', 'nova-compute 26.2.2: exits'],
  explains: [
    /'vcpu_pin_set' config option has been deprecated and cannot be defined/,
    /cpu_shared_set' configuration options must be disjoint/,
    /'reserved_host_cpus' config option cannot be defined alongside/,
  ],
  preflight: true,
  examples: [
    {
      files: {
        'etc/nova/nova.conf':
          '[DEFAULT]\nvcpu_pin_set = ⟦2-7⟧\nmy_ip = 10.0.0.1\n[compute]\ncpu_dedicated_set = 8-15\n[libvirt]\nvirt_type = kvm\n',
      },
      fix: 'move',
      good: {
        'etc/nova/nova.conf':
          '[DEFAULT]\nmy_ip = 10.0.0.1\n[compute]\ncpu_dedicated_set = 8-15\ncpu_shared_set = 2-7\n[libvirt]\nvirt_type = kvm\n',
      },
    },
    {
      title: 'the same CPUs in both: nothing to move',
      release: 'train',
      files: {
        'etc/nova/nova.conf':
          '[DEFAULT]\r\nvcpu_pin_set=⟦8-15⟧\r\n[compute]\r\ncpu_dedicated_set=8-15\r\n[libvirt]\r\nvirt_type=kvm\r\n',
      },
      fix: 'remove',
      good: {
        'etc/nova/nova.conf': '[DEFAULT]\r\n[compute]\r\ncpu_dedicated_set=8-15\r\n[libvirt]\r\nvirt_type=kvm\r\n',
      },
    },
    {
      title: 'a CPU in both sets',
      release: 'zed',
      files: {
        'etc/nova/nova.conf':
          '[compute]\ncpu_shared_set = 0-3,^1\ncpu_dedicated_set = ⟦1,3,4-7⟧\n[libvirt]\nvirt_type = kvm\n',
      },
    },
    {
      title: 'reserved by number',
      files: {
        'etc/nova/nova.conf':
          '[DEFAULT]\nreserved_host_cpus = ⟦2⟧\n[compute]\ncpu_shared_set = 2-7\n[libvirt]\nvirt_type = kvm\n',
      },
      good: {
        'etc/nova/nova.conf': '[DEFAULT]\n[compute]\ncpu_shared_set = 2-7\n[libvirt]\nvirt_type = kvm\n',
      },
    },
    {
      title: 'disjoint sets, the old set alone or with cpu_shared_set, what cannot be read, and a controller',
      files: {
        'livemig.ini':
          '[node a]\nroles = compute\n[node b]\nroles = compute\n[node c]\nroles = compute\n[node d]\nroles = compute\n[node ctl]\nroles = controller\n',
        'a/etc/nova/nova.conf':
          '[DEFAULT]\nreserved_host_cpus = 0\n[compute]\ncpu_shared_set = 0-7,^2\ncpu_dedicated_set = 2,8-15\n',
        'b/etc/nova/nova.conf': '[DEFAULT]\nvcpu_pin_set = 2-7\nreserved_host_cpus = 2\n',
        'c/etc/nova/nova.conf': '[DEFAULT]\nvcpu_pin_set = 2-7\n[compute]\ncpu_shared_set = 0-1\n',
        'd/etc/nova/nova.conf': '[compute]\ncpu_shared_set = 0-a\ncpu_dedicated_set = 0-3\n',
        'ctl/etc/nova/nova.conf': '[DEFAULT]\nvcpu_pin_set = 2-7\n[compute]\ncpu_dedicated_set = 2-7\n',
      },
    },
    {
      title: 'Stein had no dedicated set',
      release: 'stein',
      files: {
        'etc/nova/nova.conf':
          '[DEFAULT]\nvcpu_pin_set = 2-7\nreserved_host_cpus = 2\n[compute]\ncpu_shared_set = 0-1\n[libvirt]\nvirt_type = kvm\n',
      },
    },
  ],
  check(host, report) {
    const pins = host.nova.get('vcpu_pin_set');
    const shared = host.nova.get('cpu_shared_set');
    const dedicated = host.nova.get('cpu_dedicated_set');
    const pinned = cpusOf(host, 'vcpu_pin_set');
    const own = cpusOf(host, 'cpu_dedicated_set');
    const common = cpusOf(host, 'cpu_shared_set');
    if (!pinned && !own && !common) return;
    if (!runsGuests(host)) return;
    const where = placeOf(dedicated) ?? placeOf(shared);
    const related = where ? [{ ...where, message: 'The set' }] : [];
    const place = placeOf(pins);
    if (pinned && pins?.entry && place) {
      if (!own) return;
      const movable = placeOf(shared) === undefined && ![...pinned].some((cpu) => own.has(cpu));
      report({
        ...place,
        message: 'pins',
        related,
        fixes: [
          movable && host.nova.settersOf(pins.option).length === 1
            ? { title: 'move', edits: moveEntry(place.file, pins.entry, 'compute', 'cpu_shared_set'), preferred: false }
            : undefined,
          { title: 'remove', values: { key: pins.entry.key }, edits: removeAll(host, pins.option), preferred: false },
        ],
      });
      return;
    }
    const twice = own && common && [...own].find((cpu) => common.has(cpu));
    const sets = placeOf(dedicated);
    const other = placeOf(shared);
    if (twice !== undefined && sets)
      report({
        ...sets,
        message: 'overlap',
        values: { cpu: twice },
        related: other ? [{ ...other, message: 'The shared CPUs' }] : [],
      });
    const reserved = host.nova.get('reserved_host_cpus');
    const line = placeOf(reserved);
    if (line && reserved?.entry && Number(reserved.value) > 0)
      report({
        ...line,
        message: 'reserved',
        values: { reserved: reserved.value ?? '', set: own ? 'cpu_dedicated_set' : 'cpu_shared_set' },
        related,
        fixes: [{ title: 'remove', values: { key: reserved.entry.key }, edits: removeAll(host, reserved.option) }],
      });
  },
});

/** The CPUs of a list such as `0-7,^2,12`; undefined when it is not set or is none. */
function cpusOf(
  host: Host,
  name: 'vcpu_pin_set' | 'cpu_shared_set' | 'cpu_dedicated_set',
): ReadonlySet<number> | undefined {
  const value = host.nova.get(name)?.value;
  if (!value) return undefined;
  const all = new Set<number>();
  const without = new Set<number>();
  for (const part of value.split(',').map((p) => p.trim())) {
    const [, not, from, to] = /^(\^)?(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    if (part === '') continue;
    const last = Number(to ?? from);
    if (from === undefined || last - Number(from) > 4096) return undefined;
    for (let cpu = Number(from); cpu <= last; cpu++) (not ? without : all).add(cpu);
  }
  for (const cpu of without) all.delete(cpu);
  return all.size > 0 ? all : undefined;
}
