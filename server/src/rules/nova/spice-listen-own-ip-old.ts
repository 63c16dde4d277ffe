import { defineRule } from '../rule';
import { reportOwnAddress } from './_consoles';

export default defineRule({
  id: 'nova/spice-listen-own-ip-old',
  scope: 'cluster',
  title: 'SPICE listens on an address that the destination does not have',
  severity: 'error',
  files: ['nova'],
  releases: { from: 'grizzly', to: 'icehouse' },
  messages: {
    default:
      'server_listen = {value} of [spice] moves with the guest, no other host has it: every live migration fails; write {any}',
  },
  fixes: { any: 'Listen on all addresses: {any}' },
  why: `Up to Icehouse nova hands the guest's definition to the destination unchanged, for SPICE as for VNC. QEMU there cannot bind
the source's address and ends: *failed to initialize spice server*. Only an address that every host has will do: \`0.0.0.0\`, behind
a firewall. From Juno on nova puts the destination's address in.`,
  sources: [
    'nova/virt/libvirt/driver.py, 2013.1 to 2014.1: no listen address is rewritten; 2014.2 does it',
    'QEMU 7.2, -spice addr= of an address that the host lacks: the message',
  ],
  explains: [/failed to initialize spice server/],
  preflight: true,
  examples: [
    {
      release: 'havana',
      files: {
        'etc/nova/nova.conf':
          '[DEFAULT]\nlibvirt_type = kvm\nvnc_enabled = false\n[spice]\nenabled = true\nserver_listen = ⟦10.0.0.31⟧\n',
      },
      good: {
        'etc/nova/nova.conf':
          '[DEFAULT]\nlibvirt_type = kvm\nvnc_enabled = false\n[spice]\nenabled = true\nserver_listen = 0.0.0.0\n',
      },
    },
    {
      title: 'by $my_ip',
      release: 'icehouse',
      files: {
        'etc/nova/nova.conf':
          '[DEFAULT]\r\nmy_ip = fd00::31\r\n[spice]\r\nenabled=yes\r\nserver_listen=⟦$my_ip⟧\r\n[libvirt]\r\nvirt_type=kvm\r\n',
      },
      good: {
        'etc/nova/nova.conf':
          '[DEFAULT]\r\nmy_ip = fd00::31\r\n[spice]\r\nenabled=yes\r\nserver_listen=::\r\n[libvirt]\r\nvirt_type=kvm\r\n',
      },
    },
    {
      title: 'SPICE is off by default; all addresses; loopback',
      release: 'grizzly',
      files: {
        'livemig.ini': '[node a]\nroles = compute\n[node b]\nroles = compute\n[node c]\nroles = compute\n',
        'a/etc/nova/nova.conf': '[spice]\nserver_listen = 10.0.0.31\n',
        'b/etc/nova/nova.conf': '[spice]\nenabled = true\nserver_listen = 0.0.0.0\n',
        'c/etc/nova/nova.conf': '[spice]\nenabled = true\nserver_listen = 127.0.0.1\n',
      },
    },
    {
      title: 'as kolla and OpenStack-Ansible write it, later',
      release: 'yoga',
      files: {
        'etc/nova/nova.conf':
          '[vnc]\nenabled = false\n[spice]\nenabled = true\nserver_listen = 10.0.0.31\nserver_proxyclient_address = 10.0.0.31\n[libvirt]\nvirt_type = kvm\n',
      },
    },
  ],
  check(cluster, report) {
    reportOwnAddress('spice', cluster, report);
  },
});
