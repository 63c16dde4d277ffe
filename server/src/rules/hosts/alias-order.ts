import { documentOf } from '../../model/parsed';
import type { Host } from '../../model/host';
import { isLoopback } from '../../model/cluster';
import { wantedTransport } from '../../model/transport';
import type { HostsEntry } from '../../syntax/types';
import { replace } from '../edits';
import { defineRule } from '../rule';
import { ownName } from './_names';

export default defineRule({
  id: 'hosts/alias-order',
  scope: 'host',
  title: 'The short name comes before the full one, and certificates are checked',
  severity: 'info',
  files: ['hosts'],
  messages: {
    default:
      'Libvirt calls itself {short}, the first name of the line: a certificate for {full} alone is refused; put {full} first',
  },
  fixes: { swap: 'Put {full} first' },
  why: `Libvirt takes the first name of its own line for its full name and hands it to the source of a migration, which holds the
certificate against it: *Certificate does not match the hostname compute2*. A certificate that has both names is good either way.`,
  sources: ['virGetHostname of libvirt 9.0.0 with the short name first: the short name', 'hosts(5)'],
  explains: [/Certificate does not match the hostname/],
  examples: [
    {
      release: 'zed',
      files: {
        'etc/hostname': 'c1\n',
        'etc/hosts': '127.0.0.1 localhost\n10.0.0.1 ⟦c1⟧ storage1 c1.example.org\n',
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
      },
      good: { 'etc/hosts': '127.0.0.1 localhost\n10.0.0.1 c1.example.org storage1 c1\n' },
    },
    {
      title: 'for the stream of the guest alone',
      release: 'zed',
      files: {
        'etc/hostname': 'c1\n',
        'etc/hosts': '10.0.0.1\t⟦c1⟧\tc1.example.org\n',
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = true\nlive_migration_scheme = ssh\n',
      },
      good: { 'etc/hosts': '10.0.0.1\tc1.example.org\tc1\n' },
    },
    {
      title: 'the full name first, alone, before it, or of somebody else; no certificates',
      release: 'zed',
      files: {
        'livemig.ini': '[node a]\naddress = 10.0.0.1\n',
        'a/etc/hostname': 'a\n',
        'a/etc/hosts': '10.0.0.1 a.example.org a\n10.1.0.1 a a.storage.example.org\n10.0.0.2 b b.example.org\n',
        'a/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'b/etc/hostname': 'b.example.org\n',
        'b/etc/hosts': '10.0.0.2 b b.example.org\n',
        'b/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c/etc/hostname': 'c\n',
        'c/etc/hosts': '10.0.0.3 c c.example.org\n',
        'c/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = ssh\n',
      },
    },
  ],
  check(host, report) {
    const own = ownName(host)?.toLowerCase();
    if (own === undefined || own.includes('.') || !checksCertificates(host)) return;
    for (const file of host.filesOf('hosts')) {
      const names = misordered(documentOf(file, 'hosts').entries, own);
      if (!names) continue;
      const { first, full } = names;
      report({
        file,
        span: first.span,
        values: { short: first.name, full: full.name },
        fixes: [{ title: 'swap', edits: [replace(file, first.span, full.name), replace(file, full.span, first.name)] }],
      });
    }
  },
});

function checksCertificates(host: Host): boolean {
  const native = host.nova.get('live_migration_with_native_tls')?.value;
  return wantedTransport(host)?.transport === 'tls' || /^(true|yes|on|1)$/i.test(native ?? '');
}

type Name = HostsEntry['names'][number];

/** The names of the line that the host goes by, where the short one comes before the full one. */
function misordered(
  entries: readonly HostsEntry[],
  own: string,
): { readonly first: Name; readonly full: Name } | undefined {
  const line = entries.find((e) => e.names.some((n) => n.name.toLowerCase() === own));
  const first = line?.names[0];
  const full = line?.names.find((n) => n.name.toLowerCase().startsWith(`${own}.`));
  if (!line || !first || !full || isLoopback(line.address) || first.name.toLowerCase() !== own) return undefined;
  return { first, full };
}
