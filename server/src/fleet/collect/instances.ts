import type { InstanceCpu, InstanceDisk, InstanceFacts } from '../../model/instance';
import { all, at, attribute, readXml, textOf, type Element } from './xml';

/** Guests out of `virsh dumpxml`, `list --all`, `snapshot-list` and `domjobinfo`; those that cannot be read are left out. */
export function instances(
  definitions: ReadonlyMap<string, string>,
  list: string,
  snapshots: ReadonlyMap<string, string> | undefined,
  jobs: ReadonlyMap<string, string>,
): readonly InstanceFacts[] {
  const states = statesOf(list);
  return [...definitions].flatMap(([uuid, text]) => {
    const found = instance(text, states);
    if (!found) return [];
    const lines = (snapshots?.get(uuid) ?? '').split('\n').filter((l) => l.trim() !== '' && !l.startsWith('error:'));
    const migrating = /^Operation:\s+(?:Outgoing|Incoming) migration/m.test(jobs.get(uuid) ?? '');
    return [{ ...found, ...(migrating && { migrating }), ...(snapshots && { snapshots: lines.length }) }];
  });
}

const STATES: Readonly<Record<string, InstanceFacts['state']>> = {
  running: 'running',
  idle: 'running',
  paused: 'paused',
  'shut off': 'shut off',
  crashed: 'crashed',
};

/** By name: ` 1    g1     running`. A name may have blanks in it. */
function statesOf(list: string): ReadonlyMap<string, InstanceFacts['state']> {
  const line =
    /^\s*(?:-|\d+)\s+(\S.*?)\s+(running|idle|paused|in shutdown|shut off|crashed|dying|pmsuspended|no state)\s*$/gm;
  return new Map([...list.matchAll(line)].map((m) => [m[1]!, STATES[m[2]!] ?? 'other']));
}

function instance(text: string, states: ReadonlyMap<string, InstanceFacts['state']>): InstanceFacts | undefined {
  const domain = readXml(text.slice(Math.max(0, text.indexOf('<domain'))));
  const name = textOf(at(domain, 'name'));
  const uuid = textOf(at(domain, 'uuid'));
  if (domain?.name !== 'domain' || name === undefined || uuid === undefined) return undefined;
  const devices = at(domain, 'devices');
  const graphics = all(devices, 'graphics').flatMap((g) => {
    const type = attribute(g, 'type');
    const listen = attribute(all(g, 'listen')[0], 'address') ?? attribute(g, 'listen');
    return type === undefined ? [] : [{ type, ...(listen !== undefined && { listen }) }];
  });
  const huge = at(domain, 'memoryBacking', 'hugepages');
  const models = all(domain, 'seclabel').flatMap((label) =>
    attribute(label, 'type') === 'none' ? [] : (attribute(label, 'model') ?? []),
  );
  const fields: { [K in keyof InstanceFacts]: InstanceFacts[K] | undefined } = {
    name,
    uuid,
    title: titleOf(domain),
    state: states.get(name) ?? 'other',
    memory: memoryOf(at(domain, 'memory')),
    vcpus: numberOf(textOf(at(domain, 'vcpu'))),
    type: attribute(domain, 'type'),
    emulator: textOf(at(devices, 'emulator')),
    machine: attribute(at(domain, 'os', 'type'), 'machine'),
    firmware: textOf(at(domain, 'os', 'loader')),
    cpu: cpuOf(at(domain, 'cpu')),
    disks: all(devices, 'disk').map(diskOf),
    graphics,
    hostDevices: [
      ...all(devices, 'hostdev').map(hostDevice),
      // Of a network's virtual function.
      ...all(devices, 'interface')
        .filter((i) => attribute(i, 'type') === 'hostdev')
        .map(hostDevice),
    ],
    bridges: unique(all(devices, 'interface').flatMap((i) => attribute(at(i, 'source'), 'bridge') ?? [])),
    hugepages: huge && pagesOf(huge),
    secrets: unique(all(devices, 'disk').flatMap(secretsOf)),
    securityModels: unique(models),
  };
  return Object.fromEntries(
    Object.entries(fields).filter(([, v]) => v !== undefined && !(Array.isArray(v) && v.length === 0)),
  ) as unknown as InstanceFacts;
}

/** Nova's display name, in its metadata since Juno. */
function titleOf(domain: Element): string | undefined {
  return textOf(at(domain, 'metadata', 'nova:instance', 'nova:name')) ?? textOf(at(domain, 'title'));
}

