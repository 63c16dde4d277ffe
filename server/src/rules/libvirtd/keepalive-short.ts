import { LibvirtConfig } from '../../model/libvirt';
import { setLibvirtKey } from '../edits';
import { defineRule } from '../rule';

/** Defaults of libvirt: a probe every 5 s, five of them unanswered. */
const INTERVAL = 5;
const COUNT = 5;
/** Seconds of silence that a network may need to recover from, such as a spanning tree or a failing-over bond. */
const ENOUGH = 10;

export default defineRule({
  id: 'libvirtd/keepalive-short',
  scope: 'host',
  title: 'Connections end after a few silent seconds',
  severity: 'warning',
  files: ['libvirtd', 'qemu'],
  messages: {
    default:
      '{seconds} s of silence end a connection (keepalive_interval {interval}, keepalive_count {count}), and the migration on it; the default is 30',
  },
  fixes: { usual: 'Use the defaults, 5 and 5' },
  why: `libvirt probes a silent peer every keepalive_interval seconds and closes the connection when keepalive_count probes are
unanswered; the migration is aborted with *connection closed due to keepalive timeout*, on the source *client socket is closed*.
With 1 and 1 a cut of 4 s ends it, with the defaults it goes on. An interval of -1 turns the probes off.`,
  sources: ['a link cut for 4 s during virsh migrate --p2p between two libvirtd 9.0.0, with 1/1 and with the defaults'],
  explains: [/connection closed due to keepalive timeout/, /client socket is closed/],
  examples: [
    {
      files: { 'etc/libvirt/libvirtd.conf': '⟦keepalive_interval = 1⟧\r\nkeepalive_count = 1\r\n' },
      good: { 'etc/libvirt/libvirtd.conf': 'keepalive_interval = 5\r\nkeepalive_count = 5\r\n' },
    },
    {
      title: 'the side that sends',
      files: { 'etc/libvirt/qemu.conf': '⟦keepalive_count = 0⟧\n' },
      good: { 'etc/libvirt/qemu.conf': 'keepalive_count = 5\n' },
    },
    {
      title: 'the defaults, longer ones, none at all',
      files: {
        'compute1/etc/libvirt/libvirtd.conf': 'keepalive_interval = 5\nkeepalive_count = 5\n',
        'compute2/etc/libvirt/libvirtd.conf': 'keepalive_interval = 2\nkeepalive_count = 10\n',
        'compute3/etc/libvirt/qemu.conf': 'keepalive_interval = -1\nkeepalive_count = 0\n',
      },
    },
  ],
  check(host, report) {
    for (const file of [...host.filesOf('libvirtd'), ...host.filesOf('qemu')]) {
      const config = new LibvirtConfig(file);
      const set = config.get('keepalive_interval') ?? config.get('keepalive_count');
      const interval = config.number('keepalive_interval') ?? INTERVAL;
      const count = config.number('keepalive_count') ?? COUNT;
      const seconds = interval * (count + 1);
      if (!set || interval <= 0 || count < 0 || seconds >= ENOUGH) continue;
      const keys = ['keepalive_interval', 'keepalive_count'].filter((k) => config.get(k));
      report({
        file,
        span: set.entry.span,
        values: { seconds, interval, count },
        fixes: [{ title: 'usual', edits: keys.map((k) => setLibvirtKey(file, k, '5')) }],
      });
    }
  },
});
