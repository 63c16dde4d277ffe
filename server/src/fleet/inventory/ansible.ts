import type { NodeDraft } from '../../fleet-protocol';
import { isHostDomain } from '../../knowledge/address';
import { isAccount, isPort, readJump } from '../../model/inventory';
import { isIpv6 } from '../../addresses';
import { FleetError } from '../types';
import { isNodeName } from './add';
import { hostPattern, literal, shellSplit } from './ansible-words';

/** More hosts than this are no inventory that somebody means to pick from. */
const MOST_HOSTS = 100_000;

/** What groups of such names are for, as OpenStack's deployment tools and people call them. */
const ROLE_OF: Readonly<Record<string, string>> = {
  compute: 'compute',
  'nova-compute': 'compute',
  hypervisor: 'compute',
  kvm: 'compute',
  control: 'controller',
  controller: 'controller',
  'nova-controller': 'controller',
  nfs: 'nfs',
  storage: 'nfs',
};

type Values = Map<string, string>;

interface Group {
  readonly hosts: Set<string>;
  readonly children: Set<string>;
  readonly values: Values;
}

/**
 * The hosts of an Ansible inventory in INI format, in its order: address, account, port, key and jump as Ansible would use
 * them, roles by the names of their groups. What a template decides is left out, `detail` says so.
 * @throws FleetError of code `refused` for what Ansible does not take either, and for inventories in YAML or JSON
 */
export function ansibleHosts(text: string): NodeDraft[] {
  const inventory = new Inventory();
  inventory.read(text);
  return inventory.drafts();
}

class Inventory {
  readonly #groups = new Map<string, Group>();
  /** Each host's own values. */
  readonly #hosts = new Map<string, Values>();

  read(text: string): void {
    refuseOtherFormats(text);
    let group = this.#group('ungrouped');
    let state = 'hosts';
    /** Groups that must be declared by a header of their own, with the line that says so. */
    const pending = new Map<string, number>();
    const declared = new Set(['all', 'ungrouped']);
    text
      .replace(/^\uFEFF/, '')
      .split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/)
      .forEach((raw, index) => {
        const line = raw.trim();
        if (line === '' || line.startsWith('#') || line.startsWith(';')) return;
        const [, name, kind = 'hosts'] = /^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$/.exec(line) ?? [];
        try {
          if (name !== undefined) {
            if (!/^(?:hosts|children|vars)$/.test(kind)) throw new Error(`there is no section of type ${kind}`);
            [group, state] = [this.#group(name), kind];
            if (kind === 'vars') pending.set(name, index);
            else declared.add(name);
          } else if (line.startsWith('[') && line.endsWith(']')) throw new Error('no section has such a name');
          else if (state === 'children') {
            const child = /^([^:\]\s]+)\s*(?:#.*)?$/.exec(line)?.[1];
            if (child === undefined) throw new Error('the name of a group is expected');
            this.#group(child);
            group.children.add(child);
            pending.set(child, index);
          } else if (state === 'vars') {
            const equals = line.indexOf('=');
            if (equals < 0) throw new Error('KEY=VALUE is expected');
            group.values.set(line.slice(0, equals).trim(), literal(line.slice(equals + 1).trim()));
          } else this.#host(line, group);
        } catch (error) {
          if (error instanceof FleetError) throw error;
          throw refused(index, (error as Error).message);
        }
      });
    for (const [name, index] of pending) if (!declared.has(name)) throw refused(index, `there is no group ${name}`);
  }

