import { defineRule } from '../rule';
import { clientName, hasFlavours, instancesGrants, mountsRelated, writtenOption } from './_instances';
import { setOption } from './_options';
import { disksAreFiles, novaUid, qemuRunsAs } from './_qemu';

export default defineRule({
  id: 'exports/anon-not-nova',
  scope: 'cluster',
  title: 'root becomes somebody who is not nova',
  severity: 'error',
  files: ['exports'],
  messages: {
    default:
      'QEMU of {host} runs as root, which is user {uid} on {path}, and nova is {nova}: Could not open the disk, Permission denied',
  },
  fixes: { nova: 'Make root nova: anonuid={nova}', no: 'Give {client} no_root_squash' },
  why: `With root_squash root of the clients is \`anonuid\` on the server. Nova's disks belong to nova and others may only read them:
QEMU as root, that is as anonuid, ends with *Could not open '/var/lib/nova/instances/…/disk': Permission denied*, unless anonuid is
nova's number.`,
  sources: ['exports(5) of nfs-utils 2.6.2, anonuid', 'libvirt 9.0.0 with a chown that is refused'],
  explains: [/Could not open '[^']*': Permission denied/],
  preflight: true,
  examples: [
    {
      files: {
        'livemig.ini': '[node c1]\naddress = 10.0.0.1\n[node nfs]\naddress = 10.0.0.9\n',
        'nfs/etc/exports': '/srv/nova 10.0.0.0/24(rw,root_squash,⟦anonuid=1000⟧,anongid=1000)\n',
        'c1/etc/fstab': '10.0.0.9:/srv/nova /var/lib/nova/instances nfs defaults 0 0\n',
        'c1/etc/passwd': 'nova:x:990:990::/var/lib/nova:/bin/false\n',
        'c1/etc/libvirt/qemu.conf': 'user = "root"\n',
      },
      fix: 'nova',
      good: { 'nfs/etc/exports': '/srv/nova 10.0.0.0/24(rw,root_squash,anonuid=990,anongid=1000)\n' },
    },
    {
      title: 'or nobody is squashed; the number stands among the defaults of the line',
      files: {
        'livemig.ini': '[node c1]\naddress = 10.0.0.1\n[node nfs]\naddress = 10.0.0.9\n',
        'nfs/etc/exports': '/srv/nova -rw,⟦anonuid=1000⟧ 10.0.0.0/24\n',
        'c1/etc/fstab': '10.0.0.9:/srv/nova /var/lib/nova/instances nfs defaults 0 0\n',
        'c1/facts.json': '{"ids": {"nova": {"uid": 990, "gid": 990}}}',
        'c1/etc/libvirt/qemu.conf': 'user = "root"\n',
      },
      fix: 'no',
      good: { 'nfs/etc/exports': '/srv/nova -rw,anonuid=1000 10.0.0.0/24(no_root_squash)\n' },
    },
    {
      title: 'nova, nobody squashed, QEMU not root, the disks in Ceph, nothing known',
      files: {
        'livemig.ini':
          '[node c1]\naddress = 10.0.0.1\n[node c2]\naddress = 10.0.0.2\n[node c3]\naddress = 10.0.0.3\n[node c4]\naddress = 10.0.0.4\n[node c5]\naddress = 10.0.0.5\n[node nfs]\naddress = 10.0.0.9\n',
        'nfs/etc/exports':
          '/srv/nova 10.0.0.1(rw,anonuid=990) 10.0.0.2(rw,no_root_squash,anonuid=1000) 10.0.0.3(rw,anonuid=1000) 10.0.0.4(rw,anonuid=1000) 10.0.0.5(rw,anonuid=1000)\n',
        'c1/etc/fstab': '10.0.0.9:/srv/nova /var/lib/nova/instances nfs defaults 0 0\n',
        'c1/etc/passwd': 'nova:x:990:990::/var/lib/nova:/bin/false\n',
        'c1/etc/libvirt/qemu.conf': 'user = "root"\n',
        'c2/etc/fstab': '10.0.0.9:/srv/nova /var/lib/nova/instances nfs defaults 0 0\n',
        'c2/etc/passwd': 'nova:x:990:990::/var/lib/nova:/bin/false\n',
        'c2/etc/libvirt/qemu.conf': 'user = "root"\n',
        'c3/etc/fstab': '10.0.0.9:/srv/nova /var/lib/nova/instances nfs defaults 0 0\n',
        'c3/etc/passwd': 'nova:x:990:990::/var/lib/nova:/bin/false\n',
        'c3/etc/libvirt/qemu.conf': 'user = "nova"\n',
        'c4/etc/fstab': '10.0.0.9:/srv/nova /var/lib/nova/instances nfs defaults 0 0\n',
        'c4/etc/nova/nova.conf': '[libvirt]\nimages_type = rbd\n',
        'c4/etc/passwd': 'nova:x:990:990::/var/lib/nova:/bin/false\n',
        'c4/etc/libvirt/qemu.conf': 'user = "root"\n',
        'c5/etc/fstab': '10.0.0.9:/srv/nova /var/lib/nova/instances nfs defaults 0 0\n',
        'c5/etc/libvirt/qemu.conf': 'user = "root"\n',
      },
    },
  ],
  check(cluster, report) {
    for (const grant of instancesGrants(cluster)) {
      const { options, client, mounts, server } = grant;
      const uid = options.get('anonuid');
      if (uid === undefined || !/^\d+$/.test(uid) || hasFlavours(grant)) continue;
      if (options.has('no_root_squash') || options.has('all_squash')) continue;
      const written = writtenOption(grant, 'anonuid');
      const bothered = mounts.filter(({ host }) => {
        const nova = novaUid(host);
        return disksAreFiles(host) && qemuRunsAs(host) === 'root' && nova !== undefined && nova !== Number(uid);
      });
      const [first] = bothered;
      if (!first || !written) continue;
      const nova = novaUid(first.host)!;
      const { file, entry } = grant.export;
      const user = first.host.qemu.get('user');
      report({
        host: server,
        file,
        span: written.span,
        values: { host: first.host.name, path: entry.path, uid, nova },
        related: [
          ...mountsRelated(bothered),
          ...(user
            ? [{ file: user.file, span: user.entry.span, message: `QEMU of ${first.host.name} runs as root` }]
            : []),
        ],
        fixes: [
          {
            title: 'nova',
            values: { nova },
            edits: [{ file, span: written.span, text: `anonuid=${nova}` }],
            preferred: false,
          },
          {
            title: 'no',
            values: { client: clientName(client) },
            edits: [setOption(grant, 'no_root_squash')],
            preferred: false,
          },
        ],
      });
    }
  },
});
