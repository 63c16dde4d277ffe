import { releaseIndex } from '../../knowledge/releases';
import type { FileKind, SourceFile } from '../../model/files';
import type { Host } from '../../model/host';
import { TOP } from '../edits';
import { defineRule, holdsAtAll, type Severity } from '../rule';

/** From ussuri on nova runs on Python 3 alone, which refuses a file that is no UTF-8; Python 2 took any bytes. */
const PYTHON_3 = releaseIndex('ussuri') ?? 0;

/** Kinds that only livemig reads, or that matter to it for a name or a version alone. */
const ASIDE: ReadonlySet<FileKind> = new Set([
  'livemig-ini',
  'facts',
  'hostname',
  'os-release',
  'passwd',
  'group',
  'sasl',
  'libvirt-auth',
  'sysctl',
]);

export default defineRule({
  id: 'file/not-text',
  scope: 'cluster',
  title: 'A file is no text that can be read',
  severity: 'error',
  files: [
    'nova',
    'libvirtd',
    'qemu',
    'defaults',
    'upstart',
    'unit',
    'exports',
    'fstab',
    'hosts',
    'passwd',
    'group',
    'hostname',
    'os-release',
    'livemig-ini',
    'facts',
  ],
  messages: {
    'utf-16':
      'This file is UTF-16, which no program here reads, livemig included: save it as UTF-8 without a byte order mark',
    nova: 'There is {what} that is no UTF-8: on Python 3 oslo.config refuses the file, even for a comment, and nova does not start',
    'not-utf-8': 'There is {what} that is no UTF-8: the file is not judged; save it as UTF-8',
    nul: 'There is a NUL character, which ends or spoils this line, and the file is not judged: remove it',
    comment: 'There is a NUL character in a comment: the file is not judged; remove it',
  },
  why: `nova.conf is decoded before a line of it is read: one Latin-1 letter, even in a comment, ends nova-compute with
*UnicodeDecodeError: 'utf-8' codec can't decode byte 0xe9 in position 15*. libvirt, NFS and fstab take such bytes. UTF-16, which
Notepad and PowerShell's \`>\` write, is nonsense to all of them: libvirtd ends with a syntax error, the exports are gone, the share
is not mounted. Livemig neither judges nor changes such a file.`,
  sources: [
    'run with oslo.config 9.0.0 on Python 3.11, virConfReadFile of libvirt 9.0.0, exportfs of nfs-utils 2.6, findmnt of util-linux 2.38',
    'nova 21.0.0 release notes: Python 2.7 support has been dropped',
  ],
  explains: [/UnicodeDecodeError/, /codec can't decode byte/],
  preflight: true,
  examples: [
    {
      title: 'a NUL character in a value',
      severity: 'warning',
      files: { 'etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.1⟦\0⟧\n' },
    },
    {
      title: 'in a comment',
      severity: 'info',
      files: { 'etc/exports': '# a⟦\0⟧ and \0\n/srv *(rw)\n' },
    },
    {
      title: 'other scripts in UTF-8',
      files: { 'etc/nova/nova.conf': '# 計算ノード\n[DEFAULT]\nmy_ip = 10.0.0.1\n' },
    },
  ],
  check(cluster, report) {
    const all: [SourceFile, Host | undefined][] = cluster.hosts.flatMap((h) =>
      h.files.map((f): [SourceFile, Host] => [f, h]),
    );
    if (cluster.inventory) all.push([cluster.inventory.file, undefined]);
    for (const [file, host] of all) {
      const { defect } = file;
      if (!defect) continue;
      const at = Math.min(defect.offset, file.text.length);
      const span = { start: at, end: Math.min(at + 1, file.text.length) };
      const what = defect.byte === '' ? 'a byte' : `a byte ${defect.byte}`;
      if (defect.code === 'utf-16') {
        report({ host, file, span: TOP, message: 'utf-16', severity: ASIDE.has(file.kind) ? 'warning' : 'error' });
      } else if (defect.code === 'nul') {
        const comment = inComment(file.text, at);
        report({ host, file, span, message: comment ? 'comment' : 'nul', severity: comment ? 'info' : 'warning' });
      } else if (file.kind === 'nova' && host) {
        report({ host, file, span, message: 'nova', values: { what }, severity: onPython3(host) });
      } else {
        const severity = file.kind === 'livemig-ini' ? 'warning' : 'info';
        report({ host, file, span, message: 'not-utf-8', values: { what }, severity });
      }
    }
  },
});

function onPython3(host: Host): Severity {
  if (holdsAtAll(host, (r) => r >= PYTHON_3)) return 'error';
  return host.release.index >= PYTHON_3 ? 'warning' : 'info';
}

function inComment(text: string, offset: number): boolean {
  const start = Math.max(text.lastIndexOf('\n', offset - 1), text.lastIndexOf('\r', offset - 1)) + 1;
  return text[start] === '#';
}
