import { TOP } from '../edits';
import { defineRule } from '../rule';
import { mayMigrate, ownName } from './_names';

export default defineRule({
  id: 'hosts/host-localhost',
  scope: 'cluster',
  title: 'The machine is called localhost',
  severity: 'error',
  files: ['hostname', 'facts'],
  messages: {
    default:
      'This host is called {name}: migrations to it end with hostname on destination resolved to localhost; give it a name',
    unset:
      'etc/hostname says {name}: unless DHCP gives another, migrations to this host fail; give it a name of its own',
  },
  why: `The destination of a migration tells the source its own name. If that begins with localhost libvirt gives up: *hostname on
destination resolved to localhost, but migration requires an FQDN*. Nova, too, takes all such hosts for one. With localhost in
etc/hostname systemd takes the name that DHCP offers, and localhost where it offers none.`,
  sources: ['virsh migrate to a host of libvirt 9.0.0 that is called localhost', 'hostname(5) of systemd 252'],
  explains: [/hostname on destination resolved to localhost/],
  preflight: 'destination',
  examples: [
    {
      files: {
        'c1/facts.json': '⟦⟧{"hostname": "localhost.localdomain"}',
        'c2/facts.json': '{"hostname": "c2"}',
      },
    },
    {
      title: 'not measured',
      severity: 'warning',
      files: { 'c1/etc/hostname': '⟦localhost⟧\n', 'c2/etc/hostname': 'c2\n' },
    },
    {
      title: 'a name by DHCP, told another name for migrations, a controller',
      files: {
        'livemig.ini': '[node ctl]\nroles = controller\n',
        'c1/etc/hostname': 'localhost.localdomain\n',
        'c1/facts.json': '{"hostname": "c1"}',
        'c2/etc/hostname': 'localhost\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = 10.0.0.2\n',
        'c3/facts.json': '{"hostname": "localhost"}',
        'c3/etc/libvirt/qemu.conf': 'migration_host = "c3.example.org"\n',
        'ctl/etc/hostname': 'localhost\n',
      },
    },
    { title: 'one host, to which nothing migrates', files: { 'etc/hostname': 'localhost\n' } },
  ],
  check(cluster, report) {
    const hosts = cluster.hosts.filter(mayMigrate);
    if (hosts.length < 2) return;
    for (const host of hosts) {
      const name = ownName(host);
      if (name === undefined || !/^localhost/i.test(name)) continue;
      if (host.nova.get('live_migration_inbound_addr')?.value || host.qemu.get('migration_host')) continue;
      const measured = host.facts?.hostname !== undefined;
      const file = host.first(measured ? 'facts' : 'hostname')!;
      const start = file.text.search(/\S/);
      report({
        host,
        file,
        span: measured ? TOP : { start, end: start + name.length },
        message: measured ? 'default' : 'unset',
        severity: measured ? 'error' : 'warning',
        values: { name },
      });
    }
  },
});
