import type { SourceFile } from '../../model/files';
import { documentOf } from '../../model/parsed';
import { replace, setLibvirtKey } from '../edits';
import type { Edit } from '../rule';

/** Sets a key that may be absent, by uncommenting its example where that has this very value. */
export function enableKey(file: SourceFile, key: string, value: string): Edit {
  if (documentOf(file, 'libvirt').entries.some((e) => e.key === key)) return setLibvirtKey(file, key, value);
  const example = new RegExp(`^[ \\t]*(#[ \\t]*)${key}[ \\t]*=[ \\t]*${value}[ \\t]*$`, 'm').exec(file.text);
  if (!example?.[1]) return setLibvirtKey(file, key, value);
  const start = example.index + example[0].indexOf('#');
  return replace(file, { start, end: start + example[1].length }, '');
}
