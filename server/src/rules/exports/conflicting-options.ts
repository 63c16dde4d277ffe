import { OPPOSITE } from '../../model/cluster';
import { documentOf } from '../../model/parsed';
import type { ListOption } from '../../syntax/types';
import { removeListOption } from '../edits';
import { defineRule } from '../rule';
import { optionWords } from './_stops';

/** What may differ from one security flavour to the next. */
const BY_FLAVOUR = new Set(['rw', 'ro', 'root_squash', 'no_root_squash', 'all_squash', 'no_all_squash']);

export default defineRule({
  id: 'exports/conflicting-options',
  scope: 'host',
  title: 'Two options of one client undo each other',
  severity: 'warning',
  files: ['exports'],
  messages: { default: '{last} undoes {first} before it, without a word from exportfs: write only one of them' },
  fixes: { last: 'Drop {first}, which is undone', first: 'Keep only {first}' },
  why: `The last one counts: \`(rw,ro)\` is read-only, \`(no_root_squash,root_squash)\` squashes. Who reads only the beginning of
the line believes the opposite of what the guests' disks get.`,
  sources: ['exportfs -ra; exportfs -s of nfs-utils 2.6.2: rw,ro,sync,async gives ro,async'],
  examples: [
    {
      files: { 'etc/exports': '/srv 10.0.0.1(rw,sync,⟦ro⟧)\n' },
      fix: 'first',
      good: { 'etc/exports': '/srv 10.0.0.1(rw,sync)\n' },
    },
    {
      title: 'keeping the one that counts',
      files: { 'etc/exports': '/srv 10.0.0.1(root_squash,rw,⟦no_root_squash⟧)\n' },
      fix: 'last',
      good: { 'etc/exports': '/srv 10.0.0.1(rw,no_root_squash)\n' },
    },
    {
      title: 'a client that differs from the defaults of its line, a security flavour that differs from another',
      files: {
        'etc/exports': '/srv -ro,sync 10.0.0.1(rw) 10.0.0.2\n/srv/b 10.0.0.1(sec=krb5,rw,sec=sys,ro)\n',
      },
    },
    { title: 'twice the same', files: { 'etc/exports': '/srv 10.0.0.1(rw,rw)\n' } },
  ],
  check(host, report) {
    for (const file of host.filesOf('exports')) {
      for (const entry of documentOf(file, 'exports').entries) {
        for (const list of optionWords(entry)) {
          const before = new Map<string, ListOption>();
          for (const option of list) {
            if (option.name === 'sec') for (const name of BY_FLAVOUR) before.delete(name);
            const opposite = OPPOSITE[option.name];
            const first = opposite === undefined ? undefined : before.get(opposite);
            before.set(option.name, option);
            if (!first) continue;
            before.delete(first.name);
            report({
              file,
              span: option.span,
              values: { first: first.name, last: option.name },
              related: [{ file, span: first.span, message: `${first.name} is undone` }],
              fixes: [
                { title: 'last', edits: [removeListOption(file, list, first)] },
                { title: 'first', edits: [removeListOption(file, list, option)] },
              ],
            });
          }
        }
      }
    }
  },
});
