import { documentOf } from '../../model/parsed';
import { isStrayBracket } from '../../model/nfs';
import { replace } from '../edits';
import { defineRule } from '../rule';

export default defineRule({
  id: 'exports/space-before-options',
  scope: 'host',
  title: 'A blank parts a client from its options',
  severity: 'error',
  files: ['exports'],
  messages: {
    default:
      'The blank before ( gives {client} the defaults (read-only) and the whole world the options: write {client}({options})',
    world: 'The blank before ( gives everybody the defaults (read-only), the options are ignored: write *({options})',
  },
  fixes: { join: 'Join {client} and its options' },
  why: `\`/srv host (rw)\` are two clients: \`host\` with the default options, read-only and squashed, and everybody with \`rw\`.
Guests on the share cannot write their disks, so a migration to this host fails; and anybody may write them. exportfs says only
*No options for …, suggest …(sync) to avoid warning* and *No host name given with …, suggest \\*(…) to avoid warning*. After
\`* (rw)\` everybody is named twice and the second one, with the options, is *[IGNORED]*.`,
  sources: ['exports(5)', 'exportfs -ra; exportfs -s of nfs-utils 2.6.2'],
  explains: [/No host name given with .*suggest \*/, /No options for .*suggest .*\(sync\)/],
  preflight: true,
  examples: [
    {
      files: { 'etc/exports': '/var/lib/nova/instances 192.168.3.0/24 ⟦(rw,sync,no_root_squash)⟧\n' },
      good: { 'etc/exports': '/var/lib/nova/instances 192.168.3.0/24(rw,sync,no_root_squash)\n' },
    },
    {
      title: 'two of them, with default options',
      files: { 'etc/exports': '/srv -sync a ⟦(rw)⟧ b ⟦(rw)⟧\r\n' },
      good: { 'etc/exports': '/srv -sync a(rw) b(rw)\r\n' },
    },
    {
      title: 'everybody',
      files: { 'etc/exports': '/srv * ⟦(rw,sync)⟧\n' },
      good: { 'etc/exports': '/srv *(rw,sync)\n' },
    },
    { title: 'over a continued line', files: { 'etc/exports': '/srv a \\\n  ⟦(rw)⟧\n' } },
    { title: 'two clients, both with their brackets', files: { 'etc/exports': '/srv a(rw) b(ro)\n' } },
    { title: 'options for everybody, on purpose', files: { 'etc/exports': '/srv a(rw) (ro)\n/pub (ro,all_squash)\n' } },
    { title: 'default options before a client without any', files: { 'etc/exports': '/srv -rw,sync a b\n' } },
  ],
  check(host, report) {
    for (const file of host.filesOf('exports')) {
      for (const entry of documentOf(file, 'exports').entries) {
        for (const [i, client] of entry.clients.entries()) {
          const before = entry.clients[i - 1];
          if (!before || !client.optionsSpan || !isStrayBracket(entry, client, file.text)) continue;
          const gap = { start: before.span.end, end: client.span.start };
          report({
            file,
            span: client.span,
            message: before.host === '*' ? 'world' : 'default',
            values: {
              client: before.host,
              options: file.text.slice(client.optionsSpan.start, client.optionsSpan.end),
            },
            // A line continued between the two cannot simply be joined.
            fixes: [
              /^[ \t]+$/.test(file.text.slice(gap.start, gap.end))
                ? { title: 'join', values: { client: before.host }, edits: [replace(file, gap, '')] }
                : undefined,
            ],
          });
        }
      }
    }
  },
});
