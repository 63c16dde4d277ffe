import { instancesMount, isLoopback, nfsSource, sharedInstancesMount, type Mount } from '../../model/cluster';
import { normalise, type Host } from '../../model/host';
import { eolOf } from '../../rules/edits';
import { FleetError } from '../types';
import { command, pathWord, refuse, saidBy, type Planner, type Step } from './plan';

/** Mounts the shared instances, by the line that fstab has, or by that of a host that has them. */
export const planMount: Planner = ({ cluster, host }) => {
  const path = host.instancesPath;
  if (path === undefined || host.first('fstab') === undefined) return undefined;
  const own = sharedInstancesMount(host);
  const point = pathWord(normalise(own?.entry.file.value ?? path));
  if (own && host.facts?.mounts?.[point]) return undefined;
  const pattern = own ?? patternOf(cluster.hosts, host, path);
  if (!pattern) return refuse(`No other host says what is to be mounted on ${path}`);
  const type = pattern.entry.type.value;
  const source = pattern.entry.spec.value;
  const missing = host.facts?.paths?.[point] === null;
  const mount = command(host, `Mount ${source}`, ['mount', point], {
    timeout: 120_000,
    hint: `Nothing is mounted. See whether the server exports ${nfsSource(source)?.path ?? source} to this host and answers.`,
  });
  const work: Step[] = [
    ...(missing ? [command(host, `Make ${point}`, ['mkdir', '-p', point])] : []),
    command(host, `Is ${point} empty?`, ['find', point, '-mindepth', '1', '-maxdepth', '1', '-print'], {
      check: true,
      judge: (ran) => {
        if (ran.code !== 0) return saidBy(ran);
        const inside = new TextDecoder().decode(ran.stdout).trim().split('\n').filter(Boolean);
        if (inside.length === 0) return undefined;
        return `it holds ${inside.slice(0, 5).join(', ')}${inside.length > 5 ? ' and more' : ''}, which a mount would hide`;
      },
      hint: `Nothing was changed. Stop nova-compute, move what lies in ${point} to the share or elsewhere, then repair.`,
    }),
    ...(own ? [] : [entry(host, pattern)]),
    mount,
    command(host, `Is it mounted there?`, ['mountpoint', point], { check: true }),
  ];
  return {
    title: `Mount the instances on ${host.name}`,
    work,
    notes: [
      `${source} is mounted on ${point} by ${type}, ${own ? 'as etc/fstab has it' : `as ${pattern.host.name} does`}.`,
      ...(own ? [] : ['Its line stays in etc/fstab only if it can be mounted.']),
    ],
  };
};

/** The mount of a host that keeps its instances in the same place, if all that do have the same. */
function patternOf(hosts: readonly Host[], host: Host, path: string): Mount | undefined {
  const mine = instancesMount(host);
  if (mine && mine.entry.file.value !== '/')
    refuse(`${path} of ${host.name} has a mount of its own: change its line in etc/fstab`);
  const mounts = hosts
    .filter((h) => h !== host && h.instancesPath === path)
    .flatMap((h) => sharedInstancesMount(h) ?? []);
  const lines = new Set(mounts.map(({ entry }) => [entry.spec.value, entry.file.value, entry.type.value].join('\0')));
  const [first] = mounts;
  if (lines.size > 1)
    refuse(
      `The other hosts do not agree what is to be mounted on ${path}: ${mounts.map((m) => m.host.name).join(', ')}`,
    );
  const server = first && nfsSource(first.entry.spec.value)?.host;
  if (server !== undefined && (isLoopback(server) || server === 'localhost'))
    refuse(`${first!.host.name} mounts ${first!.entry.spec.value} from itself: write the server's address there first`);
  return first;
}

/** The line as it stands on the other host. */
function entry(host: Host, { file, entry: { span }, host: other }: Mount): Step {
  const line = file.text.slice(span.start, span.end);
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(line)) refuse(`The line of ${other.name} is none that could be written`);
  if (line.includes('***')) refuse(`The line of ${other.name} holds a secret: write it into etc/fstab by hand`);
  const own = host.first('fstab')!;
  return {
    node: host.name,
    title: `Write into etc/fstab: ${line}`,
    write: {
      path: '/etc/fstab',
      revert: true,
      change: (text) => {
        if (text === undefined) throw new FleetError('conflict', '/etc/fstab is not there any more');
        const eol = eolOf({ ...own, text });
        if (text.split(/\r?\n/).includes(line)) return text;
        return `${text}${text === '' || text.endsWith('\n') ? '' : eol}${line}${eol}`;
      },
    },
  };
}
