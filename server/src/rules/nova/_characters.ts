/** What looks like a plain character, or like none at all, and is what word processors and web pages put in its place. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  '\u201c': '"',
  '\u201d': '"',
  '\u201e': '"',
  '\u201f': '"',
  '\u00ab': '"',
  '\u00bb': '"',
  '\u2018': "'",
  '\u2019': "'",
  '\u201a': "'",
  '\u201b': "'",
  '\u2010': '-',
  '\u2011': '-',
  '\u2012': '-',
  '\u2013': '-',
  '\u2014': '-',
  '\u2015': '-',
  '\u2212': '-',
  '\u00a0': ' ',
  '\u2007': ' ',
  '\u2009': ' ',
  '\u202f': ' ',
  '\u3000': ' ',
  '\u3002': '.',
  '\u3010': '[',
  '\u3011': ']',
  '\u00ad': '',
  '\u200b': '',
  '\u200c': '',
  '\u200d': '',
  '\u2060': '',
  '\ufeff': '',
};

const ANY =
  /[\u00a0\u00ab\u00ad\u00bb\u2007\u2009-\u200d\u2010-\u2015\u2018-\u201f\u202f\u2060\u2212\u3000\u3002\u3010\u3011\ufeff\uff01-\uff5e]/;
const EVERY = new RegExp(ANY.source, 'g');

/** Names for those that cannot be seen, or not be told from the plain ones. */
const NAMES: Readonly<Record<string, string>> = {
  '\u00a0': 'a no-break space',
  '\u2007': 'a no-break space',
  '\u2009': 'a thin space',
  '\u202f': 'a no-break space',
  '\u3000': 'a full-width space',
  '\u00ad': 'a soft hyphen',
  '\u200b': 'a zero-width space',
  '\u200c': 'a zero-width character',
  '\u200d': 'a zero-width character',
  '\u2060': 'a zero-width character',
  '\ufeff': 'a byte order mark',
};

/** The first typographic character of a text in words; undefined when there is none. */
export function typographic(text: string): string | undefined {
  const character = ANY.exec(text)?.[0];
  if (character === undefined) return undefined;
  const code = character.charCodeAt(0);
  return NAMES[character] ?? `${code >= 0xff01 && code <= 0xff5e ? 'the full-width' : 'the character'} ${character}`;
}

/** The text with every typographic character as the plain one that it stands for; those without width are left out. */
export function plain(text: string): string {
  if (!ANY.test(text)) return text;
  return text.replace(EVERY, (c) => LOOKALIKES[c] ?? String.fromCharCode(c.charCodeAt(0) - 0xfee0));
}

const WRAPPED =
  /^[\u201c\u201d\u201e\u201f\u00ab\u00bb\u2018\u2019\u201a\u201b](.*)[\u201c\u201d\u201e\u201f\u00ab\u00bb\u2018\u2019\u201a\u201b]$/s;

/** What stands between typographic quotes that enclose the whole text; undefined when none do. */
export function insideQuotes(text: string): string | undefined {
  return WRAPPED.exec(text)?.[1];
}

/** Whether a line that nova cannot read becomes an assignment or a header with plain characters. */
export function isTypographicLine(line: string): boolean {
  const readable = plain(line).trim();
  return readable !== line && (/^[\w-]+\s*[=:]/.test(readable) || /^\[[^[\]]+\]$/.test(readable));
}
