import { clientOptions, exportsOf, isInstancesName, isIpv4, mountsOf, type Cluster } from '../../model/cluster';
import { exportTable, type ExportedTo } from '../../model/exportTable';
import type { Host } from '../../model/host';
import { bytesOf, clientsOf, isStrayBracket, isWorld } from '../../model/nfs';
import { normalise } from '../../model/host';
import { replace } from '../edits';
import { defineRule, type FixDraft } from '../rule';
import { isBroken } from './_broken';
import { clientSpan, instancesGrants, placeOf } from './_instances';

/** Longer lists are a network, and better written as one. */
const MOST_CLIENTS = 64;

export default defineRule({
  id: 'exports/world',
  scope: 'cluster',
  title: 'Exported to everybody',
  severity: 'warning',
  files: ['exports'],
  messages: {
    root: 'Everybody who reaches the server is root on {path} (rw, no_root_squash): name the compute nodes instead',
    write: 'Everybody who reaches the server may write {path}, the disks of the guests: name the compute nodes instead',
    read: 'Everybody who reaches the server may read {path}, the disks of the guests: name the compute nodes instead',
  },
  fixes: {
    hosts: 'Export to the compute nodes only: {clients}',
    network: 'Export to their network only: {network}',
  },
  why: `A path alone, \`PATH (options)\`, \`*\` and 0.0.0.0/0 are all the world. Whoever reaches the NFS port and can be root on any
machine then reads and changes the disks of all guests. Guides write it because it is short. Migrations work so; name the compute
nodes or the storage network, or accept it with a reason where a firewall does the same.`,
  sources: [
    'exports(5), anonymous',
    'exportfs -ra; exportfs -s of nfs-utils 2.6.2: a path alone gives *(ro), PATH (rw) gives *(rw)',
  ],
  exposure: true,
  examples: [
    {
      title: 'as many guides have it; the hosts are known',
      files: {
        'livemig.ini':
          '[node c1]\naddress = 192.168.3.12\nroles = compute\n[node c2]\naddress = 192.168.3.14\nroles = compute\n[node nfs]\naddress = 192.168.3.10\nroles = nfs\n',
        'nfs/etc/exports': '/var/lib/nova/instances ⟦*(rw,sync,no_root_squash)⟧\n',
        'c1/etc/hostname': 'c1\n',
        'c2/etc/hostname': 'c2\n',
      },
      fix: 'hosts',
      good: {
        'nfs/etc/exports':
          '/var/lib/nova/instances 192.168.3.12(rw,sync,no_root_squash) 192.168.3.14(rw,sync,no_root_squash)\n',
      },
    },
    {
      title: 'their network',
      files: {
        'livemig.ini':
          '[node c1]\naddress = 192.168.3.12\nroles = compute\n[node c2]\naddress = 192.168.3.14\nroles = compute\n[node nfs]\nroles = nfs\n',
        'nfs/etc/exports': '/var/lib/nova/instances ⟦(rw,sync,no_root_squash)⟧\n',
        'c1/etc/hostname': 'c1\n',
        'c2/etc/hostname': 'c2\n',
      },
      fix: 'network',
      good: { 'nfs/etc/exports': '/var/lib/nova/instances 192.168.3.0/24(rw,sync,no_root_squash)\n' },
    },
    { title: 'any directory that root may write', files: { 'etc/exports': '/srv ⟦0.0.0.0/0(rw,no_root_squash)⟧\n' } },
    { title: 'a path alone', files: { 'etc/exports': '⟦/var/lib/nova/instances⟧\n/srv/iso\n' } },
    {
      title: 'default options and no client',
      files: { 'etc/exports': '⟦/srv⟧ -rw,no_root_squash\n' },
    },
    {
      title: 'a network, a public directory, a scratch directory where root is nobody, Kerberos',
      files: {
        'etc/exports':
          '/var/lib/nova/instances 10.0.0.0/24(rw,no_root_squash)\n/pub *(ro,all_squash)\n/scratch *(rw)\n' +
          '/krb *(rw,no_root_squash,sec=krb5p)\n',
      },
    },
  ],
  check(cluster, report) {
    const instances = new Set(instancesGrants(cluster).map((g) => placeOf(g.server, normalise(g.export.entry.path))));
    for (const host of cluster.hosts) {
      if (host.filesOf('exports').length === 0) continue;
      for (const one of exportsOf(host)) {
        if (isBroken(one)) continue;
        for (const client of clientsOf(one.entry)) {
          if (!isWorld(client.host) || isStrayBracket(one.entry, client, one.file.text)) continue;
          const options = clientOptions(one.entry, client);
          if (options.get('sec')?.startsWith('krb5') || options.get('xprtsec') === 'mtls') continue;
          const path = normalise(one.entry.path);
          const disks = instances.has(placeOf(host, path)) || isInstancesName(path);
          const root = options.has('rw') && options.has('no_root_squash') && !options.has('all_squash');
          if (!root && !disks) continue;
          const to = { export: one, client };
          report({
            host,
            file: one.file,
            span: clientSpan(to),
            message: root ? 'root' : options.has('rw') ? 'write' : 'read',
            values: { path: one.entry.path },
            fixes: [...restrictions(cluster, host, to)],
          });
        }
      }
    }
  },
});

