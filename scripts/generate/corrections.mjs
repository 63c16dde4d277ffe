// Applies server/facts/corrections.json to the option table, so that the compaction sees one consistent catalogue.

/**
 * @typedef {object} Option an option while it is being worked on; `from` and `to` are release indices, `to` exclusive
 * @property {string} group
 * @property {string} name
 * @property {string} type
 * @property {unknown} default
 * @property {boolean} library
 * @property {number} from
 * @property {number} to
 */

const key = (group, name) => `${group}\n${name}`;

/** @returns the catalogue: options by key, aliases, and the sections that are not nova's */
export function correctedCatalogue(table, corrections) {
  const names = table.meta.releases.map((r) => r.name);
  const end = names.length;
  const at = (name, otherwise) => {
    if (name === undefined || name === null) return otherwise;
    const i = names.indexOf(name);
    if (i < 0) throw new Error(`corrections.json: no release ${name}`);
    return i;
  };
  /** @type {Map<string, Option>} */
  const options = new Map();
  const ksaOptions = new Map();
  const aliases = new Map();
  const addAlias = (old, to, from, until) => {
    if (key(...old) === key(...to)) return;
    aliases.set(`${key(...old)}\n${key(...to)}`, { old, to, from, until });
  };

  for (const x of table.options) {
    const library = x.origin !== 'nova';
    const { removedIn, leftNovaIn, addedIn, ...rest } = x;
    // A missing removedIn is a library's; "absentIn" (holes) is an artefact of how the table was made and is ignored.
    const option = {
      ...rest,
      library,
      from: library ? 0 : addedIn === 'grizzly or earlier' ? 0 : at(addedIn, 0),
      to: at(library ? leftNovaIn : removedIn, end),
    };
    (x.group === '(keystoneauth)' ? ksaOptions : options).set(
      x.group === '(keystoneauth)' ? x.name : key(x.group, x.name),
      option,
    );
    for (const d of x.deprecatedNames) {
      if (x.group === '(keystoneauth)') continue; // named in the corrections
      addAlias(
        [d.group, d.name],
        [x.group, x.name],
        at(d.aliasFrom, 0),
        d.aliasUntil === null ? end : at(d.aliasUntil, 0) + 1,
      );
    }
  }
  for (const r of table.renames) {
    addAlias(
      [r.old.group, r.old.name],
      [r.new.group, r.new.name],
      at(r.aliasFrom, 0),
      r.aliasUntil === null ? end : at(r.aliasUntil, 0) + 1,
    );
  }

  const find = (group, name) => {
    const option = options.get(key(group, name));
    if (!option) throw new Error(`corrections.json: no option [${group}] ${name}`);
    return option;
  };
  const out = { librarySections: [], libraryPrefixes: [], privsepPatterns: [], typeFrom: {}, keystoneauth: undefined };

  for (const g of corrections.groups) {
    for (const o of g.options ?? []) {
      const { from, to, origin, ...fields } = o;
      const old = options.get(key(o.group, o.name));
      options.set(key(o.group, o.name), {
        liveMigration: false,
        ...old,
        // The old history belongs to the old data.
        ...(old && 'default' in fields ? { defaultHistory: undefined } : {}),
        ...fields,
        library: origin !== 'nova',
        from: at(from, 0),
        to: at(to, end),
      });
    }
    for (const [group, name] of g.libraryOptions ?? []) {
      Object.assign(find(group, name), { library: true, from: 0, to: end });
    }
    for (const target of g.dropAliases ?? []) {
      for (const [k, a] of aliases) if (a.to[0] === target) aliases.delete(k);
    }
    for (const a of g.aliases ?? []) addAlias(a.old, a.new, at(a.from, 0), at(a.to, end));
    for (const [group, name, from] of g.backports ?? []) {
      const option = find(group, name);
      option.from = Math.min(option.from, at(from, 0));
    }
    for (const d of g.defaults ?? []) {
      const option = find(d.group, d.name);
      const since = at(d.from, 0);
      const earlier = (option.defaultHistory ?? [{ since: names[0], default: option.default }]).filter(
        (h) => at(h.since, 0) < since,
      );
      option.default = d.default;
      option.defaultHistory = [...earlier, { since: names[since], default: d.default }];
    }
    for (const { group, name, ...fields } of g.fields ?? []) Object.assign(find(group, name), fields);
    for (const [group, name] of g.present ?? []) find(group, name);
    for (const [group, name] of g.notNone ?? []) find(group, name).notNone = true;
    if (g.privsep) {
      const like = [...options.values()].filter((o) => o.group === g.privsep.like);
      for (const section of g.privsep.sections) {
        for (const o of like) options.set(key(section, o.name), { ...o, group: section });
      }
      out.librarySections.push(...g.privsep.sections);
      out.privsepPatterns.push(...g.privsep.patterns);
    }
    out.librarySections.push(...(g.librarySections ?? []));
    out.libraryPrefixes.push(...(g.libraryPrefixes ?? []));
    Object.assign(out.typeFrom, g.typeFrom ?? {});
    if (g.keystoneauth) {
      const { sections } = g.keystoneauth;
      for (const o of g.keystoneauth.options) ksaOptions.set(o.name, { liveMigration: false, ...o });
      for (const section of sections) {
        for (const [name, o] of ksaOptions) {
          const own = options.get(key(section, name));
          options.set(key(section, name), { ...(own ?? o), group: section, library: true, from: 0, to: end });
        }
        for (const [old, name] of Object.entries(g.keystoneauth.aliases)) {
          if (!options.has(key(section, old))) addAlias([section, old], [section, name], 0, end);
        }
      }
      out.keystoneauth = sections;
    }
  }
  return { ...out, options, aliases: [...aliases.values()], names, end, at };
}
