import { isAddress } from '../../model/cluster';
import { NETWORK_FILE_SYSTEMS } from '../../model/storage';
import { documentOf } from '../../model/parsed';
import type { SourceFile } from '../../model/files';
import type { Span } from '../../syntax/types';
import { replace, wholeLines } from '../edits';
import { defineRule, type FixDraft } from '../rule';

const MESSAGES = {
  'missing-field':
    '{text} has no {missing}: mount leaves the line out; write source, mount point, type and options, blanks in a path as \\040',
  'blank-in-options':
    'A blank after a comma ends the options: mount leaves the whole line out; write the options without blanks',
  'bad-dump': '{text} stands where a number is read (dump): mount leaves the whole line out; write 0 0',
  'bad-passno': '{text} stands where a number is read (fsck order): mount leaves the whole line out; write 0',
} as const;

type Code = keyof typeof MESSAGES;

export default defineRule({
  id: 'fstab/syntax',
  scope: 'host',
  title: 'mount leaves this line out',
  severity: 'error',
  files: ['fstab'],
  messages: MESSAGES,
  fixes: {
    join: 'Write the options without blanks',
    numbers: 'Write 0 0 before the comment',
    number: 'Write 0 before the comment',
    zero: 'Write 0',
  },
  why: `\`mount -a\` says *parse error at line 12 -- ignored* and goes on without the line. Where it was the share of the instances
nova writes to the local disk: a migration fails with *is not on shared storage*, and once the share is mounted over them the disks
written meanwhile are hidden.`,
  sources: ['findmnt --verify --tab-file of util-linux 2.38', 'fstab(5)'],
  explains: [/parse error at line \d+ -- ignored/],
  preflight: true,
  examples: [
    {
      title: 'a blank after a comma',
      files: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs rw,⟦ ⟧hard 0 0\n' },
      good: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs rw,hard 0 0\n' },
    },
    {
      title: 'a comment in place of the numbers',
      files: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs defaults ⟦#⟧ disks\r\n' },
      good: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs defaults 0 0 # disks\r\n' },
    },
    {
      title: 'no type',
      files: { 'etc/fstab': '⟦10.0.0.9:/srv /var/lib/nova/instances⟧\n' },
    },
    {
      title: 'not the instances',
      severity: 'warning',
      files: { 'etc/fstab': '/dev/sdb1 /data ext4 defaults 0 ⟦x⟧\n' },
      good: { 'etc/fstab': '/dev/sdb1 /data ext4 defaults 0 0\n' },
    },
    {
      title: 'a comment in place of the second number',
      files: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs defaults 0 ⟦#⟧ disks\n' },
      good: { 'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs defaults 0 0 # disks\n' },
    },
    {
      title: 'fewer fields, leading blanks, a comment behind all fields, an escaped blank',
      files: {
        'etc/fstab':
          '  nfs:/srv /var/lib/nova/instances nfs\nnfs:/b /m\\040y nfs rw,hard\n/dev/sdb1 /data ext4 defaults 0 0 # data\n',
      },
    },
  ],
  check(host, report) {
    for (const file of host.filesOf('fstab')) {
      const { problems } = documentOf(file, 'fstab');
      for (const { code, span, values } of problems) {
        if (!(code in MESSAGES)) continue;
        report({
          file,
          span,
          message: code as Code,
          values: { text: values?.text ?? '', missing: values?.missing === 'target' ? 'mount point' : 'type' },
          severity: concernsInstances(file, span, host.instancesPath) ? 'error' : 'warning',
          fixes: [repair(file, code as Code, span)],
        });
      }
    }
  },
});

/** By the words of the line, since it has no entry to go by. */
function concernsInstances(file: SourceFile, span: Span, path: string | undefined): boolean {
  const line = wholeLines(file, { start: span.start, end: span.start });
  const words = file.text
    .slice(line.start, line.end)
    .trim()
    .split(/[ \t]+/, 4);
  if (words.some((w) => w === path || /nova.*instances\/?$/.test(w))) return true;
  // Of another network mount the host may well live without; of one whose type is not even said nobody knows.
  const source = words[0] ?? '';
  return path === undefined && isAddress(source.replace(/:\/.*$/, '')) && !NETWORK_FILE_SYSTEMS.has(words[2] ?? '');
}

function repair(
  file: SourceFile,
  code: Code,
  span: Span,
): FixDraft<'join' | 'numbers' | 'number' | 'zero'> | undefined {
  const comment = file.text[span.start] === '#';
  const before = { start: span.start, end: span.start };
  switch (code) {
    case 'blank-in-options':
      return { title: 'join', edits: [replace(file, span, '')] };
    case 'bad-dump':
      return comment ? { title: 'numbers', edits: [replace(file, before, '0 0 ')] } : undefined;
    case 'bad-passno':
      return comment
        ? { title: 'number', edits: [replace(file, before, '0 ')] }
        : { title: 'zero', edits: [replace(file, span, '0')] };
    default:
      return undefined;
  }
}
