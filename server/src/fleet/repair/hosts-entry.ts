import { applyEdits } from '../../fixes';
import { isAddress, isLoopback } from '../../model/cluster';
import { documentOf } from '../../model/parsed';
import type { SourceFile } from '../../model/files';
import type { Host } from '../../model/host';
import { insertLineBelow } from '../../rules/edits';
import { FleetError } from '../types';
import { addressWord, command, refuse, type Planner, type Step, type Task } from './plan';

/** Writes what is missing or wrong into etc/hosts, and asks the node's resolver. */
export const planHostsEntry: Planner = (task) => {
  const { host, finding } = task;
  const file = host.first('hosts');
  if (!file || file.defect) return refuse(`${host.name}: etc/hosts is not in view, or is no text`);
  const fix = finding.fixes.find((f) => f.edits.every((e) => e.file === file));
  const text = fix ? applyEdits(file.text, fix.edits) : withMissing(task, file);
  if (text === undefined || text === file.text) return undefined;
  const before = namesOf(file);
  const after = namesOf({ ...file, text });
  const lines = differing(file.text, text);
  const write: Step = {
    node: host.name,
    title: `Write etc/hosts: ${lines.join(', ')}`,
    write: {
      path: '/etc/hosts',
      change: (now) => {
        if (now === text) return text;
        if (now === file.text) return text;
        throw new FleetError('conflict', '/etc/hosts was changed since the node was read: read it again');
      },
    },
  };
  const added = [...after].filter(([key]) => !before.has(key)).map(([, v]) => v);
  const checks = added
    .filter(({ address }) => isAddress(address) && !isLoopback(address))
    .map(({ name, address }) =>
      command(host, `Does ${name} resolve to ${address}?`, ['getent', 'ahosts', nameWord(name)], {
        check: true,
        judge: (ran) => {
          const got = new TextDecoder()
            .decode(ran.stdout)
            .split('\n')
            .map((l) => l.split(/\s+/)[0]);
          return got.includes(addressWord(address))
            ? undefined
            : `it resolves to ${got[0] || 'nothing'}: see nsswitch.conf, nscd`;
        },
      }),
    );
  return { title: `Correct etc/hosts of ${host.name}`, work: [write, ...checks], notes: [] };
};

function nameWord(name: string): string {
  return /^\w[\w.-]{0,252}$/.test(name) ? name : refuse(`${JSON.stringify(name)} is no name of a host`);
}

/** A line for each compute node that the file lacks and whose address is known. */
function withMissing({ cluster, host }: Task, file: SourceFile): string | undefined {
  const known = new Set([...namesOf(file).values()].map(({ name }) => name.toLowerCase()));
  const lines = cluster.hosts
    .filter((peer) => peer !== host && peer.isCompute && ![...peer.aliases].some((a) => known.has(a)))
    .flatMap((peer) => lineOf(task(cluster, peer)) ?? []);
  if (lines.length === 0) return undefined;
  const edit = insertLineBelow(file, file.text.length, lines.join('\n'));
  return applyEdits(file.text, [edit]);
}

function task(cluster: Task['cluster'], peer: Host) {
  const name = peer.first('hostname')?.text.trim() ?? peer.facts?.hostname ?? peer.name;
  return { name, address: peer.node?.address ?? cluster.addressesOf(peer)[0] };
}

function lineOf({
  name,
  address,
}: {
  readonly name: string;
  readonly address: string | undefined;
}): string | undefined {
  if (address === undefined || !isAddress(address) || isLoopback(address) || !/^\w[\w.-]*$/.test(name))
    return undefined;
  return `${address}\t${name}`;
}

interface Named {
  readonly address: string;
  readonly name: string;
}

function namesOf(file: SourceFile): ReadonlyMap<string, Named> {
  const all = new Map<string, Named>();
  for (const { address, names } of documentOf(file, 'hosts').entries)
    for (const { name } of names) all.set(`${address} ${name}`, { address, name });
  return all;
}

/** Lines that the file gets, and `without …` for those that it loses. */
function differing(before: string, after: string): readonly string[] {
  const [old, made] = [before, after].map((t) => t.split(/\r?\n/)) as [string[], string[]];
  const got = made.filter((l) => !old.includes(l));
  const lost = old.filter((l) => !made.includes(l));
  return [...got.map((l) => `"${l}"`), ...lost.map((l) => `without "${l}"`)];
}
