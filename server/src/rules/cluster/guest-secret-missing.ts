import { defineRule } from '../rule';
import { misfits } from './_guests';

export default defineRule({
  id: 'cluster/guest-secret-missing',
  scope: 'cluster',
  title: "The key to a guest's disks is not on other hosts",
  severity: 'warning',
  files: ['facts'],
  messages: {
    default:
      '{who}: libvirt of {where} has no secret {need}, the key to its disks: it cannot go there; virsh secret-define it',
  },
  why: `Disks in Ceph and encrypted ones are opened by a secret that libvirt of the destination must have under the same UUID (\`virsh
secret-define\`, \`secret-set-value\`): otherwise *Secret not found: no secret with matching uuid '…'*.`,
  sources: ['virsh start of a guest with a disk of rbd whose secret is not defined, libvirt 9.0.0'],
  explains: [/Secret not found: no secret with matching uuid/],
  preflight: true,
  examples: [
    {
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/facts.json':
          '{"secrets": ["457e"], "instances": [{"name": "a", "uuid": "1", "state": "running", "secrets": [⟦"457e"⟧]}]}',
        'c2/facts.json': '{"secrets": []}',
      },
    },
    {
      title: 'it has; secrets were not listed',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/facts.json': '{"instances": [{"name": "a", "uuid": "1", "state": "running", "secrets": ["457e"]}]}',
        'c2/facts.json': '{"secrets": ["457e"]}',
        'c3/facts.json': '{}',
      },
    },
  ],
  check(cluster, report) {
    const found = misfits(
      cluster,
      (i) => i.secrets ?? [],
      (host, uuid) => host.facts?.secrets?.includes(uuid),
    );
    for (const { guest, who, where, need } of found) {
      const place = guest.place('secrets', guest.instance.secrets!.indexOf(need));
      if (place) report({ host: guest.host, ...place, values: { who, where, need } });
    }
  },
});
