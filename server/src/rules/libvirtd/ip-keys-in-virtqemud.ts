import { libvirtKey } from '../../knowledge/libvirt';
import { basename } from '../../model/files';
import { LibvirtConfig } from '../../model/libvirt';
import { setLibvirtKey } from '../edits';
import { defineRule } from '../rule';
import { entriesByKey, removeEntry } from './_keys';

export default defineRule({
  id: 'libvirtd/ip-keys-in-virtqemud',
  scope: 'host',
  title: 'Network settings in the file of a daemon without a network',
  severity: 'warning',
  files: ['libvirtd'],
  messages: {
    default:
      '{key} is ignored here: virtqemud has local sockets only, virtproxyd takes the connections of peers; set it in virtproxyd.conf',
  },
  fixes: { move: 'Move it to virtproxyd.conf' },
  why: `With modular daemons virtproxyd listens on TCP and TLS and hands the calls on to virtqemud, which knows nothing of listen_*,
auth_tcp, auth_tls and the certificates and passes over them without a word.`,
  sources: ['virtqemud and virtproxyd of libvirt 9.0.0', 'docs/daemons.rst of libvirt 9.0.0'],
  examples: [
    {
      files: {
        'etc/libvirt/virtqemud.conf': 'auth_unix_rw = "none"\r\n⟦auth_tls⟧ = "sasl"\r\n',
        'etc/libvirt/virtproxyd.conf': '# nothing yet\r\n',
      },
      fix: 'move',
      good: {
        'etc/libvirt/virtqemud.conf': 'auth_unix_rw = "none"\r\n',
        'etc/libvirt/virtproxyd.conf': '# nothing yet\r\nauth_tls = "sasl"\r\n',
      },
    },
    { title: 'no virtproxyd.conf in view', files: { 'etc/libvirt/virtqemud.conf': '⟦listen_tcp⟧ = 1\n' } },
    {
      title: 'where they belong',
      files: {
        'etc/libvirt/virtqemud.conf': 'max_clients = 5000\n',
        'etc/libvirt/virtproxyd.conf': 'listen_tls = 1\n',
      },
    },
  ],
  check(host, report) {
    const proxy = host.filesOf('libvirtd').find((f) => basename(f.path) === 'virtproxyd.conf' && !f.defect);
    const there = new LibvirtConfig(proxy);
    for (const file of host.filesOf('libvirtd')) {
      if (basename(file.path) !== 'virtqemud.conf') continue;
      for (const [key, [entry, ...others]] of entriesByKey(file)) {
        if (!entry || libvirtKey('virtqemud.conf', key)?.read !== false) continue;
        const remove = removeEntry(file, entry);
        const value = file.text.slice(entry.value.span.start, entry.value.span.end);
        const movable = proxy && remove && others.length === 0 && !there.get(key);
        report({
          file,
          span: entry.keySpan,
          values: { key },
          fixes: [
            // What was without effect would take effect: the user's decision.
            movable
              ? { title: 'move', edits: [remove, setLibvirtKey(proxy, key, value)], preferred: false }
              : undefined,
          ],
        });
      }
    }
  },
});
