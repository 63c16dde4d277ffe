import { basename, kindOf, type FileKind } from '../../model/files';
import type { Host } from '../../model/host';
import { isMasked, unitNameOf } from '../../model/units';
import { shown } from './commands';
import { exportTable, libvirtDaemon, mounts, novaCompute, novaOthers, sysctls } from './effects';
import { initOf, isRedHat, libvirtService, novaService } from './services';
import type { Effect, Plan } from './types';

/** Files that each program looks up when it needs them. */
const AT_ONCE: Readonly<Partial<Record<FileKind, string>>> = {
  hosts: 'names are looked up anew with every connection: nothing is to be restarted',
  'libvirt-auth': 'is read with every connection: nothing is to be restarted',
  passwd:
    'takes effect at once, save for what already runs: a daemon keeps the ids it was started with, and files keep their owners',
  group:
    'takes effect at once, save for what already runs: a daemon keeps the groups it was started with, and files keep theirs',
  hostname:
    'is read when the node boots; `hostname -F /etc/hostname` sets it now. Nova takes a new name for a new host',
  'exports-unread': 'is not read by exportfs, as its name does not end in .exports',
};

const GUESTS = 'Guests keep running while libvirt’s daemon is restarted. Migrations that are going on fail.';
const NOVA =
  'Guests keep running while nova-compute is restarted. Nova starts and moves none on this node until it is back.';
const MOUNT =
  'What is mounted already stays as it is: nothing is unmounted, and new options of it take effect when it is mounted anew.';

/**
 * What makes changed files take effect.
 *
 * @param host as it is with the change: its files are those that lie on the node
 * @param paths of the files, with or without the slash at the front; undefined for all that changed since the daemons were
 *   started, which the facts must tell
 * @param written what livemig wrote there and has not applied since: counts where no daemon's start can tell
 */
export function planApply(host: Host, paths: readonly string[] | undefined, written: readonly string[] = []): Plan {
  const notes: string[] = [];
  const plain = (path: string): string => path.replace(/^\/+/, '');
  const wanted = paths?.map(plain) ?? changedSince(host, new Set(written.map(plain)), notes);
  const of = new Map<Target, string[]>();
  for (const path of new Set(wanted)) {
    const targets = targetsOf(host, path, notes);
    for (const target of targets) of.set(target, [...(of.get(target) ?? []), path]);
  }
  const get = (target: Target): readonly string[] => of.get(target) ?? [];
  const effects = [
    mounts(host, get('mounts')),
    sysctls(get('sysctls')),
    exportTable(get('exports')),
    ...(['libvirtd', 'virtqemud', 'virtproxyd'] as const).map((d) => libvirtDaemon(host, d, get(d))),
    novaCompute(host, get('nova-compute')),
    novaOthers(get('nova')),
  ].filter((e): e is Effect => e !== undefined);
  if (effects.some((e) => e.daemons.some((d) => d !== 'nova-compute'))) notes.push(GUESTS);
  if (get('nova-compute').length > 0) notes.push(NOVA);
  if (get('mounts').length > 0) notes.push(MOUNT);
  const listening = host.facts?.listening;
  if (get('exports').length > 0 && listening && !listening.some((at) => at.endsWith(':2049')))
    notes.push(`Nobody listens on port 2049: the NFS server does not run. Start it: ${nfsStart(host)}.`);
  if (effects.length === 0) notes.push('There is nothing to restart.');
  const steps = effects.flatMap(({ actions }) =>
    actions.map(({ title, commands, check }) => ({
      node: host.name,
      title,
      ...(commands.length > 0 && { command: shown(commands) }),
      ...(check && { check: true }),
    })),
  );
  return { node: host.name, steps, notes, effects, started: host.facts?.started ?? {} };
}

function nfsStart(host: Host): string {
  const name = isRedHat(host) ? 'nfs-server' : 'nfs-kernel-server';
  return initOf(host) === 'systemd' ? `systemctl start ${name}` : `service ${name} start`;
}

type Target = 'mounts' | 'sysctls' | 'exports' | 'libvirtd' | 'virtqemud' | 'virtproxyd' | 'nova-compute' | 'nova';

