import { isAddress, type Cluster } from '../../model/cluster';
import type { Host } from '../../model/host';
import { documentOf } from '../../model/parsed';
import type { HostsEntry } from '../../syntax/types';
import { insertLineBelow } from '../edits';
import { defineRule } from '../rule';
import { peerOf } from './_names';

const SHOWN = 3;

export default defineRule({
  id: 'hosts/peer-missing',
  scope: 'cluster',
  title: 'A compute node is missing from etc/hosts, others are there',
  severity: 'warning',
  files: ['hosts'],
  messages: {
    default:
      '{named} is named here, {missing} is not: without DNS a migration there ends with Unable to resolve address; add it',
    none: 'Hosts of the cluster are named here, {missing} is not: it must be in DNS, or Unable to resolve address',
  },
  fixes: { add: 'Add {line}' },
  why: `The source resolves the destination's name, also where live_migration_uri holds an address: libvirt on the destination sends
its own name back. *Unable to resolve address 'compute2' service '49152': Name or service not known*. An address in
live_migration_inbound_addr of the destination avoids it.`,
  sources: ['virsh migrate of libvirt 9.0.0 to an address whose name does not resolve'],
  explains: [/Unable to resolve address/],
  repair: 'hosts-entry',
  examples: [
    {
      files: {
        'livemig.ini':
          '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\naddress = 10.0.0.3\nroles = compute\n',
        'c1/etc/hosts': '127.0.0.1 localhost\n10.0.0.1 c1\n⟦10.0.0.2 c2⟧\n\n::1 ip6-localhost\n',
        'c2/etc/hosts': '127.0.0.1 localhost\n10.0.0.1 c1\n10.0.0.2 c2\n10.0.0.3 c3\n',
        'c3/etc/hostname': 'c3\n',
      },
      good: { 'c1/etc/hosts': '127.0.0.1 localhost\n10.0.0.1 c1\n10.0.0.2 c2\n10.0.0.3 c3\n\n::1 ip6-localhost\n' },
    },
    {
      title: 'only the controller is named',
      severity: 'info',
      files: {
        'livemig.ini': '[node ctl]\nroles = controller\n[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'ctl/etc/hostname': 'ctl\n',
        'c1/etc/hosts': '127.0.0.1 localhost\n⟦10.0.0.9 ctl⟧\n',
        'c2/etc/hostname': 'c2\n',
      },
    },
    {
      title: 'a compute node whose guests run on VMware, to which nothing migrates by libvirt',
      files: {
        'c1/etc/nova/nova-compute.conf': '[libvirt]\nvirt_type = kvm\n',
        'c1/etc/hosts': '127.0.0.1 localhost\n10.0.0.1 c1\n10.0.0.2 c2\n',
        'c2/etc/nova/nova-compute.conf': '[libvirt]\nvirt_type = kvm\n',
        'vc/etc/nova/nova-compute.conf': '[DEFAULT]\ncompute_driver = vmwareapi.VMwareVCDriver\n',
      },
    },
    {
      title: 'DNS for all, an inbound address for one, a controller',
      files: {
        'livemig.ini':
          '[node ctl]\nroles = controller\n[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'ctl/etc/hostname': 'ctl\n',
        'c1/etc/hosts': '127.0.0.1 localhost\n127.0.1.1 c1\n',
        'c2/etc/hosts': '127.0.0.1 localhost\n10.0.0.1 c1.example.org\n',
        'c3/etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = 10.0.0.3\n',
      },
    },
  ],
  check(cluster, report) {
    // Hosts that a migration has to find by name.
    const wanted = cluster.hosts.filter(
      (h) => h.isCompute && !isAddress(h.nova.get('live_migration_inbound_addr')?.value ?? ''),
    );
    for (const host of cluster.hosts) {
      const file = host.first('hosts');
      if (!file || !host.isCompute) continue;
      const named = new Map<Host, HostsEntry>();
      for (const entry of documentOf(file, 'hosts').entries) {
        for (const { name } of entry.names) {
          const peer = peerOf(cluster, host, name);
          if (peer) named.set(peer, entry);
        }
      }
      if (named.size === 0) continue;
      // A few are enough for the message: a file that names nobody of a thousand is not searched to its end.
      const missing: Host[] = [];
      for (const peer of wanted) {
        if (missing.length > SHOWN) break;
        if (peer !== host && !named.has(peer)) missing.push(peer);
      }
      if (missing.length === 0) continue;
      const computes = [...named].filter(([h]) => h.isCompute);
      const [peer, entry] = (computes.length > 0 ? computes : [...named]).at(-1)!;
      const add =
        missing.length === 1
          ? lineFor(cluster, missing[0]!, file.text.slice(entry.addressSpan.end, entry.names[0]!.span.start))
          : undefined;
      report({
        host,
        file,
        span: entry.span,
        message: computes.length > 0 ? 'default' : 'none',
        severity: computes.length > 0 ? 'warning' : 'info',
        values: { named: peer.name, missing: words(missing) },
        fixes: [
          add === undefined || computes.length === 0
            ? undefined
            : { title: 'add', values: { line: add }, edits: [insertLineBelow(file, entry.span.end, add)] },
        ],
      });
    }
  },
});

function lineFor(cluster: Cluster, host: Host, gap: string): string | undefined {
  const address = cluster.addressesOf(host)[0];
  const name = host.first('hostname')?.text.trim() ?? host.facts?.hostname ?? host.name;
  return address === undefined || !/^[\w.-]+$/.test(name) ? undefined : `${address}${gap}${name}`;
}

function words(hosts: readonly Host[]): string {
  const names = hosts.slice(0, SHOWN).map((h) => h.name);
  return names.join(', ') + (hosts.length > SHOWN ? ' and others' : '');
}
