import { releaseIndex } from '../../knowledge/releases';
import { listens } from '../../model/daemon';
import { basename } from '../../model/files';
import type { Host } from '../../model/host';
import { atLeast } from '../../model/platform';
import { defineRule } from '../rule';
import { removeWord } from './_arguments';

/** The first libvirt whose units bring sockets, and the first release whose distributions all have it. */
const SOCKETS_SINCE = [5, 6, 0];
const RELEASE_SINCE = releaseIndex('victoria') ?? 0;

export default defineRule({
  id: 'defaults/listen-with-sockets',
  scope: 'host',
  title: "--listen beside systemd's sockets",
  severity: 'error',
  files: ['defaults', 'unit'],
  messages: {
    default:
      '{flag} is given, and systemd opens libvirtd.socket: libvirtd refuses the two together and does not start; leave out one',
    maybe: '{flag} works only where systemd opens no socket for libvirtd: libvirtd.socket and its kin must be masked',
  },
  fixes: { remove: 'Leave out {flag}; then enable libvirtd-tls.socket or libvirtd-tcp.socket' },
  why: `From libvirt 5.6 on systemd opens libvirt's sockets and hands them over. libvirtd then refuses to open any itself: *--listen
parameter not permitted with systemd activation sockets, see 'man libvirtd' for further guidance*, and ends. Either mask
libvirtd.socket, -ro, -admin, -tcp and -tls, or leave the flag out and enable libvirtd-tcp.socket or libvirtd-tls.socket.`,
  sources: ['libvirtd 9.0.0 run with --listen under systemd-socket-activate', 'libvirtd(8)'],
  explains: [/--listen parameter not permitted with systemd activation sockets/],
  preflight: 'destination',
  examples: [
    {
      files: {
        'facts.json': '{"sockets": ["libvirtd.socket", "libvirtd-ro.socket"]}',
        'etc/default/libvirtd': '⟦LIBVIRTD_ARGS="-v --listen"⟧\r\n',
      },
      fix: 'remove',
      good: { 'etc/default/libvirtd': 'LIBVIRTD_ARGS="-v"\r\n' },
    },
    {
      title: 'the sockets are not known',
      severity: 'info',
      release: 'zed',
      files: { 'etc/default/libvirtd': '⟦LIBVIRTD_ARGS="--listen"⟧\n' },
    },
    {
      title: 'by their links; the flag in the unit',
      files: {
        'c1/etc/systemd/system/sockets.target.wants/libvirtd.socket': '',
        'c1/etc/default/libvirtd': '⟦LIBVIRTD_ARGS="--listen"⟧\n',
        'c2/etc/systemd/system/sockets.target.wants/libvirtd-tls.socket': '',
        'c2/etc/systemd/system/libvirtd.service.d/o.conf':
          '[Service]\nExecStart=\n⟦ExecStart=/usr/sbin/libvirtd --listen⟧\n',
      },
    },
    {
      title: 'masked, and started with --listen as it should',
      release: 'zed',
      files: {
        'etc/systemd/system/libvirtd.socket': '',
        'etc/systemd/system/sockets.target.wants/libvirtd.socket': '',
        'etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
      },
    },
    {
      title: 'masked; or a libvirt that has none',
      files: {
        'livemig.ini': '[node compute2]\nlibvirt = 4.5.0\n',
        'compute1/facts.json': '{"sockets": ["dbus.socket"]}',
        'compute1/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'compute2/etc/sysconfig/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
      },
    },
    {
      title: 'upstart',
      release: 'grizzly',
      files: { 'etc/default/libvirt-bin': 'libvirtd_opts="-d -l"\n' },
    },
    {
      title: 'Debian 10, whose libvirt 5.0 has no sockets',
      release: 'victoria',
      files: {
        'etc/os-release': 'ID=debian\nVERSION_ID="10"\n',
        'etc/default/libvirtd': 'libvirtd_opts="-l"\n',
      },
    },
  ],
  check(host, report) {
    const { arguments: set, sockets } = host.daemon;
    if (!set?.words || set.file.kind === 'upstart' || !listens(set.words)) return;
    if (sockets ? !sockets.local : !mayHaveSockets(host, basename(set.file.path))) return;
    const flag = set.words.find((w) => listens([w])) ?? '--listen';
    const edit = /^-[^-]./.test(flag) || !set.assignment ? undefined : removeWord(set.file, set.assignment, flag);
    report({
      file: set.file,
      span: set.span,
      message: sockets ? 'default' : 'maybe',
      severity: sockets ? 'error' : 'info',
      values: { flag },
      // Half of the repair is a unit to be enabled, which no file shows.
      fixes: [sockets && edit ? { title: 'remove', edits: [edit], preferred: false } : undefined],
    });
  },
});

/** Distributions by their last version whose libvirt is too old for sockets. */
const LAST_WITHOUT: Readonly<Record<string, number>> = { debian: 10, centos: 7, rhel: 7 };

/** By the version of libvirt where it is known, else by the distribution and the age of the release. */
function mayHaveSockets(host: Host, name: string): boolean {
  if (name === 'libvirt-bin' || host.platform.init !== 'systemd') return false;
  const { id = '', version = '' } = host.platform.distribution ?? {};
  if (!host.platform.libvirt && Math.trunc(Number.parseFloat(version)) <= (LAST_WITHOUT[id] ?? -1)) return false;
  return atLeast(host.platform.libvirt, SOCKETS_SINCE) ?? host.release.from >= RELEASE_SINCE;
}
