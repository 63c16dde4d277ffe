import { option } from '../../knowledge/nova';
import type { Cluster } from '../../model/cluster';
import type { NodeWords } from '../../model/inventory';
import { compareVersions } from '../../model/platform';
import { outliers } from '../nova/_groups';
import { computesOf, isTrue } from '../nova/_guests';
import { defineRule } from '../rule';
import { versionOf } from './_versions';

export default defineRule({
  id: 'cluster/qemu-version-differs',
  scope: 'cluster',
  title: 'The hosts run different versions of QEMU',
  severity: 'warning',
  files: ['facts', 'livemig-ini'],
  messages: {
    older:
      "QEMU is {version} here and {other} on {host}: nova moves no guest from there to here; upgrade this host's QEMU first",
    newer: 'QEMU is {version} here and {other} on {host}: nova moves no guest from here to there; upgrade that one too',
  },
  why: `Nova compares the hypervisor's versions of source and destination, all three numbers, and refuses the way down: *The instance
requires a newer hypervisor version than has been provided.*, or, where the scheduler chooses, only *No valid host was found.* A guest
that was started by the newer QEMU may also have a machine type that the older lacks. Upgrade the destination first, then move guests
up. From Zed on \`[workarounds] skip_hypervisor_version_check_on_lm\` on the conductors leaves out the check.`,
  sources: [
    'nova-conductor 26.2.2: a migration to a host with an older QEMU, with and without force',
    'nova/conductor/tasks/live_migrate.py, _check_compatible_with_source_hypervisor; nova/scheduler/driver.py before Icehouse',
  ],
  explains: [/The instance requires a newer hypervisor version than has been provided/],
  preflight: true,
  examples: [
    {
      title: 'one was left behind',
      files: {
        'c1/etc/nova/nova-compute.conf': '',
        'c1/facts.json': '{"qemu": "8.2.2"}',
        'c2/etc/nova/nova-compute.conf': '',
        'c2/facts.json': '{"qemu": "8.2.2"}',
        'c3/etc/nova/nova-compute.conf': '',
        'c3/facts.json': '{"libvirt": "10.0.0", "qemu": ⟦"8.0.4"⟧}',
      },
    },
    {
      title: 'one went ahead, by its last number alone, and livemig.ini says it',
      files: {
        'livemig.ini':
          '[node c1]\nroles = compute\nqemu = 7.2.0\n[node c2]\nroles = compute\nqemu = 7.2.0\n[node c3]\nroles = compute\nqemu = ⟦7.2.22⟧\n',
        'c1/etc/nova/nova.conf': '',
        'c2/etc/nova/nova.conf': '',
        'c3/etc/nova/nova.conf': '',
      },
    },
    {
      title: 'nobody is in the majority',
      files: {
        'c1/etc/nova/nova-compute.conf': '',
        'c1/facts.json': '{"qemu": ⟦"8.2.2"⟧}',
        'c2/etc/nova/nova-compute.conf': '',
        'c2/facts.json': '{"qemu": ⟦"8.0.4"⟧}',
      },
    },
    {
      title: 'the same; unknown; the last number left out; a controller',
      files: {
        'livemig.ini':
          '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\nqemu = 7.2\n[node ctl]\nroles = controller\n',
        'c1/etc/nova/nova.conf': '',
        'c1/facts.json': '{"qemu": "7.2.22"}',
        'c2/etc/nova/nova.conf': '',
        'c2/facts.json': '{"libvirt": "9.0.0"}',
        'c3/etc/nova/nova.conf': '',
        'ctl/etc/nova/nova.conf': '',
        'ctl/facts.json': '{"qemu": "6.2.0"}',
      },
    },
    {
      title: 'the conductors do not look at it',
      release: 'zed',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node ctl]\nroles = controller\n',
        'c1/etc/nova/nova.conf': '',
        'c1/facts.json': '{"qemu": "8.2.2"}',
        'c2/etc/nova/nova.conf': '',
        'c2/facts.json': '{"qemu": "8.0.4"}',
        'ctl/etc/nova/nova.conf': '[workarounds]\nskip_hypervisor_version_check_on_lm = True\n',
      },
    },
  ],
  check(cluster, report) {
    if (versionsNotCompared(cluster) || cluster.unseen.some(mayConduct)) return;
    const versions = computesOf(cluster)
      .map((host) => versionOf(cluster, host, 'qemu'))
      .filter((v) => v !== undefined);
    for (const { item, other } of outliers(versions, (v) => v.numbers.join('.'))) {
      const difference = compareVersions(item.numbers, other.numbers);
      if (difference === 0) continue;
      report({
        host: item.host,
        ...item.place,
        message: difference < 0 ? 'older' : 'newer',
        values: { version: item.text, other: other.text, host: other.host.name },
        related: [{ ...other.place, message: `QEMU of ${other.host.name}` }],
      });
    }
  },
});

function mayConduct({ roles }: NodeWords): boolean {
  return roles.length === 0 || roles.includes('controller');
}

/** Whether somebody in view, who may be a conductor, is told to let guests go down to an older QEMU. */
export function versionsNotCompared(cluster: Cluster): boolean {
  const home = option('workarounds', 'skip_hypervisor_version_check_on_lm');
  return home !== undefined && cluster.hosts.some((h) => isTrue(h.nova.effective(home).value));
}
