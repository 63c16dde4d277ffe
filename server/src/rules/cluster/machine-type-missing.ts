import { option } from '../../knowledge/nova';
import { factPlace } from '../../model/factPlace';
import type { Host, Place } from '../../model/host';
import { compareVersions } from '../../model/platform';
import { placeOf } from '../nova/_entry';
import { outliers } from '../nova/_groups';
import { computesOf } from '../nova/_guests';
import { isPlaceholder } from '../nova/_items';
import { defineRule } from '../rule';
import { versionsNotCompared } from './qemu-version-differs';
import { versionOf } from './_versions';

export default defineRule({
  id: 'cluster/machine-type-missing',
  scope: 'cluster',
  title: 'QEMU does not offer the machine type of the guests',
  severity: 'error',
  files: ['nova', 'facts'],
  messages: {
    own: 'QEMU here offers no machine type {type}: no guest starts, and none that has it can come; choose one that all hosts offer',
    come: 'Guests of {host} start as {type}, which QEMU here does not offer: they cannot come; set one hw_machine_type that all hosts offer',
    go: 'Guests start as {type} here, which QEMU of {host} does not offer: they cannot go there; set one hw_machine_type that all hosts offer',
  },
  why: `A guest is started as a machine of one type and version, \`pc-i440fx-7.2\`, and keeps it wherever it goes. Short names as \`pc\` and
\`q35\` stand for the newest that the QEMU at hand has. A destination that does not offer it refuses: *Emulator
'/usr/bin/qemu-system-x86_64' does not support machine type 'pc-i440fx-7.2'*. Distributions have types of their own
(\`pc-q35-rhel9.2.0\`, \`pc-i440fx-jammy\`), which those of others lack.`,
  sources: [
    'virsh migrate and virsh create with a machine type that QEMU 7.2 lacks, libvirt 9.0.0',
    'nova/virt/libvirt/utils.py, get_default_machine_type, 33.0.0',
  ],
  explains: [/does not support machine type/, /unsupported machine type/],
  preflight: 'destination',
  examples: [
    {
      title: 'set, and not there',
      files: {
        'etc/nova/nova-compute.conf': '',
        'etc/nova/nova.conf': '[libvirt]\nhw_machine_type = ⟦armv7l=virt,x86_64=pc-i440fx-2.11⟧\n',
        'facts.json': '{"machineTypes": ["pc", "q35", "pc-i440fx-9.1", "pc-q35-9.1"]}',
      },
    },
    {
      title: 'not set: what pc stands for is another thing in each distribution',
      severity: 'warning',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'c1/facts.json':
          '{"qemu": "6.2.0", "machineTypes": ["pc", "pc-i440fx-6.2"], "machineAliases": {"pc": "pc-i440fx-6.2"}}',
        'c2/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'c2/facts.json':
          '{"qemu": "6.2.0", "machineTypes": ["pc", "pc-i440fx-6.2"], "machineAliases": {"pc": "pc-i440fx-6.2"}}',
        'c3/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'c3/facts.json':
          '{"qemu": "6.2.0", ⟦"machineTypes"⟧: ["pc", "pc-i440fx-6.2", "pc-i440fx-jammy"], "machineAliases": {"pc": "pc-i440fx-jammy"}}',
      },
    },
    {
      title: 'a short name that is set',
      severity: 'warning',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nhw_machine_type = x86_64=q35\n',
        'c1/facts.json':
          '{"machineTypes": ["pc", "q35", "pc-q35-rhel9.2.0"], "machineAliases": {"q35": "pc-q35-rhel9.2.0"}}',
        'c2/etc/nova/nova.conf': '[libvirt]\nhw_machine_type = x86_64=q35\n',
        'c2/facts.json':
          '{"machineTypes": ["pc", "q35", "pc-q35-rhel9.2.0"], "machineAliases": {"q35": "pc-q35-rhel9.2.0"}}',
        'c3/etc/nova/nova.conf': '[libvirt]\nhw_machine_type = ⟦x86_64=q35⟧\n',
        'c3/facts.json':
          '{"machineTypes": ["pc", "q35", "pc-q35-rhel9.0.0"], "machineAliases": {"q35": "pc-q35-rhel9.0.0"}}',
      },
    },
    {
      title: 'down to an older QEMU nova moves nothing, as cluster/qemu-version-differs tells; up, all is offered',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'c1/facts.json':
          '{"qemu": "6.2.0", "machineTypes": ["pc", "pc-i440fx-6.2"], "machineAliases": {"pc": "pc-i440fx-6.2"}}',
        'c2/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'c2/facts.json':
          '{"qemu": "7.2.0", "machineTypes": ["pc", "pc-i440fx-6.2", "pc-i440fx-7.2"], "machineAliases": {"pc": "pc-i440fx-7.2"}}',
      },
    },
    {
      title: 'unless nova is told not to look',
      severity: 'warning',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/etc/nova/nova.conf':
          '[workarounds]\nskip_hypervisor_version_check_on_lm = true\n[libvirt]\nvirt_type = kvm\n',
        'c1/facts.json':
          '{"qemu": "6.2.0", ⟦"machineTypes"⟧: ["pc", "pc-i440fx-6.2"], "machineAliases": {"pc": "pc-i440fx-6.2"}}',
        'c2/etc/nova/nova.conf':
          '[workarounds]\nskip_hypervisor_version_check_on_lm = true\n[libvirt]\nvirt_type = kvm\n',
        'c2/facts.json':
          '{"qemu": "7.2.0", ⟦"machineTypes"⟧: ["pc", "pc-i440fx-6.2", "pc-i440fx-7.2"], "machineAliases": {"pc": "pc-i440fx-7.2"}}',
      },
    },
    {
      title: 'one type for all, of the oldest; by a short name; for another architecture; nothing measured; LXC',
      files: {
        'livemig.ini':
          '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n[node c4]\nroles = compute\n[node c5]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nhw_machine_type = x86_64=pc-i440fx-6.2\n',
        'c1/facts.json': '{"machineTypes": ["pc", "pc-i440fx-6.2"], "machineAliases": {"pc": "pc-i440fx-6.2"}}',
        'c2/etc/nova/nova.conf': '[libvirt]\nhw_machine_type = "x86_64=pc"\n',
        'c2/facts.json':
          '{"machineTypes": ["pc", "pc-i440fx-6.2", "pc-i440fx-7.2"], "machineAliases": {"pc": "pc-i440fx-6.2"}}',
        'c3/etc/nova/nova.conf': '[libvirt]\nhw_machine_type = aarch64=virt-9\n',
        'c3/facts.json': '{"machineTypes": ["virt", "virt-6.2"]}',
        'c4/etc/nova/nova.conf': '[libvirt]\nhw_machine_type = x86_64=pc-i440fx-2.11\n',
        'c5/etc/nova/nova.conf': '[libvirt]\nvirt_type = lxc\nhw_machine_type = x86_64=pc-i440fx-2.11\n',
        'c5/facts.json': '{"machineTypes": ["pc", "pc-i440fx-6.2"]}',
      },
    },
  ],
  check(cluster, report) {
    const guests: Guests[] = [];
    for (const host of computesOf(cluster)) {
      const machines = machinesOf(host);
      if (!machines) continue;
      const { set, type, place, offered } = machines;
      if (set && !offered.has(type)) report({ host, ...place, message: 'own', values: { type } });
      else if (type !== undefined) guests.push({ ...machines, type });
    }
    const free = versionsNotCompared(cluster);
    /** Nova itself lets a guest of one host go to another. */
    const allowed = (from: Host, to: Host): boolean => {
      const [source, destination] = [versionOf(cluster, from, 'qemu'), versionOf(cluster, to, 'qemu')];
      return free || !source || !destination || compareVersions(source.numbers, destination.numbers) <= 0;
    };
    for (const { item, other } of outliers(guests, (g) => g.type)) {
      const come = !item.offered.has(other.type) && allowed(other.host, item.host);
      const go = !other.offered.has(item.type) && allowed(item.host, other.host);
      if (!come && !go) continue;
      report({
        host: item.host,
        ...item.place,
        message: come ? 'come' : 'go',
        severity: 'warning',
        values: { type: come ? other.type : item.type, host: other.host.name },
        related: [{ ...other.place, message: `Machine types of ${other.host.name}` }],
      });
    }
  },
});

