import { checkDuplicates, DUPLICATE_FIXES, DUPLICATE_MESSAGES } from '../libvirtd/_keys';
import { defineRule } from '../rule';

export default defineRule({
  id: 'qemu/duplicate-key',
  scope: 'host',
  title: 'A setting is made twice, and the first counts',
  severity: 'warning',
  files: ['qemu'],
  messages: DUPLICATE_MESSAGES,
  fixes: DUPLICATE_FIXES,
  why: `Unlike nova, libvirt takes the first of equal keys: \`user = "root"\` appended at the end of the file has no effect where a
line above sets another account, and QEMU cannot open the disks on the share: *Could not open ...: Permission denied*.`,
  sources: ['src/util/virconf.c of libvirt 9.0.0, virConfGetValue'],
  examples: [
    {
      title: 'appended below',
      files: { 'etc/libvirt/qemu.conf': 'user = "libvirt-qemu"\n⟦user = "nova"⟧\n' },
      fix: 'keep',
      good: { 'etc/libvirt/qemu.conf': 'user = "libvirt-qemu"\n' },
    },
    {
      title: 'the later value is the one wanted',
      files: { 'etc/libvirt/qemu.conf': 'dynamic_ownership = 1\r\n⟦dynamic_ownership = 0⟧\r\n' },
      fix: 'take',
      good: { 'etc/libvirt/qemu.conf': 'dynamic_ownership = 0\r\n' },
    },
    {
      title: 'twice the same',
      severity: 'info',
      files: { 'etc/libvirt/qemu.conf': 'user = "nova"\n⟦user = \'nova\'⟧\n' },
      good: { 'etc/libvirt/qemu.conf': 'user = "nova"\n' },
    },
    { title: 'a comment and a setting', files: { 'etc/libvirt/qemu.conf': '#user = "root"\nuser = "nova"\n' } },
  ],
  check: (host, report) => checkDuplicates(host.filesOf('qemu'), report),
});
