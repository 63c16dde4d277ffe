import { factPlace } from '../../model/factPlace';
import { defineRule } from '../rule';
import { names } from './_firewall';
import { shutPorts } from './_shut';

export default defineRule({
  id: 'cluster/port-blocked',
  scope: 'cluster',
  title: 'The firewall of a host keeps migrations out',
  severity: 'error',
  files: ['facts'],
  messages: {
    control:
      'The firewall here closes port {port} to {hosts}: their migrations to this host end before they begin; open it to all computes',
    data: 'The firewall here closes port {port} to {hosts}: the memory of their guests does not get here; open {range} to all computes',
  },
  why: `The source's libvirt dials the destination's (16509, TLS 16514, SSH 22), then its QEMU dials the destination's QEMU on a port
from migration_port_min to migration_port_max of qemu.conf (49152 to 49215). Where the firewall drops either the migration waits for
minutes and ends with *unable to connect to server at 'HOST:49152': Connection timed out*, where it rejects with *No route to host* or
*Connection refused*. Rules were read from nft and iptables, which ufw and firewalld write; only what they close for certain is told.`,
  sources: [
    'virsh migrate --p2p with 16509 and 49152 dropped and rejected by nftables, libvirt 9.0.0',
    'connections between two network namespaces against rules of nft, iptables, ufw and firewalld',
  ],
  explains: [/unable to connect to server at '[^']*': (Connection timed out|No route to host|Connection refused)/],
  preflight: true,
  repair: 'firewall',
  examples: [
    {
      title: 'open to one network, which not all are of',
      release: 'zed',
      files: {
        'livemig.ini':
          '[node c1]\nroles = compute\naddress = 10.0.0.1\n[node c2]\nroles = compute\naddress = 10.0.0.2\n[node c3]\nroles = compute\naddress = 10.9.0.3\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c1/facts.json':
          '{"addresses": {"eth0": ["10.0.0.1"]}, ⟦"firewall"⟧: {"tools": ["nft"], "ipv4": [[{"ports": ["22", "49152-49215"], "verdict": "accept"}, {"from": ["10.0.0.0/24"], "verdict": "accept"}, {"verdict": "drop"}]]}}',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c3/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
      },
    },
    {
      title: 'the ports of QEMU, as qemu.conf has them, are open to nobody',
      release: 'zed',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '',
        'c1/etc/libvirt/qemu.conf': 'migration_port_min = 60000\nmigration_port_max = 60100\n',
        'c1/facts.json':
          '{⟦"firewall"⟧: {"tools": ["iptables"], "ipv4": [[{"ports": ["16509", "49152-49215"], "verdict": "accept"}, {"verdict": "reject"}]]}}',
        'c2/etc/nova/nova.conf': '',
      },
    },
    {
      title: 'refused by the firewall, as it would be where no guest arrives just now',
      release: 'zed',
      files: {
        'livemig.ini':
          '[node c1]\nroles = compute\naddress = 10.0.0.1\n[node c2]\nroles = compute\naddress = 10.0.0.2\n',
        'c1/etc/nova/nova.conf': '',
        'c1/facts.json': '{"reaches": {"10.0.0.2:49152": "refused"}}',
        'c2/etc/nova/nova.conf': '',
        'c2/facts.json':
          '{"addresses": {"eth0": ["10.0.0.2"]}, ⟦"firewall"⟧: {"tools": ["iptables"], "ipv4": [[{"ports": ["49152-49215"], "verdict": "reject"}]]}}',
      },
    },
    {
      title: 'open; perhaps open; reached all the same; through the tunnel; closed on another network only',
      release: 'zed',
      files: {
        'livemig.ini':
          '[node c1]\nroles = compute\naddress = 10.0.0.1\n[node c2]\nroles = compute\naddress = 10.0.0.2\n[node c3]\nroles = compute\naddress = 10.0.0.3\n[node c4]\nroles = compute\naddress = 10.0.0.4\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_tunnelled = true\n',
        'c1/facts.json':
          '{"addresses": {"eth0": ["10.0.0.1"]}, "reaches": {"10.0.0.2:16509": "open", "10.0.0.2:49152": "refused"}, "firewall": {"tools": ["nft"], "ipv4": [[{"from": ["10.0.0.0/24"], "ports": ["16509"], "verdict": "accept"}, {"verdict": "drop"}]]}}',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_tunnelled = true\n',
        'c2/facts.json': '{"firewall": {"tools": ["nft"], "ipv4": [[{"verdict": "drop"}]]}}',
        'c3/etc/nova/nova.conf': '[libvirt]\nlive_migration_tunnelled = true\nlive_migration_inbound_addr = 10.1.0.3\n',
        'c3/facts.json':
          '{"addresses": {"eth0": ["10.0.0.3"], "eth1": ["10.1.0.3"]}, "firewall": {"tools": ["nft"], "ipv4": [[{"in": ["eth0"], "verdict": "drop"}, {"verdict": "accept"}]]}}',
        'c4/etc/nova/nova.conf': '[libvirt]\nlive_migration_tunnelled = true\n',
        'c4/facts.json':
          '{"firewall": {"tools": ["nft"], "ipv4": [[{"verdict": "accept", "maybe": true}, {"verdict": "drop"}]]}}',
      },
    },
  ],
  check(cluster, report) {
    const shutAt = shutPorts(cluster);
    for (const host of cluster.hosts) {
      const shut = shutAt(host);
      const place = shut.length > 0 ? factPlace(host, ['firewall']) : undefined;
      if (!place) continue;
      for (const { port, to, range } of shut)
        report({
          host,
          ...place,
          ...(range === undefined
            ? { message: 'control', values: { port, hosts: names(to) } }
            : { message: 'data', values: { port, hosts: names(to), range } }),
        });
    }
  },
});
