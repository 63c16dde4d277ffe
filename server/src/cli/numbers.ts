import { InvalidArgumentError } from 'commander';

/** For an option that is a whole number from 1 on. */
export function positive(word: string): number {
  if (!/^[1-9]\d{0,5}$/.test(word)) throw new InvalidArgumentError('It is a whole number from 1 on.');
  return Number(word);
}
