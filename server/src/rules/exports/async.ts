import { defineRule } from '../rule';
import { reportWritten } from './_written';

export default defineRule({
  id: 'exports/async',
  scope: 'cluster',
  title: 'The server acknowledges writes before it has made them',
  severity: 'warning',
  files: ['exports'],
  messages: {
    default: 'async on {path}: a crash of the server loses writes that guests were told are on disk; write sync',
  },
  fixes: { sync: 'Write sync' },
  why: `With async the server answers before the data is on its disk. A guest's journal, written and acknowledged, is gone when the
server crashes: file systems of all guests at once may be damaged. A migration itself does not fail.`,
  sources: ['exports(5): "an unclean server restart (i.e. a crash) can cause data to be lost or corrupted"'],
  examples: [
    {
      files: { 'etc/exports': '/var/lib/nova/instances 10.0.0.0/24(rw,⟦async⟧,no_root_squash)\n' },
      good: { 'etc/exports': '/var/lib/nova/instances 10.0.0.0/24(rw,sync,no_root_squash)\n' },
    },
    {
      title: 'as a default of the line, once for all clients',
      files: { 'etc/exports': '/var/lib/nova/instances -rw,⟦async⟧ 10.0.0.1 10.0.0.2\r\n' },
      good: { 'etc/exports': '/var/lib/nova/instances -rw,sync 10.0.0.1 10.0.0.2\r\n' },
    },
    {
      title: 'another directory, and a client that says sync',
      files: { 'etc/exports': '/srv/iso 10.0.0.0/24(ro,async)\n/var/lib/nova/instances -async 10.0.0.1(rw,sync)\n' },
    },
  ],
  check(cluster, report) {
    reportWritten(cluster, report, 'async', { title: 'sync', better: 'sync', preferred: true });
  },
});