const KIB: Readonly<Record<string, number>> = {
  b: 1 / 1024,
  bytes: 1 / 1024,
  KB: 1000 / 1024,
  k: 1,
  KiB: 1,
  MB: 1_000_000 / 1024,
  M: 1024,
  MiB: 1024,
  GB: 1_000_000_000 / 1024,
  G: 1_048_576,
  GiB: 1_048_576,
};

function kib(of: Element | undefined, value: string | undefined): number | undefined {
  const unit = KIB[attribute(of, 'unit') ?? 'KiB'];
  const count = numberOf(value);
  return unit === undefined || count === undefined ? undefined : count * unit;
}

function memoryOf(memory: Element | undefined): number | undefined {
  const size = kib(memory, textOf(memory));
  return size === undefined ? undefined : Math.round(size / 1024);
}

function pagesOf(hugepages: Element): readonly number[] {
  const sizes = all(hugepages, 'page').flatMap((p) => kib(p, attribute(p, 'size')) ?? []);
  return sizes.length > 0 ? sizes : [0];
}

function cpuOf(cpu: Element | undefined): InstanceCpu | undefined {
  if (!cpu) return undefined;
  // Without a mode it is that of a model; with neither it is the topology alone, and QEMU's own model.
  const model = textOf(at(cpu, 'model'));
  const mode = attribute(cpu, 'mode') ?? (model === undefined ? undefined : 'custom');
  if (mode === undefined) return undefined;
  const named = (...policies: string[]): string[] =>
    all(cpu, 'feature').flatMap((f) =>
      policies.includes(attribute(f, 'policy') ?? 'require') ? (attribute(f, 'name') ?? []) : [],
    );
  const requires = named('require');
  const without = named('disable', 'forbid');
  return {
    mode,
    ...(model !== undefined && { model }),
    ...(requires.length > 0 && { requires }),
    ...(without.length > 0 && { without }),
  };
}

function diskOf(disk: Element): InstanceDisk {
  const driver = at(disk, 'driver');
  const source = at(disk, 'source');
  const backing = attribute(at(disk, 'backingStore', 'source'), 'file');
  const format = attribute(driver, 'type');
  const cache = attribute(driver, 'cache');
  const where = sourceOf(source);
  return {
    device: attribute(disk, 'device') ?? 'disk',
    type: attribute(disk, 'type') ?? 'file',
    ...(where !== undefined && { source: where }),
    ...(format !== undefined && { format }),
    ...(cache !== undefined && { cache }),
    ...(backing !== undefined && { backing }),
    ...(at(disk, 'readonly') && { readonly: true }),
    ...(at(disk, 'shareable') && { shareable: true }),
  };
}

/** Of the disk's own server, of its encryption, and both of those inside its source. */
function secretsOf(disk: Element): string[] {
  return [disk, at(disk, 'source')].flatMap((of) =>
    ['auth', 'encryption'].flatMap((name) => attribute(at(of, name, 'secret'), 'uuid') ?? []),
  );
}

function sourceOf(source: Element | undefined): string | undefined {
  const path = attribute(source, 'file') ?? attribute(source, 'dev') ?? attribute(source, 'dir');
  if (path !== undefined) return path;
  const protocol = attribute(source, 'protocol');
  // What a URL says behind its question mark may be a key to it.
  if (protocol !== undefined) return `${protocol}:${(attribute(source, 'name') ?? '').replace(/\?.*$/, '')}`;
  const pool = attribute(source, 'pool');
  return pool === undefined ? undefined : `${pool}/${attribute(source, 'volume') ?? ''}`;
}

function hostDevice(device: Element): string {
  const source = at(device, 'source');
  const address = at(source, 'address');
  const type =
    attribute(device, 'type') === 'pci' || attribute(device, 'type') === 'hostdev' ? 'pci' : attribute(device, 'type');
  const part = (name: string): string => (attribute(address, name) ?? '0').replace(/^0x/, '');
  if (type === 'mdev') return `mdev ${attribute(address, 'uuid') ?? ''}`.trim();
  if (type === 'usb') {
    const id = [at(source, 'vendor'), at(source, 'product')].map((e) => (attribute(e, 'id') ?? '').replace(/^0x/, ''));
    return `usb ${id.join(':')}`;
  }
  if (type === 'pci' && address)
    return `pci ${part('domain').padStart(4, '0')}:${part('bus')}:${part('slot')}.${part('function')}`;
  return type ?? 'device';
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

function unique(list: readonly string[]): readonly string[] {
  return [...new Set(list)];
}
