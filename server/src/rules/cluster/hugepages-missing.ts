import { factPlace } from '../../model/factPlace';
import type { Host } from '../../model/host';
import { outliers } from '../nova/_groups';
import { defineRule } from '../rule';

export default defineRule({
  id: 'cluster/hugepages-missing',
  scope: 'cluster',
  title: 'Huge pages are set aside on some hosts only',
  severity: 'info',
  files: ['facts'],
  messages: {
    fewer: 'No huge pages of {size} here, as on {host}: guests that ask for them (hw:mem_page_size) cannot come',
    more: 'Huge pages of {size} here, none on {host}: guests that ask for them (hw:mem_page_size) cannot go there',
  },
  why: `A guest whose flavour asks for huge pages has them on the destination too, or does not go: *Insufficient compute resources*, or
from libvirt *hugetlbfs filesystem is not mounted or disabled by administrator config*. They are set aside at boot
(\`hugepagesz=1G hugepages=64\`) or by \`vm.nr_hugepages\`. Where such guests have hosts of their own it is right.`,
  sources: [
    'virsh migrate of a guest with huge pages to a host without, libvirt 9.0.0',
    'nova/virt/hardware.py, numa_fit_instance_to_host, 26.0.0',
  ],
  explains: [/hugetlbfs filesystem is not mounted or disabled by administrator config/],
  examples: [
    {
      title: 'one without',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/facts.json': '{"hugepages": {"2048": 0, "1048576": 64}}',
        'c2/facts.json': '{"hugepages": {"2048": 0, "1048576": 32}}',
        'c3/facts.json': '{"hugepages": {"2048": 0, "1048576": ⟦0⟧}}',
      },
    },
    {
      title: 'one with; its kernel has other sizes too',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/facts.json': '{"hugepages": {"2048": 0}}',
        'c2/facts.json': '{"hugepages": {"2048": 0}}',
        'c3/facts.json': '{"hugepages": {"2048": ⟦512⟧, "1048576": 0}}',
      },
    },
    {
      title: 'the same sizes; none anywhere; not measured; a controller',
      files: {
        'livemig.ini':
          '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n[node ctl]\nroles = controller\n',
        'c1/facts.json': '{"hugepages": {"2048": 100, "1048576": 0}}',
        'c2/facts.json': '{"hugepages": {"2048": 999}}',
        'c3/facts.json': '{}',
        'ctl/facts.json': '{"hugepages": {"2048": 0}}',
      },
    },
  ],
  check(cluster, report) {
    const hosts = cluster.hosts.filter((h) => h.isCompute && h.facts?.hugepages !== undefined);
    for (const { item, other } of outliers(hosts, (h) => sizesOf(h).join(' '))) {
      const [own, theirs] = [sizesOf(item), sizesOf(other)];
      const fewer = theirs.find((size) => !own.includes(size));
      const size = fewer ?? own.find((s) => !theirs.includes(s));
      const place = size === undefined ? undefined : factPlace(item, ['hugepages', size]);
      if (size === undefined || !place) continue;
      report({
        host: item,
        ...place,
        message: fewer === undefined ? 'more' : 'fewer',
        values: { size: readable(Number(size)), host: other.name },
      });
    }
  },
});

/** Sizes in KiB of which there is at least one page, in order. */
function sizesOf(host: Host): readonly string[] {
  const pages = Object.entries(host.facts?.hugepages ?? {});
  return pages
    .filter(([, count]) => count > 0)
    .map(([size]) => size)
    .sort();
}

function readable(kib: number): string {
  return kib >= 1_048_576 ? `${kib / 1_048_576} GiB` : `${kib / 1024} MiB`;
}
