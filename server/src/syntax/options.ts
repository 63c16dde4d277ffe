import { type ListOption } from './types';

/** Splits `rw,sec=sys` at its commas. Empty words (`rw,,hard`) are passed over, as mount does. */
export function splitOptions(text: string, start: number, end: number): ListOption[] {
  if (start === end) return [];
  let from = start;
  return text
    .slice(start, end)
    .split(',')
    .map((word) => {
      const option = readOption(word, from, from + word.length);
      from += word.length + 1;
      return option;
    })
    .filter((option) => option.span.start < option.span.end);
}

/** One word of the list; `word` may differ from the text at the span where it was written with escapes. */
export function readOption(word: string, start: number, end: number): ListOption {
  const equals = word.indexOf('=');
  return equals < 0
    ? { name: word, value: undefined, span: { start, end } }
    : { name: word.slice(0, equals), value: word.slice(equals + 1), span: { start, end } };
}
