import { factPlace } from '../../model/factPlace';
import { wantedTransport } from '../../model/transport';
import { defineRule } from '../rule';
import { blockedFrom, type Blocked } from './_ports';

export default defineRule({
  id: 'cluster/firewall-ports',
  scope: 'cluster',
  title: 'Something on the way keeps migrations out',
  severity: 'error',
  files: ['facts'],
  messages: {
    control:
      'Port {port} of {hosts} cannot be reached from here: migrations there end with "Connection timed out"; open it to all computes',
    data: 'Port {port} of {hosts} cannot be reached from here: migrations there time out; open {range} to all computes',
  },
  why: `The source's libvirt dials the destination's (16509, TLS 16514, SSH 22), then its QEMU dials the destination's QEMU on a port
from migration_port_min to migration_port_max of qemu.conf (49152 to 49215). A firewall that drops either makes the migration wait for
minutes and end with *unable to connect to server at 'HOST:49152': Connection timed out*, one that rejects with *No route to host* or
*Connection refused*. Nova's own manual opens 49152 to 49261; what counts is qemu.conf.`,
  sources: [
    'virsh migrate --p2p with 16509 and 49152 dropped and rejected by nftables, libvirt 9.0.0',
    'src/qemu/qemu_conf.c, libvirt 9.0.0',
  ],
  explains: [/unable to connect to server at '[^']*': (Connection timed out|No route to host)/],
  preflight: 'source',
  repair: 'firewall',
  examples: [
    {
      title: 'the port of libvirt',
      release: 'zed',
      files: {
        'livemig.ini':
          '[node c1]\nroles = compute\naddress = 10.0.0.1\n[node c2]\nroles = compute\naddress = 10.0.0.2\n[node c3]\nroles = compute\naddress = 10.0.0.3\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c1/facts.json':
          '{"reaches": {"10.0.0.2:22": "filtered", "10.0.0.2:16514": ⟦"filtered"⟧, "10.0.0.3:16514": "filtered", "10.0.0.2:49152": "refused"}}',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c2/facts.json': '{"reaches": {"10.0.0.1:16514": "open"}}',
        'c3/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
      },
    },
    {
      title: 'the ports of QEMU, as the destination has them',
      files: {
        'livemig.ini':
          '[node c1]\nroles = compute\naddress = 10.0.0.1\n[node c2]\nroles = compute\naddress = 2001:db8::2\n[node c3]\nroles = compute\naddress = 10.0.0.3\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+ssh://nova@%s:2222/system\n',
        'c1/facts.json':
          '{"reaches": {"[2001:db8::2]:49152": "filtered", "[2001:db8::2]:60001": ⟦"filtered"⟧, "10.0.0.3:22": "filtered", "10.0.0.3:2222": ⟦"filtered"⟧}}',
        'c2/etc/libvirt/qemu.conf': 'migration_port_min = 60000\nmigration_port_max = 60100\n',
        'c3/etc/libvirt/qemu.conf': '',
      },
    },
    {
      title: 'nobody of ours, an address of nobody known',
      files: {
        'c1/etc/nova/nova-compute.conf': '[libvirt]\nvirt_type = kvm\n',
        'c1/facts.json': '{"reaches": {"192.0.2.9:49200": ⟦"filtered"⟧, "192.0.2.9": "filtered"}}',
      },
    },
    {
      title: 'all open or just not listening; through the tunnel; no compute',
      release: 'zed',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node ctl]\nroles = controller\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'c1/facts.json':
          '{"reaches": {"10.0.0.2:16509": "open", "10.0.0.2:49152": "refused", "10.0.0.2:5900": "filtered"}}',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_tunnelled = true\n',
        'c2/facts.json': '{"reaches": {"10.0.0.2:49152": "filtered", "10.0.0.2:16514": "filtered"}}',
        'ctl/etc/nova/nova.conf': '',
        'ctl/facts.json': '{"reaches": {"10.0.0.2:16509": "filtered"}}',
      },
    },
    {
      title: 'the tunnel of old',
      release: 'icehouse',
      files: {
        'etc/nova/nova-compute.conf': '',
        'etc/nova/nova.conf':
          '[libvirt]\nlive_migration_flag = VIR_MIGRATE_PEER2PEER, VIR_MIGRATE_LIVE, VIR_MIGRATE_TUNNELLED\n',
        'facts.json': '{"reaches": {"10.0.0.2:49152": "filtered"}}',
      },
    },
  ],
  check(cluster, report) {
    for (const host of cluster.hosts) {
      /** By what is blocked: the first entry, and all who are behind it. */
      const blocked = new Map<string, Blocked & { names: string[] }>();
      for (const one of host.isCompute ? blockedFrom(cluster, host) : []) {
        const id = one.control ? 'control' : one.range;
        const same = blocked.get(id);
        if (same) same.names.push(one.name);
        else blocked.set(id, { ...one, names: [one.name] });
      }
      for (const { key, port, control, names, range } of blocked.values()) {
        const place = factPlace(host, ['reaches', key]);
        if (!place) continue;
        const transport = control ? wantedTransport(host)?.place : undefined;
        report({
          host,
          ...place,
          message: control ? 'control' : 'data',
          values: { port, hosts: names.length > 3 ? `${names.length} hosts` : names.join(', '), range },
          related: transport ? [{ ...transport, message: 'The transport of migrations' }] : [],
        });
      }
    }
  },
});
