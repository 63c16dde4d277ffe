import { instancesStorage } from '../../model/cluster';
import { servedMount, type ServedMount } from '../../model/exportTable';
import { isStrayBracket } from '../../model/nfs';
import { isNfs } from '../../model/storage';
import type { ExportEntry } from '../../syntax/types';
import { replace } from '../edits';
import { defineRule } from '../rule';
import { isBroken } from './_broken';
import { mountsRelated } from './_instances';

export default defineRule({
  id: 'exports/host-missing',
  scope: 'cluster',
  title: 'A host mounts a directory that is not exported to it',
  severity: 'error',
  files: ['exports'],
  messages: {
    default:
      '{path} is not exported to {hosts}, which mounts it for its instances: access denied by server; add {address}',
    many: '{path} is not exported to {hosts}, which mount it for their instances: access denied by server; add them',
  },
  fixes: { add: 'Export it to {clients}, too' },
  why: `*mount.nfs: access denied by server while mounting 192.168.3.10:/var/lib/nova/instances*: the host keeps its instances on the
local disk, and migrations to and from it fail with *is not on shared storage*, or with *Could not open
'/var/lib/nova/instances/…/disk': No such file or directory*.`,
  sources: ['exports(5)', 'nfs-utils, support/export/client.c and utils/mount/error.c'],
  explains: [/access denied by server while mounting/, /is not on shared storage/],
  preflight: true,
  examples: [
    {
      files: {
        'livemig.ini':
          '[node c1]\naddress = 192.168.3.12\n[node c2]\naddress = 192.168.3.14\n[node nfs]\naddress = 192.168.3.10\n',
        'nfs/etc/exports': '⟦/srv/i⟧ 192.168.3.12(rw,sync,no_root_squash)\n',
        'c1/etc/nova/nova.conf': '[DEFAULT]\n',
        'c1/etc/fstab': '192.168.3.10:/srv/i /var/lib/nova/instances nfs defaults 0 0\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\n',
        'c2/etc/fstab': '192.168.3.10:/srv/i /var/lib/nova/instances nfs defaults 0 0\n',
      },
      good: {
        'nfs/etc/exports': '/srv/i 192.168.3.12(rw,sync,no_root_squash) 192.168.3.14(rw,sync,no_root_squash)\n',
      },
    },
    {
      title: 'by names that etc/hosts knows',
      files: {
        'nfs/etc/exports': '⟦/var/lib/nova/instances⟧ c1(rw) # computes\n',
        'nfs/etc/hosts': '10.0.0.9 nfs\n10.0.0.1 c1\n10.0.0.2 c2\n',
        'c2/etc/hostname': 'c2\n',
        'c2/etc/fstab': '10.0.0.9:/var/lib/nova/instances /var/lib/nova/instances nfs defaults 0 0\n',
        'c1/etc/hostname': 'c1\n',
      },
      good: { 'nfs/etc/exports': '/var/lib/nova/instances c1(rw) 10.0.0.2(rw) # computes\n' },
    },
    {
      title:
        'a netgroup, a name for DNS, a storage network on which nothing is known of the host: anybody may be meant',
      files: {
        'livemig.ini': '[node c1]\naddress = 192.168.3.12\n[node nfs]\naddress = 192.168.3.10\n',
        'nfs/etc/exports':
          '/srv/nova/instances @computes(rw)\n/srv/2/nova/instances storage-c1(rw)\n/srv/3/nova/instances 10.20.0.0/24(rw)\n',
        'c1/etc/fstab':
          '10.20.0.10:/srv/3/nova/instances /var/lib/nova/instances nfs defaults 0 0\n192.168.3.10:/srv/nova/instances /mnt nfs defaults 0 0\n',
      },
    },
    {
      title: 'its network, or a line of its own',
      files: {
        'livemig.ini': '[node c1]\naddress = 192.168.3.12\n[node nfs]\naddress = 192.168.3.10\n',
        'nfs/etc/exports':
          '/var/lib/nova/instances 192.168.4.0/24(rw)\n/var/lib/nova/instances 192.168.3.0/255.255.255.0(rw)\n',
        'c1/etc/fstab': 'nfs:/var/lib/nova/instances /var/lib/nova/instances nfs defaults 0 0\n',
      },
    },
  ],
  check(cluster, report) {
    const missing = new Map<ExportEntry, ServedMount[]>();
    for (const host of cluster.hosts) {
      const mount = instancesStorage(host);
      const served = mount && isNfs(mount.entry.type.value) ? servedMount(cluster, mount) : undefined;
      if (!served || served.table.server === host) continue;
      const { table, path, client } = served;
      const directories = table.above(path);
      const nearest = directories[0];
      if (nearest === undefined || directories.some((d) => table.grant(d, client).match !== 'no')) continue;
      if (directories.some((d) => table.exportsAt(d).some(isBroken))) continue;
      const entry = table.exportsAt(nearest)[0]?.entry;
      if (!entry) continue;
      const list = missing.get(entry);
      if (list) list.push(served);
      else missing.set(entry, [served]);
    }
    for (const [entry, list] of missing) {
      const { table } = list[0]!;
      const one = table.exports.find((e) => e.entry === entry)!;
      const last = entry.clients.at(-1);
      const addresses = list.map((s) => s.client.addresses[0]);
      const known = addresses.every((a) => a !== undefined);
      // The options of the line's last client; a client parted from its bracket has another finding first.
      const model = last && !isStrayBracket(entry, last, one.file.text) ? last : undefined;
      const options = model && one.file.text.slice(model.hostSpan.end, model.span.end);
      const at = entry.clients.length > 0 && model ? model.span.end : undefined;
      report({
        host: table.server,
        file: one.file,
        span: entry.pathSpan,
        message: list.length === 1 ? 'default' : 'many',
        values: {
          path: entry.path,
          hosts: list.map((s) => s.mount.host.name).join(', '),
          address: addresses[0] ?? 'it',
          clients: addresses.join(', '),
        },
        related: mountsRelated(list.map((s) => s.mount)),
        fixes: [
          at !== undefined && known
            ? {
                title: 'add',
                edits: [
                  replace(one.file, { start: at, end: at }, addresses.map((a) => ` ${a}${options ?? ''}`).join('')),
                ],
              }
            : undefined,
        ],
      });
    }
  },
});
