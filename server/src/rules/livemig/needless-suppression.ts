import type { Span } from '../../syntax/types';
import { removeLines, replace } from '../edits';
import { defineRule, type Edit, type FixDraft, type NeedlessSuppression } from '../rule';

export default defineRule({
  id: 'livemig/needless-suppression',
  scope: 'suppressions',
  title: 'A comment that silences nothing',
  severity: 'info',
  files: ['livemig-ini', 'nova', 'libvirtd', 'qemu', 'defaults', 'upstart', 'exports', 'fstab', 'hosts'],
  messages: {
    silent: '{id} finds nothing in the entry below: the comment would only hide the next mistake there',
    elsewhere: '{id} never marks this kind of file: nothing is silenced',
    twice: '{id} is silenced for this entry already',
    empty: 'This comment names no rule, and silences nothing: write # livemig: ignore RULE -- why',
  },
  fixes: { id: 'Remove {id}', line: 'Remove the comment' },
  why: `A comment that was right once stays when the line below it is mended, and the next mistake in that line goes unseen: a
migration fails on what livemig would have told. A rule that could not look at everything is given the benefit of the doubt: nothing
is said while a file or a node of livemig.ini is out of view, the release is a guess, the rule is off or does not apply to the
release, or a line of the host cannot be read.`,
  sources: ['docs/livemig.ini.md'],
  examples: [
    {
      title: 'nothing is wrong any more',
      files: {
        'etc/libvirt/libvirtd.conf':
          '# livemig: ignore ⟦libvirtd/keepalive-short⟧ -- the migration network is closed\r\nauth_tcp = "sasl"\r\n',
      },
      good: { 'etc/libvirt/libvirtd.conf': 'auth_tcp = "sasl"\r\n' },
    },
    {
      title: 'one of several',
      files: {
        'etc/libvirt/libvirtd.conf':
          'listen_tcp = 1\n# livemig: ignore ⟦libvirtd/wrong-type⟧, libvirtd/auth-tcp-none,⟦libvirtd/typographic-characters⟧ -- a lab\nauth_tcp = "none"\n',
      },
      good: {
        'etc/libvirt/libvirtd.conf':
          'listen_tcp = 1\n# livemig: ignore libvirtd/auth-tcp-none -- a lab\nauth_tcp = "none"\n',
      },
    },
    {
      title: 'all of several',
      files: {
        'etc/libvirt/libvirtd.conf':
          '# livemig: ignore ⟦libvirtd/wrong-type⟧ ⟦libvirtd/keepalive-short⟧ -- a lab\nauth_tcp = "sasl"\n',
      },
      good: { 'etc/libvirt/libvirtd.conf': 'auth_tcp = "sasl"\n' },
    },
    {
      title: 'a rule for other files, whatever is in view',
      release: 'auto',
      files: {
        'etc/nova/nova.conf': '# livemig: ignore ⟦exports/world⟧ -- a lab\n[DEFAULT]\nmy_ip = 10.0.0.1\n',
      },
      good: { 'etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.1\n' },
    },
    {
      title: 'said twice',
      files: {
        'etc/libvirt/libvirtd.conf':
          'listen_tcp = 1\n# livemig: ignore libvirtd/auth-tcp-none, ⟦libvirtd/auth-tcp-none⟧ -- a lab\n# livemig: ignore ⟦libvirtd/auth-tcp-none⟧ -- a lab\nauth_tcp = "none"\n',
      },
      good: {
        'etc/libvirt/libvirtd.conf':
          'listen_tcp = 1\n# livemig: ignore libvirtd/auth-tcp-none -- a lab\nauth_tcp = "none"\n',
      },
    },
    {
      title: 'no rule is named: perhaps somebody is about to',
      files: { 'etc/libvirt/libvirtd.conf': '⟦# livemig: ignore -- a lab⟧\nauth_tcp = "sasl"\n' },
      good: { 'etc/libvirt/libvirtd.conf': 'auth_tcp = "sasl"\n' },
      fix: 'line',
    },
    {
      title: 'in livemig.ini',
      files: { 'livemig.ini': "# livemig: ignore ⟦livemig/bad-value⟧ -- next year's release\nrelease = zed\n" },
      good: { 'livemig.ini': 'release = zed\n' },
    },
    {
      title: 'hosts are compared, and every node is in view',
      files: {
        'livemig.ini': '[node a]\nroles = compute\n[node b]\nroles = compute\n',
        'a/etc/nova/nova.conf':
          '[DEFAULT]\n[libvirt]\n# livemig: ignore ⟦nova/virt-type-differs⟧ -- being replaced\nvirt_type = kvm\n',
        'b/etc/nova/nova.conf': '[DEFAULT]\n[libvirt]\nvirt_type = kvm\n',
      },
      good: { 'a/etc/nova/nova.conf': '[DEFAULT]\n[libvirt]\nvirt_type = kvm\n' },
    },
    {
      title: 'hosts are compared, and nobody says that there are more',
      files: {
        'a/etc/nova/nova.conf':
          '[DEFAULT]\n[libvirt]\n# livemig: ignore ⟦nova/virt-type-differs⟧ -- being replaced\nvirt_type = kvm\n',
        'b/etc/nova/nova.conf': '[DEFAULT]\n[libvirt]\nvirt_type = kvm\n',
      },
      good: { 'a/etc/nova/nova.conf': '[DEFAULT]\n[libvirt]\nvirt_type = kvm\n' },
    },
    {
      title: 'it silences',
      files: {
        'etc/libvirt/libvirtd.conf':
          'listen_tcp = 1\n# livemig: ignore libvirtd/auth-tcp-none -- a lab\nauth_tcp = "none"\n',
      },
    },
    {
      title: 'hosts are compared, and a node is not in view',
      files: {
        'livemig.ini': '[node a]\nroles = compute\n[node b]\nroles = compute\n[node c]\nroles = compute\n',
        'a/etc/nova/nova.conf':
          '[DEFAULT]\n[libvirt]\n# livemig: ignore nova/virt-type-differs -- being replaced\nvirt_type = kvm\n',
        'b/etc/nova/nova.conf': '[DEFAULT]\n[libvirt]\nvirt_type = kvm\n',
      },
    },
    {
      title: 'hosts are compared, and one alone is in view',
      files: {
        'etc/nova/nova.conf':
          '[DEFAULT]\n[libvirt]\n# livemig: ignore nova/virt-type-differs -- being replaced\nvirt_type = kvm\n',
      },
    },
    {
      title: 'the release is a guess',
      release: 'auto',
      files: {
        'etc/libvirt/libvirtd.conf': '# livemig: ignore libvirtd/auth-tcp-none -- a lab\nauth_tcp = "sasl"\n',
      },
    },
    {
      title: 'the host is looked at as if it ran another release',
      release: 'zed',
      files: {
        'livemig.ini': 'release = grizzly\n',
        'etc/libvirt/libvirtd.conf': '# livemig: ignore libvirtd/auth-tcp-none -- a lab\nauth_tcp = "sasl"\n',
      },
    },
    {
      title: 'the rule is for other releases',
      release: 'grizzly',
      files: {
        'etc/nova/nova.conf':
          '[DEFAULT]\n# livemig: ignore nova/vnc-listen-own-ip-juno -- a lab\nvncserver_listen = 10.0.0.1\n',
      },
    },
    {
      title: 'the rule is off',
      files: {
        'livemig.ini': '[rules]\nlibvirtd/auth-tcp-none = off\n',
        'etc/libvirt/libvirtd.conf': '# livemig: ignore libvirtd/auth-tcp-none -- a lab\nauth_tcp = "sasl"\n',
      },
    },
    {
      title: 'measurements count, and one host has none',
      files: {
        'livemig.ini': '[node a]\nroles = compute\n[node b]\nroles = compute\n',
        'a/etc/libvirt/libvirtd.conf': '# livemig: ignore cluster/transport-mismatch -- a lab\nlisten_tls = 0\n',
        'a/facts.json': '{"hostname": "a"}\n',
        'b/etc/libvirt/libvirtd.conf': 'listen_tls = 0\n',
      },
    },
    {
      title: 'measurements count, and all hosts have them',
      files: {
        'livemig.ini': '[node a]\nroles = compute\n[node b]\nroles = compute\n',
        'a/etc/libvirt/libvirtd.conf': '# livemig: ignore ⟦cluster/transport-mismatch⟧ -- a lab\nlisten_tls = 0\n',
        'a/facts.json': '{"hostname": "a"}\n',
        'b/etc/libvirt/libvirtd.conf': 'listen_tls = 0\n',
        'b/facts.json': '{"hostname": "b"}\n',
      },
      good: { 'a/etc/libvirt/libvirtd.conf': 'listen_tls = 0\n' },
    },
    {
      title: 'a line of the host cannot be read',
      files: {
        'etc/libvirt/libvirtd.conf': '# livemig: ignore libvirtd/auth-tcp-none -- a lab\nauth_tcp = "sasl"\n',
        'etc/nova/nova.conf': '[DEFAULT]\nmy_i\n',
      },
    },
    {
      title: 'no rule is called so, which is told already',
      files: {
        'etc/libvirt/libvirtd.conf': '# livemig: ignore libvirtd/made-up -- a lab\nauth_tcp = "sasl"\n',
      },
    },
  ],
  check(needless, report) {
    for (const one of needless) {
      const { host, file, suppression, why, rule, index } = one;
      report({
        host,
        file,
        span: suppression.ids[index]?.span ?? suppression.span,
        message: why,
        values: { id: rule?.id ?? '' },
        tags: ['unnecessary'],
        fixes: [removal(one)],
      });
    }
  },
});

function removal({ file, suppression, index, rule }: NeedlessSuppression): FixDraft<'id' | 'line'> {
  const { ids, span } = suppression;
  const cut = (from: Span, to: Span, end: 'start' | 'end'): Edit =>
    replace(file, { start: end === 'start' ? from.start : from.end, end: to[end] }, '');
  const own = ids[index]?.span;
  const next = ids[index + 1]?.span;
  const previous = ids[index - 1]?.span;
  const values = { id: rule?.id ?? '' };
  if (own && next) return { title: 'id', values, edits: [cut(own, next, 'start')] };
  if (own && previous) return { title: 'id', values, edits: [cut(previous, own, 'end')] };
  // Where no rule is named yet, somebody may be about to: never on save.
  return { title: 'line', edits: [removeLines(file, span)], preferred: own !== undefined };
}
