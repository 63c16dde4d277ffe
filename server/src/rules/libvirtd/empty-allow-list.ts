import type { SourceFile } from '../../model/files';
import { wantedTransport } from '../../model/transport';
import { replace } from '../edits';
import type { Edit } from '../rule';
import { defineRule } from '../rule';
import { tcpListens, tlsListens } from './_listening';
import { removeEntry } from './_keys';
import type { LibvirtEntry } from '../../syntax/types';

export default defineRule({
  id: 'libvirtd/empty-allow-list',
  scope: 'host',
  title: 'A list of admitted peers that admits nobody',
  severity: 'error',
  files: ['libvirtd'],
  messages: {
    default:
      '{key} = [] admits nobody over {transport}: every migration to this host is refused; list the peers or leave it out',
  },
  fixes: { comment: 'Comment it out: whoever {proof} is admitted' },
  why: `An absent list admits every peer with a valid certificate or account; an empty one admits none. Over TLS the source says
*Unable to read TLS confirmation: Input/output error*.`,
  sources: [
    'virsh migrate --p2p over qemu+tls to libvirtd 9.0.0 with tls_allowed_dn_list = []',
    'libvirtd.conf of libvirt 9.0.0',
  ],
  explains: [/Unable to read TLS confirmation/],
  preflight: 'destination',
  examples: [
    {
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'etc/libvirt/libvirtd.conf': 'listen_tls = 1\r\n⟦tls_allowed_dn_list = []⟧\r\n',
      },
      fix: 'comment',
      good: { 'etc/libvirt/libvirtd.conf': 'listen_tls = 1\r\n#tls_allowed_dn_list = []\r\n' },
    },
    {
      title: 'the accounts of SASL',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "sasl"\n⟦sasl_allowed_username_list = [ ]⟧\n',
      },
    },
    {
      title: 'lists of a transport that is not used',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'etc/libvirt/libvirtd.conf':
          'listen_tcp = 1\nauth_tcp = "none"\ntls_allowed_dn_list = []\nsasl_allowed_username_list = []\n',
      },
    },
    {
      title: 'a list of names',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'etc/libvirt/libvirtd.conf': 'listen_tls = 1\ntls_allowed_dn_list = ["CN=compute*"]\n',
      },
    },
  ],
  check(host, report) {
    const wanted = wantedTransport(host);
    if (!wanted) return;
    const { libvirtd } = host;
    const tls = wanted.transport === 'tls' && tlsListens(host) !== false;
    const tcp = wanted.transport === 'tcp' && tcpListens(host) !== false;
    const sasl = tcp
      ? (libvirtd.string('auth_tcp') ?? 'sasl') === 'sasl'
      : tls && libvirtd.string('auth_tls') === 'sasl';
    for (const [key, applies] of [
      ['tls_allowed_dn_list', tls],
      ['sasl_allowed_username_list', sasl],
    ] as const) {
      const set = libvirtd.get(key);
      if (!applies || set?.entry.value.type !== 'list' || set.entry.value.items.length > 0) continue;
      const edit = commentOut(set.file, set.entry);
      report({
        file: set.file,
        span: set.entry.span,
        values: { key, transport: wanted.transport.toUpperCase() },
        related: wanted.place ? [{ ...wanted.place, message: 'The transport of migrations' }] : [],
        fixes: [
          edit && {
            title: 'comment',
            values: { proof: key.startsWith('tls') ? 'has a certificate of the CA' : 'has an account' },
            edits: [edit],
            // Opening a door is for the user to decide.
            preferred: false,
          },
        ],
      });
    }
  },
});

function commentOut(file: SourceFile, entry: LibvirtEntry): Edit | undefined {
  const { start, end } = entry.span;
  const oneLine = !/[\r\n]/.test(file.text.slice(start, end)) && removeEntry(file, entry) !== undefined;
  return oneLine ? replace(file, { start, end: start }, '#') : undefined;
}
