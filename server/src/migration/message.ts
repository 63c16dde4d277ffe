/** A message that a program prints when a live migration fails, or cannot begin. */
export interface KnownMessage {
  /** A few words with hyphens, unique: what went wrong. */
  readonly id: string;
  /** Found anywhere in a line. Named groups give the values of `{name}` in the texts. */
  readonly pattern: RegExp;
  /** What happened, in a sentence. */
  readonly means: string;
  /** From the likeliest on. */
  readonly causes: readonly Cause[];
  /** How it ends for the guest, where that is not “it runs on, on the source”. */
  readonly guest?: string;
  /** The message comes after another one that tells more, which is looked for first. */
  readonly vague?: boolean;
}

export interface Cause {
  /** What is wrong, in a sentence that begins with its place. */
  readonly text: string;
  /** What to do. */
  readonly remedy?: string;
  /** Rules that find it before the migration. */
  readonly rules?: readonly string[];
}
