/**
 * Where our parsers say on purpose something else than the programs. Each has an example on which the two really
 * disagree; the differential test checks that too, so that an entry goes when its cause does.
 */
import { libvirtKey } from '../../server/src/knowledge/libvirt';
import { parseHosts } from '../../server/src/syntax';
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

/** The lenses of augeas that read our files; libvirt ships its own. */
export const LENSES = {
  'etc/libvirt/libvirtd.conf': 'Libvirtd.lns',
  'etc/libvirt/qemu.conf': 'Libvirtd_qemu.lns',
  'etc/exports': 'Exports.lns',
  'etc/fstab': 'Fstab.lns',
  'etc/hosts': 'Hosts.lns',
} as const;

export type LensPath = keyof typeof LENSES;

/** Where augeas says something else than the program that reads the file, with which we go. */
export interface LensDisagreement {
  readonly name: string;
  readonly reason: string;
  /** For each file that it concerns a text on which the two disagree. */
  readonly examples: Partial<Record<LensPath, string>>;
  readonly applies: (text: string, path: LensPath) => boolean;
}

/** Known to us, but of a version that the installed lens is not of. */
function ofAnotherVersion(text: string, path: LensPath): boolean {
  const name = path.replace(/^.*\//, '');
  return [...text.matchAll(/^[ \t]*(\w+)[ \t]*=/gm)].some(([, key = '']) => {
    const known = libvirtKey(name, key);
    return known?.removed !== undefined || /^>|^1\d\./.test(known?.since ?? '');
  });
}

export const LENS_DISAGREEMENTS: readonly LensDisagreement[] = [
  {
    name: 'CR LF line ends',
    reason: 'to a lens the CR is one more character; libvirt and nfs-utils take it for a blank, libmount mostly, too',
    examples: {
      'etc/exports': '/usr *(rw)\r\n',
      'etc/fstab': 'a /b nfs rw 0 0\r\n',
      'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\r\n',
      'etc/libvirt/qemu.conf': 'user = "nova"\r\n',
    },
    applies: (text) => text.includes('\r'),
  },
  {
    name: 'a comment or a semicolon after a value',
    reason: 'virconf.c takes both',
    examples: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 1 # note\n', 'etc/libvirt/qemu.conf': 'max_queued = 1;\n' },
    applies: (text) => /^[ \t]*\w[^\n#]*[\w"'\]][ \t]*[#;]/m.test(text),
  },
  {
    name: 'single quotes',
    reason: 'virconf.c takes them as it takes double ones',
    examples: { 'etc/libvirt/libvirtd.conf': "auth_tcp = 'none'\n", 'etc/libvirt/qemu.conf': "user = 'nova'\n" },
    applies: (text) => text.includes("'"),
  },
  {
    name: 'keys of older and newer versions',
    reason: 'the daemon passes over what it does not know; our table has all versions, a lens has its own',
    examples: { 'etc/libvirt/libvirtd.conf': 'mdns_adv = 1\n', 'etc/libvirt/qemu.conf': 'backup_port_min = 10809\n' },
    applies: ofAnotherVersion,
  },
  {
    name: 'negative numbers',
    reason: 'keepalive_interval = -1 turns the probes off, and the daemon reads it so',
    examples: { 'etc/libvirt/qemu.conf': 'keepalive_interval = -1\n' },
    applies: (text) => /=[ \t]*-\d/.test(text),
  },
  {
    name: 'a list where one text does as well',
    reason: 'the daemon reads security_driver and hugetlbfs_mount either way; the lens knows the text only',
    examples: { 'etc/libvirt/qemu.conf': 'security_driver = [ "selinux" ]\n' },
    applies: (text) => /(security_driver|hugetlbfs_mount)[ \t]*=[ \t]*\[/.test(text),
  },
  {
    name: 'a directory for the world',
    reason: 'a path without clients, or with options alone, is exported to everybody (exportfs); we warn of that',
    examples: { 'etc/exports': '/usr\n/usr (rw)\n' },
    applies: (text) => /^[^\s#-]\S*[ \t]*$|[ \t]\(/m.test(text),
  },
  {
    name: 'options for all clients of a line',
    reason: 'exports(5): -rw,sync before the clients',
    examples: { 'etc/exports': '/usr -rw,sync 10.0.0.1\n' },
    applies: (text) => /[ \t]-\w/.test(text),
  },
  {
    name: 'quotes, backslashes and comments after an entry',
    reason: 'exportfs reads all three; the lens knows whole comment lines and bare words only',
    examples: { 'etc/exports': '"/usr" *(rw) \\\n  10.0.0.1(ro) # note\n' },
    applies: (text) => /["\\]|^[^#\n]+#/m.test(text),
  },
  {
    name: 'anything between the brackets',
    reason: 'exportfs refuses blanks, empty options and brackets that stay open, with all lines that follow',
    examples: { 'etc/exports': '/usr *(rw, sync)\n' },
    applies: (text) => /\([^)\n]*([ \t]|,,|\n|$)|\(,/.test(text),
  },
  {
    name: 'relative paths, and what is too long',
    reason: 'exportfs says "Failed to stat" or cuts the line; the lens does not look',
    examples: { 'etc/exports': 'usr *(rw)\n' },
    applies: (text) => /^[^/#\s"\\]|\S{300}/m.test(text),
  },
  {
    name: 'a form feed, and a bracket without its partner',
    reason: 'what exportfs makes of them is settled by asking it',
    examples: { 'etc/exports': '/usr 10.0.0.1)\n' },
    applies: (text) => /\f|^[^(\n]*\)/m.test(text),
  },
  {
    name: 'a last line without a line end',
    reason: 'every program takes it',
    examples: { 'etc/exports': '/usr *(rw)', 'etc/fstab': 'a /b nfs rw' },
    applies: (text) => /[^\n]$/.test(text),
  },
  {
    name: 'an empty option',
    reason: 'libmount takes rw,,hard',
    examples: { 'etc/fstab': 'a /b nfs rw,,hard 0 0\n' },
    applies: (text) => text.includes(',,'),
  },
  {
    name: 'more than six fields, and signs before the last two',
    reason: 'libmount passes over the rest of a line, and reads numbers by strtol',
    examples: { 'etc/fstab': 'a /b nfs rw 0 0 junk\n' },
    applies: (text) => /^(?!#)[ \t]*\S+([ \t]+\S+){6}|[ \t][+-]\d/m.test(text),
  },
  {
    name: 'a comment after an entry',
    reason: 'libmount knows none: the # is a type or a number, and the line is refused where it is a number',
    examples: { 'etc/fstab': 'a /b nfs rw # note\n' },
    applies: (text) => /^[^#\n]+[ \t]#/m.test(text),
  },
  {
    name: 'anything for an address',
    reason: 'glibc passes over a line whose first word is no address',
    examples: { 'etc/hosts': '10.0.0.1/24 a\n' },
    applies: (text) => parseHosts(text).problems.length > 0,
  },
  {
    name: 'an address without a name, and rare blanks',
    reason: 'glibc passes over the one without harm, and takes vertical tabs and form feeds for blanks',
    examples: { 'etc/hosts': '10.0.0.1\n' },
    applies: (text) => /[\v\f]|^[ \t]*[\da-f.:]+[ \t]*(#.*)?$/im.test(text),
  },
];
