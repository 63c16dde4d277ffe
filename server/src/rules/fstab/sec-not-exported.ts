import { instancesStorage } from '../../model/cluster';
import { grantedTo, servedMount } from '../../model/exportTable';
import { lastOf } from '../../model/nfs';
import { isNfs } from '../../model/storage';
import { replace } from '../edits';
import { defineRule } from '../rule';

/** Two names for one flavour. */
const SAME: Readonly<Record<string, string>> = { unix: 'sys', null: 'none' };

export default defineRule({
  id: 'fstab/sec-not-exported',
  scope: 'cluster',
  title: 'The share is asked for with a security that the server does not offer',
  severity: 'error',
  files: ['fstab'],
  messages: {
    default: '{server} exports {path} with {offered} only: the mount with sec={asked} is refused; write sec={right}',
  },
  fixes: { sec: 'Write sec={right}' },
  why: `Where the server supports none of the flavours that \`sec=\` asks for, the mount fails: *mount.nfs: Operation not permitted* or
*access denied by server while mounting*. Without the share nova writes to the local disk, and migrations fail with *is not on shared
storage*. An export that says nothing offers sys.`,
  sources: [
    'nfs(5) of nfs-utils 2.6.2, sec',
    'exports(5) of nfs-utils 2.6.2, sec; exportfs -s prints sec=sys where nothing is said',
  ],
  explains: [/access denied by server while mounting/, /mount\.nfs4?: Operation not permitted/],
  preflight: true,
  examples: [
    {
      files: {
        'nfs/etc/exports': '/srv *(rw,no_root_squash,sec=krb5p)\n',
        'c1/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs vers=4.2,⟦sec=sys⟧ 0 0\n',
      },
      good: { 'c1/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs vers=4.2,sec=krb5p 0 0\n' },
    },
    {
      title: 'by default',
      files: {
        'nfs/etc/exports': '/srv *(rw,no_root_squash)\n',
        'c1/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs ⟦sec=krb5:krb5i⟧ 0 0\n',
      },
      good: { 'c1/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs sec=sys 0 0\n' },
    },
    {
      title: 'one of several, not said, the old name, rights by flavour, a server that is not in view',
      files: {
        'nfs/etc/exports': '/srv *(sec=krb5,rw,sec=sys,ro)\n/a *(rw,sec=sys:krb5)\n/b *(rw,sec=krb5)\n/c *(rw)\n',
        'c1/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs sec=sys 0 0\n',
        'c2/etc/fstab': 'nfs:/a /var/lib/nova/instances nfs sec=krb5p:krb5 0 0\n',
        'c3/etc/fstab': 'nfs:/b /var/lib/nova/instances nfs rw 0 0\nnfs:/c /c nfs sec=krb5 0 0\n',
        'c4/etc/fstab': 'nfs:/c /var/lib/nova/instances nfs sec=unix 0 0\n',
        'c5/etc/fstab': 'filer:/c /var/lib/nova/instances nfs sec=krb5 0 0\n',
      },
    },
  ],
  check(cluster, report) {
    for (const host of cluster.hosts) {
      const mount = instancesStorage(host);
      const asked = mount && isNfs(mount.entry.type.value) ? lastOf(mount.entry, ['sec']) : undefined;
      if (!mount || !asked?.value) continue;
      const served = servedMount(cluster, mount);
      const to = served && grantedTo(served);
      if (!to) continue;
      const words = [...(to.client.defaults ?? to.export.entry.defaults), ...to.client.options];
      const said = words.flatMap((o) => (o.name === 'sec' ? flavours(o.value) : []));
      const offered = said.length > 0 ? said : ['sys'];
      if (flavours(asked.value).some((f) => offered.includes(f))) continue;
      const right = offered.join(':');
      report({
        host,
        file: mount.file,
        span: asked.span,
        values: { server: served.table.server.name, path: served.path, offered: right, asked: asked.value, right },
        related: [{ file: to.export.file, span: to.export.entry.span, message: `offers ${right}` }],
        fixes: [{ title: 'sec', edits: [replace(mount.file, asked.span, `sec=${right}`)] }],
      });
    }
  },
});

function flavours(value = ''): string[] {
  return value.split(':').map((f) => SAME[f] ?? f);
}
