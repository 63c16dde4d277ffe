import type { GuestCpuFacts, ImageFacts } from '../../model/facts';
import { readLook } from './frames';
import { all, at, attribute, readXml, textOf } from './xml';

/** What guests may have for a processor, out of `virsh domcapabilities`; undefined before libvirt 1.3.5, which tells no models. */
export function guestCpus(text: string): GuestCpuFacts | undefined {
  const domain = readXml(text.slice(Math.max(0, text.indexOf('<domainCapabilities'))));
  const modes = all(at(domain, 'cpu'), 'mode');
  const custom = modes.find((m) => attribute(m, 'name') === 'custom' && attribute(m, 'supported') === 'yes');
  const models = all(custom, 'model');
  // Some hypervisors say `unknown` of all.
  if (!models.some((m) => attribute(m, 'usable') === 'yes')) return undefined;
  const named = (usable: string): string[] =>
    models.flatMap((m) => (attribute(m, 'usable') === usable ? (textOf(m) ?? []) : []));
  const missing = new Map(
    all(custom, 'blockers').map((b) => [
      attribute(b, 'model') ?? '',
      all(b, 'feature').flatMap((f) => attribute(f, 'name') ?? []),
    ]),
  );
  const unusable = named('no').map((name) => [name, missing.get(name) ?? []] as const);
  const hostModel = textOf(
    at(
      modes.find((m) => attribute(m, 'name') === 'host-model'),
      'model',
    ),
  );
  const type = textOf(at(domain, 'domain'));
  return {
    ...(type !== undefined && { type }),
    usable: named('yes'),
    ...(unusable.length > 0 && { unusable: Object.fromEntries(unusable) }),
    ...(hostModel !== undefined && { hostModel }),
  };
}

/** Names of the security drivers in `virsh capabilities`. */
export function securityModels(text: string): readonly string[] | undefined {
  const host = at(readXml(text.slice(Math.max(0, text.indexOf('<capabilities')))), 'host');
  const models = all(host, 'secmodel')
    .flatMap((s) => textOf(at(s, 'model')) ?? [])
    .filter((m) => m !== 'none');
  return host && models.length > 0 ? models : undefined;
}

/** UUIDs in `virsh secret-list`, which old versions begin with a blank; undefined where it is no such table. */
export function secrets(text: string): readonly string[] | undefined {
  if (!/^\s*UUID\s+Usage/m.test(text)) return undefined;
  return [...text.matchAll(/^\s*([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\b/gim)].map((m) => m[1]!.toLowerCase());
}

/** A blank is written `\040`. */
function plain(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** `exportfs -s`: `/srv  192.0.2.0/24(sync,wdelay,…)`, a path for each client. */
export function exported(text: string): Readonly<Record<string, readonly string[]>> {
  const found = new Map<string, string[]>();
  for (const [, path = '', client = ''] of text.matchAll(/^(\/.*?)[ \t]+(\S+\([^()]*\))[ \t]*$/gm))
    found.set(plain(path), [...(found.get(plain(path)) ?? []), client]);
  return Object.fromEntries(found);
}

/** `showmount --no-headers -e`: `/srv 192.0.2.0/24,198.51.100.7`, or `(everyone)`. */
export function shown(text: string): Readonly<Record<string, readonly string[]>> {
  const lines = [...text.matchAll(/^(\/.*?)[ \t]+(\S+)[ \t]*$/gm)];
  return Object.fromEntries(lines.map(([, path = '', clients = '']) => [path, clients.split(',')]));
}

/** `rpcinfo -p`: `100005    3   tcp  20048  mountd`; those without a name by their number. */
export function rpc(text: string): readonly string[] {
  return [...text.matchAll(/^\s*(\d+)\s+(\d+)\s+(\w+)\s+(\d+)(?:[ \t]+(\S+))?\s*$/gm)].map(
    ([, program, version, protocol, port, name]) => `${name ?? program} ${version} ${protocol} ${port}`,
  );
}

/** Lines of stat(1) or ls(1), od(1) and `du -k`; null where there is nothing, undefined where that could not be seen. */
export function image(text: string): ImageFacts | null | undefined {
  if (/: (?:No such file or directory|Not a directory)$/m.test(text)) return null;
  const [first = '', ...rest] = text.split('\n');
  if (readLook(first.split(' '))?.type !== 'file') return undefined;
  const digits = rest.filter((line) => /^[\s\da-f]*$/.test(line)).join('');
  const bytes = Buffer.from(digits.replace(/\s+/g, ''), 'hex');
  const [, used] = /^(\d+)[ \t]+\//m.exec(rest.join('\n')) ?? [];
  return {
    ...(bytes.length === 32 &&
      bytes.toString('latin1', 0, 4) === 'QFI\xfb' && { qcow2: Number(bytes.readBigUInt64BE(24)) }),
    ...(used !== undefined && { used: Number(used) * 1024 }),
  };
}

/** Folders in `virsh pool-dumpxml`, one after the other. */
export function pools(text: string): readonly string[] {
  const plain = (word: string): string =>
    word.replace(/&(lt|gt|amp|apos|quot);/g, (_, name: string) => ENTITIES[name as keyof typeof ENTITIES]);
  return [...text.matchAll(/<target>\s*<path>([^<]+)<\/path>/g)].map((m) => plain(m[1]!));
}

const ENTITIES = { lt: '<', gt: '>', amp: '&', apos: "'", quot: '"' } as const;

/** `stat -f -c '%S %b %a'`: the size of a block, how many there are, how many are left for an ordinary user. In MiB. */
export function room(text: string): { readonly total: number; readonly available: number } | undefined {
  const [, size, blocks, left] = /^(\d+) (\d+) (\d+)$/m.exec(text) ?? [];
  if (left === undefined || Number(blocks) === 0) return undefined;
  const mib = (count: string | undefined): number => Math.floor((Number(size) * Number(count)) / 1_048_576);
  return { total: mib(blocks), available: mib(left) };
}
