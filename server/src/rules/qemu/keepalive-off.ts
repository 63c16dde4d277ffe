import { setLibvirtKey } from '../edits';
import { defineRule } from '../rule';

export default defineRule({
  id: 'qemu/keepalive-off',
  scope: 'host',
  title: 'A destination that dies is not noticed',
  severity: 'info',
  files: ['qemu'],
  messages: {
    default:
      'keepalive_interval = {value} turns the probes off: when a destination vanishes, migrations to it hang; the default is 5',
  },
  fixes: { usual: 'Probe every 5 s: keepalive_interval = 5' },
  why: `The source probes the destination's libvirt over the connection that it migrates by, and after 30 s of silence aborts with
*client socket is closed*, *connection closed due to keepalive timeout* in its log; the guest goes on where it was. Without probes only
the kernel's TCP timeouts end the migration, after a quarter of an hour or not at all.`,
  sources: ['qemu.conf of libvirt 9.0.0, keepalive_interval', 'a link cut during virsh migrate --p2p, libvirtd 9.0.0'],
  examples: [
    {
      files: { 'etc/libvirt/qemu.conf': '⟦keepalive_interval = -1⟧ # too many aborts\r\n' },
      good: { 'etc/libvirt/qemu.conf': 'keepalive_interval = 5 # too many aborts\r\n' },
    },
    {
      title: 'probes, and a commented line',
      files: {
        'compute1/etc/libvirt/qemu.conf': 'keepalive_interval = 5\nkeepalive_count = 5\n',
        'compute2/etc/libvirt/qemu.conf': '#keepalive_interval = -1\n',
        'compute3/etc/libvirt/libvirtd.conf': 'keepalive_interval = -1\n',
      },
    },
  ],
  check(host, report) {
    const set = host.qemu.get('keepalive_interval');
    const value = host.qemu.number('keepalive_interval');
    // Any number below 1 does it: 0 sends none, too.
    if (!set || value === undefined || value > 0) return;
    report({
      file: set.file,
      span: set.entry.span,
      values: { value },
      fixes: [{ title: 'usual', edits: [setLibvirtKey(set.file, 'keepalive_interval', '5')] }],
    });
  },
});
