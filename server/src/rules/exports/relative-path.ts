import { documentOf } from '../../model/parsed';
import { replace } from '../edits';
import { defineRule } from '../rule';

export default defineRule({
  id: 'exports/relative-path',
  scope: 'host',
  title: 'The exported path does not begin with /',
  severity: 'error',
  files: ['exports'],
  messages: { default: '{path} does not begin with /: exportfs finds no such directory and no client can mount it' },
  fixes: { slash: 'Write /{path}' },
  why: `exportfs answers *Failed to stat srv/nfs: No such file or directory* and lists the line all the same, so \`exportfs -s\`
looks right; mounts are refused.`,
  sources: ['exportfs -ra; exportfs -s of nfs-utils 2.6.2'],
  explains: [/Failed to stat [^/].*: No such file or directory/],
  preflight: true,
  examples: [
    {
      files: { 'etc/exports': '⟦var/lib/nova/instances⟧ 10.0.0.0/24(rw)\n' },
      good: { 'etc/exports': '/var/lib/nova/instances 10.0.0.0/24(rw)\n' },
    },
    { title: 'not a path at all', files: { 'etc/exports': '⟦[exports]⟧\n' } },
    { title: 'quoted', files: { 'etc/exports': '"/srv/my share" 10.0.0.0/24(rw)\n' } },
  ],
  check(host, report) {
    for (const file of host.filesOf('exports')) {
      for (const { code, span } of documentOf(file, 'exports').problems) {
        if (code !== 'relative-path') continue;
        const path = file.text.slice(span.start, span.end);
        report({
          file,
          span,
          values: { path },
          fixes: [
            /^\w[\w.+-]*\/[^"\\]*$/.test(path)
              ? {
                  title: 'slash',
                  values: { path },
                  edits: [replace(file, { start: span.start, end: span.start }, '/')],
                }
              : undefined,
          ],
        });
      }
    }
  },
});
