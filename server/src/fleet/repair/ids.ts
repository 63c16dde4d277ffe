import { covers, instancesMount, type Cluster } from '../../model/cluster';
import type { Host } from '../../model/host';
import { documentOf } from '../../model/parsed';
import { NETWORK_FILE_SYSTEMS } from '../../model/storage';
import { accountOf, DISTRIBUTION_USERS, sharers, type Account } from '../../rules/cluster/_ids';
import { accountWord, command, idWord, pathWord, refuse, saidBy, type Planner, type Step } from './plan';
import { runs, service } from './services';

/** File systems of this machine alone, on which an account's files may lie. */
const LOCAL = new Set(['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'jfs', 'reiserfs', 'f2fs', 'zfs', 'tmpfs']);

/** What lies in them belongs to the accounts of containers, whose numbers mean something else. */
const FOREIGN = ['docker', 'containers', 'lxc', 'lxd', 'machines'].map((n) => `/var/lib/${n}`);

/** Going through all files of a node takes its time. */
const FIND_TIMEOUT_MS = 1_800_000;

/** Gives an account the number that it has on the other hosts, and what lies on the node's own disks along with it. */
export const planIds: Planner = ({ cluster, finding, host }) => {
  const account = accountFor(finding.rule.id, host);
  if (!account) return undefined;
  const name = accountWord(account.name);
  if (!host.account(name))
    refuse(
      `${name} is not in /etc/passwd of ${host.name}: change its number in the directory that the account comes from`,
    );
  const right = reference(cluster, account);
  if (!right) return undefined;
  const uid = right.uid === account.uid ? undefined : right.uid;
  const group = host.group(name);
  // Its own group alone: the number of one that others share, such as kvm, is none of the account's.
  const own = group && group.entry.gid === account.gid && right.host.group(name)?.entry.gid === right.gid;
  const gid = own && name === 'nova' && right.gid !== account.gid ? right.gid : undefined;
  if (uid === undefined && gid === undefined) return undefined;
  if (uid !== undefined) free(host, 'passwd', 'uid', uid, name);
  if (gid !== undefined) free(host, 'group', 'gid', gid, name);
  const others: readonly Step[] = [
    ...(uid === undefined ? [] : [unused(host, 'passwd', uid)]),
    ...(gid === undefined ? [] : [unused(host, 'group', gid)]),
  ];
  const shared = sharedPath(cluster, host);
  return {
    title: `Give ${name} on ${host.name} the numbers that it has on ${right.host.name}`,
    work: [...others, ...steps(host, account, uid, gid, shared)],
    notes: [
      `${right.host.name} is the pattern: ${right.why}.`,
      ...(name === 'nova' && runs(host, 'nova')
        ? [`While nova-compute is stopped nothing is started or moved on ${host.name}; guests go on running.`]
        : []),
      ...(shared === undefined
        ? []
        : [
            `What lies in ${shared} is shared with other hosts, and left as it is: files of number ${account.uid} there are for you to judge.`,
          ]),
    ],
  };
};

function accountFor(rule: string, host: Host): Account | undefined {
  if (rule === 'cluster/nova-uid-differs') return accountOf(host, 'nova');
  const set = host.qemu.string('user');
  const names = set === undefined ? DISTRIBUTION_USERS : DISTRIBUTION_USERS.filter((n) => n === set);
  return names.map((n) => accountOf(host, n)).find((a) => a !== undefined);
}

interface Reference extends Account {
  /** In words. */
  readonly why: string;
}

/** Whose numbers are right: those that the shared files carry, else the server's, else those of most hosts. */
function reference(cluster: Cluster, account: Account): Reference | undefined {
  const { computes, servers } = sharers(cluster);
  const concerned = computes.has(account.host) ? [...computes, ...servers] : cluster.hosts.filter((h) => h.isCompute);
  const all = concerned
    .map((h) => {
      const same = accountOf(h, account.name);
      return same ?? (account.name === 'nova' ? undefined : accountFor('', h));
    })
    .filter((a) => a !== undefined);
  const others = all.filter((a) => a.host !== account.host);
  const path = account.host.instancesPath;
  const owner = path === undefined ? undefined : ownerOf(computes, path);
  if (account.name === 'nova' && owner !== undefined && computes.has(account.host)) {
    if (owner === account.uid && others.every((a) => a.uid !== owner))
      refuse(
        `The shared instances carry number ${owner}, which is that of ${account.name} on ${account.host.name}: repair the other hosts`,
      );
    const carrier = others.find((a) => a.uid === owner);
    if (carrier && carrier.uid !== account.uid)
      return { ...carrier, why: `the shared instances carry its number, ${owner}` };
  }
  const server = others.find(
    (a) => servers.has(a.host) && others.some((o) => o !== a && o.uid === a.uid && o.gid === a.gid),
  );
  if (server?.uid === account.uid && server.gid === account.gid)
    refuse(
      `${server.host.name} serves the instances and has the numbers of ${account.host.name}: repair the other hosts`,
    );
  if (server) return { ...server, why: 'it serves the instances' };
  const counts = new Map<string, { readonly of: Account; n: number }>();
  for (const a of all) {
    const key = `${a.uid}:${a.gid}`;
    const known = counts.get(key);
    if (known) known.n++;
    else counts.set(key, { of: a, n: 1 });
  }
  const ranked = [...counts.values()].sort((a, b) => b.n - a.n);
  const mine = counts.get(`${account.uid}:${account.gid}`)?.n ?? 0;
  const best = ranked.find((c) => c.of.uid !== account.uid || c.of.gid !== account.gid);
  if (!best) return undefined;
  if (mine > best.n)
    refuse(`Most hosts have the numbers that ${account.name} has on ${account.host.name}: repair ${best.of.host.name}`);
  const why =
    best.n > mine
      ? `${best.n} of ${all.length} hosts have its numbers`
      : `nothing says which of the two is right: choose the host to be changed`;
  return { ...best.of, why };
}

/** Who owns the directory of the shared instances, as one of those that mount it sees it. */
function ownerOf(computes: ReadonlySet<Host>, path: string): number | undefined {
  const seen = new Set<number>();
  for (const h of computes) {
    const look = h.instancesPath === path ? h.facts?.paths?.[path] : undefined;
    if (look?.type === 'folder' && h.facts?.mounts?.[path]) seen.add(look.uid);
  }
  return seen.size === 1 ? [...seen][0] : undefined;
}

function free(node: Host, kind: 'passwd' | 'group', what: 'uid' | 'gid', id: number, name: string): void {
  const file = node.first(kind);
  const entries = file ? documentOf(file, kind).entries : [];
  const taken = entries.find((e) => e.name !== name && (what === 'uid' && 'uid' in e ? e.uid : e.gid) === id);
  if (!taken) return;
  const tool = what === 'uid' ? 'usermod -u' : 'groupmod -g';
  refuse(
    `Number ${id} belongs to ${taken.name} on ${node.name}: give ${taken.name} another one first (${tool} NUMBER ${taken.name}, and ${what === 'uid' ? 'chown' : 'chgrp'} what it owned), then repair ${name}`,
  );
}

/** The accounts of a directory service are in no file. */
function unused(node: Host, database: 'passwd' | 'group', id: number): Step {
  return command(node, `Is number ${id} free?`, ['getent', database, idWord(id)], {
    check: true,
    judge: (ran) =>
      ran.code === 2
        ? undefined
        : ran.code === 0
          ? `it belongs to ${new TextDecoder().decode(ran.stdout).split(':')[0]}`
          : saidBy(ran),
    hint: 'Nothing was changed. Give that account another number first.',
  });
}

function steps(
  node: Host,
  account: Account,
  uid: number | undefined,
  gid: number | undefined,
  shared: string | undefined,
): readonly Step[] {
  const name = accountWord(account.name);
  const qemu = name !== 'nova';
  const idle = (when: string, hint: string): Step =>
    command(node, `Does nothing run as ${name}${when}?`, ['ps', '-o', 'pid=,args=', '-u', idWord(account.uid)], {
      check: true,
      judge: (ran) => {
        const said = new TextDecoder().decode(ran.stdout).trim();
        if (said !== '')
          return `${said.split('\n').length} processes of ${name} run: ${said.replace(/\s*\n\s*/g, '; ').slice(0, 400)}`;
        return ran.code === 0 || ran.code === 1 ? undefined : saidBy(ran);
      },
      hint,
    });
  const stop = !qemu && runs(node, 'nova') ? service(node, 'nova', 'stop') : undefined;
  const found = (what: 'uid' | 'gid', old: number, id: number): Step => {
    const tool = what === 'uid' ? 'chown' : 'chgrp';
    const left = [...FOREIGN, ...(shared === undefined ? [] : [findPattern(shared)])];
    const skipped = left.flatMap((path, i) => (i === 0 ? ['-path', path] : ['-o', '-path', path]));
    const act = [`-${what}`, idWord(old), '-exec', tool, '-h', idWord(id), '{}', '+'];
    const argv = ['find', ...places(node, shared), '-xdev', '(', ...skipped, ')', '-prune', '-o', ...act];
    return command(node, `${tool} what number ${old} owns on the node's own disks`, argv, {
      timeout: FIND_TIMEOUT_MS,
      // A file that went away meanwhile is nobody's loss.
      judge: (ran) =>
        ran.code === 0 ||
        (ran.code === 1 &&
          ran.stderr
            .trim()
            .split('\n')
            .every((l) => /No such file or directory$/.test(l)))
          ? undefined
          : saidBy(ran),
      hint: `${name} has its new number, some of its files may still have number ${old}. Go on by hand: the same command, as root.`,
    });
  };
  return [
    ...(qemu
      ? [idle('', `Nothing was changed. Guests run as ${name}: move them away or shut them down, then repair.`)]
      : []),
    ...(stop ? [stop] : []),
    ...(qemu ? [] : [idle(' any more', `Nothing was changed. End what still runs as ${name}, then repair.`)]),
    ...(uid === undefined ? [] : [renumber(node, account, uid, shared)]),
    ...(gid === undefined
      ? []
      : [command(node, `Give group ${name} number ${gid}`, ['groupmod', '-g', idWord(gid), name])]),
    ...(uid === undefined ? [] : [found('uid', account.uid, uid)]),
    ...(gid === undefined ? [] : [found('gid', account.gid, gid)]),
    ...(stop ? [service(node, 'nova', 'start', stop)] : []),
    // Libvirt looks the account up when it starts.
    ...(qemu && runs(node, 'libvirt') ? [service(node, 'libvirt', 'restart')] : []),
    ...(uid === undefined ? [] : [has(node, 'u', name, uid)]),
    ...(gid === undefined ? [] : [has(node, 'g', name, gid)]),
  ];
}

/**
 * usermod gives the account all that it owned below its home, across file systems. Where shared files lie there it is run
 * with an empty home in its place, in a mount namespace of its own, which ends with it.
 */
const HIDDEN_HOME = 'mount --make-rprivate / && mount -t tmpfs -o ro,mode=755 none "$1" && exec usermod -u "$2" "$3"';

function renumber(node: Host, account: Account, uid: number, shared: string | undefined): Step {
  const name = accountWord(account.name);
  const line = node.account(name);
  const home = line?.file.text.slice(line.entry.span.start, line.entry.span.end).split(':')[5] ?? '';
  const inside = shared !== undefined && home.length > 1 && `${shared}/`.startsWith(`${home.replace(/\/+$/, '')}/`);
  const argv = inside
    ? ['unshare', '-m', 'sh', '-c', HIDDEN_HOME, 'sh', pathWord(home), idWord(uid), name]
    : ['usermod', '-u', idWord(uid), name];
  return command(node, `Give ${name} number ${uid}${inside ? `, without touching ${home}` : ''}`, argv, {
    timeout: 600_000,
  });
}

function has(node: Host, letter: 'u' | 'g', name: string, id: number): Step {
  return command(node, `Has ${name} ${letter}id ${id}?`, ['id', `-${letter}`, name], {
    check: true,
    judge: (ran) => (new TextDecoder().decode(ran.stdout).trim() === String(id) ? undefined : saidBy(ran)),
  });
}

/** Mount points of the node's own disks: none of them is left by what begins there. */
function places(node: Host, shared: string | undefined): readonly string[] {
  const mounts = Object.entries(node.facts?.mounts ?? {});
  const points = mounts.filter(
    ([point, { type }]) =>
      LOCAL.has(type) &&
      ![...FOREIGN, '/proc', '/sys', '/dev', ...(shared === undefined ? [] : [shared])].some((folder) =>
        covers(folder, point),
      ),
  );
  return [...new Set(['/', ...points.map(([point]) => point)].map(pathWord))];
}

/** The directory of the instances, where others see it, too: by its mount, or because this node serves it. */
function sharedPath(cluster: Cluster, node: Host): string | undefined {
  const path = node.instancesPath;
  const mount = instancesMount(node);
  if (path === undefined) return undefined;
  if (mount && NETWORK_FILE_SYSTEMS.has(mount.entry.type.value)) return pathWord(path);
  const type = node.facts?.mounts?.[path]?.type;
  if (type !== undefined && !LOCAL.has(type)) return pathWord(path);
  return sharers(cluster).computes.has(node) ? pathWord(path) : undefined;
}

/** `-path` takes patterns. */
function findPattern(path: string): string {
  return path.replace(/[*?[\]\\]/g, '\\$&');
}
