import { isAddress, isLoopback, isWildcard } from '../../model/cluster';
import { defineRule } from '../rule';
import { misfits } from './_guests';

export default defineRule({
  id: 'cluster/guest-listen-address',
  scope: 'cluster',
  title: 'The console of a guest listens on an address of this host alone',
  severity: 'warning',
  files: ['facts'],
  messages: {
    default:
      '{who}: its console listens on {need}, which {where} does not have: virsh cannot move it there; let it listen on 0.0.0.0',
  },
  why: `QEMU of the destination opens the console where the guest's definition says: *-vnc 10.77.0.11:0: Failed to bind socket: Cannot assign
requested address*. Nova writes the destination's own address into it (Mitaka and later); for guests that were not made by nova virsh takes
\`--xml\` with another address. With 0.0.0.0 each host is right.`,
  sources: ["virsh migrate of a guest whose VNC listens on the source's address, libvirt 9.0.0"],
  explains: [/Failed to bind socket: Cannot assign requested address/],
  preflight: true,
  examples: [
    {
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/facts.json':
          '{"addresses": {"eth0": ["10.0.0.1"]}, "instances": [{"name": "a", "uuid": "1", "state": "running", "graphics": [{"type": "vnc", "listen": ⟦"10.0.0.1"⟧}]}]}',
        'c2/facts.json': '{"addresses": {"eth0": ["10.0.0.2"]}}',
      },
    },
    {
      title: "all addresses; loopback; nova's, who writes it anew; a name; an address that moves about",
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/facts.json':
          '{"addresses": {"eth0": ["10.0.0.1", "10.0.0.9"]}, "instances": [{"name": "a", "uuid": "1", "state": "running", "graphics": [{"type": "vnc", "listen": "0.0.0.0"}, {"type": "spice", "listen": "127.0.0.1"}]}, {"name": "b", "uuid": "2", "title": "web", "state": "running", "graphics": [{"type": "vnc", "listen": "10.0.0.1"}]}, {"name": "c", "uuid": "3", "state": "running", "graphics": [{"type": "vnc", "listen": "c1"}, {"type": "sdl"}, {"type": "vnc", "listen": "10.0.0.9"}]}]}',
        'c2/facts.json': '{"addresses": {"eth0": ["10.0.0.9"]}}',
      },
    },
  ],
  check(cluster, report) {
    const own = new Map(
      cluster.hosts.map((h) => [h, h.facts?.addresses && new Set(Object.values(h.facts.addresses).flat())]),
    );
    const found = misfits(
      cluster,
      ({ title, graphics = [] }) =>
        title === undefined
          ? graphics.flatMap(({ listen }) => (listen !== undefined && isSpecific(listen) ? [listen] : []))
          : [],
      (host, address) => own.get(host)?.has(address),
    );
    for (const { guest, who, where, need } of found) {
      const index = guest.instance.graphics!.findIndex((g) => g.listen === need);
      const place = guest.place('graphics', index, 'listen');
      if (place) report({ host: guest.host, ...place, values: { who, where, need } });
    }
  },
});

function isSpecific(address: string): boolean {
  return isAddress(address) && !isWildcard(address) && !isLoopback(address);
}
