import type { Result } from './bench';

/** What a drill came to. */
export interface Come {
  readonly succeeded: boolean;
  /** A failure that a right rule foretold, or a success that nothing stopped. */
  readonly predicted: boolean;
  /** The first cause that the explainer names is a right one. */
  readonly explained: boolean;
  /** What is not as it ought to be, in words. */
  readonly wrong: readonly string[];
}

export function verdictOf({ drill, state, reasons, outcome, explained }: Result): Come {
  const { causes } = drill;
  const clear = outcome.phase !== 'completed';
  const succeeded = outcome.phase === 'completed' && drill.spoils !== true;
  const blocked = state === 'blocked';
  const right = (rule: string): boolean => causes.includes(rule);
  const foretold = reasons.some((r) => right(r.rule));
  const wrong = [
    ...(succeeded !== (causes.length === 0) ? [succeeded ? 'it was to fail' : 'it was to go well'] : []),
    ...(succeeded && blocked ? ['it was blocked'] : []),
    ...(!succeeded && !foretold ? [`not predicted: ${causes.join(', ')}`] : []),
    ...(clear && !right(explained[0]?.rule ?? '') ? [`not explained: ${causes.join(', ')}`] : []),
  ];
  return {
    succeeded,
    predicted: succeeded ? !blocked : foretold,
    explained: !clear || right(explained[0]?.rule ?? ''),
    wrong,
  };
}
