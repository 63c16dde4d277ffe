import { nearExportOptions, exportOption } from '../../knowledge/nfs';
import { documentOf } from '../../model/parsed';
import type { SourceFile } from '../../model/files';
import type { ListOption } from '../../syntax/types';
import { replace } from '../edits';
import { defineRule, type FixDraft } from '../rule';
import { lostLines, lostWords, optionWords, refusal } from './_stops';

export default defineRule({
  id: 'exports/unknown-option',
  scope: 'host',
  title: 'exportfs does not know an option',
  severity: 'error',
  files: ['exports'],
  messages: {
    near: '{option} is no option of exports, {near} is: exportfs stops and does not export {lost}',
    default: '{option} is no option of exports: exportfs stops and does not export {lost}',
    value: '{option} has no value that exportfs takes: it stops and does not export {lost}',
  },
  fixes: { near: 'Write {near}' },
  why: `One word that exportfs does not know, *unknown keyword "no_rot_squash"*, ends its reading: the line **and all lines below
it** are not exported, those above stay. Compute nodes whose line is lost get *access denied by server while mounting*. Options are
written in lower case and parted by commas only.`,
  sources: ['exportfs -ra; exportfs -s of nfs-utils 2.6.2', 'exports(5) of nfs-utils 2.6.2 and 3.1.1'],
  explains: [/unknown keyword "/, /bad (anonuid|anongid|fsid) "/, /unknown flavor /],
  preflight: true,
  examples: [
    {
      title: 'misspelt',
      files: { 'etc/exports': '/srv/a 10.0.0.1(rw,⟦no_rot_squash⟧)\n/srv/b 10.0.0.1(rw)\n' },
      good: { 'etc/exports': '/srv/a 10.0.0.1(rw,no_root_squash)\n/srv/b 10.0.0.1(rw)\n' },
    },
    {
      title: 'capitals, in the default options',
      files: { 'etc/exports': '/srv/a -⟦RW⟧,sync 10.0.0.1 10.0.0.2\n' },
      good: { 'etc/exports': '/srv/a -rw,sync 10.0.0.1 10.0.0.2\n' },
    },
    {
      title: 'semicolons',
      files: { 'etc/exports': '/srv/a 10.0.0.1(⟦rw;sync⟧)\n' },
      good: { 'etc/exports': '/srv/a 10.0.0.1(rw,sync)\n' },
    },
    {
      title: 'an option of mount, not of exports',
      files: { 'etc/exports': '/srv/a 10.0.0.1(rw,⟦soft⟧,sync)\n' },
    },
    { title: 'a value that is no number', files: { 'etc/exports': '/srv/a 10.0.0.1(rw,⟦anonuid=nova⟧)\n' } },
    { title: 'a value too many', files: { 'etc/exports': '/srv/a 10.0.0.1(⟦rw=1⟧)\n' } },
    {
      title: 'rare and newer options, a mount point with and without a path, a UUID, security flavours',
      files: {
        'etc/exports':
          '/srv/a 10.0.0.1(rw,mp,pnfs,acl,nohide,fsid=11111111-2222-3333-4444-555555555555,sec=krb5p:sys)\n' +
          '/srv/b 10.0.0.1(rw,mp=/srv,fsid=root,anonuid=-2,xprtsec=mtls,squash_uids=0-99,)\n',
      },
    },
  ],
  check(host, report) {
    for (const file of host.filesOf('exports')) {
      for (const entry of documentOf(file, 'exports').entries) {
        for (const list of optionWords(entry)) {
          for (const option of list) {
            const wrong = refusal(option);
            if (!wrong) continue;
            const written = file.text.slice(option.span.start, option.span.end);
            const { count, related } = lostLines(file, option.span.start);
            const near = wrong === 'name' ? nearExportOptions(option.name)[0] : undefined;
            report({
              file,
              span: option.span,
              message: wrong === 'value' ? 'value' : near ? 'near' : 'default',
              values: { option: written, lost: lostWords(count), near: near ?? '' },
              related,
              fixes: wrong === 'name' ? repairs(file, option, written) : [],
            });
          }
        }
      }
    }
  },
});

function repairs(file: SourceFile, option: ListOption, written: string): FixDraft<'near'>[] {
  const value = option.value === undefined ? '' : `=${option.value}`;
  const parted = written.replace(/[;:|]/g, ',');
  if (parted !== written && parted.split(',').every((w) => exportOption(w.replace(/=.*$/, ''))))
    return [{ title: 'near', values: { near: parted }, edits: [replace(file, option.span, parted)] }];
  const folded = option.name.toLowerCase().replaceAll('-', '_');
  return (exportOption(folded) ? [folded] : nearExportOptions(option.name))
    .map((near) => near + value)
    .filter((near) => !refusal({ ...option, name: near.replace(/=.*$/, '') }))
    .map((near) => ({ title: 'near' as const, values: { near }, edits: [replace(file, option.span, near)] }));
}
