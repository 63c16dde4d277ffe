import { nfsSource, type Cluster, type Mount } from '../../model/cluster';
import { nfsVersion } from '../../model/nfs';
import { defineRule, type Severity } from '../rule';
import { nfsStorage } from './_mounts';

/** What a mount says of each thing that hosts should agree on; absent where it says nothing. */
type Profile = ReadonlyMap<string, string>;

const WEIGHTY = new Set(['version', 'sec']);

export default defineRule({
  id: 'fstab/options-differ',
  scope: 'cluster',
  title: 'Hosts mount the same share in different ways',
  severity: 'warning',
  files: ['fstab'],
  messages: {
    default: '{own} here, {other} on {host}, for the same share: a guest that moves finds other rules; write the same',
  },
  why: `The destination opens the disk that the source still holds. With NFSv3 here and NFSv4 there locks take two ways to the server;
with another sec= the server sees another user, and the guest's disk may not be opened: *Permission denied*. Caches that differ let
the destination see old sizes.`,
  sources: ['nfs(5), vers, sec, lookupcache, noac'],
  examples: [
    {
      title: 'another version',
      files: {
        'c1/etc/fstab': '10.0.0.9:/srv /var/lib/nova/instances nfs vers=4.2,hard 0 0\n',
        'c2/etc/fstab': '10.0.0.9:/srv /var/lib/nova/instances nfs hard,nfsvers=4.1 0 0\n',
        'c3/etc/fstab': '10.0.0.9:/srv /var/lib/nova/instances nfs ⟦vers=3,hard⟧ 0 0\n',
      },
    },
    {
      title: 'another cache',
      severity: 'info',
      files: {
        'c1/etc/fstab': '10.0.0.9:/srv /var/lib/nova/instances nfs hard,lookupcache=none 0 0\n',
        'c2/etc/fstab': '10.0.0.9:/srv /var/lib/nova/instances nfs ⟦hard,lookupcache=all⟧ 0 0\n',
      },
    },
    {
      title:
        'what one of them leaves to be agreed on, other shares, options of the boot; ro and soft have rules of their own',
      files: {
        'c1/etc/fstab': '10.0.0.9:/srv /var/lib/nova/instances nfs vers=4.2,hard,_netdev 0 0\n',
        'c2/etc/fstab': '10.0.0.9:/srv /var/lib/nova/instances nfs defaults 0 0\n',
        'c3/etc/fstab': '10.0.0.9:/srv /var/lib/nova/instances nfs4 soft,nofail 0 0\n',
        'c4/etc/fstab': '10.0.0.8:/srv /var/lib/nova/instances nfs vers=3 0 0\n',
      },
    },
  ],
  check(cluster, report) {
    for (const group of groups(cluster).values()) {
      if (group.length < 2) continue;
      const profiles = group.map((mount) => ({ mount, profile: profileOf(mount) }));
      for (const [key, reference] of references(profiles)) {
        for (const { mount, profile } of profiles) {
          const own = profile.get(key);
          if (own === undefined || own === reference.own) continue;
          const severity: Severity = WEIGHTY.has(key) ? 'warning' : 'info';
          const { entry } = mount;
          const other = reference.mount;
          report({
            host: mount.host,
            file: mount.file,
            span: entry.options?.span ?? entry.type.span,
            values: { own, other: reference.own, host: other.host.name },
            severity,
            related: [
              {
                file: other.file,
                span: other.entry.options?.span ?? other.entry.type.span,
                message: `${reference.own} on ${other.host.name}`,
              },
            ],
          });
        }
      }
    }
  },
});

function groups(cluster: Cluster): Map<string, Mount[]> {
  const all = new Map<string, Mount[]>();
  for (const host of cluster.hosts) {
    const mount = nfsStorage(host);
    const source = mount && nfsSource(mount.entry.spec.value);
    if (!mount || !source) continue;
    const server = cluster.host(source.host, host);
    const key = `${server ? `${server.folder}\0${server.name}` : source.host.toLowerCase()}\0${source.path}`;
    const list = all.get(key);
    if (list) list.push(mount);
    else all.set(key, [mount]);
  }
  return all;
}

function profileOf({ entry }: Mount): Profile {
  const profile = new Map<string, string>();
  const version = nfsVersion(entry);
  if (version) profile.set('version', `NFSv${version}`);
  for (const { name, value } of entry.optionList) {
    if (name === 'sec' && value) profile.set('sec', `sec=${value}`);
    if (name === 'lookupcache' && value)
      profile.set('lookupcache', `lookupcache=${value === 'pos' ? 'positive' : value}`);
    if (name === 'ac' || name === 'noac') profile.set('ac', name);
  }
  return profile;
}

interface Profiled {
  readonly mount: Mount;
  readonly profile: Profile;
}

/** What most hosts say, and the first that says it. */
function references(profiles: readonly Profiled[]): Map<string, { readonly own: string; readonly mount: Mount }> {
  const counts = new Map<string, Map<string, { count: number; mount: Mount }>>();
  for (const { mount, profile } of profiles) {
    for (const [key, own] of profile) {
      let values = counts.get(key);
      if (!values) counts.set(key, (values = new Map<string, { count: number; mount: Mount }>()));
      const known = values.get(own);
      if (known) known.count++;
      else values.set(own, { count: 1, mount });
    }
  }
  const found = new Map<string, { own: string; mount: Mount }>();
  for (const [key, values] of counts) {
    let best: { own: string; mount: Mount; count: number } | undefined;
    for (const [own, { count, mount }] of values) if (!best || count > best.count) best = { own, mount, count };
    if (best) found.set(key, best);
  }
  return found;
}
