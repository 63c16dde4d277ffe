import { lookup } from '../../knowledge/nova';
import { releaseName } from '../../knowledge/releases';
import { replace } from '../edits';
import { defineRule, holdsAtAll } from '../rule';
import { novaItems } from './_items';
import { MAX_FINDINGS, moveEntry } from './_move';

export default defineRule({
  id: 'nova/deprecated-name',
  scope: 'host',
  title: 'An old name that nova still honours',
  severity: 'info',
  files: ['nova'],
  messages: {
    default: '{key} is an old name: write {right} instead',
    moved: '{key} in [{section}] is an old name and place: write {right} in [{home}] instead',
    until: '{key} is an old name that nova ignores from {until} on: write {right} instead',
    untilMoved:
      '{key} in [{section}] is an old name and place that nova ignores from {until} on: write {right} in [{home}] instead',
  },
  fixes: { rename: 'Write {right}', move: 'Move it to [{home}] as {right}' },
  why: `Nova logs *Option "vncserver_listen" from group "DEFAULT" is deprecated. Use option "server_listen" from group "vnc"* and
takes the value. When the old name goes, it is ignored without a word and the default is back: guests that listen on 127.0.0.1,
migrations over another network than before.`,
  sources: ['nova/conf of every release from 2013.1', 'run with nova-compute 26.2.2'],
  explains: [/Option "\S+" from group "\S+" is deprecated\. Use option/],
  examples: [
    {
      release: 'zed',
      files: { 'etc/nova/nova.conf': '[libvirt]\n⟦cpu_model⟧ = Haswell\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\ncpu_models = Haswell\n' },
    },
    {
      title: 'in another section',
      release: 'queens',
      files: { 'etc/nova/nova.conf': '[DEFAULT]\r\n⟦vncserver_listen⟧=0.0.0.0\r\nmy_ip=10.0.0.1\r\n' },
      good: { 'etc/nova/nova.conf': '[DEFAULT]\r\nmy_ip=10.0.0.1\r\n\r\n[vnc]\r\nserver_listen=0.0.0.0\r\n' },
    },
    {
      title: "the names of the release, libraries' old names, an old name beside the new one",
      release: 'zed',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\ncpu_models = Haswell\ncpu_model = Haswell\n[glance]\napi_insecure = true\n[DEFAULT]\nlogdir = /var/log/nova\n',
      },
    },
  ],
  check(host, report) {
    const { items, overridden } = novaItems(host);
    let told = 0;
    for (const { file, entry, section, found } of items) {
      if (found.kind !== 'alias' || found.option.origin === 'library' || overridden.has(entry)) continue;
      const { group, name } = found.option;
      const moved = group !== section.lookup;
      const until = found.until === undefined ? undefined : releaseName(found.until);
      const values = { key: entry.key, right: name, section: section.name, home: group, until: until ?? '' };
      report({
        file,
        span: entry.keySpan,
        message: until === undefined ? (moved ? 'moved' : 'default') : moved ? 'untilMoved' : 'until',
        values,
        guess: !holdsAtAll(host, (r) => lookup(section.lookup, entry.key, r).kind === 'alias'),
        tags: ['deprecated'],
        fixes: [
          told++ >= MAX_FINDINGS
            ? undefined
            : moved
              ? { title: 'move', values, edits: moveEntry(file, entry, group, name) }
              : { title: 'rename', values, edits: [replace(file, entry.keySpan, name)] },
        ],
      });
    }
  },
});