/** Who has to be told of a changed file; notes what is not done for it. */
function targetsOf(host: Host, path: string, notes: string[]): readonly Target[] {
  const kind = kindOf(path);
  const note = (text: string): readonly Target[] => {
    notes.push(`/${path} ${text}`);
    return [];
  };
  if (path.startsWith('etc/kolla/'))
    return note('is copied into its container when that is started: restart the container yourself');
  switch (kind) {
    case 'fstab':
      return ['mounts'];
    case 'sysctl':
      return ['sysctls'];
    case 'exports':
      return ['exports'];
    case 'sasl':
      if (basename(path) !== 'libvirt.conf') return note('is read when a guest is started: nothing is to be restarted');
      return libvirt(host, modular(host) ? 'virtproxyd' : 'libvirtd', note);
    case 'qemu':
      return libvirt(host, modular(host) ? 'virtqemud' : 'libvirtd', note);
    case 'defaults':
    case 'upstart':
      if (modular(host)) return note('is for libvirtd, which does not run here: the daemons are the modular ones');
      return libvirt(host, 'libvirtd', note);
    case 'libvirtd':
      return libvirt(host, basename(path).replace(/\.conf$/, ''), note);
    case 'unit':
    case 'wants':
      return unit(host, kind === 'wants' ? basename(path) : unitNameOf(path), note);
    case 'nova':
      return nova(host, path, note);
    default:
      return note(AT_ONCE[kind!] ?? 'is not known to belong to a daemon that livemig restarts');
  }
}

function modular(host: Host): boolean {
  return host.platform.daemons === 'modular';
}

type Note = (text: string) => readonly Target[];

function libvirt(host: Host, daemon: string, note: Note): readonly Target[] {
  if (daemon === 'libvirtd' && modular(host))
    return note('is for libvirtd, which does not run here: the daemons are the modular ones');
  if (daemon !== 'libvirtd' && host.platform.daemons === 'monolithic')
    return note(`is for ${daemon}, which does not run here: libvirtd does its work`);
  const service = libvirtService(host, daemon);
  if (service.init === 'systemd' && isMasked(host, service.name))
    return note(`takes no effect: ${service.name} is masked, and is left so`);
  return daemon === 'libvirtd' || daemon === 'virtqemud' || daemon === 'virtproxyd'
    ? [daemon]
    : note(`is for ${daemon}, which livemig does not restart`);
}

function unit(host: Host, name: string, note: Note): readonly Target[] {
  if (name.endsWith('.mount')) return ['mounts'];
  if (/^(?:openstack-)?nova-compute\./.test(name)) return nova(host, 'etc/nova/nova-compute.conf', note);
  const daemon = /^(libvirtd|libvirt-bin|virtqemud|virtproxyd)(?:-\w+)?\./.exec(name)?.[1];
  return daemon === undefined
    ? note('is of a unit that livemig does not restart')
    : libvirt(host, daemon === 'libvirt-bin' ? 'libvirtd' : daemon, note);
}

function nova(host: Host, path: string, note: Note): readonly Target[] {
  const roles = host.node?.roles ?? [];
  const own = basename(path) === 'nova-compute.conf';
  const targets: Target[] = [];
  const service = novaService(host);
  if (host.isCompute || own) {
    if (service.init === 'systemd' && isMasked(host, service.name))
      note(`takes no effect: ${service.name} is masked, and is left so`);
    else targets.push('nova-compute');
  }
  const controller = roles.some((r) => r !== 'compute' && r !== 'nfs') || !host.isCompute;
  if (own || !controller) return targets;
  if (initOf(host) === 'systemd') targets.push('nova');
  else note('is read by nova’s services when they start: restart those of this node yourself');
  return targets;
}

/**
 * Files that are younger than the daemon that reads them, as far as it is measured; of those of which no daemon's start can
 * tell, such as exports and fstab, what livemig wrote.
 */
function changedSince(host: Host, written: ReadonlySet<string>, notes: string[]): string[] {
  const { started = {}, paths } = host.facts ?? {};
  const found = new Set<string>();
  let measured = false;
  for (const { path } of host.files) {
    const modified = paths?.[`/${path}`]?.modified;
    const targets = targetsOf(host, path, []);
    for (const target of targets) {
      const since = started[target];
      if (since === undefined) {
        if (written.has(path)) found.add(path);
      } else if (modified !== undefined) {
        measured = true;
        if (modified > since) found.add(path);
      }
    }
  }
  if (!measured && found.size === 0)
    notes.push('When the daemons were started is not known: name the files that are to take effect.');
  return [...found];
}
