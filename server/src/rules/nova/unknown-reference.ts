import { sectionName } from '../../knowledge/catalogue';
import { nearest } from '../../knowledge/near';
import { lookup, optionsOf, type NovaOption } from '../../knowledge/nova';
import type { ReleaseIndex } from '../../knowledge/releases';
import type { Host } from '../../model/host';
import { REFERENCE } from '../../model/nova';
import { replace } from '../edits';
import { defineRule, holdsAtAll, type FixDraft } from '../rule';
import { isPlaceholder, novaItems } from './_items';
import { isKnownSection } from './_sections';

export default defineRule({
  id: 'nova/unknown-reference',
  scope: 'host',
  title: 'A value refers to an option that does not exist',
  severity: 'error',
  files: ['nova'],
  messages: {
    default: '{reference} in {key} names no option of nova: it does not start; name one, or write $$ for a dollar sign',
    secret: 'A $ in {key} begins the name of an option, and there is none of that name: write $$ for a dollar sign',
    self: '{reference} leads back to {key} itself: nova cannot read the value; write it out',
  },
  fixes: { near: 'Write {right}', dollar: 'Write $$ for a dollar sign' },
  why: `oslo.config replaces \`$name\`, \`\${name}\` and \`$group.name\` in every value by the value of that option. A name that it
does not know, or one that leads back to itself, ends nova-compute with *NoSuchOptError: no such option my_ipp in group
[DEFAULT]*. Without a group the name is looked for in the option's own section, then in [DEFAULT]; a dot after a name belongs to it,
so \`$my_ip.\` is the option nothing of the group my_ip. A dollar sign in a password is written \`$$\`.`,
  sources: ['oslo.config 9.0.0, cfg.py', 'run with nova-compute 26.2.2'],
  explains: [/no such option \S+ in group/, /NoSuchOptError/],
  preflight: true,
  examples: [
    {
      title: 'misspelt, with and without braces',
      files: {
        'etc/nova/nova.conf':
          '[DEFAULT]\nmy_ip = 10.0.0.1\n[vnc]\nserver_listen = ⟦$my_ipp⟧\nserver_proxyclient_address = ⟦${myip}⟧\n',
      },
      good: {
        'etc/nova/nova.conf':
          '[DEFAULT]\nmy_ip = 10.0.0.1\n[vnc]\nserver_listen = $my_ip\nserver_proxyclient_address = ${my_ip}\n',
      },
    },
    {
      title: 'a dollar sign in a password',
      severity: 'warning',
      files: { 'etc/nova/nova.conf': '[neutron]\r\npassword = pa⟦$word⟧\r\n' },
      good: { 'etc/nova/nova.conf': '[neutron]\r\npassword = pa$$word\r\n' },
    },
    {
      title: 'nothing like it, and a name that ends in a dot',
      files: { 'etc/nova/nova.conf': '[DEFAULT]\ninstances_path = /srv/⟦$cluster⟧\nhost = ⟦$my_ip.⟧\n' },
    },
    {
      title: 'round in a circle',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\nmy_ip = ⟦$my_ip⟧\nstate_path = ⟦$instances_path⟧/..\n',
      },
    },
    {
      title:
        'own section, DEFAULT, other groups, old names, dollar signs that refer to nothing, keys that nova ignores',
      files: {
        'etc/nova/nova.conf':
          '[DEFAULT]\nmy_ip = 10.0.0.1\nstate_path = /var/lib/nova\ninstances_path = $state_path/instances\nour_own = $nosuch\n[libvirt]\nlive_migration_inbound_addr = ${my_ip}\nimages_rbd_pool = a$$b 5$ \\$x\n[vnc]\nserver_listen = $libvirt.live_migration_inbound_addr\n[neutron]\npassword = $ x$1$$y\n[oslo_concurrency]\nlock_path = $state_path/lock\n',
      },
    },
    {
      title: 'an option of an older release, in its time',
      release: 'grizzly',
      files: { 'etc/nova/nova.conf': '[DEFAULT]\nglance_host = 10.0.0.1\nglance_api_servers = $glance_host:9292\n' },
    },
  ],
  check(host, report) {
    const { items, overridden } = novaItems(host);
    /** What is the same each time a value names it. */
    const verdicts = new Map<string, { readonly guess: boolean; readonly near: readonly string[] }>();
    const verdict = (
      name: string,
      option: NovaOption,
    ): { readonly guess: boolean; readonly near: readonly string[] } => {
      const key = `${option.group} ${option.name} ${name}`;
      let known = verdicts.get(key);
      if (!known) {
        const guess = !holdsAtAll(host, (r) => resolve(name, option.group, r) === 'unknown');
        verdicts.set(key, (known = { guess, near: nearNames(name, option, host.release.index) }));
      }
      return known;
    };
    for (const { entry, file, option } of items) {
      if (!option || !entry.value.includes('$') || overridden.has(entry) || isPlaceholder(entry.value)) continue;
      // `\$` is as good as `$$`, and as long.
      const raw = file.text.slice(entry.rawSpan.start, entry.rawSpan.end).replaceAll('\\$', '$$$$');
      for (const match of raw.matchAll(REFERENCE)) {
        if (match[1] !== undefined) continue;
        const name = match[2] ?? match[3] ?? '';
        const start = entry.rawSpan.start + match.index;
        const span = { start, end: start + match[0].length };
        const values = { reference: `$${name}`, key: entry.key };
        const severity = option.origin === 'library' ? 'warning' : 'error';
        const target = resolve(name, option.group, host.release.index);
        if (target === 'unknown') {
          const { guess, near: names } = verdict(name, option);
          const dollar = { title: 'dollar' as const, edits: [replace(file, { start, end: start + 1 }, '$$')] };
          const fixes: FixDraft<'near' | 'dollar'>[] = option.secret
            ? [dollar]
            : [
                ...names.map((near) => {
                  const right = match[2] === undefined ? `\${${near}}` : `$${near}`;
                  return {
                    title: 'near' as const,
                    values: { right },
                    edits: [replace(file, span, right)],
                    preferred: true,
                  };
                }),
                { ...dollar, preferred: false },
              ];
          report({ file, span, message: option.secret ? 'secret' : 'default', values, severity, guess, fixes });
        } else if (target !== 'not ours' && leadsBack(host, target, option)) {
          report({ file, span, message: 'self', values, severity });
        }
      }
    }
  },
});

