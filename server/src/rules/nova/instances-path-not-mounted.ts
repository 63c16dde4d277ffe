import { instancesMount, isLoopback, sharedInstancesMount, type Mount } from '../../model/cluster';
import type { Host } from '../../model/host';
import { isMountedByUnit } from '../../model/units';
import { insertLineBelow, TOP } from '../edits';
import { misplacedMounts } from '../fstab/_misplaced';
import { defineRule } from '../rule';
import { placeOf } from './_entry';
import { computesOf } from './_guests';

/** File systems of a single host: what is mounted by them at the path is surely not the share. */
const LOCAL = new Set(['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'jfs', 'reiserfs', 'f2fs', 'tmpfs']);

export default defineRule({
  id: 'nova/instances-path-not-mounted',
  scope: 'cluster',
  title: 'The instances lie on shared storage on another host, but not here',
  severity: 'warning',
  files: ['fstab'],
  messages: {
    default:
      '{path} is not mounted here, on {host} it is {type} from {spec}: guests do not find their disks; mount it here too',
  },
  fixes: { line: 'Mount it as {host} does: {spec}' },
  why: `Where the destination lacks the share nova's test file does not show up on the source: *… is not on shared storage: Shared
storage live-migration requires either shared storage or boot-from-volume with no local disks*; with \`block_migration=auto\` all disks
are copied. A mount by a systemd unit or an automounter of its own does not show in fstab.`,
  sources: ['nova/virt/libvirt/driver.py, check_can_live_migrate_source, 33.0.0', 'errors of nova 26.2.2'],
  explains: [
    /is not on shared storage: Shared storage live-migration requires/,
    /unable to stat: \S+: No such file or directory/,
  ],
  repair: 'mount',
  examples: [
    {
      files: {
        'c1/etc/fstab': '192.168.3.10:/srv /var/lib/nova/instances nfs defaults 0 0\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'c1/etc/libvirt/qemu.conf': '',
        'c2/etc/fstab': '⟦⟧UUID=1 / ext4 defaults 0 1\r\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'c2/etc/libvirt/qemu.conf': '',
      },
      good: {
        'c2/etc/fstab': 'UUID=1 / ext4 defaults 0 1\r\n192.168.3.10:/srv /var/lib/nova/instances nfs defaults 0 0\r\n',
      },
    },
    {
      title: 'a disk of its own in that place',
      release: 'grizzly',
      files: {
        'c1/etc/fstab': 'mon1:6789:/ /var/lib/nova ceph name=nova,noatime 0 0\n',
        'c1/etc/nova/nova.conf': '[DEFAULT]\nlibvirt_type=kvm\n',
        'c1/etc/libvirt/qemu.conf': '',
        'c2/etc/fstab': '⟦/dev/sdb1 /var/lib/nova/instances ext4 defaults 0 2⟧\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nlibvirt_type=kvm\n',
        'c2/etc/libvirt/qemu.conf': '',
      },
    },
    {
      title: 'the server of the share, a mount that cannot be judged, images in Ceph, no fstab in view',
      files: {
        'livemig.ini':
          '[node c1]\naddress = 10.0.0.1\nroles = compute\n[node c2]\naddress = 10.0.0.2\nroles = compute, nfs\n[node c3]\nroles = compute\n[node c4]\nroles = compute\n[node c5]\nroles = compute\n[node c6]\nroles = compute\n[node ctl]\nroles = controller\n',
        'c1/etc/fstab': '10.0.0.2:/var/lib/nova/instances /var/lib/nova/instances nfs defaults 0 0\n',
        'c1/etc/nova/nova.conf': '[DEFAULT]\n',
        'c2/etc/fstab': '/dev/sda1 / ext4 defaults 0 1\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\n',
        'c3/etc/fstab': '/mnt/share/instances /var/lib/nova/instances none bind 0 0\n',
        'c3/etc/nova/nova.conf': '[DEFAULT]\n',
        'c4/etc/fstab': '/dev/sda1 / ext4 defaults 0 1\n',
        'c4/etc/nova/nova.conf': '[libvirt]\nimages_type = rbd\n',
        'c5/etc/nova/nova.conf': '[DEFAULT]\n',
        'c6/etc/fstab': '/dev/sda1 / ext4 defaults 0 1\n',
        'c6/etc/systemd/system/var-lib-nova-instances.mount': '[Mount]\n',
        'c6/etc/nova/nova.conf': '[DEFAULT]\n',
        'ctl/etc/fstab': '/dev/sda1 / ext4 defaults 0 1\n',
        'ctl/etc/nova/nova.conf': '[DEFAULT]\n',
      },
    },
    {
      title: 'another path: nova/instances-path-differs',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/etc/fstab': 'srv:/x /var/lib/nova/instances nfs defaults 0 0\n',
        'c1/etc/nova/nova.conf': '[DEFAULT]\n',
        'c2/etc/fstab': '',
        'c2/etc/nova/nova.conf': '[DEFAULT]\ninstances_path = /data\n',
      },
    },
    {
      title: 'mounted, but beside the path',
      files: {
        'c1/etc/fstab': 'mon1:/ /var/lib/nova ceph name=nova,noatime 0 0\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'c1/etc/libvirt/qemu.conf': '',
        'c2/etc/fstab': 'mon1:/ /var/lib/nowa ceph name=nova,noatime 0 0\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'c2/etc/libvirt/qemu.conf': '',
      },
    },
  ],
  check(cluster, report) {
    const computes = computesOf(cluster);
    /** By instances path the mounts of it; all that agree can be copied to a host that lacks it. */
    const shared = new Map<string, { readonly first: Mount; agreed: boolean }>();
    const servers = new Set<Host>();
    const misplaced = misplacedMounts(cluster);
    for (const host of computes) {
      const mount = sharedInstancesMount(host);
      if (!mount) continue;
      const path = host.instancesPath!;
      const known = shared.get(path);
      if (!known) shared.set(path, { first: mount, agreed: true });
      else if (lineOf(known.first) !== lineOf(mount)) known.agreed = false;
      const server = cluster.served(mount)?.server;
      if (server) servers.add(server);
    }
    for (const host of computes) {
      const fstab = host.first('fstab');
      const path = host.instancesPath;
      const elsewhere = path === undefined ? undefined : shared.get(path);
      if (!fstab || fstab.defect || !elsewhere || servers.has(host) || host.nova.get('images_type')?.value === 'rbd')
        continue;
      // It is mounted, beside the path: fstab/wrong-mountpoint tells.
      if (misplaced.has(host)) continue;
      const here = instancesMount(host);
      if (here && here.entry.file.value !== '/' && !LOCAL.has(here.entry.type.value)) continue;
      if ((here && sharedInstancesMount(host)) || isMountedByUnit(host, path!)) continue;
      const { first, agreed } = elsewhere;
      const own = here && here.entry.file.value !== '/' ? here : undefined;
      const spec = first.entry.spec.value;
      const set = placeOf(host.nova.get('instances_path'));
      // What the other host mounts from itself it does not mount here in the same words.
      const copyable = agreed && !own && !isLoopback(spec.split(':')[0]!) && !/^localhost:/.test(spec);
      report({
        host,
        file: fstab,
        span: own?.entry.span ?? TOP,
        values: { path: path!, host: first.host.name, type: first.entry.type.value, spec },
        related: [
          { file: first.file, span: first.entry.span, message: `Mounted on ${first.host.name}` },
          ...(set ? [{ ...set, message: 'instances_path is set here' }] : []),
        ],
        fixes: [
          copyable
            ? {
                title: 'line',
                edits: [
                  insertLineBelow(
                    fstab,
                    fstab.text.length,
                    first.file.text.slice(first.entry.span.start, first.entry.span.end),
                  ),
                ],
              }
            : undefined,
        ],
      });
    }
  },
});

function lineOf(mount: Mount): string {
  const { spec, file, type, options } = mount.entry;
  return [spec.value, file.value, type.value, options?.value ?? ''].join(' ');
}
