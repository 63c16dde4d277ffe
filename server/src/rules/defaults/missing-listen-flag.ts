import { basename } from '../../model/files';
import { listens } from '../../model/daemon';
import { defineRule } from '../rule';
import { addListen } from './_arguments';
import { listenReasons } from './_wanted';

export default defineRule({
  id: 'defaults/missing-listen-flag',
  scope: 'cluster',
  title: 'libvirtd is started without -l',
  severity: 'error',
  files: ['defaults'],
  messages: {
    default: '{name}="{value}" has no -l: libvirtd does not listen, and {what} ends with "Connection refused"; add -l',
  },
  fixes: { listen: 'Add {flag}' },
  why: `libvirtd heeds listen_tcp and listen_tls only with \`-l\` or \`--listen\` among its arguments. Without it the migration ends with
*unable to connect to server at 'HOST:16509': Connection refused*, however libvirtd.conf is set. After the change restart
libvirt-bin; \`ps -ef | grep libvirtd\` then shows \`-l\`.`,
  sources: [
    'virsh migrate --p2p to libvirtd 9.0.0 started without --listen',
    'libvirtd(8)',
    'libvirt-bin of Ubuntu 12.04 to 16.04',
  ],
  explains: [/unable to connect to server at '[^']*:165(09|14)': Connection refused/],
  preflight: 'destination',
  examples: [
    {
      title: 'nova migrates over TCP',
      release: 'grizzly',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\nlive_migration_uri=qemu+tcp://%s/system\n',
        'etc/default/libvirt-bin': 'start_libvirtd="yes"\r\n⟦libvirtd_opts="-d"⟧ # note\r\n',
      },
      good: { 'etc/default/libvirt-bin': 'start_libvirtd="yes"\r\nlibvirtd_opts="-d -l" # note\r\n' },
    },
    {
      title: 'libvirtd.conf listens; with a leading blank, and without quotes',
      release: 'grizzly',
      files: {
        'compute1/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n',
        'compute1/etc/default/libvirt-bin': '⟦libvirtd_opts=" -d"⟧\n',
        'compute2/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n',
        'compute2/etc/default/libvirt-bin': '⟦libvirtd_opts=-d⟧\n',
      },
      good: {
        'compute1/etc/default/libvirt-bin': 'libvirtd_opts=" -d -l"\n',
        'compute2/etc/default/libvirt-bin': 'libvirtd_opts="-d -l"\n',
      },
    },
    {
      title: 'Ubuntu 16.04, where systemd keeps it in the foreground',
      release: 'mitaka',
      files: {
        'etc/libvirt/libvirtd.conf': 'listen_tls = 1\n',
        'etc/default/libvirt-bin': '⟦libvirtd_opts=""⟧\n',
      },
      good: { 'etc/default/libvirt-bin': 'libvirtd_opts="-l"\n' },
    },
    {
      title: 'a fresh installation, and one that migrates over SSH',
      release: 'grizzly',
      files: {
        'compute1/etc/nova/nova.conf': '[DEFAULT]\nmy_ip=10.0.0.1\n',
        'compute1/etc/default/libvirt-bin': 'libvirtd_opts="-d"\n',
        'compute2/etc/nova/nova.conf': '[DEFAULT]\nlive_migration_uri=qemu+ssh://nova@%s/system\n',
        'compute2/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n',
        'compute2/etc/default/libvirt-bin': 'libvirtd_opts="-d"\n',
      },
    },
    {
      title: 'given in one word; and a value that cannot be known',
      release: 'grizzly',
      files: {
        'compute1/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n',
        'compute1/etc/default/libvirt-bin': 'libvirtd_opts="-dl"\n',
        'compute2/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n',
        'compute2/etc/default/libvirt-bin': 'libvirtd_opts="-d $EXTRA"\n',
      },
    },
    {
      title: 'a default file that does not reach the daemon: the job has a rule of its own',
      release: 'grizzly',
      files: {
        'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n',
        'etc/default/libvirt-bin': 'libvirtd_opts="-d"\n',
        'etc/init/libvirt-bin.conf': 'env libvirtd_opts="-d -l"\nexec /usr/sbin/libvirtd $libvirtd_opts\n',
      },
    },
  ],
  check(cluster, report) {
    const reasonFor = listenReasons(cluster);
    for (const host of cluster.hosts) {
      const { defaults, sockets } = host.daemon;
      if (!defaults?.words || !defaults.assignment || basename(defaults.file.path) !== 'libvirt-bin') continue;
      if (host.daemon.arguments !== defaults || listens(defaults.words) || sockets?.tcp || sockets?.tls) continue;
      const reason = reasonFor(host);
      if (!reason) continue;
      const { file, assignment } = defaults;
      const edit = addListen(file, assignment);
      report({
        host,
        file,
        span: defaults.span,
        // It runs with --listen now, and will not after its next start.
        severity: host.daemon.listen === true ? 'warning' : 'error',
        values: {
          name: assignment.name,
          value: assignment.value ?? '',
          what: reason.what.replace(/^listen.*/, 'a migration'),
        },
        related: reason.place ? [{ ...reason.place, message: `Wanted by: ${reason.what}` }] : [],
        fixes: [
          edit && {
            title: 'listen',
            values: { flag: edit.text.includes('--listen') ? '--listen' : '-l' },
            edits: [edit],
          },
        ],
      });
    }
  },
});