/** The option that a name means at a release; `not ours` where a library may have it. */
function resolve(name: string, group: string, r: ReleaseIndex): NovaOption | 'unknown' | 'not ours' {
  const dot = name.indexOf('.');
  if (dot > 0) {
    // Unlike headers, groups compare with case here.
    const [own, key] = [name.slice(0, dot), name.slice(dot + 1)];
    if (!isKnownSection(own) || sectionName(own) !== own || key === '') return 'unknown';
    return meaning(own, key, r);
  }
  const near = meaning(group, name, r);
  if (typeof near === 'object') return near;
  const general = meaning('DEFAULT', name, r);
  return general === 'unknown' ? near : general;
}

function meaning(group: string, name: string, r: ReleaseIndex): NovaOption | 'unknown' | 'not ours' {
  const found = lookup(group, name, r);
  if (found.kind === 'option' || found.kind === 'alias') return found.option;
  return found.kind === 'foreign' ? 'not ours' : 'unknown';
}

/** The one name that was probably meant: of the option's own section, or of DEFAULT. */
function nearNames(name: string, option: NovaOption, r: ReleaseIndex): readonly string[] {
  if (name.includes('.')) return [];
  const names = new Set([...optionsOf(option.group, r), ...optionsOf('DEFAULT', r)].map((o) => o.name));
  names.delete(option.name);
  const near = nearest(name, names);
  return near.length === 1 || near[0] === 'my_ip' ? near.slice(0, 1) : [];
}

/** Whether the value of `target` needs the value of `option`; of what has been looked at nothing else is found a second time. */
function leadsBack(host: Host, target: NovaOption, option: NovaOption, seen = new Set<NovaOption>()): boolean {
  if (target === option) return true;
  if (seen.has(target)) return false;
  seen.add(target);
  const { raw } = host.nova.effective(target);
  for (const match of raw?.matchAll(REFERENCE) ?? []) {
    const next = match[1] === undefined && host.nova.resolve(match[2] ?? match[3] ?? '', target.group);
    if (next && leadsBack(host, next, option, seen)) return true;
  }
  return false;
}
