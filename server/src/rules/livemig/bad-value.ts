import { isHostDomain } from '../../knowledge/address';
import { nearest } from '../../knowledge/near';
import { NEWEST, RELEASES, releaseIndex } from '../../knowledge/releases';
import { isLoopback, isWildcard } from '../../model/cluster';
import { isAccount, isPort, readJump } from '../../model/inventory';
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
  readonly message:
    'release' | 'words' | 'version' | 'address' | 'own' | 'port' | 'user' | 'jump' | 'controller' | 'openrc';
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
    address:
      '"{word}" is no address: write that of the node, as 192.168.3.12, 2001:db8::12 or a name, and nothing else',
    own: '{word} is every host itself: write the address by which the other nodes reach this one',
    port: '"{word}" is no port: write the number that sshd listens on, 1 to 65535',
    user: '"{word}" is no name of an account: nobody can log in with it',
    jump: '"{word}" is no host to go through: write user@host:port, a node of this file, or none',
    controller: 'This file has no [node {word}]: the commands of nova-cli run nowhere',
    openrc: '"{word}" is no path on the controller: it begins with / or ~/',
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
      title: 'capitals',
      files: {
        'livemig.ini':
          '[rules]\nnova/syntax = ⟦Warning⟧\nnova/unknown-option = ⟦OFF⟧\n[node a]\nroles = ⟦Compute⟧,⟦NFS⟧\n',
      },
      good: {
        'livemig.ini': '[rules]\nnova/syntax = warning\nnova/unknown-option = off\n[node a]\nroles = compute,nfs\n',
      },
    },
    {
      title: 'more than an address',
      files: {
        'livemig.ini':
          '[node a]\naddress = ⟦root@10.0.0.1⟧\n[node b]\naddress = ⟦10.0.0.2/24⟧\n[node c]\naddress = ⟦ssh://c.example.org:22/⟧\n[node d]\naddress = ⟦[2001:db8::4]⟧\n',
      },
      good: {
        'livemig.ini':
          '[node a]\naddress = 10.0.0.1\n[node b]\naddress = 10.0.0.2\n[node c]\naddress = c.example.org\n[node d]\naddress = 2001:db8::4\n',
      },
    },
    {
      title: 'no port, no account, no way',
      files: {
        'livemig.ini':
          '[node a]\nport = ⟦ssh⟧\nuser = ⟦root admin⟧\njump = gate, ⟦gate:22:22⟧\n[node b]\nport = ⟦0⟧\nuser = ⟦-v⟧\njump = ⟦ssh gate⟧\n[node c]\nport = ⟦65536⟧\n',
      },
    },
    {
      title: 'ports, accounts and ways to go',
      files: {
        'livemig.ini':
          '[node a]\nport = 22\nuser = root\njump = none\n[node b]\nport = 65535\nuser = ops.team@example.org\njump = ops@gate.example.org:2222, b2,[2001:db8::1]:22\n[node c]\nport =\nuser = svc_1$\njump = ssh://root@gate:22\n',
      },
    },
    {
      title: 'no address at all, or that of every host',
      files: {
        'livemig.ini':
          '[node a]\naddress = ⟦10.0.0.300⟧\n[node b]\naddress = ⟦10.0.0⟧\n[node c]\naddress = ⟦127.0.0.1⟧\n[node d]\naddress = ⟦0.0.0.0⟧\n[node e]\naddress = ⟦a b⟧\n',
      },
    },
    {
      title: 'addresses and names; of a single node any will do',
      files: { 'livemig.ini': '[node aio]\naddress = 127.0.0.1\n[rules]\nnova/syntax = off\n' },
    },
    {
      title: 'addresses of several kinds',
      files: {
        'livemig.ini':
          '[node a]\naddress = 10.0.0.1\n[node b]\naddress = fe80::2%eth0\n[node c]\naddress = compute-3.example.org\n[node d]\naddress = my_host\n',
      },
    },
    {
      title: 'a controller that is no node',
      files: { 'livemig.ini': '[cloud]\ncontroller = ⟦ctrl⟧\n[node ctl]\nroles = controller\n' },
      good: { 'livemig.ini': '[cloud]\ncontroller = ctl\n[node ctl]\nroles = controller\n' },
    },
    {
      title: 'a path from nowhere',
      files: { 'livemig.ini': '[cloud]\nopenrc = ⟦admin-openrc⟧\n' },
    },
    {
      title: 'a node there is, a path in the home',
      files: { 'livemig.ini': '[cloud]\ncontroller = ctl\nopenrc = ~/admin-openrc\n[node ctl]\nroles = controller\n' },
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
    const several = cluster.inventory.nodes.length > 1;
    const nodes = cluster.inventory.nodes.map(({ name }) => name);
    for (const entry of documentOf(file, 'livemig-ini').entries) {
      let from = entry.valueSpan.start;
      for (const { message, words, near, word } of entry.value === '' ? [] : judge(entry, several, nodes)) {
        const inside = file.text.slice(from, entry.valueSpan.end).indexOf(word);
        const span = inside < 0 ? entry.valueSpan : { start: from + inside, end: from + inside + word.length };
        from = span.end;
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
    }
  },
});

