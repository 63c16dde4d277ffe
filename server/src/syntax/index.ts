import { parseGroup, parsePasswd } from './accounts';
import { parseExports } from './exports';
import { parseFstab } from './fstab';
import { parseHosts } from './hosts';
import { parseLibvirt } from './libvirt';
import { parseLivemigIni } from './livemigIni';
import { parseOslo } from './oslo';
import { parseShell } from './shell';
import { type Dialect, type ParsedDocument } from './types';
import { parseUnit } from './unit';
import { parseUpstart } from './upstart';

export type * from './types';
export { LineIndex, LineReader, lineStarts, type Position } from './lines';
export { decodeOctal } from './octal';
export { isAddress, isIpv4, isIpv6 } from '../addresses';
export { parseGroup, parsePasswd, type AccountsProblemCode } from './accounts';
export { parseExports, type ExportsProblemCode } from './exports';
export { parseFstab, type FstabProblemCode } from './fstab';
export { parseHosts, type HostsProblemCode } from './hosts';
export { parseLibvirt, type LibvirtProblemCode } from './libvirt';
export { parseLivemigIni, type LivemigProblemCode } from './livemigIni';
export { isPythonSpace, parseOslo, type OsloProblemCode } from './oslo';
export { parseShell, type ShellProblemCode } from './shell';
export { parseUnit, type UnitProblemCode } from './unit';
export { parseUpstart, type UpstartProblemCode } from './upstart';

const PARSERS: { readonly [D in Dialect]: (text: string) => Extract<ParsedDocument, { dialect: D }> } = {
  oslo: parseOslo,
  libvirt: parseLibvirt,
  shell: parseShell,
  upstart: parseUpstart,
  unit: parseUnit,
  exports: parseExports,
  fstab: parseFstab,
  hosts: parseHosts,
  passwd: parsePasswd,
  group: parseGroup,
  'livemig-ini': parseLivemigIni,
};

export const DIALECTS = Object.keys(PARSERS) as readonly Dialect[];

/** Parses a text of any dialect; never throws, whatever the text. */
export function parse<D extends Dialect>(dialect: D, text: string): Extract<ParsedDocument, { dialect: D }> {
  return PARSERS[dialect](text);
}
