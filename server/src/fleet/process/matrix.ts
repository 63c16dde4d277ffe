import type { MatrixCell, MatrixParams, MatrixView, ReasonView } from '../../fleet-protocol';
import { matrixOf } from '../../migration/matrix';
import { FleetError } from '../types';
import type { Fleet } from './fleet';
import { fresh } from './fresh';
import { inputsOf } from './refreshed';
import { reasonOf } from './verdicts';

/**
 * Which node could send its guests to which; all that can be read are read first where what is known of them is older than a
 * minute.
 * @throws FleetError of code `cancelled`
 */
export async function matrix(fleet: Fleet, { cluster: id }: MatrixParams, signal: AbortSignal): Promise<MatrixView> {
  const session = fleet.cluster(id);
  const { snapshots, failures } = await fresh(fleet, session, signal);
  const found = await matrixOf({
    ...inputsOf(id, session.read, snapshots),
    signal,
  }).catch((error: unknown) => {
    throw signal.aborted ? new FleetError('cancelled', 'cancelled') : error;
  });
  const reasons: ReasonView[] = [];
  const known = new Map<string, number>();
  const indexOf = (reason: ReasonView): number => {
    const key = JSON.stringify(reason);
    let index = known.get(key);
    if (index === undefined) {
      known.set(key, (index = reasons.length));
      reasons.push(reason);
    }
    return index;
  };
  const cells = found.cells.map((row) =>
    row.map((verdict): MatrixCell | null =>
      verdict === null
        ? null
        : { state: verdict.state, reasons: verdict.reasons.map(({ finding }) => indexOf(reasonOf(finding))) },
    ),
  );
  return {
    cluster: id,
    taken: Date.now(),
    groups: found.groups.map((nodes) => ({ nodes })),
    cells,
    reasons,
    unread: [
      ...[...failures].map(([node, why]) => ({ node, why })),
      ...found.left.map((node) => ({ node, why: 'not compared: too many nodes differ from each other' })),
    ],
  };
}
