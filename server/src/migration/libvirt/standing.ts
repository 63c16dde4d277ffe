import { isMigrating, type Looked } from './look';
import { hasArrived, isBroken, type DomainState } from './state';

/**
 * Where a guest is when no migration of it runs any more. `broken`: in post-copy, neither node has the whole of it. `gone`:
 * it runs nowhere, whoever ended it.
 */
export type Standing = 'source' | 'destination' | 'broken' | 'gone';

/**
 * What the two nodes say together. A node that does not answer (undefined) may leave it open.
 * @param here the source @param there the destination
 * @returns undefined as long as it is open
 */
export function standingOf(here: Looked | undefined, there: Looked | undefined): Standing | undefined {
  if (here && isMigrating(here) && !(here.state && isBroken(here.state))) return undefined;
  if ([here?.state, there?.state].some((state) => state !== undefined && isBroken(state))) return 'broken';
  const alive = isAlive(here?.state);
  // It runs there only after the source has let go of it for good.
  if (there?.state && hasArrived(there.state)) {
    if (!alive) return 'destination';
    // Two of one UUID: that one was never sent, but started there.
    return here!.state!.state === 'running' && there.state.reason === 'booted' ? 'source' : undefined;
  }
  if (alive) return here!.state!.state === 'paused' && isOnItsWay(here!.state!) ? undefined : 'source';
  return here && there && !isAlive(there.state) ? 'gone' : undefined;
}

/** The guest is there, running or standing still, and not merely defined. */
function isAlive(state: DomainState | undefined): boolean {
  return state !== undefined && !['shut off', 'crashed'].includes(state.state);
}

function isOnItsWay({ reason }: DomainState): boolean {
  return reason === 'migrating' || reason.startsWith('post-copy');
}
