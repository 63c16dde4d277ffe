import type { Instance } from '../driver';

/** In which nova refuses to move a server, though its guest may well run. Those of an instant are not among them. */
const HELD = new Set(['ERROR', 'RESCUE', 'SUSPENDED', 'VERIFY_RESIZE']);

/** @param status as `nova list` has it */
export function heldIn(status: string): Pick<Instance, 'held'> {
  return HELD.has(status) ? { held: `nova has it as ${status}, and moves only what is ACTIVE or PAUSED` } : {};
}
