/** What virsh says of a node's libvirt and its guests. */
import type { Facts } from '../../server/src/model/facts';
import type { InstanceDisk, InstanceFacts } from '../../server/src/model/instance';
import type { Process, Said } from './outputs';

/** By the names of the collector's frames. Of a node without libvirt there are none. */
export function libvirtOutputs(facts: Facts, processes: readonly Process[]): ReadonlyMap<string, Said> {
  if (!facts.libvirt) return new Map();
  if (!processes.some((p) => p.name === 'libvirtd')) {
    const text = `error: failed to connect to the hypervisor\nerror: Failed to connect socket to '/var/run/libvirt/libvirt-sock-ro': No such file or directory`;
    return new Map([['capabilities', { text, status: 1 }]]);
  }
  const { hostUuid, emulator, cpuModels = [], instances = [] } = facts;
  const uuids = instances.map((i) => i.uuid);
  const withSnapshot = instances.filter((i) => (i.snapshots ?? 0) > 0).map((i) => i.uuid);
  const parts = {
    domcapabilities: `<domainCapabilities>\n  <path>${emulator ?? ''}</path>\n</domainCapabilities>`,
    capabilities: `<capabilities>\n  <host>\n<uuid>${hostUuid ?? ''}</uuid>\n  </host>\n</capabilities>`,
    'cpu-models': cpuModels.join('\n'),
    secrets: '',
    list: [' Id    Name                           State', '-'.repeat(52), ...instances.map(listLine)].join('\n'),
    uuids: uuids.join('\n'),
    'with-snapshot': withSnapshot.join('\n'),
    end: '',
  };
  const said = (sections: readonly (readonly [string, string])[]): Said => ({
    text: sections.map(([name, text]) => `== ${name}\n${text}`).join('\n'),
    status: 0,
  });
  return new Map([
    ['virsh', said(Object.entries(parts))],
    ['instances', said(instances.map((i) => [i.uuid, domain(i)]))],
    ['snapshots', said(instances.map((i) => [i.uuid, snapshotNames(i.snapshots ?? 0)]))],
    ['jobs', said(instances.map((i) => [i.uuid, i.migrating === true ? MIGRATING : 'Job type:         None']))],
  ]);
}

const MIGRATING = 'Job type:         Unbounded\nOperation:        Outgoing migration';

function listLine({ name, state }: InstanceFacts, i: number): string {
  return ` ${(state === 'running' || state === 'paused' ? String(i + 1) : '-').padEnd(5)} ${name.padEnd(30)} ${state}`;
}

function snapshotNames(count: number): string {
  return Array.from({ length: count }, (_, i) => `snapshot-${i + 1}`).join('\n');
}

function domain({
  name,
  uuid,
  title,
  memory = 0,
  vcpus = 1,
  type = 'kvm',
  machine,
  emulator,
  disks = [],
  graphics = [],
  bridges = [],
}: InstanceFacts): string {
  const lines = [
    `<domain type='${type}'>`,
    `<name>${name}</name>`,
    `<uuid>${uuid}</uuid>`,
    ...(title === undefined ? [] : [`<title>${title}</title>`]),
    `<memory unit='KiB'>${memory * 1024}</memory>`,
    `<vcpu>${vcpus}</vcpu>`,
    `<os><type arch='x86_64'${machine === undefined ? '' : ` machine='${machine}'`}>hvm</type></os>`,
    '<devices>',
    ...(emulator === undefined ? [] : [`<emulator>${emulator}</emulator>`]),
    ...disks.map(disk),
    ...bridges.map((b) => `<interface type='bridge'><source bridge='${b}'/></interface>`),
    ...graphics.map((g) => `<graphics type='${g.type}'${g.listen === undefined ? '' : ` listen='${g.listen}'`}/>`),
    '</devices>',
    '</domain>',
  ];
  return lines.join('\n');
}

function disk({ device, type, source = '', format, cache }: InstanceDisk): string {
  const driver = `<driver name='qemu'${format === undefined ? '' : ` type='${format}'`}${cache === undefined ? '' : ` cache='${cache}'`}/>`;
  return `<disk type='${type}' device='${device}'>${driver}<source file='${source}'/></disk>`;
}
