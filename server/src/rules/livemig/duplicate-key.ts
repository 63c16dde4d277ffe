import { documentOf } from '../../model/parsed';
import type { LivemigEntry } from '../../syntax/types';
import { removeLines } from '../edits';
import { defineRule } from '../rule';

export default defineRule({
  id: 'livemig/duplicate-key',
  scope: 'cluster',
  title: 'A key that is given twice',
  severity: 'warning',
  files: ['livemig-ini'],
  messages: {
    default: '{key} is given again below, as {later}: this value is passed over, the last one counts',
    same: '{key} is given again below, with the same value: one of the two is enough',
  },
  fixes: { earlier: 'Remove this one, which is passed over', later: 'Remove the later one, so that this one counts' },
  why: `Of a key that is given twice the last one counts, also where its section stands twice. Somebody changed the first and wonders:
a release that is not the one the hosts run is what every rule then judges by.`,
  sources: ['docs/livemig.ini.md', 'run with ini, the package that reads the values'],
  examples: [
    {
      title: 'another value: which one was meant?',
      files: { 'livemig.ini': '⟦release = yoga⟧\n# ours\nrelease = zed\n[cloud]\nname = prod\n' },
      good: { 'livemig.ini': '# ours\nrelease = zed\n[cloud]\nname = prod\n' },
      fix: 'earlier',
    },
    {
      title: 'the later one taken out, in a section that stands twice',
      files: {
        'livemig.ini': '[rules]\r\n⟦nova/syntax = info⟧\r\n[cloud]\r\nname = prod\r\n[rules]\r\nnova/syntax = off\r\n',
      },
      good: { 'livemig.ini': '[rules]\r\nnova/syntax = info\r\n[cloud]\r\nname = prod\r\n[rules]\r\n' },
      fix: 'later',
    },
    {
      title: 'the same value',
      severity: 'info',
      files: { 'livemig.ini': '[node a]\n⟦roles = compute⟧\n⟦roles=compute⟧\nroles = compute\n' },
      good: { 'livemig.ini': '[node a]\nroles = compute\n' },
    },
    {
      title: 'in sections of different names, and a key that means nothing',
      files: {
        'livemig.ini': 'release = zed\n[node a]\nrelease = zed\nuser = root\n[node b]\nrelease = yoga\nuser = root\n',
      },
    },
  ],
  check(cluster, report) {
    if (!cluster.inventory) return;
    const { file } = cluster.inventory;
    const { entries } = documentOf(file, 'livemig-ini');
    const last = new Map(entries.map((e) => [nameOf(e), e]));
    for (const entry of entries) {
      const later = last.get(nameOf(entry))!;
      if (later === entry) continue;
      const same = later.value === entry.value;
      report({
        file,
        span: entry.span,
        message: same ? 'same' : 'default',
        values: { key: entry.key, later: later.value },
        severity: same ? 'info' : 'warning',
        tags: ['unnecessary'],
        related: [{ file, span: later.span, message: 'the one that counts' }],
        fixes: [
          { title: 'earlier', edits: [removeLines(file, entry.span)], preferred: same },
          same ? undefined : { title: 'later', edits: [removeLines(file, later.span)], preferred: false },
        ],
      });
    }
  },
});

/** Section and key; sections of one name are one. */
function nameOf({ section, key }: LivemigEntry): string {
  return [section?.kind ?? '', section?.argument?.replace(/\s+/g, ' ') ?? '', key].join('\0');
}
