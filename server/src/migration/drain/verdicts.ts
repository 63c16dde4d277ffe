import type { Cluster } from '../../model/cluster';
import { factPlace } from '../../model/factPlace';
import type { Host } from '../../model/host';
import type { MigrateOptions } from '../types';
import { judge, verdictBy, within, type Reason, type Verdict } from '../preflight';

/**
 * What `judge` says of each instance of a node and each destination, by one look of the rules at each pair of nodes however
 * many instances there are: what they find in the facts of an instance is of that one, all else is of all.
 */
export function verdictsFrom(
  cluster: Cluster,
  source: Host,
  options: MigrateOptions = {},
): (uuid: string, destination: Host) => Pick<Verdict, 'state' | 'reasons'> {
  const pairs = new Map<Host, Pair>();
  // Where nothing is asked nothing is looked for.
  let places: readonly { readonly uuid: string; readonly place: ReturnType<typeof factPlace> }[] | undefined;
  const ownerOf = ({ finding }: Reason): string | undefined => {
    places ??= (source.facts?.instances ?? []).map(({ uuid }, i) => ({
      uuid,
      place: factPlace(source, ['instances', i]),
    }));
    return places.find(({ place }) => place && within(finding, place))?.uuid;
  };
  const judged = (destination: Host): Pair => {
    let pair = pairs.get(destination);
    if (!pair)
      pairs.set(destination, (pair = divide(judge({ cluster, source, options }, destination).reasons, ownerOf)));
    return pair;
  };
  return (uuid, destination) => {
    const { shared, own } = judged(destination);
    const mine = own.get(uuid);
    return mine ? verdictBy([...shared.reasons, ...mine]) : shared;
  };
}

interface Pair {
  /** What is of all instances, judged once. */
  readonly shared: Pick<Verdict, 'state' | 'reasons'>;
  readonly own: ReadonlyMap<string, readonly Reason[]>;
}

function divide(reasons: readonly Reason[], ownerOf: (reason: Reason) => string | undefined): Pair {
  const shared: Reason[] = [];
  const own = new Map<string, Reason[]>();
  for (const reason of reasons) {
    const owner = ownerOf(reason);
    if (owner === undefined) shared.push(reason);
    else own.set(owner, [...(own.get(owner) ?? []), reason]);
  }
  return { shared: verdictBy(shared), own };
}
