import { defineRule } from '../rule';
import { reportForeignAddress } from './_consoles';

export default defineRule({
  id: 'nova/spice-listen-foreign-ip',
  scope: 'cluster',
  title: "SPICE listens on another host's address",
  severity: 'error',
  files: ['nova'],
  messages: {
    default: '{key} = {value} of [spice] is an address of {other}: no guest can start on, or migrate to, {host}',
    shared:
      '{key} = {value} of [spice] stands on {other} too, only one host has it: on the other no guest can start or arrive',
  },
  fixes: { any: 'Listen on all addresses: {any}', own: "Use {host}'s own address: {own}" },
  why: `Where SPICE is on, every guest gets a server of it on this address. On a host that does not have it QEMU ends with *failed to
initialize spice server*, both when a guest is started and when one arrives. It comes of a nova.conf copied from host to host.`,
  sources: [
    'nova/virt/libvirt/driver.py, _guest_add_video_device, 26.2.2',
    'QEMU 7.2, -spice addr= of an address that the host lacks: the message',
  ],
  explains: [/failed to initialize spice server/],
  preflight: true,
  examples: [
    {
      files: {
        'livemig.ini':
          '[node c1]\naddress = 10.0.0.31\nroles = compute\n[node c2]\naddress = 10.0.0.32\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[spice]\nenabled = true\nserver_listen = 10.0.0.31\n',
        'c2/etc/nova/nova.conf': '[spice]\nenabled = true\nserver_listen = ⟦10.0.0.31⟧\n',
      },
      fix: 'own',
      good: { 'c2/etc/nova/nova.conf': '[spice]\nenabled = true\nserver_listen = 10.0.0.32\n' },
    },
    {
      title: 'one nova.conf on two hosts, and nothing tells whose address it is',
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.31\n[spice]\nenabled = true\nserver_listen = ⟦$my_ip⟧\n',
        'c1/etc/libvirt/qemu.conf': '',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.31\n[spice]\nenabled = true\nserver_listen = ⟦$my_ip⟧\n',
        'c2/etc/libvirt/qemu.conf': '',
      },
      fix: 'any',
      good: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.31\n[spice]\nenabled = true\nserver_listen = 0.0.0.0\n',
      },
    },
    {
      title: 'SPICE is off, or the address its own',
      files: {
        'livemig.ini':
          '[node c1]\naddress = 10.0.0.31\nroles = compute\n[node c2]\naddress = 10.0.0.32\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[spice]\nserver_listen = 10.0.0.32\n',
        'c2/etc/nova/nova.conf': '[spice]\nenabled = true\nserver_listen = 10.0.0.32\n',
      },
    },
  ],
  check(cluster, report) {
    reportForeignAddress('spice', cluster, report);
  },
});
