/** Whether a pattern of ssh matches: `*` is any text, `?` any one character, and nothing else is special. */
export function matchesPattern(text: string, pattern: string): boolean {
  let [t, p] = [0, 0];
  // Where to go on when a star has to take one character more; linear in the product, whatever the pattern.
  let [star, taken] = [-1, 0];
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++;
      taken = t;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++taken;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/** Whether a list of patterns, with commas between, has one that matches, and none that matches after an exclamation mark. */
export function matchesList(text: string, list: string): boolean {
  return matchesAny(text, list.split(','));
}

export function matchesAny(text: string, patterns: readonly string[]): boolean {
  const negated = patterns.some((p) => p.startsWith('!') && matchesPattern(text, p.slice(1)));
  return !negated && patterns.some((p) => !p.startsWith('!') && matchesPattern(text, p));
}
