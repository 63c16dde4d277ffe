/**
 * The words of a command line, as sh reads them: blanks part, single and double quotes and backslashes join. Of an
 * embedded node's `sh` that is all that there is; whatever a shell would expand or do besides is refused.
 */
export function shellSplit(line: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!;
    if (char === ' ' || char === '\t') {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === "'") {
      const end = line.indexOf("'", i + 1);
      if (end < 0) return undefined;
      word = (word ?? '') + line.slice(i + 1, end);
      i = end;
    } else if (char === '"') {
      const end = line.indexOf('"', i + 1);
      const inside = line.slice(i + 1, end);
      if (end < 0 || /[\\$`]/.test(inside)) return undefined;
      word = (word ?? '') + inside;
      i = end;
    } else if (char === '\\') {
      if (i + 1 >= line.length) return undefined;
      word = (word ?? '') + line[++i]!;
    } else if (/[$`*?;&|<>()#~\n[\]{}]/.test(char)) return undefined;
    else word = (word ?? '') + char;
  }
  if (word !== undefined) words.push(word);
  return words;
}

/**
 * The words of a line that livemig sends, which travel encoded where one of them is not printable ASCII.
 * @returns undefined for a line that wants more than words
 */
export function wordsOf(line: string): readonly string[] | undefined {
  const words = shellSplit(line);
  if (words?.length !== 5 || words[0] !== 'sh' || words[2] !== 'eval "$(printf %b "$1")"') return words;
  const bytes = words[4]!.replace(/\\0([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
  return shellSplit(Buffer.from(bytes, 'latin1').toString());
}
