/**
 * Where our parsers say on purpose something else than the programs. Each has an example on which the two really
 * disagree; the differential test checks that too, so that an entry goes when its cause does.
 */
import { type ORACLES } from './driver';

export interface Disagreement {
  readonly oracle: keyof typeof ORACLES;
  readonly name: string;
  readonly reason: string;
  readonly example: string;
  /** Whether a text is touched by it; such texts are not compared. */
  readonly applies: (text: string) => boolean;
}

export const DISAGREEMENTS: readonly Disagreement[] = [
  {
    oracle: 'libvirt',
    name: 'integers of more than 63 bits',
    reason:
      'virconf.c lets them wrap round (99999999999999999999999 is 200376420520689663); no setting has a use for either number',
    example: 'max_clients = 99999999999999999999999\n',
    applies: (text) => /\d{16}/.test(text),
  },
  {
    oracle: 'libvirt',
    name: 'a list that ends in a comma at the end of the file',
    reason: 'virconf.c says "expecting a value" of what is plainly a list without its bracket',
    example: 'a = [ 1,',
    applies: (text) => /,[ \t\r\n]*$/.test(text),
  },
  {
    oracle: 'libvirt',
    name: 'lists nested more than 64 deep',
    reason: 'virconf.c recurses once for each; no setting has a list in a list, and a crash is no use to us',
    example: `a = ${'['.repeat(65)}${']'.repeat(65)}\n`,
    applies: (text) => /(?:\[[ \t\r\n]*){65}/.test(text),
  },
  {
    oracle: 'libvirt',
    name: 'a NUL inside a string',
    reason: 'virconf.c keeps the text up to it; such a file is binary, and our value shows what stands there',
    example: 'a = "x\0y"\n',
    applies: (text) => text.includes('\0'),
  },
  {
    oracle: 'unit',
    name: 'characters that Unicode will never have',
    reason:
      'systemd takes U+FFFE and its kin for broken UTF-8 and reads no further; no editor makes them, and any other reader takes them',
    example: '[Unit]\nA=1\nB=\uffff\nC=2\n',
    applies: (text) =>
      /[\ufdd0-\ufdef\ufffe\uffff]|[\ud83f\ud87f\ud8bf\ud8ff\ud93f\ud97f\ud9bf\ud9ff\uda3f\uda7f\udabf\udaff\udb3f\udb7f\udbbf\udbff][\udffe\udfff]/.test(
        text,
      ),
  },
  {
    oracle: 'exports',
    name: 'quotes over a line end',
    reason:
      'nfs-utils reads on to the next quote and looks for a path with a line break in its name; the slip is on the first line',
    example: '"/usr *(ro)\n/etc *(ro)"\n',
    applies: (text) => text.split('\n').some((line) => (line.match(/"/g) ?? []).length % 2 === 1),
  },
  {
    oracle: 'fstab',
    name: 'a NUL in a last line without a line end',
    reason: 'libmount cuts the line there and takes the rest; anywhere else it refuses the line, and so do we here',
    example: 'a /b nfs\0x',
    applies: (text) => /\0[^\n]*$/.test(text),
  },
  {
    oracle: 'hosts',
    name: 'an indented last line without a line end',
    reason: 'glibc 2.36 doubles its last character ("compute1" resolves as "compute11"): a slip of theirs',
    example: ' 10.0.0.1 l',
    applies: (text) => /(?:^|\n)[ \t\v\f\r]+[^\n]+$/.test(text),
  },
  {
    oracle: 'shell',
    name: 'CR LF line ends',
    reason:
      'the shell makes the CR part of the value, which nobody means: we report the line ends and give the value without',
    example: 'A=1\r\n',
    applies: (text) => /\r(?:\n|$)/.test(text),
  },
  {
    oracle: 'shell',
    name: 'compound commands',
    reason:
      'whether `if`, `for` and their kind are complete is not checked: no default file needs them, and a value inside is unknown to us anyway',
    example: 'for x\nA=1\n',
    applies: (text) =>
      /(?:^|[;\n\s])(?:if|then|else|elif|fi|for|do|done|while|until|case|esac|in)(?:$|[;\s])/.test(text),
  },
  {
    oracle: 'shell',
    name: 'after an error that ends the reading',
    reason: 'the shell stops; we go on with the next line, so that the rest of the file is not one blind spot',
    example: 'A=1\nA="x\nB=1\n',
    // Not a matter of the text: values are compared only where neither side has a complaint that ends the reading.
    applies: () => false,
  },
];
