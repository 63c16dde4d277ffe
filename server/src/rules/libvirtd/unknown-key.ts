import { defineRule } from '../rule';
import { checkUnknown, UNKNOWN_FIXES, UNKNOWN_MESSAGES } from './_keys';

export default defineRule({
  id: 'libvirtd/unknown-key',
  scope: 'host',
  title: 'A key that libvirt ignores',
  severity: 'warning',
  files: ['libvirtd'],
  messages: UNKNOWN_MESSAGES,
  fixes: UNKNOWN_FIXES,
  why: `The daemon passes over keys it does not know, and over known ones in capitals, without a word in any log: with
\`listen_tpc = 1\` or \`LISTEN_TCP = 1\` it does not listen, and a migration ends with *unable to connect to server at
'HOST:16509': Connection refused*.`,
  sources: ['libvirtd 9.0.0 run with listen_tpc and LISTEN_TCP', 'src/remote/libvirtd.aug of libvirt 0.4.6 to 12.8.0'],
  explains: [/unable to connect to server at '[^']*:1650[0-9]': Connection refused/],
  examples: [
    {
      title: 'letters exchanged',
      files: { 'etc/libvirt/libvirtd.conf': '⟦listen_tpc⟧ = 1\n' },
      good: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n' },
    },
    {
      title: 'in capitals',
      files: { 'etc/libvirt/libvirtd.conf': '⟦LISTEN_TCP⟧ = 1\n' },
      good: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n' },
    },
    {
      title: 'set under its right name too',
      files: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 0\n⟦Listen_tcp⟧ = 1\n' },
    },
    { title: 'a key of qemu.conf', files: { 'etc/libvirt/libvirtd.conf': '⟦vnc_listen⟧ = "0.0.0.0"\n' } },
    {
      title: 'nothing like it',
      severity: 'info',
      files: { 'etc/libvirt/libvirtd.conf': '⟦migration_colour⟧ = "blue"\n' },
    },
    {
      title: 'keys of older and newer versions are harmless',
      files: {
        'etc/libvirt/libvirtd.conf': 'mdns_adv = 0\nlog_buffer_size = 64\nmax_requests = 20\nadmin_max_clients = 5\n',
        'etc/libvirt/virtqemud.conf': 'listen_tcp = 1\n',
      },
    },
  ],
  check: (host, report) => checkUnknown(host.filesOf('libvirtd'), 'qemu.conf', report),
});
