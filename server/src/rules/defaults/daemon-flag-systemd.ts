import { basename } from '../../model/files';
import { libvirtdService } from '../../model/service';
import { unitSettings } from '../../model/units';
import { defineRule } from '../rule';
import { removeWord } from './_arguments';

export default defineRule({
  id: 'defaults/daemon-flag-systemd',
  scope: 'host',
  title: 'libvirtd goes into the background under systemd',
  severity: 'error',
  files: ['defaults', 'unit'],
  messages: {
    default:
      '{flag} sends libvirtd into the background: systemd waits for it in the foreground and stops it; leave {flag} out',
  },
  fixes: { remove: 'Leave out {flag}' },
  why: `The unit is of \`Type=notify\`: systemd waits for word from the process it has started. With \`-d\` that process forks and ends
at once, the unit fails and libvirtd is started again and again. The flag is from the time of init scripts and upstart.`,
  sources: ['libvirtd.service of libvirt 9.0.0', 'libvirtd 9.0.0 run with -d: the first process ends with 0'],
  preflight: 'destination',
  examples: [
    {
      release: 'zed',
      files: { 'etc/default/libvirtd': 'LIBVIRTD_ARGS="⟦-d⟧ --listen"\r\n' },
      good: { 'etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\r\n' },
    },
    {
      title: 'the long form, at the end',
      files: {
        'etc/os-release': 'ID=centos\nVERSION_ID="7"\n',
        'etc/sysconfig/libvirtd': 'LIBVIRTD_ARGS="--listen ⟦--daemon⟧"\n',
      },
      good: { 'etc/sysconfig/libvirtd': 'LIBVIRTD_ARGS="--listen"\n' },
    },
    {
      title: 'one word for two',
      files: { 'etc/default/libvirtd': 'LIBVIRTD_ARGS="⟦-dl⟧"\n' },
      good: { 'etc/default/libvirtd': 'LIBVIRTD_ARGS="-l"\n' },
    },
    {
      title: 'in the unit',
      files: {
        'etc/systemd/system/libvirtd.service.d/o.conf':
          '[Service]\nExecStart=\n⟦ExecStart=/usr/sbin/libvirtd -d --listen⟧\n',
      },
    },
    {
      title: 'a unit that is made for it',
      files: {
        'etc/systemd/system/libvirtd.service.d/o.conf':
          '[Service]\nType=forking\nExecStart=\nExecStart=/usr/sbin/libvirtd -d\n',
      },
    },
    {
      title: 'upstart and init scripts want it',
      files: {
        'compute1/etc/init/libvirt-bin.conf': 'env libvirtd_opts="-d"\n',
        'compute1/etc/default/libvirt-bin': 'libvirtd_opts="-d"\n',
        'compute2/etc/os-release': 'ID=debian\nVERSION_ID="7"\n',
        'compute2/etc/default/libvirt-bin': 'libvirtd_opts="-d"\n',
      },
    },
    {
      title: 'a path in another argument',
      files: { 'etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen -f /etc/x-d"\n' },
    },
  ],
  check(host, report) {
    const set = host.daemon.arguments ?? host.daemon.defaults;
    if (host.platform.init !== 'systemd' || !set?.words || set.file.kind === 'upstart') return;
    // A unit of one's own may be made for it.
    const unit = libvirtdService(host);
    const type = unit && unitSettings(unit, 'Service', 'Type').list.at(-1)?.entry.value;
    if (type === 'forking') return;
    // Trusty kept upstart to the end of Mitaka: by the release alone nothing is certain about its file.
    const guessed = host.platform.guessed && basename(set.file.path) === 'libvirt-bin';
    const flag = set.words.find((w) => /^--da?e?m?o?n?$/.test(w) || /^-[lvhV]*d[dlvhV]*$/.test(w));
    if (flag === undefined) return;
    const { file, assignment } = set;
    if (!assignment) {
      if (file.kind === 'unit') report({ file, span: set.span, values: { flag: flag.startsWith('--') ? flag : '-d' } });
      return;
    }
    const remove = removeWord(file, assignment, flag);
    const rest = flag.startsWith('--') ? '' : flag.replaceAll('d', '');
    if (!remove) return;
    const start = file.text.indexOf(flag, remove.span.start);
    report({
      file,
      span: { start, end: start + flag.length },
      severity: guessed ? 'info' : 'error',
      values: { flag: flag.startsWith('--') ? flag : '-d' },
      fixes: [
        {
          title: 'remove',
          edits: [rest.length > 1 ? { file, span: { start, end: start + flag.length }, text: rest } : remove],
        },
      ],
    });
  },
});
