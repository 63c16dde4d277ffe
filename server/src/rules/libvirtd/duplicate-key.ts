import { basename } from '../../model/files';
import { defineRule } from '../rule';
import { checkDuplicates, DUPLICATE_FIXES, DUPLICATE_MESSAGES } from './_keys';
import { tcpListens } from './_listening';

export default defineRule({
  id: 'libvirtd/duplicate-key',
  scope: 'host',
  title: 'A setting is made twice, and the first counts',
  severity: 'warning',
  files: ['libvirtd'],
  messages: DUPLICATE_MESSAGES,
  fixes: DUPLICATE_FIXES,
  why: `Unlike nova, libvirt takes the first of equal keys. A line appended with sed or Ansible has no effect where the key is set
above: \`auth_tcp = "sasl"\` at the top and \`auth_tcp = "none"\` at the end still ask for SASL, and a migration fails with
*authentication failed: authentication failed*.`,
  sources: [
    'libvirtd 9.0.0, started with listen_tcp = 1 and then 0, and the other way round',
    'src/util/virconf.c, virConfGetValue',
  ],
  explains: [/authentication failed: authentication failed/],
  examples: [
    {
      title: 'appended below',
      files: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 0\n⟦listen_tcp = 1⟧ # for migrations\n' },
      fix: 'take',
      good: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n' },
    },
    {
      title: 'the first asks for SASL',
      severity: 'error',
      files: {
        'etc/libvirt/libvirtd.conf': 'listen_tls = 0\nlisten_tcp = 1\nauth_tcp = "sasl"\n⟦auth_tcp = "none"⟧\n',
      },
      fix: 'keep',
      good: { 'etc/libvirt/libvirtd.conf': 'listen_tls = 0\nlisten_tcp = 1\nauth_tcp = "sasl"\n' },
    },
    {
      title: 'twice the same',
      severity: 'info',
      files: { 'etc/libvirt/libvirtd.conf': 'listen_tls = 0\r\n⟦listen_tls=0⟧\r\nlisten_tcp = 0\r\n' },
      good: { 'etc/libvirt/libvirtd.conf': 'listen_tls = 0\r\nlisten_tcp = 0\r\n' },
    },
    {
      title: 'twice the same, a comment follows',
      severity: 'info',
      files: { 'etc/libvirt/libvirtd.conf': 'max_clients = 5000\n⟦max_clients = 5000⟧\n# the end\n' },
      good: { 'etc/libvirt/libvirtd.conf': 'max_clients = 5000\n# the end\n' },
    },
    {
      title: 'a commented-out example is no setting',
      files: { 'etc/libvirt/libvirtd.conf': '#listen_tcp = 1\nlisten_tcp = 0\n' },
    },
  ],
  check: (host, report) =>
    checkDuplicates(
      host.filesOf('libvirtd'),
      report,
      (file, first, later) =>
        first.key === 'auth_tcp' &&
        basename(file.path) === 'libvirtd.conf' &&
        tcpListens(host) !== false &&
        first.value.type === 'string' &&
        first.value.text === 'sasl' &&
        later.value.type === 'string' &&
        later.value.text === 'none',
    ),
});
