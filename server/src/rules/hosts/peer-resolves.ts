import { hostsAddresses, isAddress, isLoopback, type Cluster } from '../../model/cluster';
import type { SourceFile } from '../../model/files';
import type { Host } from '../../model/host';
import type { Span } from '../../syntax/types';
import { insertLineBelow, TOP } from '../edits';
import { defineRule, type Edit } from '../rule';
import { mayMigrate, ownName, peerOf } from './_names';

export default defineRule({
  id: 'hosts/peer-resolves',
  scope: 'cluster',
  title: 'The name of another host was seen to lead nowhere, or elsewhere',
  severity: 'error',
  files: ['facts'],
  messages: {
    nothing:
      '{name} does not resolve on {host}: a migration to it ends with Unable to resolve address; add it to DNS or etc/hosts',
    loopback:
      '{name} resolves to {address} on {host}, which is {host} itself: a migration to it would dial its own source',
    stranger: '{name} resolves to {address} on {host}, which is {owner}: a migration to {name} would go there',
  },
  fixes: { add: 'Add {line} to etc/hosts' },
  why: `The source resolves the destination's name, by whatever its resolver asks: etc/hosts, DNS, LDAP. What it got when the facts
were taken is what a migration will get: *Unable to resolve address 'compute2' service '49152': Name or service not known*, *Attempt
to migrate guest to the same host*, or *Connection refused* from another host. An address in live_migration_inbound_addr of the
destination avoids it.`,
  sources: ['virsh migrate between two hosts of libvirt 9.0.0, names by etc/hosts', 'getent ahosts of glibc 2.36'],
  explains: [/Unable to resolve address/, /Attempt to migrate guest to the same host/],
  preflight: 'source',
  repair: 'hosts-entry',
  examples: [
    {
      title: 'to nothing, and the address is known',
      files: {
        'livemig.ini': '[node c2]\naddress = 10.0.0.2\n',
        'c1/facts.json': '{"hostname": "c1", "resolves": {"c1": ["10.0.0.1"], ⟦"c2"⟧: []}}',
        'c1/etc/hosts': '127.0.0.1 localhost\n10.0.0.1 c1\n',
        'c2/etc/hostname': 'c2\n',
      },
      good: { 'c1/etc/hosts': '127.0.0.1 localhost\n10.0.0.1 c1\n10.0.0.2 c2\n' },
    },
    {
      title: 'to itself, to a third one',
      files: {
        'c1/facts.json': '{"resolves": {⟦"c2"⟧: ["127.0.0.1"], ⟦"c3"⟧: ["10.0.0.2"]}}',
        'c2/facts.json': '{"hostname": "c2", "addresses": {"eth0": ["10.0.0.2"]}}',
        'c3/facts.json': '{"hostname": "c3", "addresses": {"eth0": ["10.0.0.3"]}}',
      },
    },
    {
      title:
        'as it should, another name of it, what etc/hosts says by now, an address that nobody has, an inbound address, a controller',
      files: {
        'livemig.ini': '[node ctl]\nroles = controller\n',
        'c1/facts.json':
          '{"hostname": "c1", "resolves": {"c1": ["127.0.1.1"], "c2": ["10.0.0.2"], "c2.lan": [], "c3": [], "c4": ["10.9.9.9"], "c5": [], "ctl": [], "www": []}}',
        'c1/etc/hosts': '10.0.0.3 c3\n',
        'c2/facts.json': '{"hostname": "c2", "addresses": {"eth0": ["10.0.0.2"]}}',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nhost = c2\n',
        'c3/etc/hostname': 'c3\n',
        'c4/facts.json': '{"hostname": "c4", "addresses": {"eth0": ["10.0.0.4"]}}',
        'c5/etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = 10.0.0.5\n',
        'ctl/etc/hostname': 'ctl\n',
      },
    },
  ],
  check(cluster, report) {
    for (const host of cluster.hosts) {
      const file = host.first('facts');
      const resolves = host.facts?.resolves;
      if (!file || !resolves || !mayMigrate(host)) continue;
      for (const [name, addresses] of Object.entries(resolves)) {
        const peer = peerOf(cluster, host, name);
        if (!peer || !isDialled(peer, name) || hostsAddresses(host, name).length > 0) continue;
        const verdict = judge(cluster, peer, addresses);
        if (!verdict) continue;
        const right = peer.node?.address ?? cluster.addressesOf(peer)[0];
        const line = right !== undefined && isAddress(right) ? `${right} ${name}` : undefined;
        report({
          host,
          file,
          span: keyOf(file, name),
          message: verdict.message,
          values: { name, host: host.name, address: addresses[0] ?? '', owner: verdict.owner?.name ?? '' },
          fixes: [line === undefined ? undefined : { title: 'add', values: { line }, edits: added(host, line) }],
        });
      }
    }
  },
});

/** Whether a migration to the host goes by this name: nova's, else the machine's. */
function isDialled(peer: Host, name: string): boolean {
  if (!mayMigrate(peer) || peer.nova.get('live_migration_inbound_addr')?.value) return false;
  const nova = peer.nova.get('host');
  const dialled = (nova?.origin === 'set' ? nova.value : undefined) ?? ownName(peer) ?? peer.name;
  return dialled.toLowerCase() === name.toLowerCase();
}

function judge(
  cluster: Cluster,
  peer: Host,
  addresses: readonly string[],
): { readonly message: 'nothing' | 'loopback' | 'stranger'; readonly owner?: Host } | undefined {
  if (addresses.length === 0) return { message: 'nothing' };
  if (addresses.every(isLoopback)) return { message: 'loopback' };
  if (addresses.some((a) => peer.addresses.includes(a))) return undefined;
  const owners = addresses.map((a) => cluster.hostByAddress(a));
  const owner = owners.find((o, i) => o !== undefined && o !== peer && o.addresses.includes(addresses[i]!));
  return owner && owners.every((o) => o !== peer) ? { message: 'stranger', owner } : undefined;
}

/** The name as a key of `resolves`. */
function keyOf(file: SourceFile, name: string): Span {
  const from = Math.max(0, file.text.indexOf('"resolves"'));
  const key = JSON.stringify(name);
  const start = file.text.indexOf(key, from);
  return start < 0 ? TOP : { start, end: start + key.length };
}

function added(host: Host, line: string): Edit[] {
  const file = host.first('hosts');
  return file ? [insertLineBelow(file, file.text.length, line)] : [];
}
