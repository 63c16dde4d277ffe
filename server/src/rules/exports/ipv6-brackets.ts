import { bytesOf } from '../../model/nfs';
import { documentOf } from '../../model/parsed';
import { replace } from '../edits';
import { defineRule } from '../rule';

export default defineRule({
  id: 'exports/ipv6-brackets',
  scope: 'host',
  title: 'An IPv6 address in square brackets',
  severity: 'warning',
  files: ['exports'],
  messages: { default: '{client} is a pattern of one character to exportfs and meets no host: write {address}' },
  fixes: { bare: 'Write {address}' },
  why: `Square brackets are a set of characters in exports; only fstab wants them round an address. exportfs takes the line without a
word and the client gets *access denied by server while mounting*.`,
  sources: [
    'exports(5): "IPv6 addresses must not be inside square brackets in /etc/exports"',
    'exportfs -s of nfs-utils 2.6.2',
  ],
  explains: [/access denied by server while mounting/],
  examples: [
    {
      files: { 'etc/exports': '/srv ⟦[2001:db8::1]⟧(rw) ⟦[2001:db8::]/64⟧(ro)\n' },
      good: { 'etc/exports': '/srv 2001:db8::1(rw) 2001:db8::/64(ro)\n' },
    },
    {
      title: 'sets of characters, bare addresses',
      files: { 'etc/exports': '/srv node[0-9](rw) [ab]c 2001:db8::1(ro)\n' },
    },
  ],
  check(host, report) {
    for (const file of host.filesOf('exports')) {
      for (const entry of documentOf(file, 'exports').entries) {
        for (const client of entry.clients) {
          if (!client.host.startsWith('[')) continue;
          const [, inner = '', mask = ''] = /^\[([0-9a-f:.]+)\](\/\d+)?$/i.exec(client.host) ?? [];
          if (bytesOf(inner)?.length !== 16) continue;
          const address = inner + mask;
          report({
            file,
            span: client.hostSpan,
            values: { client: client.host, address },
            fixes: [{ title: 'bare', edits: [replace(file, client.hostSpan, address)] }],
          });
        }
      }
    }
  },
});
