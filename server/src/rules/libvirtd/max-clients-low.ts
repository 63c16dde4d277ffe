import { atLeast } from '../../model/platform';
import { LibvirtConfig } from '../../model/libvirt';
import { setLibvirtKey } from '../edits';
import { defineRule } from '../rule';
import { daemonOf } from './_syntax';

/** The version that brought max_anonymous_clients, and the values of distribution builds. */
const ANONYMOUS_SINCE = [1, 2, 3];
const CLIENTS = 5000;
const ANONYMOUS = 20;

export default defineRule({
  id: 'libvirtd/max-clients-low',
  scope: 'host',
  title: 'Fewer clients than may wait for authentication',
  severity: 'error',
  files: ['libvirtd'],
  messages: {
    default:
      'max_clients ({clients}) is less than max_anonymous_clients ({anonymous}): {daemon} does not start; raise it or lower the other',
  },
  fixes: {
    clients: 'Use the default: max_clients = 5000',
    anonymous: 'Lower the other: max_anonymous_clients = {clients}',
  },
  why: `The clients that have not yet shown who they are count among all clients. The daemon ends with *internal error: The overall
maximum number of clients must not be less than the number of clients waiting for authentication*. Left out, the two are 5000
and 20.`,
  sources: [
    'libvirtd 9.0.0 run with max_clients = 19 and 20',
    'src/rpc/virnetserver.c of libvirt 9.0.0, virNetServerNew',
  ],
  explains: [/The overall maximum number of clients must not be less than/],
  preflight: 'destination',
  examples: [
    {
      files: { 'etc/libvirt/libvirtd.conf': '⟦max_clients = 10⟧\r\n' },
      fix: 'clients',
      good: { 'etc/libvirt/libvirtd.conf': 'max_clients = 5000\r\n' },
    },
    {
      title: 'both are set',
      files: { 'etc/libvirt/libvirtd.conf': '⟦max_clients = 30⟧\nmax_anonymous_clients = 40\n' },
      fix: 'anonymous',
      good: { 'etc/libvirt/libvirtd.conf': 'max_clients = 30\nmax_anonymous_clients = 30\n' },
    },
    { title: 'equal', files: { 'etc/libvirt/libvirtd.conf': 'max_clients = 20\n' } },
    {
      title: 'a libvirt that does not count them yet',
      release: 'grizzly',
      files: { 'etc/default/libvirt-bin': 'libvirtd_opts="-d"\n', 'etc/libvirt/libvirtd.conf': 'max_clients = 10\n' },
    },
  ],
  check(host, report) {
    // The other limit is of libvirt 1.2.3, which no Ubuntu with upstart had before 15.04.
    const counted =
      atLeast(host.platform.libvirt, ANONYMOUS_SINCE) ?? !(host.platform.init === 'upstart' || host.daemon.serviceMode);
    for (const file of host.filesOf('libvirtd')) {
      const config = new LibvirtConfig(file);
      const clients = config.number('max_clients') ?? CLIENTS;
      const anonymous = config.number('max_anonymous_clients') ?? (counted ? ANONYMOUS : 0);
      const set = config.get('max_clients') ?? config.get('max_anonymous_clients');
      if (!set || clients >= anonymous) continue;
      report({
        file,
        span: set.entry.span,
        values: { clients, anonymous, daemon: daemonOf(file) },
        fixes: [
          config.get('max_clients') && anonymous <= CLIENTS
            ? { title: 'clients', edits: [setLibvirtKey(file, 'max_clients', String(CLIENTS))], preferred: false }
            : undefined,
          config.get('max_anonymous_clients')
            ? {
                title: 'anonymous',
                edits: [setLibvirtKey(file, 'max_anonymous_clients', String(clients))],
                preferred: false,
              }
            : undefined,
        ],
      });
    }
  },
});
