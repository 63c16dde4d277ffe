/** What `virsh domstate --reason` says of a guest on one node. */
export interface DomainState {
  readonly state: string;
  readonly reason: string;
}

/** @param text the last line of an answer */
export function readState(text: string): DomainState | undefined {
  const line = text.trim().split('\n').at(-1) ?? '';
  const parts = /^([a-z ]+?) \(([^)]*)\)$/.exec(line.trim());
  return parts ? { state: parts[1]!, reason: parts[2]! } : undefined;
}

/** The guest is the destination's: it runs there, or stands still for a reason that is not the migration. */
export function hasArrived({ state, reason }: DomainState): boolean {
  if (reason === 'post-copy' || reason === 'post-copy failed') return false;
  return state === 'running' || (state === 'paused' && reason !== 'migrating' && reason !== 'starting up');
}

/** Post-copy broke: neither host has the whole guest. */
export function isBroken({ reason }: DomainState): boolean {
  return reason === 'post-copy failed';
}
