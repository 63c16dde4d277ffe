import { defineRule } from '../rule';
import { misfits } from './_guests';

export default defineRule({
  id: 'cluster/guest-machine-missing',
  scope: 'cluster',
  title: 'A guest is of a machine type that others do not offer',
  severity: 'warning',
  files: ['facts'],
  messages: {
    default:
      '{who}: QEMU of {where} offers no {need}, so that it cannot go there; update QEMU there or migrate elsewhere',
  },
  why: `A guest keeps the machine type it was started with. Where QEMU does not offer it the migration ends with *unsupported configuration:
Emulator '/usr/bin/qemu-system-x86_64' does not support machine type 'pc-i440fx-7.2'*.`,
  sources: ['virsh migrate to a QEMU without the machine type, libvirt 9.0.0'],
  explains: [/does not support machine type/],
  preflight: true,
  examples: [
    {
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/facts.json':
          '{"instances": [{"name": "a", "uuid": "1", "state": "running", "machine": ⟦"pc-i440fx-7.2"⟧}, {"name": "b", "uuid": "2", "state": "paused", "machine": "pc-i440fx-7.2"}], "machineTypes": ["pc-i440fx-7.2"]}',
        'c2/facts.json': '{"machineTypes": ["pc", "pc-i440fx-6.2"]}',
      },
    },
    {
      title: 'offered; shut off; types not known',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/facts.json':
          '{"instances": [{"name": "a", "uuid": "1", "state": "running", "machine": "pc-i440fx-6.2"}, {"name": "b", "uuid": "2", "state": "shut off", "machine": "pc-i440fx-7.2"}]}',
        'c2/facts.json': '{"machineTypes": ["pc", "pc-i440fx-6.2"]}',
        'c3/facts.json': '{}',
      },
    },
  ],
  check(cluster, report) {
    const offered = new Map(cluster.hosts.map((h) => [h, h.facts?.machineTypes && new Set(h.facts.machineTypes)]));
    const found = misfits(
      cluster,
      (i) => (i.machine === undefined ? [] : [i.machine]),
      (host, type) => offered.get(host)?.has(type),
    );
    for (const { guest, who, where, need } of found) {
      const place = guest.place('machine');
      if (place) report({ host: guest.host, ...place, values: { who, where, need } });
    }
  },
});
