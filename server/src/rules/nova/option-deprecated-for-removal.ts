import { defaultOf, option, type OptionPlace } from '../../knowledge/nova';
import { releaseName } from '../../knowledge/releases';
import { catalogue, optionHolds, slotId } from '../../knowledge/catalogue';
import { removeLines, replace } from '../edits';
import { defineRule, holdsAtAll, type FixDraft } from '../rule';
import { novaItems, type NovaItem } from './_items';

export default defineRule({
  id: 'nova/option-deprecated-for-removal',
  scope: 'host',
  title: 'An option that nova is going to drop',
  severity: 'info',
  files: ['nova'],
  messages: {
    default: '{key} is deprecated since {since} and still read, a later nova will ignore it',
    replaced: '{key} is deprecated since {since} and still read; {others} will take its place',
    uri: 'live_migration_uri is deprecated since {since} and still read; live_migration_scheme and live_migration_inbound_addr take its place',
  },
  fixes: {
    scheme: 'Set live_migration_scheme to {scheme} instead',
    standard: 'Remove the line: {value} is what nova uses by itself',
    remove: 'Remove the line: {value} is the default',
  },
  why: `Nova logs *Option "live_migration_uri" from group "libvirt" is deprecated for removal. Its value may be silently ignored in
the future.* Until then it works. Of live_migration_uri the scheme is said by live_migration_scheme, and the host by each
destination's own live_migration_inbound_addr; other paths, ports and parameters have no successor.`,
  sources: [
    'nova/conf of every release from 2013.1',
    'nova/virt/libvirt/driver.py, _live_migration_uri, 15.0.0 to 33.0.0',
  ],
  explains: [/deprecated for removal/],
  examples: [
    {
      title: 'a URI that a scheme can say',
      release: 'zed',
      files: { 'etc/nova/nova.conf': '[libvirt]\n⟦live_migration_uri⟧ = qemu+ssh://%s/system\nvirt_type = kvm\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = ssh\nvirt_type = kvm\n' },
      fix: 'scheme',
    },
    {
      title: 'the URI that nova makes by itself',
      release: 'zed',
      files: {
        'etc/nova/nova.conf': '[libvirt]\r\n⟦live_migration_uri⟧ = qemu+tcp://%s/system\r\nvirt_type = kvm\r\n',
      },
      good: { 'etc/nova/nova.conf': '[libvirt]\r\nvirt_type = kvm\r\n' },
      fix: 'standard',
    },
    {
      title: 'a URI with more than that',
      release: 'zed',
      files: { 'etc/nova/nova.conf': '[libvirt]\n⟦live_migration_uri⟧ = qemu+ssh://nova@%s/system?keyfile=/k\n' },
    },
    {
      title: 'set to its default',
      release: '2026.1',
      files: { 'etc/nova/nova.conf': '[libvirt]\n⟦live_migration_tunnelled⟧ = False\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\n' },
      fix: 'remove',
    },
    {
      title: 'before it was deprecated',
      release: 'mitaka',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+tcp://%s/system\n' },
    },
  ],
  check(host, report) {
    const r = host.release.index;
    for (const item of novaItems(host).items) {
      const { file, entry, found } = item;
      // An old name has its own finding.
      if (found.kind !== 'option' || found.option.origin === 'library') continue;
      const since = found.option.deprecatedForRemoval;
      if (since === undefined || since > r) continue;
      const uri = entry.key === 'live_migration_uri';
      const others = successors(found.option, r);
      report({
        file,
        span: entry.keySpan,
        message: uri ? 'uri' : others.length > 0 ? 'replaced' : 'default',
        values: {
          key: entry.key,
          since: releaseName(since),
          others: others.map((p) => (p.group === found.option.group ? p.name : `[${p.group}] ${p.name}`)).join(', '),
        },
        guess: !holdsAtAll(host, (at) => since <= at),
        tags: ['deprecated'],
        fixes: uri ? uriFixes(item, r) : [defaultFix(item, r)],
      });
    }
  },
});

function successors({ group, name }: OptionPlace, r: number): readonly OptionPlace[] {
  return catalogue()
    .replaced(slotId(group, name))
    .filter((o) => optionHolds(o, r));
}

/** Which of several ways to go is the user's choice: none is preferred. */
function uriFixes({ file, entry }: NovaItem, r: number): FixDraft<'scheme' | 'standard'>[] {
  const scheme = /^qemu\+([a-z0-9]+):\/\/%s\/system$/.exec(entry.value)?.[1];
  const successor = option('libvirt', 'live_migration_scheme');
  if (scheme === undefined || !successor || !optionHolds(successor, r)) return [];
  const say = {
    title: 'scheme' as const,
    values: { scheme },
    edits: [replace(file, entry.keySpan, 'live_migration_scheme'), replace(file, entry.rawSpan, scheme)],
    preferred: false,
  };
  const drop = {
    title: 'standard' as const,
    values: { value: entry.value },
    edits: [removeLines(file, entry.span)],
    preferred: false,
  };
  return scheme === 'tcp' ? [drop, say] : [say];
}

function defaultFix({ file, entry, option: own }: NovaItem, r: number): FixDraft<'remove'> | undefined {
  const fallback = own && defaultOf(own, r);
  if (typeof fallback !== 'boolean' && typeof fallback !== 'number' && typeof fallback !== 'string') return undefined;
  const same =
    typeof fallback === 'boolean'
      ? (fallback ? ['true', '1', 'yes', 'on'] : ['false', '0', 'no', 'off']).includes(entry.value.toLowerCase())
      : entry.value === String(fallback);
  if (!same) return undefined;
  return { title: 'remove', values: { value: entry.value }, edits: [removeLines(file, entry.span)], preferred: false };
}
