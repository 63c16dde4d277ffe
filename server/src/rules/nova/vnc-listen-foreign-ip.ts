import { defineRule } from '../rule';
import { reportForeignAddress } from './_consoles';

export default defineRule({
  id: 'nova/vnc-listen-foreign-ip',
  scope: 'cluster',
  title: "VNC listens on another host's address",
  severity: 'error',
  files: ['nova'],
  messages: {
    default: '{key} = {value} is an address of {other}: no guest can start on, or migrate to, {host}',
    shared:
      '{key} = {value} stands on {other} too, and only one host has it: on the other no guest can start or arrive',
  },
  fixes: { any: 'Listen on all addresses: {any}', own: "Use {host}'s own address: {own}" },
  why: `Every guest gets a VNC server on this address. Where the host does not have it QEMU ends with *Failed to bind socket: Cannot
assign requested address*, both when a guest is started and when one arrives. It comes of a nova.conf copied from host to host;
nova-compute itself starts without a word.`,
  sources: ['nova 26.2.2 with libvirt 9.0.0: nova-compute starts; a migration to the host fails'],
  explains: [/Failed to bind socket: Cannot assign requested address/],
  preflight: true,
  examples: [
    {
      files: {
        'livemig.ini':
          '[node c1]\naddress = 10.0.0.31\nroles = compute\n[node c2]\naddress = 10.0.0.32\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[vnc]\nserver_listen = 10.0.0.31\n',
        'c2/etc/nova/nova.conf': '[vnc]\nserver_listen = ⟦10.0.0.31⟧\n',
      },
      fix: 'own',
      good: { 'c2/etc/nova/nova.conf': '[vnc]\nserver_listen = 10.0.0.32\n' },
    },
    {
      title: 'known by /etc/hosts; up to Newton all addresses are the one right answer',
      release: 'icehouse',
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\nvncserver_listen=0.0.0.0\n',
        'c1/etc/hosts': '10.0.0.31 c1\n10.0.0.32 c2\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nvncserver_listen=⟦10.0.0.31⟧\n',
        'c2/etc/libvirt/qemu.conf': '',
      },
      good: { 'c2/etc/nova/nova.conf': '[DEFAULT]\nvncserver_listen=0.0.0.0\n' },
    },
    {
      title: 'one nova.conf on two hosts, and nothing tells whose address it is',
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.31\n[vnc]\nserver_listen = ⟦$my_ip⟧\n',
        'c1/etc/libvirt/qemu.conf': '',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.31\n[vnc]\nserver_listen = ⟦$my_ip⟧\n',
        'c2/etc/libvirt/qemu.conf': '',
      },
      fix: 'any',
      good: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.31\n[vnc]\nserver_listen = 0.0.0.0\n',
      },
    },
    {
      title: 'each its own, a controller with an address of its own role, and an address nobody is known to have',
      files: {
        'livemig.ini':
          '[node c1]\naddress = 10.0.0.31\nroles = compute\n[node c2]\naddress = 10.0.0.32\nroles = compute\n[node ctl]\naddress = 10.0.0.11\nroles = controller\n',
        'c1/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.31\n[vnc]\nserver_listen = $my_ip\n',
        'c2/etc/nova/nova.conf': '[vnc]\nserver_listen = 10.9.0.32\n',
        'ctl/etc/nova/nova.conf': '[vnc]\nserver_listen = 10.0.0.31\n',
      },
    },
    {
      title: 'a lone nova.conf proves nothing',
      files: { 'etc/nova/nova.conf': '[vnc]\nserver_listen = 10.0.0.31\n[libvirt]\nvirt_type = kvm\n' },
    },
  ],
  check(cluster, report) {
    reportForeignAddress('vnc', cluster, report);
  },
});
