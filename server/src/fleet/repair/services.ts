import type { Host } from '../../model/host';
import { libvirtService, novaService } from '../apply/services';
import { command, type Step } from './plan';

/** Whether it ran when the node was read. */
export function runs(host: Host, what: 'nova' | 'libvirt'): boolean {
  const started = Object.keys(host.facts?.started ?? {});
  return what === 'nova'
    ? started.includes('nova-compute')
    : started.some((n) => n === 'libvirtd' || n === 'virtqemud');
}

/** @param undoes the step that stopped it */
export function service(host: Host, what: 'nova' | 'libvirt', verb: 'stop' | 'start' | 'restart', undoes?: Step): Step {
  const daemon = host.platform.daemons === 'modular' ? 'virtqemud' : 'libvirtd';
  const { init, name } = what === 'nova' ? novaService(host) : libvirtService(host, daemon);
  const argv = init === 'systemd' ? ['systemctl', verb, name] : ['service', name, verb];
  const title = `${verb === 'stop' ? 'Stop' : verb === 'start' ? 'Start' : 'Restart'} ${name}`;
  return command(host, title, argv, {
    timeout: 200_000,
    ...(undoes && { undoes }),
    ...(verb !== 'stop' && { hint: `See what it says, and start it: ${argv.join(' ')}` }),
  });
}
