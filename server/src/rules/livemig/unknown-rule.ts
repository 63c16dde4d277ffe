import { nearest } from '../../knowledge/near';
import type { SourceFile } from '../../model/files';
import type { Host } from '../../model/host';
import { documentOf } from '../../model/parsed';
import { suppressionsOf } from '../../model/suppressions';
import type { Span } from '../../syntax/types';
import { replace } from '../edits';
// The index imports this file in turn: its list is read when the rule runs, never while the modules load.
import { RULES } from '../index';
import { defineRule } from '../rule';

export default defineRule({
  id: 'livemig/unknown-rule',
  scope: 'cluster',
  title: 'No rule has this id',
  severity: 'warning',
  files: ['livemig-ini', 'nova', 'libvirtd', 'qemu', 'defaults', 'upstart', 'exports', 'fstab', 'hosts'],
  messages: {
    near: 'There is no rule {id}: did you mean {near}?',
    unknown: 'There is no rule {id}: `livemig rules` lists them',
  },
  fixes: { rename: 'Write {near}' },
  why: 'A level for a rule that does not exist, or a comment that silences one, has no effect: the finding that it was meant for stays.',
  sources: ['docs/rules'],
  examples: [
    {
      files: { 'livemig.ini': '[rules]\n⟦nova/sintax⟧ = warning\nnova/syntax = error\n' },
      good: { 'livemig.ini': '[rules]\nnova/syntax = warning\nnova/syntax = error\n' },
    },
    {
      title: 'without its folder, which several have, and nothing like it',
      files: { 'livemig.ini': '[rules]\n⟦syntax⟧ = off\n⟦made/up⟧ = off\n' },
    },
    {
      title: 'in the comment that silences one',
      files: { 'etc/nova/nova.conf': '[libvirt]\n# livemig: ignore ⟦nova/unknwon-option⟧ -- ours\nour_own = 1\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\n# livemig: ignore nova/unknown-option -- ours\nour_own = 1\n' },
    },
    {
      title: 'rules that there are',
      files: { 'livemig.ini': '[rules]\nnova/syntax = off\nlivemig/unknown-rule = info\n' },
    },
  ],
  check(cluster, report) {
    const ids = new Set<string>(RULES.map((r) => r.id));
    const judge = (host: Host | undefined, file: SourceFile, id: string, span: Span): void => {
      if (ids.has(id)) return;
      const bare = [...ids].filter((i) => i.endsWith(`/${id}`));
      const near = bare.length > 0 ? bare.slice(0, 3) : nearest(id, ids);
      report({
        host,
        file,
        span,
        message: near.length > 0 ? 'near' : 'unknown',
        values: { id, near: near[0] ?? '' },
        fixes: near.map((n) => ({
          title: 'rename',
          values: { near: n },
          edits: [replace(file, span, n)],
          preferred: near.length === 1,
        })),
      });
    };
    for (const { host, file, suppression } of suppressionsOf(cluster))
      for (const { id, span } of suppression.ids) judge(host, file, id, span);
    if (!cluster.inventory) return;
    const { file } = cluster.inventory;
    for (const { section, key, keySpan } of documentOf(file, 'livemig-ini').entries)
      if (section?.kind === 'rules') judge(undefined, file, key, keySpan);
  },
});
