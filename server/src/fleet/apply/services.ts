import type { Host } from '../../model/host';
import { unitNames, unitOf } from '../../model/units';
import type { Service } from './types';

const RED_HAT = new Set(['rhel', 'centos', 'fedora', 'rocky', 'almalinux', 'ol', 'scientific']);

export function isRedHat(host: Host): boolean {
  const { id = '' } = host.platform.distribution ?? {};
  if (id !== '') return RED_HAT.has(id);
  return host.files.some((f) => f.path === 'etc/sysconfig/libvirtd') || has(host, 'openstack-nova-compute.service');
}

/** What starts daemons there; systemd where nothing else is known. */
export function initOf(host: Host): Service['init'] {
  return host.platform.init ?? 'systemd';
}

/**
 * The libvirt daemon that a file is for, as the host's init system calls it: libvirtd, or libvirt-bin in Debian 7, and
 * in Ubuntu until 16.10; in the modular set virtproxyd, virtqemud and their like.
 */
export function libvirtService(host: Host, daemon: string): Service {
  const init = initOf(host);
  const logs = [logOf(host, daemon), ...(init === 'upstart' ? ['/var/log/upstart/libvirt-bin.log'] : [])].filter(
    (log) => log !== undefined,
  );
  const old = daemon === 'libvirtd' && isLibvirtBin(host);
  const name = old ? 'libvirt-bin' : daemon;
  if (init !== 'systemd') return { init, name, logs };
  // Libvirt-bin had a unit of its own, and in Ubuntu no socket.
  return { init, name: `${name}.service`, logs, ...(!old && { socket: `${daemon}.socket` }) };
}

function isLibvirtBin(host: Host): boolean {
  if (has(host, 'libvirtd.service') || has(host, 'libvirtd.socket')) return false;
  if (has(host, 'libvirt-bin.service') || host.first('upstart')) return true;
  const { id = '', version = '' } = host.platform.distribution ?? {};
  const number = Number.parseFloat(version);
  if (id === 'ubuntu' && !Number.isNaN(number)) return number < 17;
  if (id === 'debian' && !Number.isNaN(number)) return number < 8;
  if (id !== '') return false;
  return host.filesOf('defaults').some((f) => f.path.endsWith('default/libvirt-bin')) && initOf(host) !== 'systemd';
}

/** A file that log_outputs names, else libvirt's own place for it. */
function logOf(host: Host, daemon: string): string | undefined {
  if (daemon !== 'libvirtd' && daemon !== 'virtproxyd') return `/var/log/libvirt/${daemon}.log`;
  const said = host.libvirtd.string('log_outputs');
  return /(?:^|\s)\d\+?:file:(\/\S+)/.exec(said ?? '')?.[1] ?? '/var/log/libvirt/libvirtd.log';
}

/** Nova's, by what the unit is called: RDO puts `openstack-` before it. */
export function novaService(host: Host): Service {
  const init = initOf(host);
  const red = has(host, 'openstack-nova-compute.service') || (!has(host, 'nova-compute.service') && isRedHat(host));
  const name = red ? 'openstack-nova-compute' : 'nova-compute';
  const logs = ['/var/log/nova/nova-compute.log', ...(init === 'upstart' ? ['/var/log/upstart/nova-compute.log'] : [])];
  return { init, name: init === 'systemd' ? `${name}.service` : name, logs };
}

function has(host: Host, unit: string): boolean {
  if (unitOf(host, unit)) return true;
  if ([...unitNames(host)].includes(unit)) return true;
  return host.filesOf('wants').some((f) => f.path.endsWith(`/${unit}`)) || host.facts?.sockets?.includes(unit) === true;
}
