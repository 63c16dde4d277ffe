// releases.json; nova.json: options and old names, as small as is sensible.
import { byCode, facts, generated, table } from './common.mjs';
import { correctedCatalogue } from './corrections.mjs';

/** Order is part of the format; new types go to the end. Mirrored by OPTION_TYPES in server/src/knowledge/tables.ts. */
const TYPES = [
  'string',
  'integer',
  'boolean',
  'float',
  'list',
  'multistring',
  'port',
  'uri',
  'hostaddress',
  'hostdomain',
  'ip',
  'multi',
];
const FLAG = { library: 1, secret: 2, liveMigration: 4, mutable: 8, advanced: 16, notNone: 32 };

/** `[index, value]` pairs, oldest first, without repetitions; the first counts from the beginning. */
function history(entries, at, value) {
  const steps = entries.map((h) => [at(h.since, 0), value(h)]).sort((a, b) => a[0] - b[0]);
  return steps.filter((s, i) => i === 0 || JSON.stringify(s[1]) !== JSON.stringify(steps[i - 1][1]));
}

/** None may be a choice in the source; a file cannot say it. A text stands for choices that are computed: not known here. */
const writable = (choices) => (Array.isArray(choices) ? choices.filter((c) => c !== null).map(String) : null);

function row(o, at, end) {
  const flags = Object.entries(FLAG).reduce((sum, [name, bit]) => sum + (o[name] ? bit : 0), 0);
  const type = TYPES.indexOf(o.type);
  if (type < 0) throw new Error(`[${o.group}] ${o.name}: unknown type ${o.type}`);
  const extra = {};
  if (o.summary) extra.s = o.summary;
  if (o.deprecatedFromRelease) extra.d = at(o.deprecatedFromRelease, 0);
  const defaults = o.defaultHistory
    ? history(o.defaultHistory, at, (h) => h.default ?? null)
    : [[0, o.default ?? null]];
  if (defaults.length > 1) extra.D = defaults.slice(1);
  const ranges = o.rangeHistory ? history(o.rangeHistory, at, (h) => h.minmax) : [[0, [o.min ?? null, o.max ?? null]]];
  if (ranges.length > 1 || ranges[0][1].some((x) => x !== null)) extra.r = ranges.map(([i, r]) => [i, ...r]);
  const choices = o.choicesHistory
    ? history(o.choicesHistory, at, (h) => writable(h.choices))
    : [[0, writable(o.choices)]];
  if (choices.length > 1 || choices[0][1] !== null) extra.c = choices;
  const cells = [o.name, type, flags, o.from, o.to === end ? 0 : o.to, defaults[0][1]];
  return Object.keys(extra).length > 0 ? [...cells, extra] : cells;
}

export async function novaTables(root) {
  const raw = await facts(root, 'options.json');
  const c = correctedCatalogue(raw, await facts(root, 'corrections.json'));
  const groups = {};
  const sorted = [...c.options.values()].sort((a, b) => byCode(a.group, b.group) || byCode(a.name, b.name));
  for (const o of sorted) (groups[o.group] ??= []).push(row(o, c.at, c.end));
  const releases = raw.meta.releases.map((r) => {
    if (r.name === 'master') return [r.name, '34', ['2026.2', 'main']];
    const [version, nick] = r.version.split(' ');
    return [r.name, version, nick ? [nick.slice(1, -1)] : []];
  });
  const aliases = c.aliases
    .map((a) => [...a.old, ...a.to, a.from, a.until === c.end ? 0 : a.until])
    .sort((a, b) => byCode(a.slice(0, 4).join('\n'), b.slice(0, 4).join('\n')));
  const content = table({
    options: groups,
    aliases,
    replaced: raw.replacements.map((r) => [r.old.group, r.old.name, r.new.map((n) => [n.group, n.name])]),
    librarySections: [...new Set(c.librarySections)].sort(byCode),
    libraryPatterns: [...c.privsepPatterns, ...c.libraryPrefixes.map((p) => `^${p}`)],
    typeFrom: Object.fromEntries(Object.entries(c.typeFrom).map(([t, [r, was]]) => [t, [c.at(r, 0), was]])),
  });
  return [
    // Apart, because it is needed at once and the rest only when a nova.conf is open.
    { path: generated('releases'), content: table({ releases }) },
    { path: generated('nova'), content },
  ];
}
