import type { Host } from '../../model/host';
import { command, type Step } from './plan';

/** What a service is called where it runs, by what started it. */
const UNITS = {
  nova: ['openstack-nova-compute', 'nova-compute'],
  libvirt: ['virtqemud', 'libvirtd', 'libvirt-bin'],
} as const;

/** The distributions whose packages call nova's service openstack-nova-compute. */
const RED_HAT = /^(?:rhel|centos|rocky|almalinux|ol|fedora|scientific|opensuse.*|sles|openEuler)$/i;

/** Units are systemd's names; jobs and scripts have the same without the ending. */
function nameOf(host: Host, what: keyof typeof UNITS): string {
  if (what === 'libvirt') {
    if (host.platform.daemons === 'modular') return 'virtqemud';
    return host.files.some((f) => /(?:default|init)\/libvirt-bin/.test(f.path)) ? 'libvirt-bin' : 'libvirtd';
  }
  const unit = host.files.find((f) => f.kind === 'unit' && /\/(?:openstack-)?nova-compute\.service/.test(f.path));
  if (unit) return unit.path.includes('openstack-') ? UNITS.nova[0] : UNITS.nova[1];
  return RED_HAT.test(host.facts?.distribution?.id ?? '') ? UNITS.nova[0] : UNITS.nova[1];
}

/** Whether it ran when the node was read. */
export function runs(host: Host, what: keyof typeof UNITS): boolean {
  const started = Object.keys(host.facts?.started ?? {});
  return what === 'nova'
    ? started.includes('nova-compute')
    : started.some((n) => n === 'libvirtd' || n === 'virtqemud');
}

export function service(host: Host, what: keyof typeof UNITS, verb: 'stop' | 'start' | 'restart', undoes?: Step): Step {
  const name = nameOf(host, what);
  const argv = host.platform.init === 'systemd' ? ['systemctl', verb, `${name}.service`] : ['service', name, verb];
  const title = `${verb === 'stop' ? 'Stop' : verb === 'start' ? 'Start' : 'Restart'} ${name}`;
  return command(host, title, argv, {
    timeout: 180_000,
    ...(undoes && { undoes }),
    ...(verb !== 'stop' && { hint: `See what it says, and start it: ${argv.join(' ')}` }),
  });
}
