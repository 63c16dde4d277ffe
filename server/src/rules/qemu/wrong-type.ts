import { checkTypes, TYPE_FIXES, TYPE_MESSAGES } from '../libvirtd/_keys';
import { defineRule } from '../rule';

export default defineRule({
  id: 'qemu/wrong-type',
  scope: 'host',
  title: 'A value of another type than libvirt reads',
  severity: 'error',
  files: ['qemu'],
  messages: TYPE_MESSAGES,
  fixes: TYPE_FIXES,
  why: `Accounts and addresses are texts and need quotes, also where they are numbers; switches are a bare 0 or 1. The daemon ends
with *Initialization of QEMU state driver failed: internal error: /etc/libvirt/qemu.conf: expected a bool for 'dynamic_ownership'
parameter* (or *a string*, *an unsigned integer*, *a string list*).`,
  sources: ['libvirtd 9.0.0 run on each of the examples', 'src/qemu/libvirtd_qemu.aug of libvirt 9.0.0'],
  explains: [
    /qemu\.conf: expected an? [\w ]+ for '\w+' parameter/,
    /qemu\.conf: value for '\w+' parameter must be 0 or 1/,
  ],
  preflight: true,
  examples: [
    {
      title: 'a switch in quotes, a numeric account without',
      files: { 'etc/libvirt/qemu.conf': 'user = ⟦0⟧\ndynamic_ownership = ⟦"0"⟧\n' },
      good: { 'etc/libvirt/qemu.conf': 'user = "0"\ndynamic_ownership = 0\n' },
    },
    {
      title: 'a list of one controller',
      files: { 'etc/libvirt/qemu.conf': 'cgroup_controllers = ⟦"cpu"⟧\n' },
      good: { 'etc/libvirt/qemu.conf': 'cgroup_controllers = [ "cpu" ]\n' },
    },
    {
      title: 'a negative port, a word for a number',
      files: { 'etc/libvirt/qemu.conf': 'migration_port_min = ⟦-1⟧\nmax_files = ⟦"many"⟧\n' },
    },
    {
      title: 'right types, where several are taken',
      files: {
        'etc/libvirt/qemu.conf':
          'security_driver = "none"\nhugetlbfs_mount = ["/dev/hugepages"]\nmax_core = "unlimited"\nkeepalive_interval = -1\nuser = "+64055"\n',
      },
    },
  ],
  check: (host, report) => checkTypes(host.filesOf('qemu'), report),
});
