import type { Host } from '../../model/host';
import { factPlace } from '../../model/factPlace';
import { defineRule } from '../rule';

export default defineRule({
  id: 'cluster/guest-exists',
  scope: 'cluster',
  title: 'The same guest, or one of its name, is on another host',
  severity: 'warning',
  files: ['facts'],
  messages: {
    running:
      '{name} runs on {host}, too: two that write to one disk destroy it; find out which is right and stop the other at once',
    name: "{host} has another guest of the name {name}: neither can go to the other's host; undefine or rename one of them",
    uuid: '{host} has this guest under another name, {other}: it cannot go there; undefine what is not needed',
  },
  why: `A destination that has the name under another UUID refuses (*operation failed: domain 'e1' already exists with uuid …*), one that has
the UUID under another name, too (*domain 'other' is already defined with uuid …*), and one where it runs: *domain 'g1' is already
active*. One that is defined and shut off under the same name and UUID is taken over. A guest that runs twice was recovered, or started
anew, while it was still alive.`,
  sources: ['virsh migrate to hosts that have the name, the UUID, and both, libvirt 9.0.0'],
  explains: [
    /domain '[^']*' already exists with uuid/,
    /domain '[^']*' is already defined with uuid/,
    /domain '[^']*' is already active/,
  ],
  preflight: true,
  examples: [
    {
      title: 'another of that name, and one that was renamed',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/facts.json':
          '{"instances": [{"name": ⟦"a"⟧, "uuid": "1", "state": "running"}, {"name": ⟦"b"⟧, "uuid": "2", "state": "running"}]}',
        'c2/facts.json':
          '{"instances": [{"name": "a", "uuid": "9", "state": "shut off"}, {"name": "c", "uuid": "2", "state": "shut off"}]}',
      },
    },
    {
      title: 'alive on two',
      severity: 'error',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/facts.json': '{"instances": [{"name": ⟦"a"⟧, "uuid": "1", "state": "running"}]}',
        'c2/facts.json': '{"instances": [{"name": ⟦"a"⟧, "uuid": "1", "state": "running"}]}',
      },
    },
    {
      title: 'left behind, shut off; on its way, as the destination has it paused; of snapshots taken apart',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/facts.json':
          '{"measured": 1000, "instances": [{"name": "a", "uuid": "1", "state": "running"}, {"name": "b", "uuid": "2", "state": "running", "migrating": true}, {"name": "d", "uuid": "4", "state": "running"}, {"name": "e", "uuid": "5", "state": "shut off"}]}',
        'c2/facts.json':
          '{"measured": 2000, "instances": [{"name": "a", "uuid": "1", "state": "shut off"}, {"name": "b", "uuid": "2", "state": "running"}, {"name": "d", "uuid": "4", "state": "running"}, {"name": "e", "uuid": "6", "state": "shut off"}]}',
      },
    },
  ],
  check(cluster, report) {
    const all = cluster.hosts.flatMap((host) =>
      (host.facts?.instances ?? []).map((instance, index) => ({
        host,
        instance,
        index,
        alive: instance.state === 'running' || instance.state === 'paused',
      })),
    );
    const names = grouped(all, (g) => g.instance.name);
    const uuids = grouped(all, (g) => g.instance.uuid);
    for (const guest of all) {
      const { host, instance, index, alive } = guest;
      // Two whose names or UUIDs meet: the first that lies elsewhere tells for all.
      const other = (
        list: readonly (typeof guest)[] | undefined,
        fits: (g: typeof guest) => boolean,
      ): typeof guest | undefined => list?.find((g) => g.host !== host && fits(g));
      const twin = other(
        uuids.get(instance.uuid),
        (g) =>
          g.instance.state === 'running' && instance.state === 'running' && !moving(guest, g) && together(host, g.host),
      );
      const namesake = alive ? other(names.get(instance.name), (g) => g.instance.uuid !== instance.uuid) : undefined;
      const renamed = alive ? other(uuids.get(instance.uuid), (g) => g.instance.name !== instance.name) : undefined;
      const found = twin ?? namesake ?? renamed;
      const place = found && factPlace(host, ['instances', index, 'name']);
      if (!found || !place) continue;
      const theirs = factPlace(found.host, ['instances', found.index, 'name']);
      report({
        host,
        ...place,
        message: twin ? 'running' : namesake ? 'name' : 'uuid',
        severity: twin ? 'error' : 'warning',
        values: { name: instance.name, other: found.instance.name, host: found.host.name },
        related: theirs ? [{ ...theirs, message: `On ${found.host.name}` }] : [],
      });
    }
  },
});

/** Lists of two and more. */
function grouped<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const list = groups.get(keyOf(item));
    if (list) list.push(item);
    else groups.set(keyOf(item), [item]);
  }
  for (const [key, list] of groups) if (list.length < 2) groups.delete(key);
  return groups;
}

type Side = { readonly instance: { readonly migrating?: boolean } };

function moving(a: Side, b: Side): boolean {
  return a.instance.migrating === true || b.instance.migrating === true;
}

/** A guest may have moved from one to the other between two snapshots: they must be of the same half minute. */
function together(a: Host, b: Host): boolean {
  const [one, two] = [a.facts?.measured, b.facts?.measured];
  return one === undefined || two === undefined ? one === two : Math.abs(one - two) <= 30;
}
