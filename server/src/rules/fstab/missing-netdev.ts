import { instancesStorage } from '../../model/cluster';
import { appendListOption } from '../edits';
import { defineRule } from '../rule';

/** Types that upstart's mountall takes for remote by itself (mountall.c, is_remote). */
const KNOWN_TO_MOUNTALL = new Set(['nfs', 'nfs4', 'smbfs', 'cifs', 'ocfs2']);
/** Types that both Debian's mountnfs.sh and Red Hat's netfs mount after the network is up. */
const KNOWN_TO_SYSV = new Set(['nfs', 'nfs4', 'smbfs', 'cifs', 'gfs2', 'ocfs2']);

export default defineRule({
  id: 'fstab/missing-netdev',
  scope: 'host',
  title: 'Mounted before the network is up',
  severity: 'info',
  files: ['fstab'],
  messages: {
    default:
      '{init} does not know {type} for a network file system and may mount {point} before the network is up; add _netdev',
  },
  fixes: { add: 'Add _netdev' },
  why: `systemd tells by the type that a share needs the network. The init systems before it know only a few types; others they mount
with the local disks, and the mount fails at boot. nova then writes to the local disk.`,
  sources: [
    'mountall of Ubuntu 14.04, is_remote',
    'initscripts of RHEL 6, rc.sysinit and netfs',
    'systemd.mount(5), _netdev',
  ],
  examples: [
    {
      release: 'grizzly',
      files: {
        'livemig.ini': '[node a]\ninit = upstart\n',
        'a/etc/fstab': 'mon:/ /var/lib/nova/instances ⟦ceph⟧ name=nova 0 0\n',
      },
      good: { 'a/etc/fstab': 'mon:/ /var/lib/nova/instances ceph name=nova,_netdev 0 0\n' },
    },
    {
      title: 'NFS is known to all of them, and systemd knows the types',
      release: 'grizzly',
      files: {
        'livemig.ini': '[node a]\ninit = upstart\n[node b]\ninit = systemd\n[node c]\ninit = sysvinit\n',
        'a/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs defaults 0 0\n',
        'b/etc/fstab': 'mon:/ /var/lib/nova/instances ceph name=nova 0 0\n',
        'c/etc/fstab': 'g:/v /var/lib/nova/instances glusterfs defaults,_netdev 0 0\n',
      },
    },
  ],
  check(host, report) {
    const { init, guessed } = host.platform;
    if (init !== 'upstart' && init !== 'sysvinit') return;
    const mount = instancesStorage(host);
    if (!mount) return;
    const type = mount.entry.type.value;
    if ((init === 'upstart' ? KNOWN_TO_MOUNTALL : KNOWN_TO_SYSV).has(type)) return;
    if (mount.entry.optionList.some((o) => o.name === '_netdev' || o.name === 'noauto')) return;
    const add = appendListOption(mount.file, mount.entry.optionList, '_netdev');
    report({
      file: mount.file,
      span: mount.entry.type.span,
      values: { init: init === 'upstart' ? 'upstart' : 'System V init', type, point: mount.entry.file.value },
      guess: guessed,
      fixes: [add && { title: 'add', edits: [add] }],
    });
  },
});
