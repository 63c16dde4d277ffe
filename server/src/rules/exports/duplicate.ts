import { clientOptions, exportsOf } from '../../model/cluster';
import type { ExportedTo } from '../../model/exportTable';
import { normalise } from '../../model/host';
import { clientsOf, isStrayBracket, positionOf } from '../../model/nfs';
import { removeLines, replace } from '../edits';
import { defineRule, type Edit, type FixDraft } from '../rule';
import { isBroken } from './_broken';
import { clientName, clientSpan } from './_instances';

export default defineRule({
  id: 'exports/duplicate',
  scope: 'host',
  title: 'The same directory is exported to the same client twice',
  severity: 'warning',
  files: ['exports'],
  messages: {
    default: '{path} is exported to {client} twice with other options: exportfs takes the first and ignores this one',
    same: '{path} is exported to {client} twice: exportfs complains and ignores this one',
  },
  fixes: {
    second: 'Take out this one, which is ignored',
    first: 'Take out the first one, so that this one counts',
  },
  why: `*exportfs: incompatible duplicated export entries: … [IGNORED]*: the first one counts, wherever the second stands, also in
another file of exports.d. Whoever adds a line with better options below changes nothing, and exportfs ends with an error.`,
  sources: ['exportfs -ra; exportfs -s of nfs-utils 2.6.2'],
  explains: [/duplicated export entries/],
  examples: [
    {
      title: 'other options',
      files: { 'etc/exports': '/srv 10.0.0.1(ro)\n/srv/ ⟦10.0.0.1(rw)⟧\n' },
      fix: 'first',
      good: { 'etc/exports': '/srv/ 10.0.0.1(rw)\n' },
    },
    {
      title: 'the same options, in one line',
      files: { 'etc/exports': '/srv 10.0.0.1(rw,sync) 10.0.0.2(rw) ⟦10.0.0.1(sync,rw)⟧\n' },
      good: { 'etc/exports': '/srv 10.0.0.1(rw,sync) 10.0.0.2(rw)\n' },
    },
    {
      title: 'everybody, twice; the line has others',
      files: { 'etc/exports': '/srv *(rw)\r\n/srv ⟦(rw)⟧ 10.0.0.1(rw)\r\n' },
      good: { 'etc/exports': '/srv *(rw)\r\n/srv 10.0.0.1(rw)\r\n' },
    },
    {
      title: 'other options, a comment between the two',
      files: { 'etc/exports': '/srv 10.0.0.1(ro)\n# writable\n/srv ⟦10.0.0.1(rw)⟧\n' },
      fix: 'first',
      good: { 'etc/exports': '# writable\n/srv 10.0.0.1(rw)\n' },
    },
    {
      title: 'other clients of one directory, other directories for one client',
      files: { 'etc/exports': '/srv 10.0.0.1(rw)\n/srv 10.0.0.0/24(ro)\n/home 10.0.0.1(rw)\n/a *(rw)\n/a\n' },
    },
  ],
  check(host, report) {
    const before = new Map<string, ExportedTo>();
    for (const one of exportsOf(host)) {
      if (isBroken(one)) continue;
      const path = normalise(one.entry.path);
      for (const client of clientsOf(one.entry)) {
        if (isStrayBracket(one.entry, client, one.file.text)) continue;
        const to = { export: one, client };
        // A path alone is the world, too, but not the same client to exportfs.
        const key =
          client.optionsSpan || client.host !== '' ? `${path}\0${clientName(client).toLowerCase()}` : `${path}\0`;
        const first = before.get(key);
        if (!first) {
          before.set(key, to);
          continue;
        }
        const same = optionsKey(first) === optionsKey(to);
        report({
          file: one.file,
          span: clientSpan(to),
          message: same ? 'same' : 'default',
          values: { path: one.entry.path, client: clientName(client) },
          related: [{ file: first.export.file, span: clientSpan(first), message: 'this one counts' }],
          tags: ['unnecessary'],
          fixes: [takeOut('second', to, same), same ? undefined : takeOut('first', first, false)],
        });
      }
    }
  },
});

function optionsKey({ export: { entry }, client }: ExportedTo): string {
  return [...clientOptions(entry, client)]
    .map(([name, value]) => `${name}=${value ?? ''}`)
    .sort()
    .join();
}

/** The client alone, or the whole line where it has no other. */
function takeOut(
  title: 'first' | 'second',
  { export: { entry, file }, client }: ExportedTo,
  preferred: boolean,
): FixDraft<'first' | 'second'> | undefined {
  const i = positionOf(entry, client);
  let edit: Edit | undefined;
  if (entry.clients.length <= 1) edit = removeLines(file, entry.span);
  else {
    const next = entry.clients[i + 1];
    const previous = entry.clients[i - 1];
    const span = next
      ? { start: client.span.start, end: next.span.start }
      : { start: previous?.span.end ?? client.span.start, end: client.span.end };
    // A `-…` word or a line break between the two is not ours to take.
    const gap = next ? file.text.slice(client.span.end, span.end) : file.text.slice(span.start, client.span.start);
    if (/^[ \t]*$/.test(gap)) edit = replace(file, span, '');
  }
  return edit && { title, edits: [edit], preferred };
}
