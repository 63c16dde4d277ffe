import { isDefaultsRead } from '../../model/service';
import { documentOf } from '../../model/parsed';
import { defineRule } from '../rule';

export default defineRule({
  id: 'defaults/wrong-file',
  scope: 'host',
  title: 'The arguments stand in a file that is not read',
  severity: 'warning',
  files: ['defaults'],
  messages: {
    default: '{name}="{value}" has no effect: {who} does not read {path}, but {right}',
    unit: '{name}="{value}" has no effect: EnvironmentFile= of {who} does not name {path}',
  },
  why: `Debian and Ubuntu read /etc/default/libvirtd (until Debian 8 and Ubuntu 16.04 libvirt-bin), Red Hat and SUSE
/etc/sysconfig/libvirtd. Guides for the one are followed on the other, and files stay behind after an upgrade: \`--listen\` in them does
nothing, and migrations end with *Connection refused*.`,
  sources: ['libvirtd.service of Debian 10 to 12 and of libvirt 9.0.0, EnvironmentFile='],
  explains: [/unable to connect to server at '[^']*:165(09|14)': Connection refused/],
  examples: [
    {
      title: "Red Hat's file on Debian, Debian's on Red Hat, one from before the upgrade",
      files: {
        'c1/etc/os-release': 'ID=debian\nVERSION_ID="12"\n',
        'c1/etc/sysconfig/libvirtd': '⟦LIBVIRTD_ARGS="--listen"⟧ # c\n',
        'c2/etc/os-release': 'ID="rocky"\nVERSION_ID="8.9"\n',
        'c2/etc/default/libvirtd': '⟦LIBVIRTD_ARGS="--listen"⟧\r\n',
        'c3/etc/os-release': 'ID=ubuntu\nVERSION_ID="22.04"\n',
        'c3/etc/default/libvirt-bin': 'start_libvirtd="yes"\n⟦libvirtd_opts="-l"⟧\n',
      },
    },
    {
      title: 'the unit reads another',
      files: {
        'etc/systemd/system/libvirtd.service.d/o.conf': '[Service]\nEnvironmentFile=\nEnvironmentFile=/etc/own.env\n',
        'etc/default/libvirtd': '⟦LIBVIRTD_ARGS="--listen"⟧\n',
      },
    },
    {
      title: 'the right file, nothing set, the right one beside it, a distribution that is not known',
      files: {
        'c1/etc/os-release': 'ID=debian\nVERSION_ID="12"\n',
        'c1/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'c2/etc/os-release': 'ID=debian\nVERSION_ID="12"\n',
        'c2/etc/sysconfig/libvirtd': '#LIBVIRTD_ARGS="--listen"\n',
        'c3/etc/os-release': 'ID=ubuntu\nVERSION_ID="20.04"\n',
        'c3/etc/default/libvirt-bin': 'libvirtd_opts="-l"\n',
        'c3/etc/default/libvirtd': 'libvirtd_opts="-l"\n',
        'c4/etc/sysconfig/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'c5/etc/os-release': 'ID=ubuntu\nVERSION_ID="16.04"\n',
        'c5/etc/default/libvirt-bin': 'libvirtd_opts="-l"\n',
      },
    },
    {
      title: 'a unit that names it, or adds to what the package names',
      files: {
        'c1/etc/os-release': 'ID=debian\nVERSION_ID="12"\n',
        'c1/etc/systemd/system/libvirtd.service.d/o.conf': '[Service]\nEnvironmentFile=/etc/sysconfig/libvirtd\n',
        'c1/etc/sysconfig/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
      },
    },
  ],
  check(host, report) {
    const files = host.filesOf('defaults');
    const names = ['libvirtd_opts', 'LIBVIRTD_ARGS'];
    const setBy = (file: (typeof files)[number]) =>
      documentOf(file, 'shell').assignments.findLast((a) => names.includes(a.name) && (a.value ?? '') !== '');
    // Where the right file has its own say, the other is a leftover.
    if (host.platform.init !== 'systemd' || files.some((f) => isDefaultsRead(host, f) !== false && setBy(f))) return;
    for (const file of files) {
      const set = setBy(file);
      if (!set || isDefaultsRead(host, file) !== false) continue;
      const { distribution } = host.platform;
      const sysconfig = file.path.includes('sysconfig');
      const byDistribution = distribution && !host.filesOf('unit').some((f) => f.path.includes('libvirtd.service'));
      report({
        file,
        span: set.span,
        message: byDistribution ? 'default' : 'unit',
        values: {
          name: set.name,
          value: set.value ?? '',
          who: byDistribution
            ? `libvirtd.service of ${distribution.id} ${distribution.version}`.trim()
            : 'libvirtd.service',
          path: `/${file.path}`,
          right: sysconfig || file.path.endsWith('libvirt-bin') ? '/etc/default/libvirtd' : '/etc/sysconfig/libvirtd',
        },
      });
    }
  },
});
