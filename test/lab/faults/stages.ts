import type { Lab } from '../lab';
import type { Step } from './fault';
export function tls(_lab: Lab): Promise<readonly Step[]> {
  return Promise.resolve([]);
}
