/** One that differs from the others, and one of those it differs from. */
export interface Outlier<T> {
  readonly item: T;
  /** Of the majority, or of the largest other group where there is none. */
  readonly other: T;
  /** More than half of all agree on `other`: it is the odd one that is to be changed. */
  readonly majority: boolean;
}

/**
 * Those whose key is not that of the majority; all of them where no key has more than half, as nobody can say then who is
 * wrong. In the order given, in linear time.
 */
export function outliers<T>(items: readonly T[], keyOf: (item: T) => string): Outlier<T>[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  if (groups.size < 2) return [];
  // Sorting is stable: of equal groups the one seen first leads.
  const [largest, second] = [...groups].sort((a, b) => b[1].length - a[1].length);
  const majority = largest![1].length * 2 > items.length;
  const found: Outlier<T>[] = [];
  for (const item of items) {
    const inLargest = keyOf(item) === largest![0];
    if (inLargest && majority) continue;
    found.push({ item, other: (inLargest ? second! : largest!)[1][0]!, majority });
  }
  return found;
}
