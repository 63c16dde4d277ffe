import { nearest } from '../../knowledge/near';
import type { Cluster } from '../../model/cluster';
import type { Host } from '../../model/host';
import type { InventoryNode } from '../../model/inventory';
import { replace } from '../edits';
import { defineRule } from '../rule';
import { nameSpan } from './_keys';

export default defineRule({
  id: 'livemig/node-without-host',
  scope: 'cluster',
  title: 'A node that is none of the hosts',
  severity: 'info',
  files: ['livemig-ini'],
  messages: {
    near: 'No host is called {name}, and no node {near}: what is said here of roles, address and release reaches nobody',
    absent: 'No host beside livemig.ini is called {name}: its files are not judged',
    same: '{name} is the host that [node {other}] names already: what is said here is passed over',
  },
  fixes: { rename: 'Write {near}' },
  why: `A node goes by the name of its host's folder, or what the host's etc/hostname says. Under any other name its role, address and
release reach nobody: the host is judged by a guess, and exports and mounts that name its address are nobody's.`,
  sources: ['docs/livemig.ini.md'],
  examples: [
    {
      title: 'misspelt, without its domain, in quotes, in capitals, counted with zeros',
      severity: 'warning',
      files: {
        'livemig.ini':
          '[node ⟦compte1⟧]\n[node ⟦compute2⟧]\n[node ⟦"ctl"⟧]\n[node ⟦NFS⟧]\n[node ⟦kvm-1⟧]\nroles = compute\n[node gw]\n',
        'compute1/etc/nova/nova.conf': '[DEFAULT]\n',
        'compute2.example.org/etc/nova/nova.conf': '[DEFAULT]\n',
        'ctl/etc/nova/nova.conf': '[DEFAULT]\n',
        'nfs/etc/exports': '',
        'kvm-01/etc/nova/nova.conf': '[DEFAULT]\n',
        'gw/etc/hosts': '',
      },
      good: {
        'livemig.ini':
          '[node compute1]\n[node compute2.example.org]\n[node ctl]\n[node nfs]\n[node kvm-01]\nroles = compute\n[node gw]\n',
      },
    },
    {
      title: 'not collected yet; the next number is another host, not a slip',
      files: {
        'livemig.ini': '[node compute1]\n[node ⟦compute2⟧]\n',
        'compute1/etc/nova/nova.conf': '[DEFAULT]\n',
        'compute3/etc/nova/nova.conf': '[DEFAULT]\n',
      },
    },
    {
      title: 'two that it may be',
      severity: 'warning',
      files: {
        'livemig.ini': '[node ⟦compte⟧]\n',
        'compute/etc/nova/nova.conf': '[DEFAULT]\n',
        'comput/etc/nova/nova.conf': '[DEFAULT]\n',
      },
    },
    {
      title: 'one host under two of its names',
      severity: 'warning',
      files: {
        'livemig.ini': '[node compute1]\nroles = compute\n[node ⟦c1.example.org⟧]\nroles = nfs\n',
        'compute1/etc/hostname': 'c1.example.org\n',
        'compute1/etc/nova/nova.conf': '[DEFAULT]\n',
      },
    },
    {
      title: 'by the name in etc/hostname',
      files: {
        'livemig.ini': '[node c1.example.org]\nroles = compute\n',
        'compute1/etc/hostname': 'c1.example.org\n',
        'compute1/etc/nova/nova.conf': '[DEFAULT]\n',
      },
    },
    {
      title: 'nothing but the inventory: the nodes are only dialled',
      files: { 'livemig.ini': '[node compute1]\n[node compute2]\n' },
    },
  ],
  check(cluster, report) {
    const { inventory, hosts } = cluster;
    // Of a file alone, and of a folder beside others, the rest of the nodes is not in view.
    if (!inventory || hosts.length === 0 || cluster.partial || cluster.sharesInventory) return;
    const named = new Set(hosts.map((h) => cluster.nodeOf(h)));
    const free = hosts.filter((h) => !h.node);
    const seen = new Set<string>();
    for (const node of inventory.nodes) {
      const again = seen.has(node.name);
      seen.add(node.name);
      // A second section of one name is another rule's matter.
      if (named.has(node) || again) continue;
      const { name } = node;
      const file = inventory.file;
      const span = nameSpan(file, node.section);
      const near = candidates(name, free);
      const other = owner(cluster, node);
      const shown = near.length > 0 ? 'near' : other ? 'same' : 'absent';
      report({
        file,
        span,
        message: shown,
        values: { name, near: near.join(', '), other: other?.name ?? '' },
        severity: shown === 'absent' ? 'info' : 'warning',
        fixes: near.map((n) => ({
          title: 'rename',
          values: { near: n },
          edits: [replace(file, span, n)],
          preferred: near.length === 1,
        })),
      });
    }
  },
});

/** Hosts without a node that it was probably meant for. */
function candidates(name: string, free: readonly Host[]): readonly string[] {
  const bare = name.replace(/^(["'])(.*)\1$/, '$2');
  const names = free.map((h) => h.name);
  const same = names.filter((n) => n.toLowerCase() === bare.toLowerCase() || label(n) === label(bare));
  if (same.length > 0) return same.slice(0, 3);
  // compute2 beside compute3 is no slip.
  return nearest(
    bare,
    names.filter((n) => numbers(n) === numbers(bare)),
  );
}

/** The node that has the host already that this one would be another name of. */
function owner(cluster: Cluster, node: InventoryNode): InventoryNode | undefined {
  const host = cluster.hosts.find(
    (h) => h.node && (h.name === node.name || h.first('hostname')?.text.trim() === node.name),
  );
  return host && cluster.nodeOf(host);
}

const label = (name: string): string => name.toLowerCase().replace(/\..*$/, '');

/** All numbers in a name, without leading zeros. */
const numbers = (name: string): string => (name.match(/\d+/g) ?? []).map(Number).join();
