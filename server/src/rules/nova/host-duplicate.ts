import type { Host } from '../../model/host';
import { setOsloValue } from '../edits';
import { defineRule } from '../rule';
import { placeOf, removeAll } from './_entry';
import { computesOf } from './_guests';
import { isPlaceholder } from './_items';

export default defineRule({
  id: 'nova/host-duplicate',
  scope: 'cluster',
  title: 'Two computes run under one name',
  severity: 'error',
  files: ['nova'],
  messages: {
    default:
      'host = {value} is the name of {other} too: nova takes both for one host and cannot migrate between them; make it unique',
  },
  fixes: { own: "Use this host's own name: {own}", remove: 'Delete it: nova takes the name of the machine' },
  why: `\`host\` is the name under which nova-compute reports. Two services of one name share one record: the messages of one reach
the other, and a migration between them ends with *Unable to migrate instance (…) to current host (…)*. It comes of a nova.conf copied
from host to host.`,
  sources: ['nova/conf/netconf.py and nova/exception.py, UnableToMigrateToSelf, 33.0.0'],
  explains: [/Unable to migrate instance \(.*\) to current host/],
  preflight: true,
  examples: [
    {
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[DEFAULT]\nhost = c1\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nhost = ⟦c1⟧\n',
        'c2/etc/hostname': 'c2\n',
      },
      good: { 'c2/etc/nova/nova.conf': '[DEFAULT]\nhost = c2\n' },
    },
    {
      title: 'neither is called so',
      release: 'grizzly',
      files: {
        'a/etc/nova/nova.conf': '[DEFAULT]\nhost=⟦node⟧\nmy_ip=10.0.0.1\n',
        'a/etc/libvirt/qemu.conf': '',
        'b/etc/nova/nova.conf': '[DEFAULT]\nhost=⟦node⟧\nmy_ip=10.0.0.2\n',
        'b/etc/libvirt/qemu.conf': '',
      },
      fix: 'remove',
      good: { 'a/etc/nova/nova.conf': '[DEFAULT]\nmy_ip=10.0.0.1\n' },
    },
    {
      title: 'unique, not set, or shared by controllers',
      files: {
        'livemig.ini':
          '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n[node ctl1]\nroles = controller\n[node ctl2]\nroles = controller\n',
        'c1/etc/nova/nova.conf': '[DEFAULT]\nhost = c1\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nhost = c2\n',
        'c3/etc/nova/nova.conf': '[DEFAULT]\n',
        'ctl1/etc/nova/nova.conf': '[DEFAULT]\nhost = ctl\n',
        'ctl2/etc/nova/nova.conf': '[DEFAULT]\nhost = ctl\n',
      },
    },
  ],
  check(cluster, report) {
    const byName = new Map<string, Host[]>();
    for (const host of computesOf(cluster)) {
      const name = host.nova.get('host');
      if (name?.origin !== 'set' || !name.value || isPlaceholder(name.value)) continue;
      const same = byName.get(name.value);
      if (same) same.push(host);
      else byName.set(name.value, [host]);
    }
    for (const [value, hosts] of byName) {
      if (hosts.length < 2) continue;
      const rightful = hosts.filter((h) => isCalled(h, value));
      for (const host of hosts) {
        // The one that is really called so has done nothing wrong.
        if (rightful.length === 1 && rightful[0] === host) continue;
        const other = rightful[0] ?? (hosts[0] === host ? hosts[1]! : hosts[0]!);
        const setting = host.nova.get('host')!;
        const place = placeOf(setting)!;
        const theirs = placeOf(other.nova.get('host'))!;
        const own = hostname(host);
        report({
          host,
          ...place,
          values: { value, other: other.name },
          related: [{ ...theirs, message: `host of ${other.name}` }],
          fixes: [
            own !== undefined && own !== value
              ? { title: 'own', values: { own }, edits: [setOsloValue(place.file, setting.entry!, own)] }
              : { title: 'remove', edits: removeAll(host, setting.option), preferred: false },
          ],
        });
      }
    }
  },
});

/** What the machine itself says it is called. */
function hostname(host: Host): string | undefined {
  const name = host.facts?.hostname ?? host.first('hostname')?.text.trim();
  return name !== undefined && /^[\w.-]+$/.test(name) ? name : undefined;
}

function isCalled(host: Host, name: string): boolean {
  const short = (n: string): string => n.toLowerCase().replace(/\..*$/, '');
  return [hostname(host), host.name, host.node?.name].some((n) => n !== undefined && short(n) === short(name));
}
