import { NEWEST, releaseIndex } from '../../knowledge/releases';
import { instancesMount, instancesStorage } from '../../model/cluster';
import { setOsloOption, setOsloValue } from '../edits';
import { defineRule, holdsAtAll } from '../rule';
import { fileFor, placeOf } from './_entry';
import { computesOf } from './_guests';
import { isPlaceholder } from './_items';

const MITAKA = releaseIndex('mitaka') ?? NEWEST;

/** File systems of a single host: instances on them are surely not shared. */
const LOCAL = new Set(['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'jfs', 'reiserfs', 'f2fs', 'tmpfs']);

export default defineRule({
  id: 'nova/config-drive-block',
  scope: 'cluster',
  title: 'Config drives on local disks',
  severity: 'warning',
  files: ['nova'],
  releases: { from: 'juno' },
  messages: {
    old: '{key} = {value} and no share below {path}: nova refuses to live-migrate guests with a config drive; share it, or use vfat',
    later:
      '{key} = {value} and no share below {path}: the config drive is copied over SSH as nova, which needs keys between the hosts',
  },
  fixes: { vfat: 'Set config_drive_format = vfat' },
  why: `An ISO 9660 config drive is read-only, and libvirt does not copy read-only disks. From Juno to Mitaka nova refuses: *Live migration
of instances with config drives is not supported in libvirt unless libvirt instance path and drive data is shared across compute
nodes*. From Newton on the destination fetches \`disk.config\` from the source by scp or rsync, as the user nova and by host name.`,
  sources: [
    'nova/virt/libvirt/driver.py, NoLiveMigrationForConfigDriveInLibVirt, 2014.2 to 13.0.0, absent in 14.0.0',
    'nova/virt/libvirt/driver.py, pre_live_migration, 26.2.2',
  ],
  explains: [/Live migration of instances with config drives is not supported in libvirt/],
  examples: [
    {
      release: 'kilo',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[DEFAULT]\nforce_config_drive = ⟦always⟧\n',
        'c1/etc/fstab': 'UUID=1 / ext4 defaults 0 1\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nforce_config_drive=⟦True⟧\nconfig_drive_format=iso9660\n',
        'c2/etc/fstab': 'UUID=2 / ext4 defaults 0 1\n/dev/sdb1 /var/lib/nova/instances xfs defaults 0 2\n',
      },
      fix: 'vfat',
      good: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\nforce_config_drive = always\nconfig_drive_format = vfat\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nforce_config_drive=True\nconfig_drive_format=vfat\n',
      },
    },
    {
      title: 'from Newton on they are copied',
      severity: 'info',
      release: 'zed',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[DEFAULT]\r\nforce_config_drive = ⟦true⟧\r\n',
        'c1/etc/fstab': 'UUID=1 / ext4 defaults 0 1\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\n',
      },
    },
    {
      title: 'shared, vfat, images in Ceph, not forced, no fstab in view, not told by fstab, and a controller',
      release: 'mitaka',
      files: {
        'livemig.ini':
          '[node a]\nroles = compute\n[node b]\nroles = compute\n[node c]\nroles = compute\n[node d]\nroles = compute\n[node e]\nroles = compute\n[node f]\nroles = compute\n[node ctl]\nroles = controller\n',
        'a/etc/nova/nova.conf': '[DEFAULT]\nforce_config_drive = True\n',
        'a/etc/fstab': 'srv:/i /var/lib/nova/instances nfs defaults 0 0\n',
        'b/etc/nova/nova.conf': '[DEFAULT]\nforce_config_drive = True\nconfig_drive_format = vfat\n',
        'b/etc/fstab': 'UUID=1 / ext4 defaults 0 1\n',
        'c/etc/nova/nova.conf': '[DEFAULT]\nforce_config_drive = True\n[libvirt]\nimages_type = rbd\n',
        'c/etc/fstab': 'UUID=1 / ext4 defaults 0 1\n',
        'd/etc/nova/nova.conf': '[DEFAULT]\nforce_config_drive = False\n',
        'd/etc/fstab': 'UUID=1 / ext4 defaults 0 1\n',
        'e/etc/nova/nova.conf': '[DEFAULT]\nforce_config_drive = True\n',
        'f/etc/nova/nova.conf': '[DEFAULT]\nforce_config_drive = True\n',
        'f/etc/fstab': '/srv/instances /var/lib/nova/instances none bind 0 0\n',
        'ctl/etc/nova/nova.conf': '[DEFAULT]\nforce_config_drive = True\n',
        'ctl/etc/fstab': 'UUID=1 / ext4 defaults 0 1\n',
      },
    },
    {
      title: 'a lone host has nowhere to migrate to',
      release: 'liberty',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\nforce_config_drive = True\n',
        'etc/fstab': 'UUID=1 / ext4 defaults 0 1\n',
        'etc/libvirt/qemu.conf': '',
      },
    },
  ],
  check(cluster, report) {
    const computes = computesOf(cluster);
    if (computes.length < 2) return;
    for (const host of computes) {
      const force = host.nova.get('force_config_drive');
      const place = placeOf(force);
      const path = host.instancesPath;
      if (!force?.entry || !place || path === undefined || !/^(always|1|true|yes|on|t|y)$/i.test(force.value ?? ''))
        continue;
      const format = host.nova.get('config_drive_format');
      if (!format || isPlaceholder(format.value ?? '') || (format.value ?? 'iso9660') !== 'iso9660') continue;
      // Only disks that are files of this host alone are meant.
      const type = host.nova.get('images_type')?.value;
      if (type === 'rbd' || !host.first('fstab') || instancesStorage(host)) continue;
      const mount = instancesMount(host);
      if (mount && !LOCAL.has(mount.entry.type.value)) continue;
      const old = host.release.index <= MITAKA;
      const file = format.file ?? fileFor(host, format.option);
      report({
        host,
        ...place,
        message: old ? 'old' : 'later',
        severity: old ? 'warning' : 'info',
        values: { key: force.entry.key, value: force.value ?? '', path },
        guess: old && !holdsAtAll(host, (r) => r <= MITAKA),
        related: mount ? [{ file: mount.file, span: mount.entry.span, message: 'The instances lie here' }] : [],
        fixes: [
          old && file
            ? {
                title: 'vfat',
                preferred: false,
                edits: [
                  format.entry
                    ? setOsloValue(file, format.entry, 'vfat')
                    : setOsloOption(file, format.option.group, format.option.name, 'vfat'),
                ],
              }
            : undefined,
        ],
      });
    }
  },
});
