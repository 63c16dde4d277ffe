import type { Result } from './bench';

/** What a drill came to. */
export interface Come {
  readonly succeeded: boolean;
  /** A failure that a right rule foretold, or a success that nothing stopped. */
  readonly predicted: boolean;
  /** The first cause that the explainer names is a right one, or the message says it all. */
  readonly explained: boolean;
  /** What is not as it ought to be, in words. */
  readonly wrong: readonly string[];
}

export function verdictOf({ drill, state, reasons, outcome, explained: found, message }: Result): Come {
  const { causes, unforeseen } = drill;
  const failed = outcome.phase !== 'completed';
  const succeeded = !failed && drill.spoils !== true;
  const toFail = causes.length > 0 || unforeseen !== undefined;
  const right = (rule: string | undefined): boolean => rule !== undefined && causes.includes(rule);
  const predicted = succeeded ? state !== 'blocked' : reasons.some((r) => right(r.rule));
  const explained = !failed || (unforeseen ? message === unforeseen.message : right(found[0]?.rule));
  return {
    ...{ succeeded, predicted, explained },
    wrong: [
      ...(succeeded === toFail ? [succeeded ? 'it was to fail' : 'it was to go well'] : []),
      ...(succeeded && !predicted ? ['it was blocked'] : []),
      ...(!succeeded && !predicted && !unforeseen ? [`not predicted: ${causes.join(', ')}`] : []),
      ...(explained ? [] : [`not explained: ${causes.join(', ')}`]),
    ],
  };
}
