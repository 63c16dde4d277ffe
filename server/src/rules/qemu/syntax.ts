import { checkSyntax, SYNTAX_FIXES, SYNTAX_MESSAGES } from '../libvirtd/_syntax';
import { defineRule } from '../rule';

export default defineRule({
  id: 'qemu/syntax',
  scope: 'host',
  title: 'libvirt cannot read a line of qemu.conf',
  severity: 'error',
  files: ['qemu'],
  messages: SYNTAX_MESSAGES,
  fixes: SYNTAX_FIXES,
  why: `The QEMU driver gives up at the first line it cannot read: *Initialization of QEMU state driver failed: configuration file
syntax error: /etc/libvirt/qemu.conf:4: expecting a value*, then *Driver state initialization failed*, and the daemon ends; nova-compute
finds no hypervisor. Texts stand in straight quotes, single or double; numbers and booleans (0 and 1) stand bare.`,
  sources: [
    'src/util/virconf.c of libvirt 9.0.0, asked through virConfReadString',
    'libvirtd 9.0.0 run on a broken qemu.conf',
  ],
  explains: [/Initialization of QEMU state driver failed: configuration file syntax error: \S*qemu\.conf:\d+/],
  preflight: true,
  examples: [
    {
      title: 'an address and an account without quotes',
      files: { 'etc/libvirt/qemu.conf': 'vnc_listen = ⟦0.0.0.0⟧\nuser = ⟦root⟧\n' },
      good: { 'etc/libvirt/qemu.conf': 'vnc_listen = "0.0.0.0"\nuser = "root"\n' },
    },
    {
      title: 'a colon for the equals sign',
      files: { 'etc/libvirt/qemu.conf': '⟦dynamic_ownership: 0⟧\r\n' },
      good: { 'etc/libvirt/qemu.conf': 'dynamic_ownership = 0\r\n' },
    },
    {
      title: 'a list without its end',
      files: { 'etc/libvirt/qemu.conf': 'user = "root"\ncgroup_controllers = ⟦[⟧ "cpu", "memory"\n' },
    },
    {
      title: 'a word for a boolean',
      files: { 'etc/libvirt/qemu.conf': 'vnc_tls = ⟦yes⟧ # certificates are there\n' },
      good: { 'etc/libvirt/qemu.conf': 'vnc_tls = 1 # certificates are there\n' },
    },
    {
      title: 'a quote that is not closed',
      files: { 'etc/libvirt/qemu.conf': 'user = ⟦"nova⟧\ngroup = "nova"\n' },
      good: { 'etc/libvirt/qemu.conf': 'user = "nova"\ngroup = "nova"\n' },
    },
    {
      title: 'a section, as nova.conf has them',
      files: { 'etc/libvirt/qemu.conf': '⟦[qemu]⟧\nuser = "nova"\n' },
      good: { 'etc/libvirt/qemu.conf': 'user = "nova"\n' },
    },
    {
      title: 'what is fine',
      files: {
        'etc/libvirt/qemu.conf':
          'user = \'root\' # note\ncgroup_device_acl = [\n    "/dev/null", "/dev/full",\n]\nmax_files = 0;\n',
      },
    },
  ],
  check: (host, report) => checkSyntax(host.filesOf('qemu'), report),
});
