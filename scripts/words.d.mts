/** Takes the words out of the records passed to `defineRule({…})`; words by rule and property. */
export function takeWords(
  source: string,
  fileName?: string,
): { readonly source: string; readonly words: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
