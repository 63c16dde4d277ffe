import { basename } from '../../model/files';
import { listens } from '../../model/daemon';
import { atLeast } from '../../model/platform';
import { wantedTransport } from '../../model/transport';
import { addListen } from '../defaults/_arguments';
import { defineRule, type Severity } from '../rule';
import { isMonolith } from './_listening';

/** The first libvirt whose units bring sockets of systemd's: from there on a missing --listen proves nothing. */
const SOCKETS_SINCE = [5, 6, 0];

export default defineRule({
  id: 'libvirtd/listen-without-flag',
  scope: 'host',
  title: 'libvirtd is told to listen, but started without --listen',
  severity: 'error',
  files: ['libvirtd'],
  messages: {
    default:
      '{key} = 1 has no effect without --listen, which {where} does not give: nothing listens and migrations are refused',
    sockets: "{key} = 1 is ignored: systemd opens libvirt's sockets here, and {unit} is not among them; enable it",
    maybe:
      "{key} = 1 has an effect only with --listen, which {where} does not give; with systemd's sockets enable {unit} instead",
  },
  fixes: { listen: 'Add --listen to the arguments in {where}' },
  why: `libvirtd heeds listen_tcp and listen_tls only when it is started with \`--listen\` (or \`-l\`). From libvirt 5.6 on the other
way is a socket unit of systemd's, libvirtd-tcp.socket or libvirtd-tls.socket; the two exclude each other. Without either the
migration ends with *unable to connect to server at 'HOST:16509': Connection refused*.`,
  sources: [
    'virsh migrate --p2p to libvirtd 9.0.0 started without --listen',
    'libvirtd(8)',
    'libvirt 5.6.0 release notes',
  ],
  explains: [/unable to connect to server at '[^']*:165(09|14)': Connection refused/],
  preflight: 'destination',
  examples: [
    {
      title: 'a libvirt without socket units',
      release: 'queens',
      files: {
        'livemig.ini': '[node compute1]\nlibvirt = 4.5.0\n',
        'compute1/etc/sysconfig/libvirtd': 'LIBVIRTD_ARGS=""\n',
        'compute1/etc/libvirt/libvirtd.conf': 'listen_tls = 0\n⟦listen_tcp = 1⟧\n',
      },
      good: { 'compute1/etc/sysconfig/libvirtd': 'LIBVIRTD_ARGS="--listen"\n' },
    },
    {
      title: 'systemd opens the local socket only',
      files: {
        'facts.json': '{"sockets": ["libvirtd.socket"]}',
        'etc/libvirt/libvirtd.conf': '⟦listen_tls = 1⟧\n',
      },
    },
    {
      title: 'the sockets are off, and it runs without --listen',
      files: {
        'facts.json': '{"sockets": ["dbus.socket"], "daemonArguments": ["/usr/sbin/libvirtd"]}',
        'etc/default/libvirtd': '#LIBVIRTD_ARGS="--listen"\n',
        'etc/libvirt/libvirtd.conf': '⟦listen_tcp = 1⟧\n',
      },
    },
    {
      title: 'no systemd, and so no sockets of its',
      files: {
        'facts.json': '{"init": "sysvinit", "daemonArguments": ["/usr/sbin/libvirtd", "-d"]}',
        'etc/default/libvirtd': 'LIBVIRTD_ARGS=""\n',
        'etc/libvirt/libvirtd.conf': '⟦listen_tcp = 1⟧\n',
      },
      good: { 'etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n' },
    },
    {
      title: 'the sockets are not known',
      severity: 'info',
      files: {
        'etc/default/libvirtd': 'LIBVIRTD_ARGS="--timeout 120"\n',
        'etc/libvirt/libvirtd.conf': '⟦listen_tcp = 1⟧\n',
      },
    },
    {
      title: '--listen is given, on a command line that is not in view, or by a socket',
      files: {
        'compute1/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'compute1/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n',
        'compute2/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n',
        'compute3/facts.json': '{"sockets": ["libvirtd.socket", "libvirtd-tcp.socket"]}',
        'compute3/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n',
        'compute4/etc/libvirt/virtproxyd.conf': 'listen_tcp = 1\n',
        'compute4/etc/default/libvirtd': 'LIBVIRTD_ARGS=""\n',
      },
    },
    {
      title: 'the file gives it, and it was started by other means, which libvirtd/not-listening tells',
      files: {
        'facts.json': '{"init": "sysvinit", "daemonArguments": ["/usr/sbin/libvirtd", "-d"]}',
        'etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n',
      },
    },
    {
      title: 'a leftover, as migrations go over SSH',
      files: {
        'facts.json': '{"sockets": ["libvirtd.socket"]}',
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+ssh://nova@%s/system\n',
        'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n',
      },
    },
    {
      title: 'left to the default file of upstart, which has a rule of its own',
      release: 'grizzly',
      files: { 'etc/default/libvirt-bin': 'libvirtd_opts="-d"\n', 'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n' },
    },
  ],
  check(host, report) {
    const { daemon, libvirtd, platform } = host;
    if (!libvirtd.file || !isMonolith(host)) return;
    const key = ['listen_tcp', 'listen_tls'].find((k) => libvirtd.number(k) === 1);
    const set = key === undefined ? undefined : libvirtd.get(key);
    if (key === undefined || !set || daemon.listen === true) return;
    const wanted = wantedTransport(host);
    if (wanted?.declared && wanted.transport !== 'tcp' && wanted.transport !== 'tls') return;
    const { sockets } = daemon;
    const unit = key === 'listen_tcp' ? 'libvirtd-tcp.socket' : 'libvirtd-tls.socket';
    if (sockets && (key === 'listen_tcp' ? sockets.tcp : sockets.tls)) return;
    const say = (message: 'default' | 'sockets' | 'maybe', where: string, severity: Severity, repair = false): void => {
      const { assignment, file, span } = daemon.arguments ?? {};
      const edit = repair && file && assignment ? addListen(file, assignment) : undefined;
      report({
        file: set.file,
        span: set.entry.span,
        message,
        severity,
        values: { key, where, unit },
        related: file && span ? [{ file, span, message: 'The arguments of libvirtd' }] : [],
        fixes: [edit && { title: 'listen', edits: [edit] }],
      });
    };
    if (sockets?.local) {
      say('sockets', '', 'error');
      return;
    }
    // Files that a job of upstart's reads have rules of their own, which mark what is to be changed.
    const file = daemon.arguments?.file ?? host.first('defaults');
    if (file && (file.kind === 'upstart' || basename(file.path) === 'libvirt-bin')) return;
    const where = daemon.arguments ? `etc/${daemon.arguments.file.path.replace(/^.*etc\//, '')}` : 'its command line';
    if (daemon.listen !== false) return;
    // It was started by other means, or before the file said so: libvirtd/not-listening sees what came of it.
    if (daemon.arguments?.words && listens(daemon.arguments.words)) return;
    if (sockets || atLeast(platform.libvirt, SOCKETS_SINCE) === false) say('default', where, 'error', true);
    else say('maybe', where, 'info');
  },
});
