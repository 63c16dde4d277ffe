import { nearest } from '../../knowledge/near';
import { documentOf } from '../../model/parsed';
import { replace } from '../edits';
import { defineRule } from '../rule';
import { KEYS, SECTIONS } from './_keys';

export default defineRule({
  id: 'livemig/unknown-key',
  scope: 'cluster',
  title: 'A key or section that livemig does not know',
  severity: 'warning',
  files: ['livemig-ini'],
  messages: {
    near: '{key} means nothing to livemig here: did you mean {near}?',
    key: '{key} means nothing to livemig here: it reads {keys}',
    elsewhere: '{key} belongs into a section: {home}',
    section: 'Livemig has no section [{key}]: it reads [rules], [cloud] and [node NAME]',
    'section-near': 'Livemig has no section [{key}]: did you mean [{near}]?',
    argument: '[{key}] takes no name: what stands below is passed over',
    nameless: 'This node has no name: write [node NAME], with the name of its folder',
  },
  fixes: { rename: 'Write {near}', bare: 'Write [{key}]' },
  why: `What livemig does not know it passes over: a node whose \`adress\` is misspelt has no address, and the rules that compare
hosts by theirs are silent.`,
  sources: ['docs/livemig.ini.md'],
  examples: [
    {
      files: { 'livemig.ini': '⟦relase⟧ = zed\n[⟦nod⟧ compute1]\nuser = root\n[node compute2]\n⟦adress⟧ = 10.0.0.2\n' },
      good: { 'livemig.ini': 'release = zed\n[node compute1]\nuser = root\n[node compute2]\naddress = 10.0.0.2\n' },
    },
    {
      title: 'a name that is too much, and capitals',
      files: {
        'livemig.ini':
          '⟦[rules nova]⟧\nnova/syntax = off\n[⟦Cloud⟧]\n[node a]\n⟦User⟧ = root\n⟦[cloud prod]⟧\nname = prod\n',
      },
      good: { 'livemig.ini': '[rules]\nnova/syntax = off\n[cloud]\n[node a]\nuser = root\n[cloud]\nname = prod\n' },
    },
    {
      title: 'nothing like it, no name, a key that belongs below a node',
      files: {
        'livemig.ini': '⟦address⟧ = 10.0.0.1\n[⟦hosts⟧]\na = b\n⟦[node]⟧\nuser = root\n[cloud]\n⟦color⟧ = red\n',
      },
    },
    {
      title: 'every key there is',
      files: {
        'livemig.ini':
          'release = zed\n[rules]\nnova/syntax = error\n[cloud]\ndriver = nova\nname = prod\ncontroller = a\nopenrc = /root/openrc\n[node a]\naddress = 10.0.0.1\nport = 2222\nuser = root\nidentity = ~/.ssh/id_ed25519\njump = gate\nroles = compute, nfs\nrelease = zed\ninit = systemd\nlibvirt = 9.0.0\nqemu = 7.2.0\n',
      },
    },
  ],
  check(cluster, report) {
    if (!cluster.inventory) return;
    const { file } = cluster.inventory;
    const { sections, entries } = documentOf(file, 'livemig-ini');
    const rename = (span: { start: number; end: number }, near: readonly string[]) =>
      near.map((n) => ({
        title: 'rename' as const,
        values: { near: n },
        edits: [replace(file, span, n)],
        preferred: near.length === 1,
      }));
    for (const { kind, argument, span } of sections) {
      if (kind === 'node' && argument === undefined) report({ file, span, message: 'nameless' });
      if (kind !== 'node' && KEYS[kind] && argument !== undefined)
        report({
          file,
          span,
          message: 'argument',
          values: { key: kind },
          fixes: [{ title: 'bare', values: { key: kind }, edits: [replace(file, span, `[${kind}]`)] }],
        });
      // An empty name is the parser's complaint.
      if (kind === '' || KEYS[kind]) continue;
      const near = nearest(kind, SECTIONS);
      const start = file.text.indexOf(kind, span.start);
      const word = { start, end: start + kind.length };
      report({
        file,
        span: word,
        message: near.length > 0 ? 'section-near' : 'section',
        values: { key: kind, near: near[0] ?? '' },
        fixes: rename(word, near),
      });
    }
    for (const { section, key, keySpan } of entries) {
      const kind = section?.kind ?? '';
      const keys = section && kind === '' ? undefined : KEYS[kind];
      if (!keys || kind === 'rules' || keys.includes(key)) continue;
      const near = nearest(key, keys);
      const home = near.length > 0 ? undefined : SECTIONS.find((s) => KEYS[s]!.includes(key));
      report({
        file,
        span: keySpan,
        message: near.length > 0 ? 'near' : home && kind === '' ? 'elsewhere' : 'key',
        values: {
          key,
          near: near[0] ?? '',
          keys: keys.join(', '),
          home: home === 'node' ? '[node NAME]' : `[${home ?? ''}]`,
        },
        fixes: rename(keySpan, near),
      });
    }
  },
});
