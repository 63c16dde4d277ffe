// libvirt.json: the keys of libvirt's own configuration files.
import { byCode, facts, generated, table } from './common.mjs';

/** "see example: X" and "unset …" are notes about the sample file, not defaults. */
function defaultOf(text) {
  if (!text || text.startsWith('see example') || text.startsWith('unset')) return undefined;
  return text;
}

export async function libvirtTables(root) {
  const { keys } = await facts(root, 'libvirt-keys.json');
  const { uint, stringOrList, missing } = (await facts(root, 'corrections.json')).groups.find((g) => g.libvirt).libvirt;
  const typeOf = (k) => {
    if (uint[k.file]?.includes(k.key)) return 'uint';
    if (stringOrList[k.file]?.includes(k.key)) return 'string or list';
    return k.type === 'int or "unlimited"' ? 'int or unlimited' : k.type;
  };
  const unlisted = missing.map(([file, key, type]) => ({ file, key, type }));
  const rows = [...keys, ...unlisted]
    .map((k) => {
      const extra = {
        d: defaultOf(k.default),
        e: k.exampleValue || undefined,
        s: k.summary,
        n: k.note,
        // The tables' "0.8.5 (first NEWS mention)" and ">2.2.0 <=7.0.0" stay words: no comparison is made with them.
        v: k.since,
        x: k.removed ?? undefined,
      };
      const flags =
        (k.liveMigration ? 1 : 0) +
        (k.deprecated ? 2 : 0) +
        (k.ipOnly ? 4 : 0) +
        (k.ignoredWithSocketActivation ? 8 : 0);
      return [k.file, k.key, typeOf(k), flags, JSON.parse(JSON.stringify(extra))];
    })
    .sort((a, b) => byCode(a[0], b[0]) || byCode(a[1], b[1]));
  return { path: generated('libvirt'), content: table({ keys: rows }) };
}
