import { defineRule } from '../rule';
import { misfits } from './_guests';

/** What nova, neutron's agents and libvirt make for a guest or a network as it arrives. */
const MADE = /^(?:qbr|brq|virbr|tap|vnet)/;

export default defineRule({
  id: 'cluster/guest-bridge-missing',
  scope: 'cluster',
  title: 'A guest is on a bridge that others do not have',
  severity: 'warning',
  files: ['facts'],
  messages: {
    default:
      '{who}: there is no bridge {need} on {where}, so that it cannot go there; set the network up there as here',
  },
  why: `Libvirt puts a guest's interface into the bridge of its definition. Where there is none of that name the migration ends with *Cannot
get interface MTU on 'br-int': No such device*. Of Open vSwitch it is missing when its agent never ran.`,
  sources: ['virsh migrate to a host without the bridge, libvirt 9.0.0'],
  explains: [/Cannot get interface MTU on '[^']*': No such device/],
  preflight: true,
  examples: [
    {
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/facts.json':
          '{"interfaces": ["lo", "br-int"], "instances": [{"name": "a", "uuid": "1", "state": "running", "bridges": [⟦"br-int"⟧]}]}',
        'c2/facts.json': '{"interfaces": ["lo", "eth0"]}',
      },
    },
    {
      title: 'it is there; it is made when the guest comes; not seen here either; not looked for',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/facts.json':
          '{"interfaces": ["lo", "br-int", "qbr1234"], "instances": [{"name": "a", "uuid": "1", "state": "running", "bridges": ["br-int", "qbr1234", "dpdk0"]}]}',
        'c2/facts.json': '{"interfaces": ["lo", "br-int"]}',
        'c3/facts.json': '{}',
      },
    },
  ],
  check(cluster, report) {
    const found = misfits(
      cluster,
      (i, host) => (i.bridges ?? []).filter((b) => !MADE.test(b) && host.facts?.interfaces?.includes(b)),
      (host, bridge) => host.facts?.interfaces?.includes(bridge),
    );
    for (const { guest, who, where, need } of found) {
      const place = guest.place('bridges', guest.instance.bridges!.indexOf(need));
      if (place) report({ host: guest.host, ...place, values: { who, where, need } });
    }
  },
});
