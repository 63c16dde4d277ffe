import { suppressionsOf } from '../../model/suppressions';
import { REASON_PLACEHOLDER } from '../../suppress';
import { defineRule } from '../rule';

export default defineRule({
  id: 'livemig/suppression-without-reason',
  scope: 'cluster',
  title: 'A finding is silenced without a reason',
  severity: 'info',
  files: ['livemig-ini', 'nova', 'libvirtd', 'qemu', 'defaults', 'upstart', 'exports', 'fstab', 'hosts'],
  messages: {
    default: 'This comment silences {ids} and does not say why: add two dashes and a reason, -- why it may stay',
    placeholder: 'This comment silences {ids}, and where the reason belongs stands "{reason}": say why it may stay',
  },
  why: `Whoever meets the comment next year cannot tell a decision from an oversight, and dares not take it away: a TCP socket
without a password stays open long after the lab it was meant for.`,
  sources: ['docs/livemig.ini.md'],
  examples: [
    {
      files: {
        'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n⟦# livemig: ignore libvirtd/auth-tcp-none⟧\nauth_tcp = "none"\n',
      },
    },
    {
      title: 'two dashes and nothing behind them',
      files: { 'etc/exports': '⟦# livemig: ignore exports/world, exports/insecure --⟧\r\n/srv *(rw,insecure)\r\n' },
    },
    {
      title: 'what an editor put there to be replaced',
      files: { 'etc/exports': '⟦# livemig: ignore exports/world -- reason⟧\n/srv *(rw)\n' },
    },
    { title: 'in livemig.ini', files: { 'livemig.ini': '⟦; livemig: ignore livemig/bad-value⟧\nrelease = next\n' } },
    {
      title: 'with a reason, however short',
      files: { 'etc/exports': '# livemig: ignore exports/world -- lab\n/srv *(rw)\n' },
    },
    { title: 'no rule is named, which is told already', files: { 'etc/exports': '# livemig: ignore\n/srv *(rw)\n' } },
  ],
  check(cluster, report) {
    for (const { host, file, suppression } of suppressionsOf(cluster)) {
      const { ids, reason, span } = suppression;
      if (ids.length === 0 || (reason !== undefined && reason !== REASON_PLACEHOLDER)) continue;
      report({
        host,
        file,
        span,
        message: reason === undefined ? 'default' : 'placeholder',
        values: { ids: ids.map((i) => i.id).join(', '), reason: reason ?? '' },
      });
    }
  },
});
