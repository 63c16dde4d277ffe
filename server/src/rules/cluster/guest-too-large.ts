import { factPlace } from '../../model/factPlace';
import { defineRule } from '../rule';
import { guestsOf } from './_guests';

export default defineRule({
  id: 'cluster/guest-too-large',
  scope: 'cluster',
  title: 'No other host has the memory for a guest',
  severity: 'warning',
  files: ['facts'],
  messages: {
    default:
      '{who} has {need} MiB, and no other host more than {most} MiB available ({host}): it can go nowhere until some is free',
  },
  why: `Nova asks whether the destination has the memory (*Lack of memory(host:… <= instance:…)*, or from placement *No valid host was
found*), and QEMU takes it as the guest arrives: *cannot set up guest memory 'pc.ram': Cannot allocate memory*.`,
  sources: [
    'virsh migrate to a host whose memory does not suffice, libvirt 9.0.0',
    'nova/conductor/tasks/live_migrate.py, 2013.1 to 17.0.0',
  ],
  explains: [/cannot set up guest memory '[^']*': Cannot allocate memory/, /Lack of memory\(host:/],
  examples: [
    {
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/facts.json':
          '{"memory": {"total": 64000, "available": 9000}, "instances": [{"name": "a", "uuid": "1", "state": "running", "memory": ⟦16384⟧}]}',
        'c2/facts.json': '{"memory": {"total": 64000, "available": 8000}}',
        'c3/facts.json': '{"memory": {"total": 64000, "available": 4000}}',
      },
    },
    {
      title: 'one has; it was not measured everywhere; alone',
      files: {
        'a/livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'a/c1/facts.json':
          '{"memory": {"total": 64000, "available": 900}, "instances": [{"name": "a", "uuid": "1", "state": "running", "memory": 4096}]}',
        'a/c2/facts.json': '{"memory": {"total": 64000, "available": 8000}}',
      },
    },
    {
      title: 'what another host has is not known',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/facts.json':
          '{"memory": {"total": 64000, "available": 900}, "instances": [{"name": "a", "uuid": "1", "state": "running", "memory": 4096}]}',
        'c2/facts.json': '{"memory": {"total": 64000, "available": 800}}',
        'c3/facts.json': '{}',
      },
    },
  ],
  check(cluster, report) {
    const computes = cluster.hosts.filter((h) => h.isCompute);
    const rooms = computes.map((host) => ({ host, free: host.facts?.memory?.available }));
    if (cluster.partial || cluster.unseen.length > 0 || rooms.some(({ free }) => free === undefined)) return;
    const [first, second] = rooms.sort((a, b) => b.free! - a.free!);
    if (!first || !second) return;
    for (const host of computes) {
      const best = first.host === host ? second : first;
      // The largest of a host tells for all.
      const [largest] = guestsOf(host)
        .filter((g) => (g.instance.memory ?? 0) > best.free!)
        .sort((a, b) => b.instance.memory! - a.instance.memory!);
      const place = largest?.place('memory');
      if (!largest || !place) continue;
      const theirs = factPlace(best.host, ['memory', 'available']);
      report({
        host,
        ...place,
        values: { who: largest.instance.name, need: largest.instance.memory!, most: best.free!, host: best.host.name },
        related: theirs ? [{ ...theirs, message: `Memory available on ${best.host.name}` }] : [],
      });
    }
  },
});
