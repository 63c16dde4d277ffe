import { defineRule } from '../rule';
import { reportWritten } from './_written';

export default defineRule({
  id: 'exports/insecure',
  scope: 'cluster',
  title: 'Any user of a client may speak NFS to the server',
  severity: 'info',
  files: ['exports'],
  messages: {
    default:
      'insecure on {path} lets any user of {client} talk to the server in the name of another; needed only through NAT',
  },
  fixes: { secure: 'Take insecure out' },
  why: `Without insecure the server answers ports below 1024 only, which root alone can use. With it any program on a client may send
requests that carry any user id, nova's included. Clients behind NAT come from high ports and need it; some guides write it for no
reason.`,
  sources: [
    'exports(5), secure',
    'Nova administration guide, Configure live migrations: (rw,fsid=0,insecure,no_root_squash)',
  ],
  exposure: true,
  examples: [
    {
      files: { 'etc/exports': '/var/lib/nova/instances 10.0.0.0/24(rw,⟦insecure⟧,no_root_squash)\n' },
      fix: 'secure',
      good: { 'etc/exports': '/var/lib/nova/instances 10.0.0.0/24(rw,no_root_squash)\n' },
    },
    { title: 'another directory', files: { 'etc/exports': '/pub *(ro,insecure,all_squash)\n' } },
  ],
  check(cluster, report) {
    reportWritten(cluster, report, 'insecure', { title: 'secure', better: undefined, preferred: false });
  },
});