/**
 * @param several there is more than one node: what every host calls itself tells them not apart
 * @param nodes their names
 */
function judge({ section, key, value }: LivemigEntry, several: boolean, nodes: readonly string[]): readonly BadValue[] {
  const kind = section?.kind ?? '';
  if (key === 'release' && (kind === 'node' || !section)) {
    if (releaseIndex(value) !== undefined) return [];
    return [{ message: 'release', words: [], near: nearest(value, RELEASE_NAMES), word: value }];
  }
  if (kind === 'rules') return isLevel(value) ? [] : [words(value, LEVELS)];
  if (kind === 'cloud' && key === 'driver') return DRIVERS.includes(value) ? [] : [words(value, DRIVERS)];
  if (kind === 'cloud' && key === 'controller')
    return nodes.includes(value)
      ? []
      : [{ message: 'controller', words: [], near: nearest(value, nodes), word: value }];
  if (kind === 'cloud' && key === 'openrc')
    return /^~?\//.test(value) ? [] : [{ message: 'openrc', words: [], near: [], word: value }];
  if (kind !== 'node') return [];
  if (key === 'init') return INITS.includes(value) ? [] : [words(value, INITS)];
  if ((key === 'libvirt' || key === 'qemu') && !/\d+\.\d+/.test(value))
    return [{ message: 'version', words: [], near: [], word: value }];
  if (key === 'address') return judgeAddress(value, several);
  const wrong = (message: 'port' | 'user' | 'jump', word: string) => ({ message, words: [], near: [], word });
  if (key === 'port') return isPort(value) ? [] : [wrong('port', value)];
  if (key === 'user') return isAccount(value) ? [] : [wrong('user', value)];
  if (key === 'jump')
    return value
      .split(',')
      .map((w) => w.trim())
      .filter((w) => !readJump(w))
      .map((w) => wrong('jump', w));
  if (key !== 'roles') return [];
  return value
    .split(/[\s,]+/)
    .filter((w) => w !== '' && !ROLES.includes(w))
    .map((w) => words(w, ROLES));
}

function judgeAddress(value: string, several: boolean): readonly BadValue[] {
  if (several && (isLoopback(value) || isWildcard(value) || value.toLowerCase() === 'localhost'))
    return [{ message: 'own', words: [], near: [], word: value }];
  if (isAddressOrName(value)) return [];
  // What people write along: a scheme, an account, a port, a network's length, brackets.
  const bare = value
    .replace(/^[a-z]+:\/\//i, '')
    .replace(/^[^@\s]*@/, '')
    .replace(/\/\d*$/, '')
    .replace(/^([^:]+|\[.*\]):\d+$/, '$1')
    .replace(/^\[(.*)\]$/, '$1');
  return [{ message: 'address', words: [], near: bare !== value && isAddressOrName(bare) ? [bare] : [], word: value }];
}

/** The zone of a link-local address is for whoever dials it. */
function isAddressOrName(text: string): boolean {
  return isHostDomain(text.replace(/(?<=^fe80:.*)%[\w.-]+$/i, ''));
}

function words(word: string, known: readonly string[]): BadValue {
  const meant = MEANT[word.toLowerCase()];
  const near = meant !== undefined && known.includes(meant) ? [meant] : nearest(word, known);
  return { message: 'words', words: known, near, word };
}
