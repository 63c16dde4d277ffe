import type { Mount } from '../../model/cluster';
import { normalise, type Host, type Place } from '../../model/host';
import { defineRule } from '../rule';
import { placeOf } from './_entry';
import { computesOf } from './_guests';
import { isPlaceholder } from './_items';
import { networkMountAt } from './_mounts';

interface Locks {
  readonly host: Host;
  readonly place: Place;
  readonly mount: Mount;
  readonly path: string;
}

export default defineRule({
  id: 'nova/lock-path-shared',
  scope: 'cluster',
  title: 'Hosts keep their locks in one directory',
  severity: 'warning',
  files: ['nova'],
  messages: {
    default:
      'lock_path is {path}, which {host} mounts from {spec} too: each waits for the locks of the other; use a local directory',
  },
  why: `Nova's file locks are meant for the services of one host: plugging an interface, connecting a volume, making an image. On a share
the same names are the same files for all hosts: one waits for another, and all wait where the server of the share is slow or away.`,
  sources: ['oslo.concurrency, lockutils: file locks below lock_path', 'nfs(5): fcntl locks are known to all clients'],
  examples: [
    {
      files: {
        'c1/etc/nova/nova.conf': '[oslo_concurrency]\nlock_path = ⟦/var/lib/nova/tmp⟧\n',
        'c1/etc/fstab': 'srv:/nova /var/lib/nova nfs defaults 0 0\n',
        'c1/etc/libvirt/qemu.conf': '',
        'c2/etc/nova/nova.conf':
          '[DEFAULT]\nstate_path = /var/lib/nova\n[oslo_concurrency]\nlock_path = ⟦$state_path/tmp/⟧\n',
        'c2/etc/fstab': 'srv:/nova /var/lib/nova nfs defaults 0 0\n',
        'c2/etc/libvirt/qemu.conf': '',
      },
    },
    {
      title: 'in its old place',
      release: 'icehouse',
      files: {
        'livemig.ini': '[node a]\nroles = compute\n[node b]\nroles = compute\n',
        'a/etc/nova/nova.conf': '[DEFAULT]\r\nlock_path=⟦/var/lib/nova/lock⟧\r\n',
        'a/etc/fstab': 'mon:/ /var/lib/nova ceph name=nova 0 0\n',
        'b/etc/nova/nova.conf': '[DEFAULT]\r\nlock_path=⟦/var/lib/nova/lock⟧\r\n',
        'b/etc/fstab': 'mon:/ /var/lib/nova ceph name=nova 0 0\n',
      },
    },
    {
      title: 'local; on a share that nobody else has there; another directory of the share',
      files: {
        'livemig.ini':
          '[node a]\nroles = compute\n[node b]\nroles = compute\n[node c]\nroles = compute\n[node d]\nroles = compute\n',
        'a/etc/nova/nova.conf': '[oslo_concurrency]\nlock_path = /var/lib/nova/tmp\n',
        'a/etc/fstab': 'srv:/i /var/lib/nova/instances nfs defaults 0 0\n',
        'b/etc/nova/nova.conf': '[oslo_concurrency]\nlock_path = /var/lib/nova/tmp\n',
        'b/etc/fstab': 'srv:/home-of-b /var/lib/nova nfs defaults 0 0\n',
        'c/etc/nova/nova.conf': '[oslo_concurrency]\nlock_path = /srv/c\n',
        'c/etc/fstab': 'srv:/locks /srv nfs defaults 0 0\n',
        'd/etc/nova/nova.conf': '[oslo_concurrency]\nlock_path = /srv/d\n',
        'd/etc/fstab': 'srv:/locks /srv nfs defaults 0 0\n',
      },
    },
  ],
  check(cluster, report) {
    const shared = new Map<string, Locks[]>();
    for (const host of computesOf(cluster)) {
      const set = [host.nova.get('lock_path'), host.nova.get('lock_path_old')].find((s) => s?.entry);
      const place = placeOf(set);
      if (!place || !set?.value?.startsWith('/') || isPlaceholder(set.value)) continue;
      const path = normalise(set.value);
      const mount = networkMountAt(host, path);
      if (!mount) continue;
      const below = path.slice(normalise(mount.entry.file.value).length);
      const key = `${mount.entry.spec.value}\n${below}`;
      const locks = { host, place, mount, path };
      const same = shared.get(key);
      if (same) same.push(locks);
      else shared.set(key, [locks]);
    }
    for (const group of shared.values()) {
      if (group.length < 2) continue;
      for (const locks of group) {
        const other = group[0] === locks ? group[1]! : group[0]!;
        const { host, place, mount, path } = locks;
        report({
          host,
          ...place,
          values: { path, host: other.host.name, spec: mount.entry.spec.value },
          related: [
            { file: mount.file, span: mount.entry.span, message: 'The share' },
            { ...other.place, message: `The locks of ${other.host.name}` },
          ],
        });
      }
    }
  },
});
