import { isAddress } from '../../model/cluster';
import { documentOf } from '../../model/parsed';
import type { SourceFile } from '../../model/files';
import type { HostsEntry } from '../../syntax/types';
import { replace } from '../edits';
import { defineRule, type FixDraft } from '../rule';
import { isLocalName } from './_names';

export default defineRule({
  id: 'hosts/bad-address',
  scope: 'host',
  title: 'The line does not begin with an address',
  severity: 'warning',
  files: ['hosts'],
  messages: {
    default: '{text} is no address: the line is ignored and {names} does not resolve by it',
    near: '{text} is no address: the line is ignored and {names} does not resolve by it; write {right}',
  },
  fixes: { right: 'Write {right}', swap: 'Put the address first: {right}' },
  why: `The resolver drops the line without a word, and the name goes to DNS: *Unable to resolve address 'compute2' service '49152':
Name or service not known* at the first migration. Numbers with a leading zero, three numbers, a mask and a comma are no addresses
here; names with an underscore work.`,
  sources: ['getent hosts of glibc 2.36'],
  explains: [/Unable to resolve address/, /Name or service not known/],
  examples: [
    {
      title: 'a leading zero, a mask, a comma',
      files: { 'etc/hosts': '⟦010.9.9.8⟧ a\n⟦10.0.0.1/24⟧ b\n⟦10.0.0.2,⟧ c\n' },
      good: { 'etc/hosts': '10.9.9.8 a\n10.0.0.1 b\n10.0.0.2 c\n' },
    },
    {
      title: 'the wrong way round',
      files: { 'etc/hosts': '⟦compute2⟧\t10.0.0.2\n' },
      good: { 'etc/hosts': '10.0.0.2\tcompute2\n' },
    },
    { title: 'nobody knows what was meant', files: { 'etc/hosts': '⟦10.9.9⟧ a\n⟦10.0.0.300⟧ b\n' } },
    {
      title: 'addresses of both kinds, comments, blank lines, a zone for localhost',
      files: {
        'etc/hosts':
          '127.0.0.1 localhost\n\n# 10.0.0 x\n  2001:db8::1 node_1 -dash # v6\nfe80::1%lo0 localhost\n10.0.0.7\n',
      },
    },
  ],
  check(host, report) {
    for (const file of host.filesOf('hosts')) {
      const document = documentOf(file, 'hosts');
      if (document.problems.length === 0) continue;
      const bad = new Set(document.problems.filter((p) => p.code === 'bad-address').map((p) => p.span.start));
      for (const entry of document.entries) {
        if (!bad.has(entry.addressSpan.start)) continue;
        // An address with a zone (`fe80::1%lo0 localhost`, from another system) harms nobody.
        if (entry.names.every((n) => isLocalName(n.name))) continue;
        const fix = repair(file, entry);
        report({
          file,
          span: entry.addressSpan,
          message: fix ? 'near' : 'default',
          values: {
            text: entry.address,
            names: entry.names.map((n) => n.name).join(', '),
            right: String(fix?.values?.right ?? ''),
          },
          fixes: [fix],
        });
      }
    }
  },
});

function repair(file: SourceFile, entry: HostsEntry): FixDraft<'right' | 'swap'> | undefined {
  const plain = entry.address
    .replace(/\/\d+$|[,;:]$/, '')
    .split('.')
    .map((part) => (/^0+\d+$/.test(part) ? String(Number(part)) : part))
    .join('.');
  if (plain !== entry.address && isAddress(plain) && !plain.includes('%'))
    return { title: 'right', values: { right: plain }, edits: [replace(file, entry.addressSpan, plain)] };
  const [only, more] = entry.names;
  if (only && !more && isAddress(only.name) && /[a-z]/i.test(entry.address)) {
    return {
      title: 'swap',
      values: { right: only.name },
      edits: [replace(file, entry.addressSpan, only.name), replace(file, only.span, entry.address)],
    };
  }
  return undefined;
}
