import { defineRule } from '../rule';
import { reportWritten } from './_written';

export default defineRule({
  id: 'exports/subtree-check',
  scope: 'cluster',
  title: 'subtree_check on the instances',
  severity: 'warning',
  files: ['exports'],
  messages: {
    default:
      'subtree_check on {path}: a disk that is renamed while a guest has it open gives Stale file handle; write no_subtree_check',
  },
  fixes: { no: 'Write no_subtree_check' },
  why: `With subtree_check a file handle holds the file's directory: nova renames instance directories (resize, migration), and an
open disk then answers *Stale file handle*. no_subtree_check is the default since nfs-utils 1.1.0.`,
  sources: ['exports(5), no_subtree_check'],
  explains: [/Stale (NFS )?file handle/],
  examples: [
    {
      files: { 'etc/exports': '/var/lib/nova/instances 10.0.0.0/24(rw,sync,⟦subtree_check⟧,no_root_squash)\n' },
      good: { 'etc/exports': '/var/lib/nova/instances 10.0.0.0/24(rw,sync,no_subtree_check,no_root_squash)\n' },
    },
    {
      title: 'not said, or another directory',
      files: { 'etc/exports': '/var/lib/nova/instances 10.0.0.0/24(rw)\n/home 10.0.0.0/24(rw,subtree_check)\n' },
    },
  ],
  check(cluster, report) {
    reportWritten(cluster, report, 'subtree_check', { title: 'no', better: 'no_subtree_check', preferred: true });
  },
});