/** What guests of a host are started as. */
interface Guests {
  readonly host: Host;
  /** In full; undefined where a short name's meaning was not measured. */
  readonly type: string;
  readonly offered: ReadonlySet<string>;
  readonly place: Place;
}

type Machines = Omit<Guests, 'type'> &
  ({ readonly set: true; readonly type: string } | { readonly set: false; readonly type: string | undefined });

/** By hw_machine_type for x86_64, else nova's and QEMU's `pc`; undefined where QEMU's own types are not known, or others. */
function machinesOf(host: Host): Machines | undefined {
  const offered = new Set(host.facts?.machineTypes);
  const hypervisor = host.nova.get('virt_type')?.value ?? 'kvm';
  const measured = factPlace(host, ['machineTypes']);
  if (!measured || !offered.has('pc') || (hypervisor !== 'kvm' && hypervisor !== 'qemu') || !host.nova.whole)
    return undefined;
  const home = option('libvirt', 'hw_machine_type');
  const setting = home && host.nova.effective(home);
  const value = setting?.value ?? '';
  if (isPlaceholder(value)) return undefined;
  const aliases = host.facts?.machineAliases ?? {};
  const word = /(?:^|,)\s*x86_64\s*=\s*([^,\s]+)/.exec(value)?.[1];
  const place = placeOf(setting);
  if (word === undefined || !place) return { host, set: false, type: aliases.pc, offered, place: measured };
  const full = Object.hasOwn(aliases, word) ? aliases[word] : undefined;
  return { host, set: true, type: full ?? word, offered, place };
}
