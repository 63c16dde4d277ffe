import type { Host } from '../../model/host';
import { defineRule, type Edit } from '../rule';
import { removeListOption } from '../edits';
import { clientName, instancesGrants, mountsRelated, writtenOption, type InstancesGrant } from './_instances';
import { setOption } from './_options';
import { novaUid, qemuRunsAs } from './_qemu';

export default defineRule({
  id: 'exports/all-squash',
  scope: 'cluster',
  title: 'All users are squashed on the instances',
  severity: 'error',
  files: ['exports'],
  messages: {
    default:
      'all_squash makes nova and QEMU of {client} nobody on {path}: they cannot write the disks; write no_root_squash',
    anon: 'all_squash makes nova and QEMU of {client} user {uid} on {path}: right only if that is nova, and QEMU runs as nova',
  },
  fixes: { no: 'Squash nobody: no_root_squash' },
  why: `With all_squash every user of the clients is \`anonuid\` on the server, 65534 where nothing else is said: nova-compute cannot
make its files (*PermissionError*), libvirt cannot hand disks over, QEMU gets *Could not open
'/var/lib/nova/instances/…/disk': Permission denied*. It can work with anonuid and anongid of nova and \`user = "nova"\` in qemu.conf.`,
  sources: ['exports(5)', 'libvirt 9.0.0 with a chown that is refused'],
  explains: [/Could not open '[^']*': Permission denied/],
  preflight: true,
  examples: [
    {
      files: { 'etc/exports': '/var/lib/nova/instances 10.0.0.0/24(rw,sync,⟦all_squash⟧)\n' },
      good: { 'etc/exports': '/var/lib/nova/instances 10.0.0.0/24(rw,sync,no_root_squash)\n' },
    },
    {
      title: 'beside no_root_squash, which it outdoes; as a default of the line',
      files: {
        'etc/exports':
          '/srv/nova/instances 10.0.0.1(no_root_squash,⟦all_squash⟧,rw)\n/srv/b/nova/instances -⟦all_squash⟧,rw 10.0.0.1\n',
      },
      good: {
        'etc/exports':
          '/srv/nova/instances 10.0.0.1(no_root_squash,rw)\n/srv/b/nova/instances -all_squash,rw 10.0.0.1(no_root_squash,no_all_squash)\n',
      },
    },
    {
      title: 'as a user of which nothing is known',
      severity: 'warning',
      files: { 'etc/exports': '/var/lib/nova/instances 10.0.0.0/24(rw,⟦all_squash⟧,anonuid=990,anongid=990)\n' },
      fix: 'no',
      good: { 'etc/exports': '/var/lib/nova/instances 10.0.0.0/24(rw,no_root_squash,anonuid=990,anongid=990)\n' },
    },
    {
      title: 'as nova, and QEMU runs as nova',
      files: {
        'livemig.ini': '[node c1]\naddress = 10.0.0.1\n[node nfs]\naddress = 10.0.0.9\n',
        'nfs/etc/exports': '/var/lib/nova/instances 10.0.0.0/24(rw,all_squash,anonuid=990,anongid=990)\n',
        'c1/etc/fstab': '10.0.0.9:/var/lib/nova/instances /var/lib/nova/instances nfs defaults 0 0\n',
        'c1/etc/passwd': 'nova:x:990:990::/var/lib/nova:/bin/false\n',
        'c1/etc/libvirt/qemu.conf': 'user = "nova"\n',
      },
    },
    { title: 'a public directory', files: { 'etc/exports': '/pub *(ro,all_squash)\n' } },
  ],
  check(cluster, report) {
    for (const grant of instancesGrants(cluster)) {
      const { options, client, mounts, server } = grant;
      const written = options.has('all_squash') ? writtenOption(grant, 'all_squash') : undefined;
      if (!written) continue;
      const uid = options.get('anonuid');
      const known = mounts.length > 0 || cluster.unseen.length > 0;
      if (uid !== undefined && known && mounts.every((m) => isNova(m.host, uid))) continue;
      report({
        host: server,
        file: grant.export.file,
        span: written.span,
        message: uid === undefined ? 'default' : 'anon',
        values: { client: clientName(client), path: grant.export.entry.path, uid: uid ?? '' },
        severity: uid === undefined ? 'error' : 'warning',
        related: mountsRelated(mounts),
        fixes: [{ title: 'no', edits: unsquash(grant), preferred: uid === undefined }],
      });
    }
  },
});

function isNova(host: Host, uid: string): boolean {
  return qemuRunsAs(host) === 'nova' && novaUid(host) === Number(uid);
}

function unsquash(grant: InstancesGrant): Edit[] {
  const { client } = grant;
  const own = client.options.findLast((o) => o.name === 'all_squash');
  if (!own) return [setOption(grant, 'no_root_squash,no_all_squash')];
  const root = client.options.findLast((o) => o.name === 'root_squash' || o.name === 'no_root_squash');
  if (!root) return [setOption(grant, 'no_all_squash')].map((e) => ({ ...e, text: 'no_root_squash' }));
  const removed = removeListOption(grant.export.file, client.options, own);
  return root.name === 'no_root_squash' ? [removed] : [removed, setOption(grant, 'no_root_squash')];
}
