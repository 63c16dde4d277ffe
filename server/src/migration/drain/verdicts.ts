import type { Cluster } from '../../model/cluster';
import { factPlace } from '../../model/factPlace';
import type { Host } from '../../model/host';
import { judge, type Reason, type Verdict } from '../preflight';

/**
 * What `judge` says of each instance of a node and each destination, by one look of the rules at each pair of nodes however
 * many instances there are: what they find in the facts of an instance is of that one, all else is of all.
 */
export function verdictsFrom(
  cluster: Cluster,
  source: Host,
): (uuid: string, destination: Host) => Pick<Verdict, 'state' | 'reasons'> {
  const pairs = new Map<Host, Pair>();
  const places = (source.facts?.instances ?? []).map(({ uuid }, i) => ({
    uuid,
    place: factPlace(source, ['instances', i]),
  }));
  const ownerOf = ({ finding: { file, span } }: Reason): string | undefined =>
    places.find(
      ({ place }) => place?.file.uri === file.uri && span.start >= place.span.start && span.end <= place.span.end,
    )?.uuid;
  const judged = (destination: Host): Pair => {
    let pair = pairs.get(destination);
    if (!pair) pairs.set(destination, (pair = divide(judge({ cluster, source }, destination).reasons, ownerOf)));
    return pair;
  };
  return (uuid, destination) => {
    const { shared, own } = judged(destination);
    const mine = own.get(uuid);
    if (!mine) return { state: stateOf(shared), reasons: shared };
    const reasons = [...shared, ...mine].sort(errorsFirst);
    return { state: stateOf(reasons), reasons };
  };
}

interface Pair {
  readonly shared: readonly Reason[];
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
  return { shared, own };
}

function errorsFirst(a: Reason, b: Reason): number {
  return Number(a.severity === 'warning') - Number(b.severity === 'warning');
}

function stateOf([worst]: readonly Reason[]): Verdict['state'] {
  return worst === undefined ? 'ready' : worst.severity === 'error' ? 'blocked' : 'warnings';
}
