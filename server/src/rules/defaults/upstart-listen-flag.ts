import { listens } from '../../model/daemon';
import { replace } from '../edits';
import { defineRule } from '../rule';
import { addListen } from './_arguments';
import { listenReasons } from './_wanted';

/** Ubuntu 14.04's: the default file is read in the same shell that becomes the daemon. */
const READS_DEFAULTS =
  'script\n\t[ -r /etc/default/libvirt-bin ] && . /etc/default/libvirt-bin\n\texec /usr/sbin/libvirtd $libvirtd_opts\nend script\n';

export default defineRule({
  id: 'defaults/upstart-listen-flag',
  scope: 'cluster',
  title: 'The upstart job starts libvirtd without -l',
  severity: 'error',
  files: ['upstart'],
  messages: {
    default:
      'The job starts libvirtd with "{value}", without -l: it does not listen, and migrations end with "Connection refused"; add -l',
    both: 'The job says "{value}", without -l, and so does {other}, which overrides it: add -l in both, or libvirtd does not listen',
    overridden: 'The job says "{value}", without -l; {other} overrides it and has -l. Keep the two alike',
  },
  fixes: { listen: 'Add {flag}' },
  why: `Ubuntu's job gives libvirtd the arguments of \`env libvirtd_opts\`, and reads /etc/default/libvirt-bin: in 14.04 in the shell
that becomes the daemon, so that the file overrides the job, in 12.04 only in \`pre-start\`, so that it does not. Guides therefore
change both. Without \`-l\` nothing listens: *unable to connect to server at 'HOST:16509': Connection refused*.`,
  sources: ['init(5) of upstart 1.12', '/etc/init/libvirt-bin.conf of Ubuntu 12.04 and 14.04', 'libvirtd(8)'],
  explains: [/unable to connect to server at '[^']*:165(09|14)': Connection refused/],
  preflight: 'destination',
  examples: [
    {
      title: 'the job alone decides',
      release: 'grizzly',
      files: {
        'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n',
        'etc/init/libvirt-bin.conf': '⟦env libvirtd_opts="-d "⟧\nexec /usr/sbin/libvirtd $libvirtd_opts\n',
      },
      good: {
        'etc/init/libvirt-bin.conf': 'env libvirtd_opts="-d -l"\nexec /usr/sbin/libvirtd $libvirtd_opts\n',
      },
    },
    {
      title: 'the default file is read in another shell, as in Ubuntu 12.04',
      release: 'grizzly',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\nlive_migration_uri=qemu+tcp://%s/system\n',
        'etc/default/libvirt-bin': 'libvirtd_opts="-d -l"\n',
        'etc/init/libvirt-bin.conf':
          '⟦env libvirtd_opts="-d"⟧\r\npre-start script\r\n. /etc/default/libvirt-bin\r\nend script\r\nexec /usr/sbin/libvirtd $libvirtd_opts\r\n',
      },
      good: {
        'etc/init/libvirt-bin.conf':
          'env libvirtd_opts="-d -l"\r\npre-start script\r\n. /etc/default/libvirt-bin\r\nend script\r\nexec /usr/sbin/libvirtd $libvirtd_opts\r\n',
      },
    },
    {
      title: 'the default file overrides it and lacks it too',
      release: 'icehouse',
      severity: 'warning',
      files: {
        'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n',
        'etc/default/libvirt-bin': 'libvirtd_opts="-d"\n',
        'etc/init/libvirt-bin.conf': `⟦env libvirtd_opts="-d"⟧\n${READS_DEFAULTS}`,
      },
      good: { 'etc/init/libvirt-bin.conf': `env libvirtd_opts="-d -l"\n${READS_DEFAULTS}` },
    },
    {
      title: 'the default file overrides it and has it',
      release: 'icehouse',
      severity: 'info',
      files: {
        'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n',
        'etc/default/libvirt-bin': 'libvirtd_opts="-d -l"\n',
        'etc/init/libvirt-bin.conf': `⟦env libvirtd_opts="-d"⟧\n${READS_DEFAULTS}`,
      },
      good: { 'etc/init/libvirt-bin.conf': `env libvirtd_opts="-d -l"\n${READS_DEFAULTS}` },
    },
    {
      title: 'a command line without a variable',
      release: 'icehouse',
      files: {
        'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n',
        'etc/init/libvirt-bin.conf': '⟦exec /usr/sbin/libvirtd -d⟧\n',
      },
      good: { 'etc/init/libvirt-bin.conf': 'exec /usr/sbin/libvirtd -d -l\n' },
    },
    {
      title: 'nobody wants it to listen',
      release: 'grizzly',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\nmy_ip=10.0.0.1\n',
        'etc/init/libvirt-bin.conf': 'env libvirtd_opts="-d"\nexec /usr/sbin/libvirtd $libvirtd_opts\n',
      },
    },
    {
      title: 'it listens',
      release: 'grizzly',
      files: {
        'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n',
        'etc/init/libvirt-bin.conf': 'env libvirtd_opts="-d -l"\nexec /usr/sbin/libvirtd $libvirtd_opts\n',
      },
    },
  ],
  check(cluster, report) {
    const reasonFor = listenReasons(cluster);
    for (const host of cluster.hosts) {
      const { upstart, defaults } = host.daemon;
      if (!upstart?.words || listens(upstart.words)) continue;
      const reason = reasonFor(host);
      if (!reason) continue;
      const { file, assignment, span, words } = upstart;
      const overriding = host.daemon.arguments === defaults ? defaults : undefined;
      const message = !overriding ? 'default' : overriding.words && listens(overriding.words) ? 'overridden' : 'both';
      const end = { start: span.end, end: span.end };
      const edit = assignment ? addListen(file, assignment) : replace(file, end, ' -l');
      report({
        host,
        file,
        span,
        message,
        severity: message === 'default' ? 'error' : message === 'both' ? 'warning' : 'info',
        values: { value: assignment?.value ?? words.join(' '), other: overriding?.file.path ?? '' },
        related: [
          ...(overriding ? [{ file: overriding.file, span: overriding.span, message: 'This overrides the job' }] : []),
          ...(reason.place ? [{ ...reason.place, message: `Wanted by: ${reason.what}` }] : []),
        ],
        fixes: [edit && { title: 'listen', values: { flag: '-l' }, edits: [edit] }],
      });
    }
  },
});
