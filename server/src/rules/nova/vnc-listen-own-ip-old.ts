import { defineRule } from '../rule';
import { reportOwnAddress } from './_consoles';

export default defineRule({
  id: 'nova/vnc-listen-own-ip-old',
  scope: 'cluster',
  title: 'VNC listens on an address that the destination does not have',
  severity: 'error',
  files: ['nova'],
  releases: { from: 'grizzly', to: 'icehouse' },
  messages: {
    default:
      'vncserver_listen = {value} moves with the guest, and no other host has it: every live migration fails; write {any}',
  },
  fixes: { any: 'Listen on all addresses: {any}' },
  why: `Up to Icehouse nova hands the guest's definition to the destination unchanged. QEMU there cannot bind the source's
address: *Failed to bind socket: Cannot assign requested address*. Only an address that every host has will do: \`0.0.0.0\`, behind
a firewall. From Juno on nova puts the destination's address in.`,
  sources: [
    'nova/virt/libvirt/driver.py, 2013.1 to 2014.1: no listen address is rewritten; 2014.2 does it',
    'Configure live migrations, nova administration guide',
    'virsh migrate with libvirt 9.0.0 and QEMU 7.2: the message',
  ],
  explains: [/-vnc \S+.*Failed to bind socket: Cannot assign requested address/],
  preflight: true,
  examples: [
    {
      release: 'grizzly',
      files: {
        'etc/nova/nova.conf':
          '[DEFAULT]\nlibvirt_type=kvm\nvncserver_listen=⟦192.168.3.12⟧\nvncserver_proxyclient_address=192.168.3.12\n',
      },
      good: {
        'etc/nova/nova.conf':
          '[DEFAULT]\nlibvirt_type=kvm\nvncserver_listen=0.0.0.0\nvncserver_proxyclient_address=192.168.3.12\n',
      },
    },
    {
      title: 'by $my_ip, in a host that has libvirt',
      release: 'icehouse',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\r\nmy_ip = 10.0.0.31\r\nvncserver_listen = ⟦$my_ip⟧\r\n',
        'etc/libvirt/qemu.conf': 'user = "root"\n',
      },
      good: { 'etc/nova/nova.conf': '[DEFAULT]\r\nmy_ip = 10.0.0.31\r\nvncserver_listen = 0.0.0.0\r\n' },
    },
    {
      title: 'all addresses, loopback, or no VNC at all',
      release: 'havana',
      files: {
        'livemig.ini': '[node a]\nroles = compute\n[node b]\nroles = compute\n[node c]\nroles = compute\n',
        'a/etc/nova/nova.conf': '[DEFAULT]\nvncserver_listen=0.0.0.0\n',
        'b/etc/nova/nova.conf': '[DEFAULT]\nvncserver_listen=127.0.0.1\n',
        'c/etc/nova/nova.conf': '[DEFAULT]\nvnc_enabled=false\nvncserver_listen=10.0.0.3\n',
      },
    },
    {
      title: 'a controller, as the installation guide of Icehouse has it',
      release: 'icehouse',
      files: {
        'etc/nova/nova.conf':
          '[DEFAULT]\nmy_ip = 10.0.0.11\nvncserver_listen = 10.0.0.11\nvncserver_proxyclient_address = 10.0.0.11\n',
      },
    },
    {
      title: 'from Juno on nova rewrites it',
      release: 'zed',
      files: { 'etc/nova/nova.conf': '[vnc]\nserver_listen = 10.0.0.31\n[libvirt]\nvirt_type = kvm\n' },
    },
    {
      title: 'in typographic quotes: no address at all',
      release: 'grizzly',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\nvncserver_listen=“0.0.0.0″\n',
        'etc/libvirt/qemu.conf': '',
      },
    },
  ],
  check(cluster, report) {
    reportOwnAddress('vnc', cluster, report);
  },
});