const dialled = new WeakMap<Cluster, Map<Host, Host[]>>();

/** Who mounts something from whom. */
function clientsByServer(cluster: Cluster): Map<Host, Host[]> {
  let all = dialled.get(cluster);
  if (all) return all;
  all = new Map<Host, Host[]>();
  for (const host of cluster.hosts) {
    for (const mount of mountsOf(host)) {
      const server = mount.entry.spec.value.includes(':/') ? cluster.served(mount)?.server : undefined;
      if (!server) continue;
      const list = all.get(server);
      if (!list) all.set(server, [host]);
      else if (list.at(-1) !== host) list.push(host);
    }
  }
  dialled.set(cluster, all);
  return all;
}

/** The line with the known hosts in the world's place: those that mount from this server, and every compute node. */
function restrictions(cluster: Cluster, server: Host, to: ExportedTo): FixDraft<'hosts' | 'network'>[] {
  const hosts = new Set(clientsByServer(cluster).get(server));
  for (const host of cluster.hosts) if (host.isCompute) hosts.add(host);
  hosts.delete(server);
  if (hosts.size === 0 || hosts.size > MOST_CLIENTS || !exportTable(cluster, server)) return [];
  const addresses: string[] = [];
  for (const host of [...hosts].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const address = cluster.addressesOf(host)[0];
    if (address === undefined) return [];
    addresses.push(address);
  }
  const { client } = to;
  const { file, entry } = to.export;
  const text = file.text.slice(client.hostSpan.end, client.span.end);
  const implied = client.span.start === client.span.end;
  const edit = (specs: string[]) => [
    implied
      ? replace(file, { start: entry.span.end, end: entry.span.end }, specs.map((s) => ` ${s}`).join(''))
      : replace(file, client.span, specs.map((s) => s + text).join(' ')),
  ];
  const fixes: FixDraft<'hosts' | 'network'>[] = [
    { title: 'hosts', values: { clients: addresses.join(' ') }, edits: edit(addresses), preferred: false },
  ];
  const network = commonNetwork(addresses);
  if (network) fixes.push({ title: 'network', values: { network }, edits: edit([network]), preferred: false });
  return fixes;
}

/** The /24 that several addresses share. */
function commonNetwork(addresses: readonly string[]): string | undefined {
  if (addresses.length < 2 || !addresses.every(isIpv4)) return undefined;
  const prefixes = new Set(addresses.map((a) => bytesOf(a)!.slice(0, 3).join('.')));
  return prefixes.size === 1 ? `${[...prefixes][0]!}.0/24` : undefined;
}
