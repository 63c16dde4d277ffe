import { NEWEST, releaseIndex } from '../../knowledge/releases';
import { sharedInstancesMount } from '../../model/cluster';
import type { Host } from '../../model/host';
import { replace } from '../edits';
import { defineRule, holdsAtAll } from '../rule';
import { runsGuests } from './_guests';
import { listItems } from './_lists';

const USSURI = releaseIndex('ussuri') ?? NEWEST;
const VICTORIA = releaseIndex('victoria') ?? NEWEST;
/** Cluster file systems, whose caches libvirt trusts whatever the disk says. */
const COHERENT = new Set(['gfs2', 'ocfs2', 'ceph', 'fuse.ceph']);

export default defineRule({
  id: 'nova/disk-cachemodes-unsafe',
  scope: 'host',
  title: 'A cache of the host under disks that migrate',
  severity: 'warning',
  files: ['nova'],
  messages: {
    unsafe:
      '{item} ignores when guests flush: a crash, or a migration on shared storage, loses their data; write {right}',
    old: '{item} keeps data in the cache of this host: libvirt before 5.6 and QEMU before 4.0 refuse to migrate; write {right}',
  },
  fixes: { none: 'Write {right}' },
  why: `Unless the destination is sure to see what the source has written, libvirt refuses: *Unsafe migration: Migration may lead to data
corruption if disks use cache != none or cache != directsync*. From libvirt 5.6 with QEMU 4.0 on, which Wallaby requires, the cache is
dropped at the hand-over and the modes are let pass; \`unsafe\` too, though it never writes for sure. Disks in Ceph (\`network=\`) are not
concerned.`,
  sources: [
    'libvirt, qemuMigrationSrcIsSafe, and its NEWS of 5.6.0',
    'nova/virt/libvirt/driver.py, MIN_LIBVIRT_VERSION and MIN_QEMU_VERSION, 22.0.0 and 23.0.0',
    'virsh migrate of a disk with cache=writeback on shared storage, libvirt 9.0.0 and QEMU 7.2: completes',
  ],
  explains: [/Migration may lead to data corruption if disks use cache/],
  examples: [
    {
      title: 'unsafe, wherever the disks are',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\ndisk_cachemodes = ⟦file=unsafe⟧,network=writeback\n',
      },
      good: { 'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\ndisk_cachemodes = file=none,network=writeback\n' },
    },
    {
      title: 'files on a share, volumes on block devices',
      release: 'queens',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\r\nvirt_type=kvm\r\ndisk_cachemodes="⟦file=writeback⟧, ⟦block=writethrough⟧, network=writeback"\r\n',
        'etc/fstab': 'srv:/i /var/lib/nova/instances nfs defaults 0 0\n',
      },
      good: {
        'etc/nova/nova.conf':
          '[libvirt]\r\nvirt_type=kvm\r\ndisk_cachemodes="file=none, block=none, network=writeback"\r\n',
      },
    },
    {
      title: 'victoria may run with either',
      release: 'victoria',
      severity: 'info',
      files: { 'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\ndisk_cachemodes = ⟦block=writeback⟧\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\ndisk_cachemodes = block=none\n' },
    },
    {
      title: 'a libvirt that is known to be old',
      release: 'victoria',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\ndisk_cachemodes = ⟦block=writeback⟧\n',
        'facts.json': '{"libvirt":"5.0.0","qemu":"4.1.0"}',
      },
      good: { 'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\ndisk_cachemodes = block=none\n' },
    },
    {
      title: 'a libvirt and a QEMU that are known to be new',
      release: 'rocky',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\ndisk_cachemodes = block=writeback\n',
        'facts.json': '{"libvirt":"6.0.0","qemu":"4.2.0"}',
      },
    },
    {
      title: 'local files are copied; a cluster file system; harmless modes; Ceph',
      release: 'queens',
      files: {
        'livemig.ini': '[node a]\nroles = compute\n[node b]\nroles = compute\n[node c]\nroles = compute\n',
        'a/etc/nova/nova.conf': '[libvirt]\ndisk_cachemodes = file=writeback\n',
        'b/etc/nova/nova.conf': '[libvirt]\ndisk_cachemodes = file=writeback\n',
        'b/etc/fstab': '/dev/vg/i /var/lib/nova/instances gfs2 defaults 0 0\n',
        'c/etc/nova/nova.conf': '[libvirt]\ndisk_cachemodes = file=none,block=directsync,network=writeback\n',
        'c/etc/fstab': 'srv:/i /var/lib/nova/instances nfs defaults 0 0\n',
      },
    },
    {
      title: 'newer, and a controller',
      files: {
        'livemig.ini': '[node a]\nroles = compute\n[node ctl]\nroles = controller\n',
        'a/etc/nova/nova.conf': '[libvirt]\ndisk_cachemodes = file=writeback,block=writeback\n',
        'a/etc/fstab': 'srv:/i /var/lib/nova/instances nfs defaults 0 0\n',
        'ctl/etc/nova/nova.conf': '[libvirt]\ndisk_cachemodes = file=unsafe\n',
      },
    },
  ],
  check(host, report) {
    const list = listItems(host, 'disk_cachemodes');
    if (!list || !runsGuests(host)) return;
    for (const { word, span } of list.items) {
      const [, type = '', mode] = /^(file|block|network)=(unsafe|writeback|writethrough)$/.exec(word) ?? [];
      if (mode === undefined) continue;
      const right = `${type}=${type === 'network' ? 'writeback' : 'none'}`;
      const found = {
        file: list.file,
        span,
        values: { item: word, right },
        fixes: [{ title: 'none' as const, values: { right }, edits: [replace(list.file, span, right)] }],
      };
      if (mode === 'unsafe') report({ ...found, message: 'unsafe' });
      else if (type !== 'network' && outlivesMigration(host, type)) {
        const refuses = refusesCaches(host);
        const r = host.release.index;
        if (refuses === false || (refuses === undefined && r > VICTORIA)) continue;
        report({
          ...found,
          message: 'old',
          severity: (refuses ?? r <= USSURI) ? 'warning' : 'info',
          guess: refuses === undefined && !holdsAtAll(host, (at) => at <= USSURI),
        });
      }
    }
  },
});

/** Whether the disks stay where they are: those that are copied need no common view of the data. */
function outlivesMigration(host: Host, type: string): boolean {
  if (type === 'block') return true;
  const mount = sharedInstancesMount(host);
  return mount !== undefined && !COHERENT.has(mount.entry.type.value);
}

/** By the versions; undefined where they are not known. */
function refusesCaches(host: Host): boolean | undefined {
  const { libvirt, qemu } = host.platform;
  if (libvirt && before(libvirt, 5, 6)) return true;
  if (qemu && before(qemu, 4, 0)) return true;
  return libvirt && qemu ? false : undefined;
}

const before = ([major = 0, minor = 0]: readonly number[], a: number, b: number): boolean =>
  major < a || (major === a && minor < b);
