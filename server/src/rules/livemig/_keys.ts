import type { SourceFile } from '../../model/files';
import type { LivemigSection, Span } from '../../syntax/types';

/** What livemig.ini may hold: keys by the kind of section; the empty kind is the top of the file. Those of `rules` are the ids. */
export const KEYS: Readonly<Record<string, readonly string[]>> = {
  '': ['release'],
  rules: [],
  cloud: ['driver', 'name', 'controller', 'openrc'],
  node: ['address', 'port', 'user', 'identity', 'jump', 'roles', 'release', 'init', 'libvirt', 'qemu'],
};

/** Kinds of section, in the order of the reference. */
export const SECTIONS = ['rules', 'cloud', 'node'] as const;

/** Where a node's name stands in its header. */
export function nameSpan(file: SourceFile, { argument = '', span }: LivemigSection): Span {
  const start = file.text.lastIndexOf(argument, span.end - argument.length);
  return { start, end: start + argument.length };
}
