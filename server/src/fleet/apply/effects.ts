import { kindOf } from '../../model/files';
import { Host, normalise } from '../../model/host';
import { enabledUnits, isMasked, socketsByUnits, unitNameOf } from '../../model/units';
import { command, forgive, restart, systemctl } from './commands';
import { portsOf, type Wanted } from './listens';
import { libvirtService, novaService } from './services';
import type { Action, Command, Effect, Service } from './types';

/** Mounting may wait for a server. */
const MOUNT_MS = 180_000;

const reload = (units: boolean): Command[] => (units ? [systemctl('daemon-reload')] : []);
const absolute = (path: string): string => `/${path}`;
const list = (paths: readonly string[]): string => paths.map(absolute).join(', ');

/** /etc/fstab and mount units. */
export function mounts(host: Host, paths: readonly string[]): Effect | undefined {
  const units = paths.filter((p) => p.endsWith('.mount')).map(unitNameOf);
  const started = units.filter((u) => !isMasked(host, u));
  if (paths.length === 0) return undefined;
  const systemd = host.platform.init === 'systemd' || units.length > 0;
  const commands = [
    ...reload(systemd),
    ...(paths.includes('etc/fstab') ? [command(['mount', '-a'], MOUNT_MS)] : []),
    ...(started.length > 0 ? [command(['systemctl', 'start', ...started], MOUNT_MS)] : []),
  ];
  return effect('Mounts', paths, [], [{ title: `Mount what ${list(paths)} names and is not mounted yet`, commands }]);
}

export function sysctls(paths: readonly string[]): Effect | undefined {
  if (paths.length === 0) return undefined;
  const commands = [command(['sysctl', '-e', '-p', ...paths.map(absolute)])];
  return effect('Kernel settings', paths, [], [{ title: `Set what ${list(paths)} says`, commands }]);
}

export function exportTable(paths: readonly string[]): Effect | undefined {
  if (paths.length === 0) return undefined;
  return effect(
    'NFS exports',
    paths,
    [],
    [{ title: `Export what ${list(paths)} says`, commands: [command(['exportfs', '-ra'])] }],
  );
}

/** One of libvirt's daemons, with the sockets that systemd opens for it. */
export function libvirtDaemon(host: Host, daemon: string, paths: readonly string[]): Effect | undefined {
  if (paths.length === 0) return undefined;
  const service = libvirtService(host, daemon);
  const listener = daemon === 'libvirtd' || daemon === 'virtproxyd';
  const sockets = listener && service.socket !== undefined ? wantedSockets(host, daemon) : undefined;
  const commands = [
    ...reload(service.init === 'systemd' && paths.some(isUnit)),
    ...(sockets && mustReopen(host, daemon, sockets, paths) ? reopen(daemon, service, sockets) : restart(service)),
  ];
  const ports = listener ? portsOf(afterRestart(host), sockets) : [];
  return effect(
    daemon,
    paths,
    [daemon],
    [{ title: `Restart ${service.name}`, commands }, afterwards(service, ports, listener ? localSockets(host) : [])],
  );
}

export function novaCompute(host: Host, paths: readonly string[]): Effect | undefined {
  if (paths.length === 0) return undefined;
  const service = novaService(host);
  const commands = [...reload(service.init === 'systemd' && paths.some(isUnit)), ...restart(service)];
  return effect(
    'nova-compute',
    paths,
    ['nova-compute'],
    [{ title: `Restart ${service.name}`, commands }, afterwards(service, [], [])],
  );
}

/** Those of nova's services that run, whichever they are: systemd knows. */
export function novaOthers(paths: readonly string[]): Effect | undefined {
  if (paths.length === 0) return undefined;
  const commands = [systemctl('try-restart', 'nova-*', 'openstack-nova-*')];
  return effect('nova', paths, [], [{ title: 'Restart those of nova’s services that run', commands }]);
}

function effect(
  title: string,
  paths: readonly string[],
  daemons: readonly string[],
  actions: readonly Action[],
): Effect {
  return { title, files: paths.map(absolute), daemons, actions };
}

function isUnit(path: string): boolean {
  const kind = kindOf(path);
  return kind === 'unit' || kind === 'wants';
}

function afterwards(service: Service, ports: ReturnType<typeof portsOf>, sockets: readonly string[]): Action {
  const where = ports.map(({ address, port }) => (address === '' ? `port ${port}` : `${address}, port ${port}`));
  const listens = where.length > 0 ? `, and that it listens on ${where.join(' and ')}` : '';
  return {
    title: `See that ${service.name} is up and stays so${listens}`,
    commands: [],
    check: { services: [service], ports, sockets },
  };
}

/** The host without what was measured of the daemon that runs now: the next one goes by the files. */
function afterRestart(host: Host): Host {
  const { daemonArguments, sockets, ...facts } = host.facts ?? {};
  if (!daemonArguments && !sockets) return host;
  const files = host.files.map((f) => (f.kind === 'facts' ? { ...f, text: JSON.stringify(facts) } : f));
  return new Host({ name: host.name, folder: host.folder, files }, { node: host.node, releases: [] });
}

/** Which sockets systemd is to open by the files; undefined where they do not say. */
function wantedSockets(host: Host, daemon: string): Wanted | undefined {
  const said = socketsByUnits(host);
  if (said) return said;
  const enabled = enabledUnits(host.files);
  const active = host.facts?.sockets;
  // Nothing is enabled in view, but some are open: they stay.
  if (!active || [...enabled].some((u) => u.endsWith('.socket'))) return undefined;
  return {
    tcp: active.includes(`${daemon}-tcp.socket`),
    tls: active.includes(`${daemon}-tls.socket`),
    local: active.includes(`${daemon}.socket`),
  };
}

/** Systemd opens and closes sockets only while their daemon is stopped, and goes by their units only when it opens them. */
function mustReopen(host: Host, daemon: string, wanted: Wanted, paths: readonly string[]): boolean {
  if (paths.some((p) => /\.socket(?:$|\.d\/)/.test(p))) return true;
  const active = host.facts?.sockets;
  if (!active) return false;
  return (
    wanted.local !== active.includes(`${daemon}.socket`) ||
    (['tcp', 'tls'] as const).some((s) => wanted[s] !== active.includes(`${daemon}-${s}.socket`))
  );
}

function reopen(daemon: string, service: Service, wanted: Wanted): Command[] {
  const { name } = service;
  const all = ['', '-ro', '-admin', '-tcp', '-tls'].map((end) => `${daemon}${end}.socket`);
  const open = [
    ...(wanted.local ? [`${daemon}.socket`, `${daemon}-ro.socket`, `${daemon}-admin.socket`] : []),
    ...(['tcp', 'tls'] as const).filter((s) => wanted[s]).map((s) => `${daemon}-${s}.socket`),
  ];
  return [
    forgive(service),
    // Not all of them are there everywhere.
    { ...systemctl('stop', name, ...all), may: true },
    ...(open.length > 0 ? [systemctl('start', ...open)] : []),
    systemctl('start', name),
  ];
}

function localSockets(host: Host): string[] {
  const folder = host.libvirtd.string('unix_sock_dir');
  const folders = folder?.startsWith('/') ? [normalise(folder)] : ['/run/libvirt', '/var/run/libvirt'];
  return folders.map((f) => `${f}/libvirt-sock`);
}
