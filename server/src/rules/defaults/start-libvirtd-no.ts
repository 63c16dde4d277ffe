import { basename } from '../../model/files';
import { documentOf } from '../../model/parsed';
import { replace } from '../edits';
import { defineRule } from '../rule';

export default defineRule({
  id: 'defaults/start-libvirtd-no',
  scope: 'host',
  title: 'libvirtd is not started',
  severity: 'error',
  files: ['defaults'],
  messages: {
    default:
      'start_libvirtd="{value}" is not "yes": libvirtd is not started, and no guest can run or arrive here; write "yes"',
  },
  fixes: { yes: 'Start it: start_libvirtd="yes"' },
  why: `Ubuntu's job and Debian's init script stop where start_libvirtd is anything but \`yes\`, with *Not starting libvirt management
daemon libvirtd, disabled via /etc/default/libvirt-bin*. Migrations to this host end with *Connection refused*. systemd does not
look at it.`,
  sources: ['/etc/init/libvirt-bin.conf of Ubuntu 12.04 and 14.04', '/etc/init.d/libvirt-bin of Debian 7'],
  explains: [/Not starting libvirt management daemon libvirtd/],
  preflight: 'destination',
  examples: [
    {
      release: 'grizzly',
      files: {
        'etc/init/libvirt-bin.conf': 'env start_libvirtd="yes"\n',
        'etc/default/libvirt-bin': '⟦start_libvirtd="no"⟧ # later\r\nlibvirtd_opts="-d"\r\n',
      },
      good: { 'etc/default/libvirt-bin': 'start_libvirtd="yes" # later\r\nlibvirtd_opts="-d"\r\n' },
    },
    {
      title: 'which init runs is not known',
      release: 'grizzly',
      severity: 'warning',
      files: { 'etc/default/libvirt-bin': '⟦start_libvirtd=no⟧\n' },
      good: { 'etc/default/libvirt-bin': 'start_libvirtd=yes\n' },
    },
    {
      title: 'started, or under systemd',
      release: 'grizzly',
      files: {
        'compute1/etc/init/libvirt-bin.conf': 'env start_libvirtd="yes"\n',
        'compute1/etc/default/libvirt-bin': "start_libvirtd='yes'\n",
        'compute2/etc/os-release': 'ID=ubuntu\nVERSION_ID="16.04"\n',
        'compute2/etc/default/libvirt-bin': 'start_libvirtd="no"\n',
      },
    },
  ],
  check(host, report) {
    const { init } = host.platform;
    if (init === 'systemd') return;
    for (const file of host.filesOf('defaults')) {
      if (basename(file.path) !== 'libvirt-bin' && init === undefined) continue;
      const set = documentOf(file, 'shell').assignments.findLast((a) => a.name === 'start_libvirtd');
      if (set?.value === undefined || set.value === 'yes') continue;
      const quote = set.quote ?? '';
      report({
        file,
        span: set.span,
        severity: init === undefined ? 'warning' : 'error',
        values: { value: set.value },
        fixes: [{ title: 'yes', edits: [replace(file, set.rawSpan, `${quote}yes${quote}`)] }],
      });
    }
  },
});
