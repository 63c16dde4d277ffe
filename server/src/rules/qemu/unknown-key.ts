import { checkUnknown, UNKNOWN_FIXES, UNKNOWN_MESSAGES } from '../libvirtd/_keys';
import { defineRule } from '../rule';

export default defineRule({
  id: 'qemu/unknown-key',
  scope: 'host',
  title: 'A key that libvirt ignores',
  severity: 'warning',
  files: ['qemu'],
  messages: UNKNOWN_MESSAGES,
  fixes: UNKNOWN_FIXES,
  why: `libvirt passes over keys it does not know, and over known ones in capitals, without a word in any log: with
\`migration_port_mim = 49200\` the stream still takes the ports from 49152 on, which the firewall may not let through.`,
  sources: ['libvirtd 9.0.0 run with dynamic_ownershp = 1', 'src/qemu/libvirtd_qemu.aug of libvirt 0.4.6 to 12.8.0'],
  examples: [
    {
      title: 'a letter missing',
      files: { 'etc/libvirt/qemu.conf': '⟦dynamic_ownershp⟧ = 0\r\n' },
      good: { 'etc/libvirt/qemu.conf': 'dynamic_ownership = 0\r\n' },
    },
    { title: 'a key of libvirtd.conf', files: { 'etc/libvirt/qemu.conf': '⟦listen_tcp⟧ = 1\n' } },
    { title: 'nothing like it', severity: 'info', files: { 'etc/libvirt/qemu.conf': '⟦colour⟧ = "blue"\n' } },
    {
      title: 'keys of older and newer versions',
      files: {
        'etc/libvirt/qemu.conf': 'clear_emulator_capabilities = 1\nauto_shutdown_wait = 30\nbackup_port_min = 10809\n',
      },
    },
  ],
  check: (host, report) => checkUnknown(host.filesOf('qemu'), 'libvirtd.conf', report),
});
