import type { Instance } from '../driver';
import { heldIn } from '../nova/status';
import type { Server } from './commands';

/** Nova's power states, as numbers and as words, in libvirt's words. */
const POWER: Readonly<Record<string, string>> = {
  ...{ 0: 'no state', 1: 'running', 3: 'paused', 4: 'shut off', 6: 'crashed', 7: 'suspended' },
  ...{ NOSTATE: 'no state', Running: 'running', Paused: 'paused', Shutdown: 'shut off', Crashed: 'crashed' },
};
const STATUS: Readonly<Record<string, string>> = {
  ...{ ACTIVE: 'running', MIGRATING: 'running', PAUSED: 'paused', SHUTOFF: 'shut off' },
};

export const isMigrating = ({ status, task }: Server): boolean => status === 'MIGRATING' || task === 'migrating';

/** @param nodeOf name in livemig.ini of a host of nova */
export function instanceOf(server: Server, nodeOf: (host: string) => string): Instance {
  const { id, name, status, power, host, memory, vcpus } = server;
  return {
    ...{ uuid: id, name, node: host === undefined ? '' : nodeOf(host), migrating: isMigrating(server) },
    state: (power === undefined ? undefined : POWER[power]) ?? STATUS[status] ?? status.toLowerCase(),
    ...heldIn(status),
    ...(memory !== undefined && { memory }),
    ...(vcpus !== undefined && { vcpus }),
  };
}
