import type { ListOption } from '../../syntax/types';
import { defineRule } from '../rule';
import { clientName, hasFlavours, instancesGrants, mountsRelated, writtenOption } from './_instances';

export default defineRule({
  id: 'exports/sec-krb5',
  scope: 'cluster',
  title: 'The instances can be had with Kerberos only',
  severity: 'info',
  files: ['exports'],
  messages: {
    default:
      '{word}: nova and the user that QEMU runs as need tickets on every host of {client}, or they get Permission denied',
  },
  why: `With Kerberos the server believes tickets, not user ids. Daemons have none by themselves: rpc.gssd gives root the machine's, and
every other user gets *Permission denied* until somebody, such as gssproxy, gets tickets for nova and for QEMU's user on each compute
node, and keeps them fresh for as long as guests run. The machine's own name is nobody on the server unless it is mapped.`,
  sources: ['exports(5) of nfs-utils 2.6.2, sec=', 'rpc.gssd(8), "Machine Credentials" and "User Credentials"'],
  examples: [
    { files: { 'etc/exports': '/var/lib/nova/instances 10.0.0.0/24(rw,⟦sec=krb5i:krb5p⟧,no_root_squash)\n' } },
    {
      title: 'sys as well, in one list or with rights of its own; another directory',
      files: {
        'etc/exports':
          '/srv/a/nova/instances 10.0.0.0/24(rw,sec=sys:krb5p)\n/srv/b/nova/instances 10.0.0.0/24(sec=krb5,rw,sec=sys,rw)\n/home *(rw,sec=krb5)\n',
      },
    },
  ],
  check(cluster, report) {
    const told = new Set<ListOption>();
    for (const grant of instancesGrants(cluster)) {
      const flavours = grant.options.get('sec')?.split(':') ?? [];
      if (flavours.length === 0 || !flavours.every((f) => f.startsWith('krb5')) || hasFlavours(grant)) continue;
      const option = writtenOption(grant, 'sec');
      if (!option || told.has(option)) continue;
      told.add(option);
      const { file } = grant.export;
      report({
        host: grant.server,
        file,
        span: option.span,
        values: { word: file.text.slice(option.span.start, option.span.end), client: clientName(grant.client) },
        related: mountsRelated(grant.mounts),
      });
    }
  },
});
