import { nearest } from '../../knowledge/near';
import { NEWEST, RELEASES, releaseIndex } from '../../knowledge/releases';
import { documentOf } from '../../model/parsed';
import { isLevel } from '../../settings';
import type { LivemigEntry } from '../../syntax/types';
import { replace } from '../edits';
import { defineRule } from '../rule';

const LEVELS = ['off', 'info', 'warning', 'error'];
const DRIVERS = ['nova', 'nova-cli', 'libvirt'];
const INITS = ['systemd', 'upstart', 'sysvinit'];
const ROLES = ['compute', 'controller', 'nfs'];
const RELEASE_NAMES = RELEASES.flatMap((r) => [r.name, ...r.aliases]);

/** What people write for a word, besides slips of the pen. */
const MEANT: Readonly<Record<string, string>> = {
  warn: 'warning',
  err: 'error',
  critical: 'error',
  hint: 'info',
  information: 'info',
  none: 'off',
  ignore: 'off',
  false: 'off',
  disable: 'off',
  disabled: 'off',
  openstack: 'nova',
  virsh: 'libvirt',
  qemu: 'libvirt',
  sysv: 'sysvinit',
};

interface BadValue {
  readonly message: 'release' | 'words' | 'version';
  readonly words: readonly string[];
  readonly near: readonly string[];
  /** The word of the value that is wrong. */
  readonly word: string;
}

export default defineRule({
  id: 'livemig/bad-value',
  scope: 'cluster',
  title: 'A value of livemig.ini that means nothing',
  severity: 'warning',
  files: ['livemig-ini'],
  messages: {
    release:
      '"{word}" is no release of OpenStack that livemig knows: write a name (zed) or nova\'s version (26.2.2), {oldest} to {newest}',
    words: '{key} takes {words}: "{word}" is passed over',
    version: '{key} takes a version such as 9.0.0: "{word}" is passed over',
  },
  fixes: { set: 'Write {near}' },
  why: `A value that means nothing is passed over: without a release the hosts are judged by a guess, and what depends on it is
told as information only; a rule whose level cannot be read keeps its own.`,
  sources: ['docs/livemig.ini.md'],
  examples: [
    {
      files: { 'livemig.ini': 'release = ⟦zedd⟧\n[rules]\nnova/syntax = ⟦warn⟧\n[cloud]\ndriver = ⟦Nova⟧\n' },
      good: { 'livemig.ini': 'release = zed\n[rules]\nnova/syntax = warning\n[cloud]\ndriver = nova\n' },
    },
    {
      title: 'one of several roles, nothing like it',
      files: {
        'livemig.ini':
          '[node a]\nroles = compute, ⟦storage⟧\ninit = ⟦openrc⟧\nlibvirt = ⟦newest⟧\nrelease = ⟦essex⟧\n[rules]\nnova/syntax = ⟦loud⟧\n',
      },
    },
    {
      title: 'names, versions, levels; nothing at all',
      files: {
        'livemig.ini':
          'release = 26.2.2\n[rules]\nnova/syntax = off\n[cloud]\ndriver = nova-cli\n[node a]\nrelease = Caracal\nroles = compute nfs\ninit = upstart\nqemu = 1:7.2+dfsg-7\nlibvirt =\n',
      },
    },
  ],
  check(cluster, report) {
    if (!cluster.inventory) return;
    const { file } = cluster.inventory;
    for (const entry of documentOf(file, 'livemig-ini').entries) {
      const bad = entry.value === '' ? undefined : judge(entry);
      if (!bad) continue;
      const { message, words, near, word } = bad;
      const inside = file.text.slice(entry.valueSpan.start, entry.valueSpan.end).indexOf(word);
      const start = entry.valueSpan.start + Math.max(inside, 0);
      const span = inside < 0 ? entry.valueSpan : { start, end: start + word.length };
      report({
        file,
        span,
        message,
        values: {
          key: entry.key,
          word,
          words: words.join(', '),
          oldest: RELEASES[0]?.name ?? '',
          newest: RELEASES[NEWEST]?.name ?? '',
        },
        fixes: near.map((n) => ({
          title: 'set',
          values: { near: n },
          edits: [replace(file, span, n)],
          preferred: near.length === 1,
        })),
      });
    }
  },
});

function judge({ section, key, value }: LivemigEntry): BadValue | undefined {
  const kind = section?.kind ?? '';
  if (key === 'release' && (kind === 'node' || !section)) {
    const near = nearest(value, RELEASE_NAMES);
    return releaseIndex(value) === undefined ? { message: 'release', words: [], near, word: value } : undefined;
  }
  if (kind === 'rules') return isLevel(value) ? undefined : words(value, LEVELS);
  if (kind === 'cloud' && key === 'driver') return DRIVERS.includes(value) ? undefined : words(value, DRIVERS);
  if (kind !== 'node') return undefined;
  if (key === 'init') return INITS.includes(value) ? undefined : words(value, INITS);
  if ((key === 'libvirt' || key === 'qemu') && !/\d+\.\d+/.test(value))
    return { message: 'version', words: [], near: [], word: value };
  if (key === 'roles') {
    const wrong = value.split(/[\s,]+/).find((w) => w !== '' && !ROLES.includes(w));
    return wrong === undefined ? undefined : words(wrong, ROLES);
  }
  return undefined;
}

function words(word: string, known: readonly string[]): BadValue {
  const meant = MEANT[word.toLowerCase()];
  const near = meant !== undefined && known.includes(meant) ? [meant] : nearest(word, known);
  return { message: 'words', words: known, near, word };
}