  #group(name: string): Group {
    let group = this.#groups.get(name);
    if (!group) this.#groups.set(name, (group = { hosts: new Set(), children: new Set(), values: new Map() }));
    return group;
  }

  #host(line: string, group: Group): void {
    const [pattern = '', ...rest] = shellSplit(line);
    const { names, port } = hostPattern(pattern);
    const values = rest.map((word): [string, string] => {
      const equals = word.indexOf('=');
      if (equals < 0) throw new Error(`KEY=VALUE is expected behind the host, not ${word}`);
      return [word.slice(0, equals), literal(word.slice(equals + 1))];
    });
    for (const name of names) {
      let own = this.#hosts.get(name);
      // The port behind a name counts where the host is named for the first time.
      if (!own) this.#hosts.set(name, (own = new Map(port === undefined ? [] : [['ansible_port', port]])));
      if (this.#hosts.size > MOST_HOSTS) throw new Error(`more than ${MOST_HOSTS} hosts`);
      for (const [key, value] of values) own.set(key, value);
      group.hosts.add(name);
    }
  }

  drafts(): NodeDraft[] {
    const parents = new Map<string, string[]>();
    const add = (of: string, parent: string) => parents.set(of, [...(parents.get(of) ?? []), parent]);
    for (const [name, { children }] of this.#groups) for (const child of children) add(child, name);
    const depths = new Map<string, number>([['all', 0]]);
    const depth = (name: string, way: readonly string[] = []): number => {
      if (way.includes(name))
        throw new FleetError('refused', `The groups go in a circle: ${[...way, name].join(' → ')}`);
      const known = depths.get(name);
      if (known !== undefined) return known;
      const above = (parents.get(name) ?? []).map((p) => depth(p, [...way, name]));
      depths.set(name, 1 + Math.max(0, ...above));
      return depths.get(name)!;
    };
    for (const name of this.#groups.keys()) depth(name);
    const priority = (name: string) => Number(this.#groups.get(name)?.values.get('ansible_group_priority') ?? '1');
    const order = [...this.#groups.keys()].sort(
      (a, b) => depth(a) - depth(b) || priority(a) - priority(b) || (a < b ? -1 : a > b ? 1 : 0),
    );
    const rank = new Map(order.map((name, i) => [name, i]));
    const groupsOf = new Map<string, Set<string>>();
    const put = (host: string, name: string): void => {
      const own = groupsOf.get(host) ?? new Set(['all']);
      groupsOf.set(host, own);
      if (own.has(name) && name !== 'all') return;
      own.add(name);
      for (const parent of parents.get(name) ?? []) put(host, parent);
    };
    for (const [name, { hosts }] of this.#groups) for (const host of hosts) put(host, name);
    for (const groups of groupsOf.values()) {
      // Who is in no group of its own is "ungrouped", whatever the file says.
      if ([...groups].some((g) => g !== 'all' && g !== 'ungrouped')) groups.delete('ungrouped');
      else groups.add('ungrouped');
    }
    return [...this.#hosts].flatMap(([name, own]) => {
      const groups = [...(groupsOf.get(name) ?? [])].sort((a, b) => (rank.get(a) ?? -1) - (rank.get(b) ?? -1));
      const values: Values = new Map(groups.flatMap((g) => [...(this.#groups.get(g)?.values ?? [])]));
      for (const [key, value] of own) values.set(key, value);
      return draftOf(name, values, groups) ?? [];
    });
  }
}

/** @returns undefined for this machine itself, and what can be no node's name */
function draftOf(host: string, values: Values, groups: readonly string[]): NodeDraft | undefined {
  const lost: string[] = [];
  const value = (keys: readonly string[], valid: (text: string) => boolean): string | undefined => {
    const key = keys.find((k) => (values.get(k) ?? '') !== '');
    const text = key === undefined ? undefined : values.get(key);
    if (text === undefined || valid(text)) return text;
    lost.push(`${key} = ${text}`);
    return undefined;
  };
  // An IPv6 address is no name of a node, of a folder or of a host in ssh's configuration.
  const name = host.replaceAll(':', '-');
  if (!isNodeName(name)) return undefined;
  const connection = values.get('ansible_connection');
  const local = connection === 'local' || (connection === undefined && host === 'localhost');
  if (local && host === 'localhost') return undefined;
  const dialled = value(['ansible_host', 'ansible_ssh_host'], isHostDomain) ?? host;
  const user = value(['ansible_user', 'ansible_ssh_user'], isAccount);
  const port = value(['ansible_port', 'ansible_ssh_port'], isPort);
  const identity = value(
    ['ansible_ssh_private_key_file', 'ansible_private_key_file'],
    (t) => !/[\x00-\x1f,]|\{\{/.test(t),
  );
  const jump = jumpOf(values);
  const roles = [...new Set(groups.map(roleOf).filter((r) => r !== undefined))];
  const detail = [
    groups.filter((g) => g !== 'all' && g !== 'ungrouped').join(', '),
    ...(local ? ['ansible_connection = local: dialled by its name'] : []),
    ...(lost.length > 0 ? [`not taken: ${lost.join(', ')}`] : []),
  ].filter((t) => t !== '');
  return {
    name,
    ...(dialled !== name && (isIpv6(dialled) || isHostDomain(dialled)) && { address: dialled }),
    ...(user !== undefined && { user }),
    ...(port !== undefined && port !== '22' && { port: Number(port) }),
    ...(identity !== undefined && { identity }),
    ...(jump !== undefined && { jump }),
    ...(roles.length > 0 && { roles }),
    ...(detail.length > 0 && { detail: detail.join('; ') }),
  };
}

/** `-J` and `ProxyJump` among the arguments that Ansible hands to ssh. */
function jumpOf(values: Values): string | undefined {
  for (const key of ['ansible_ssh_common_args', 'ansible_ssh_extra_args']) {
    const found = /(?:^|\s)(?:-J\s*|-o\s*["']?ProxyJump[=\s]\s*)([^\s"']+)/i.exec(values.get(key) ?? '')?.[1];
    if (found !== undefined && found.split(',').every((hop) => readJump(hop))) return found;
  }
  return undefined;
}

function roleOf(group: string): string | undefined {
  const plain = group
    .toLowerCase()
    .replaceAll('_', '-')
    .replace(/-(?:hosts?|nodes?|servers?)$/, '')
    .replace(/(?<!nf)s$/, '');
  return Object.hasOwn(ROLE_OF, plain) ? ROLE_OF[plain] : undefined;
}

function refuseOtherFormats(text: string): void {
  const first = text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .find((l) => l.trim() !== '' && !l.trimStart().startsWith('#'));
  if (first !== undefined && /^(?:---|%YAML|[^\s[\]=]+:\s*(?:#.*)?$|\{|[^\s[\]=]+:\s+\S)/.test(first))
    throw new FleetError(
      'refused',
      'This is no Ansible inventory in INI format, but YAML or JSON: give one with [groups] and a host on each line',
    );
}

function refused(index: number, why: string): FleetError {
  return new FleetError(
    'refused',
    `Line ${index + 1} of the Ansible inventory cannot be read, and Ansible would not either: ${why}`,
  );
}
