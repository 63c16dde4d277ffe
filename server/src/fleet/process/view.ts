import type { FactRow, FileRow, InstanceRow, NodeView } from '../../fleet-protocol';
import { releaseName } from '../../knowledge/releases';
import type { Facts, PathFacts } from '../../model/facts';
import { kindOf } from '../../model/files';
import type { Host } from '../../model/host';
import type { Snapshot } from '../types';
import { servicesOf } from './services';

/** A node as the tree shows it. `now` in ms since 1970. */
export function viewOf(cluster: string, host: Host, snapshot: Snapshot, now: number): Omit<NodeView, 'can'> {
  const { node, taken, facts, failures } = snapshot;
  const ofNova = host.filesOf('nova').length > 0 || facts.nova !== undefined;
  const { index, guessed } = host.release;
  return {
    cluster,
    node,
    taken: taken * 1000,
    ...(ofNova && { release: { name: releaseName(index), guessed } }),
    files: filesOf(snapshot),
    services: servicesOf(host, snapshot),
    instances: instancesOf(facts),
    complete: facts.instances !== undefined && !failures.some(({ what }) => what === 'instances'),
    facts: factsOf(host, facts, now),
    failures,
  };
}

/** Links that enable a unit are told by the unit's state. */
function filesOf({ files }: Snapshot): FileRow[] {
  return files
    .filter(({ path }) => kindOf(path) !== 'wants')
    .map(({ path, bytes, mode }) => ({ path, size: bytes.length, mode }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function instancesOf({ instances = [] }: Facts): InstanceRow[] {
  return instances.map(({ name, uuid, title, state, memory, vcpus, migrating }) => ({
    ...{ name, uuid, state },
    ...(title !== undefined && { title }),
    ...(memory !== undefined && { memory }),
    ...(vcpus !== undefined && { vcpus }),
    ...(migrating === true && { migrating }),
  }));
}

/** What was measured, in the words of those who run it. */
function factsOf(host: Host, facts: Facts, now: number): FactRow[] {
  const rows: FactRow[] = [];
  const add = (label: string, value: string | undefined, icon: string): void => {
    if (value !== undefined && value !== '') rows.push({ label, value, icon });
  };
  const { hostname, fqdn, cpu, memory, distribution } = facts;
  add(
    'Host name',
    fqdn === undefined || fqdn === hostname ? (hostname ?? fqdn) : `${hostname ?? ''} (${fqdn})`,
    'server',
  );
  for (const [name, list] of Object.entries(facts.addresses ?? {})) add(`Address, ${name}`, list.join(', '), 'plug');
  add('Processor', cpu?.model ?? cpu?.vendor, 'chip');
  add('Memory', memory && `${size(memory.total)}, ${size(memory.available)} available`, 'circuit-board');
  const pages = Object.entries(facts.hugepages ?? {}).filter(([, count]) => count > 0);
  add('Huge pages', pages.map(([kib, count]) => `${count} of ${size(Number(kib) / 1024)}`).join(', '), 'circuit-board');
  add('Distribution', distribution && `${distribution.id} ${distribution.version}`.trim(), 'package');
  add('Kernel', facts.kernel, 'package');
  add('libvirt', facts.libvirt && `${facts.libvirt}${facts.daemons ? `, ${facts.daemons} daemons` : ''}`, 'package');
  add('QEMU', facts.qemu, 'package');
  add('nova', facts.nova, 'package');
  for (const [name, { uid, gid }] of Object.entries(facts.ids ?? {}))
    add(`Account ${name}`, `user ${uid}, group ${gid}${inGroups(facts.groups?.[name])}`, 'account');
  const { instancesPath } = host;
  add('Instances path', instancesPath && `${instancesPath}${placeOf(instancesPath, facts)}`, 'folder');
  for (const [path, { notAfter }] of Object.entries(facts.certificates ?? {}))
    if (notAfter !== undefined)
      add(`Certificate ${path}`, `${notAfter * 1000 < now ? 'expired' : 'good until'} ${day(notAfter)}`, 'verified');
  add('Clock', facts.clockOffset === undefined ? undefined : offset(facts.clockOffset), 'watch');
  add('Host UUID', facts.hostUuid, 'key');
  return rows;
}

function inGroups(groups: readonly string[] | undefined): string {
  return groups && groups.length > 0 ? `, in ${groups.join(', ')}` : '';
}

/** Where a path lies and who may enter it. */
function placeOf(path: string, { mounts = {}, paths = {} }: Facts): string {
  const found = Object.hasOwn(paths, path) ? paths[path] : undefined;
  if (found === null) return ', is not there';
  const above = Object.keys(mounts)
    .filter((m) => path === m || path.startsWith(m === '/' ? '/' : `${m}/`))
    .sort((a, b) => b.length - a.length)[0];
  const mount = above === undefined ? undefined : mounts[above];
  const on = mount === undefined ? '' : `, on ${mount.type} of ${mount.source}`;
  return `${on}${found ? `, mode ${octal(found)}, owner ${found.uid}:${found.gid}` : ''}`;
}

function octal({ mode }: PathFacts): string {
  return mode.toString(8).padStart(4, '0');
}

/** MiB in words. */
function size(mib: number): string {
  return mib >= 1024 ? `${Number((mib / 1024).toFixed(1))} GiB` : `${Number(mib.toFixed(1))} MiB`;
}

function day(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}

function offset(seconds: number): string {
  const ms = Math.abs(seconds) * 1000;
  if (ms < 0.5) return 'right to the millisecond';
  const amount = ms < 1000 ? `${Number(ms.toFixed(ms < 10 ? 1 : 0))} ms` : `${Number((ms / 1000).toFixed(2))} s`;
  return `${amount} ${seconds > 0 ? 'ahead' : 'behind'}`;
}
