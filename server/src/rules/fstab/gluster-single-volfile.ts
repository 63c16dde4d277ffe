import { instancesStorage, isLoopback } from '../../model/cluster';
import { defineRule } from '../rule';

export default defineRule({
  id: 'fstab/gluster-single-volfile',
  scope: 'host',
  title: 'Only one Gluster server is asked at the mount',
  severity: 'info',
  files: ['fstab'],
  messages: {
    default:
      'While {server} is down {point} cannot be mounted, though the volume is there; add backup-volfile-servers=',
  },
  why: `The named server is asked only for the description of the volume, when the file system is mounted; the data come from all of
them. If that one server is down when a compute node boots, the mount fails, nova writes to the local disk, and migrations fail with
*is not on shared storage*.`,
  sources: ['mount.glusterfs(8), backup-volfile-servers'],
  examples: [
    { files: { 'etc/fstab': '⟦g1:/nova⟧ /var/lib/nova/instances glusterfs defaults,_netdev 0 0\n' } },
    {
      title: 'others are named, in either place and spelling; this host itself; the old script',
      files: {
        'a/etc/fstab': 'g1:/nova /var/lib/nova/instances glusterfs _netdev,backup-volfile-servers=g2:g3 0 0\n',
        'b/etc/fstab': 'g1,g2:/nova /var/lib/nova/instances glusterfs _netdev 0 0\n',
        'c/etc/fstab': 'localhost:/nova /var/lib/nova/instances glusterfs _netdev 0 0\n',
        'd/etc/fstab': 'd:nova /var/lib/nova/instances glusterfs _netdev 0 0\n/etc/g.vol /g glusterfs rw 0 0\n',
        'e/etc/fstab': 'g1:/nova /var/lib/nova/instances glusterfs backupvolfile-server=g2 0 0\n',
      },
    },
  ],
  check(host, report) {
    const mount = instancesStorage(host);
    if (mount?.entry.type.value !== 'glusterfs') return;
    const { entry, file } = mount;
    const server = /^([^:,/]+):/.exec(entry.spec.value)?.[1];
    if (server === undefined || isLoopback(server) || /^localhost/i.test(server)) return;
    if (host.aliases.has(server.toLowerCase()) || host.addresses.includes(server)) return;
    if (entry.optionList.some((o) => /^backup-?volfile-servers?$/.test(o.name))) return;
    report({ file, span: entry.spec.span, values: { server, point: entry.file.value } });
  },
});
