import { dialledTransports } from '../../model/transport';
import { TOP } from '../edits';
import { defineRule } from '../rule';
import { enableKey } from './_edits';
import { isMonolith } from './_listening';

export default defineRule({
  id: 'libvirtd/listen-tcp-off',
  scope: 'cluster',
  title: 'Nova migrates over TCP, libvirtd does not listen on it',
  severity: 'error',
  files: ['libvirtd'],
  messages: {
    default:
      'listen_tcp is {state}, and migrations to this host come over TCP: they end with "Connection refused"; write listen_tcp = 1',
    maybe:
      'listen_tcp is {state}, and migrations to this host come over TCP: unless {unit} is enabled, write listen_tcp = 1',
    units:
      'systemd opens no {unit} here, and migrations to this host come over TCP: they end with "Connection refused"; enable it',
  },
  fixes: { on: 'Listen on TCP: listen_tcp = 1' },
  why: `The source's libvirtd dials the destination's at the port of live_migration_uri. A libvirtd that systemd does not hand a
socket listens on TCP only with \`listen_tcp = 1\` (and \`--listen\`); the default is 0. The migration ends with *unable to connect
to server at 'HOST:16509': Connection refused*, and the destination's log has no line about it. Where systemd opens
libvirtd-tcp.socket the key is ignored.`,
  sources: [
    'virsh migrate --p2p to a libvirtd 9.0.0 with listen_tcp = 0',
    'libvirtd.conf of libvirt 9.0.0, listen_tcp',
  ],
  explains: [/unable to connect to server at '[^']*:16509': Connection refused/],
  preflight: 'destination',
  examples: [
    {
      title: 'the upstart job listens, the file as the package brings it does not',
      release: 'grizzly',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\nlive_migration_uri=qemu+tcp://%s/system\n',
        'etc/default/libvirt-bin': 'libvirtd_opts="-d -l"\n',
        'etc/libvirt/libvirtd.conf': '⟦⟧#listen_tls = 0\r\n# off by default\r\n#listen_tcp = 1\r\nlisten_tls = 0\r\n',
      },
      good: {
        'etc/libvirt/libvirtd.conf': '#listen_tls = 0\r\n# off by default\r\nlisten_tcp = 1\r\nlisten_tls = 0\r\n',
      },
    },
    {
      title: 'the peers of a host without nova.conf in view',
      release: 'grizzly',
      files: {
        'compute1/etc/nova/nova.conf': '[DEFAULT]\nlive_migration_uri=qemu+tcp://%s/system\n',
        'compute1/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n',
        'compute2/etc/default/libvirt-bin': 'libvirtd_opts="-d"\n',
        'compute2/etc/libvirt/libvirtd.conf': '⟦listen_tcp = 0⟧ # for now\n',
      },
      good: { 'compute2/etc/libvirt/libvirtd.conf': 'listen_tcp = 1 # for now\n' },
    },
    {
      title: 'the default of nova, and --listen',
      release: 'zed',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'etc/libvirt/libvirtd.conf': '⟦⟧listen_tls = 0\n',
      },
      good: { 'etc/libvirt/libvirtd.conf': 'listen_tls = 0\nlisten_tcp = 1\n' },
    },
    {
      title: 'how libvirtd is started is not known',
      release: 'zed',
      severity: 'info',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'etc/libvirt/libvirtd.conf': '⟦⟧unix_sock_group = "libvirt"\n',
      },
      good: { 'etc/libvirt/libvirtd.conf': 'unix_sock_group = "libvirt"\nlisten_tcp = 1\n' },
    },
    {
      title: 'a fresh installation, which nobody has asked to migrate',
      release: 'grizzly',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\nmy_ip=10.0.0.1\n',
        'etc/default/libvirt-bin': 'libvirtd_opts="-d"\n',
        'etc/libvirt/libvirtd.conf': '#listen_tcp = 1\n',
      },
    },
    {
      title: 'systemd listens',
      release: 'zed',
      files: {
        'facts.json': '{"sockets": ["libvirtd.socket", "libvirtd-tcp.socket"]}',
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'etc/libvirt/libvirtd.conf': 'listen_tcp = 0\n',
      },
    },
    {
      title: 'systemd listens, but not on TCP',
      release: 'zed',
      files: {
        'compute1/facts.json': '{"sockets": ["libvirtd.socket"]}',
        'compute1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'compute1/etc/libvirt/libvirtd.conf': '⟦listen_tcp = 0⟧\n',
        'compute2/facts.json': '{"daemons": "modular", "sockets": ["virtproxyd.socket"]}',
        'compute2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'compute2/etc/libvirt/virtproxyd.conf': '⟦⟧# nothing set\n',
      },
    },
    {
      title: 'migrations over SSH and TLS',
      files: {
        'compute1/etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+ssh://nova@%s/system\n',
        'compute1/etc/libvirt/libvirtd.conf': 'listen_tcp = 0\n',
        'compute2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'compute2/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'compute2/etc/libvirt/libvirtd.conf': 'listen_tls = 1\n',
      },
    },
    {
      title: 'it is there, in a line that the daemon cannot read',
      release: 'grizzly',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\nlive_migration_uri=qemu+tcp://%s/system\n',
        'etc/default/libvirt-bin': 'libvirtd_opts="-d -l"\n',
        'etc/libvirt/libvirtd.conf': 'listen_tls = 0\nlisten_tcp = “1”\n',
      },
    },
  ],
  check(cluster, report) {
    const dialled = dialledTransports(cluster);
    const usual = cluster.hosts.some((h) => h.libvirtd.number('listen_tcp') === 1);
    for (const host of cluster.hosts) {
      const { file } = host.libvirtd;
      const { sockets, serviceMode, listen } = host.daemon;
      if (!file || file.defect || sockets?.tcp || host.libvirtd.garbled('listen_tcp')) continue;
      const units = sockets?.local === true;
      const set = host.libvirtd.get('listen_tcp');
      const on = host.libvirtd.number('listen_tcp') === 1;
      // Of libvirtd told to listen in vain libvirtd/listen-without-flag speaks, of a value of another type its own rule.
      if (units ? on && isMonolith(host) : set && host.libvirtd.number('listen_tcp') !== 0) continue;
      const wanted = dialled(host);
      if (wanted?.transport !== 'tcp') continue;
      // Nova's default alone does not say that anybody means to migrate, or that this file is meant to listen on TCP.
      const meant = wanted.declared || (host.libvirtd.number('listen_tls') !== 1 && (listen === true || usual));
      if (!meant) continue;
      const proven = sockets !== undefined || (isMonolith(host) && (serviceMode || listen === true));
      report({
        host,
        file,
        span: set?.entry.span ?? TOP,
        message: units ? 'units' : proven ? 'default' : 'maybe',
        severity: proven ? 'error' : 'info',
        values: {
          state: set ? '0' : 'not set, which means 0',
          unit: `${isMonolith(host) ? 'libvirtd' : 'virtproxyd'}-tcp.socket`,
        },
        related: [
          ...(wanted.place ? [{ ...wanted.place, message: 'The transport of migrations' }] : []),
          ...(host.daemon.arguments
            ? [
                {
                  file: host.daemon.arguments.file,
                  span: host.daemon.arguments.span,
                  message: 'How libvirtd is started',
                },
              ]
            : []),
        ],
        fixes: [units ? undefined : { title: 'on', edits: [enableKey(file, 'listen_tcp', '1')] }],
      });
    }
  },
});
