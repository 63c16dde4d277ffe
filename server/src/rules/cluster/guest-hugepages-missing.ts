import { defineRule } from '../rule';
import { misfits } from './_guests';

export default defineRule({
  id: 'cluster/guest-hugepages-missing',
  scope: 'cluster',
  title: 'A guest is of huge pages that others do not have',
  severity: 'warning',
  files: ['facts'],
  messages: {
    default:
      '{who}: {where} sets no huge pages of {need} KiB aside, so that it cannot go there; set them aside at boot',
    any: '{who}: {where} sets no huge pages aside, so that it cannot go there; set them aside at boot',
  },
  why: `The memory of a guest with huge pages is of them on the destination, too: *hugetlbfs filesystem is not mounted or disabled by
administrator config*, or QEMU's *unable to map backing store for guest RAM: Cannot allocate memory*. They are set aside at boot, by
\`hugepagesz=1G hugepages=64\`.`,
  sources: ['virsh migrate of a guest with huge pages to a host without, libvirt 9.0.0'],
  explains: [
    /hugetlbfs filesystem is not mounted or disabled by administrator config/,
    /unable to map backing store for guest RAM/,
  ],
  preflight: true,
  examples: [
    {
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/facts.json':
          '{"hugepages": {"2048": 9}, "instances": [{"name": "a", "uuid": "1", "state": "running", "hugepages": [⟦2048⟧]},\n{"name": "b", "uuid": "2", "state": "running", "hugepages": [⟦0⟧]}]}',
        'c2/facts.json': '{"hugepages": {"2048": 0}}',
      },
    },
    {
      title: 'there are some; not measured',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/facts.json': '{"instances": [{"name": "a", "uuid": "1", "state": "running", "hugepages": [2048, 0]}]}',
        'c2/facts.json': '{"hugepages": {"2048": 1}}',
        'c3/facts.json': '{}',
      },
    },
  ],
  check(cluster, report) {
    const found = misfits(
      cluster,
      (i) => (i.hugepages ?? []).map(String),
      ({ facts }, size) => {
        const pages = facts?.hugepages;
        // Of the usual size any may be meant.
        return pages && (size === '0' ? Object.values(pages).some((n) => n > 0) : (pages[size] ?? 0) > 0);
      },
    );
    for (const { guest, who, where, need } of found) {
      const place = guest.place('hugepages', guest.instance.hugepages!.indexOf(Number(need)));
      const message = need === '0' ? 'any' : 'default';
      if (place) report({ host: guest.host, ...place, message, values: { who, where, need } });
    }
  },
});
