import type { PathFacts } from '../../model/facts';
import type { Host } from '../../model/host';
import { documentOf } from '../../model/parsed';
import { DISTRIBUTION_USERS, accountOf } from './_ids';

/** Whom QEMU runs as, for what it may enter. */
export interface Identity {
  readonly name: string;
  readonly uid: number;
  /** Groups that it is known to be in. */
  readonly gids: ReadonlySet<number>;
  /** Whether these are all. */
  readonly complete: boolean;
}

/** Whom QEMU runs as; undefined for root, who may everything, and where it cannot be known. */
export function qemuIdentity(host: Host): Identity | undefined {
  if (!host.qemu.file || host.qemu.file.defect) return undefined;
  const set = host.qemu.string('user');
  if (set === undefined && host.qemu.get('user')) return undefined;
  const names = set === undefined ? DISTRIBUTION_USERS : [set];
  const account = names.map((name) => accountOf(host, name)).find((a) => a !== undefined);
  const number = /^\+?(\d+)$/.exec(set ?? '')?.[1];
  const uid = number === undefined ? account?.uid : Number(number);
  const name = account?.name ?? set;
  if (uid === undefined || uid === 0 || name === undefined) return undefined;
  const gids = new Set(account ? [account.gid] : []);
  const file = host.first('group');
  const groups = file ? documentOf(file, 'group').entries : [];
  const group = host.qemu.string('group');
  for (const entry of groups) {
    // Without a word in qemu.conf it is the distribution's own group, beside those of the account.
    const own = group === undefined ? ['kvm', ...DISTRIBUTION_USERS].includes(entry.name) : entry.name === group;
    if (own || entry.members.includes(name)) gids.add(entry.gid);
  }
  const gid = /^\+?(\d+)$/.exec(group ?? '')?.[1];
  if (gid !== undefined) gids.add(Number(gid));
  return { name, uid, gids, complete: file !== undefined };
}

/** As the kernel judges: the owner by the owner's bits alone, the group by the group's. Undefined where that cannot be told. */
export function mayEnter({ uid, gids, complete }: Identity, { mode, uid: owner, gid }: PathFacts): boolean | undefined {
  if (uid === owner) return (mode & 0o100) !== 0;
  if (gids.has(gid)) return (mode & 0o010) !== 0;
  const others = (mode & 0o001) !== 0;
  return complete || others === ((mode & 0o010) !== 0) ? others : undefined;
}

/** `/srv`, `/srv/instances` */
function upTo(path: string): string[] {
  const parts = path.split('/').filter((p) => p !== '');
  return parts.map((_, i) => `/${parts.slice(0, i + 1).join('/')}`);
}

/** The directories from the root to the instances that somebody may not enter, as far as they were measured, the first first. */
export function closedTo(who: Identity, host: Host): readonly { readonly path: string; readonly facts: PathFacts }[] {
  const found: { path: string; facts: PathFacts }[] = [];
  for (const path of upTo(host.instancesPath ?? '')) {
    const facts = host.facts?.paths?.[path];
    if (facts?.type === 'folder' && mayEnter(who, facts) === false) found.push({ path, facts });
  }
  return found;
}
