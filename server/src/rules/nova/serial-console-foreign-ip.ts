import { setOsloValue } from '../edits';
import { defineRule } from '../rule';
import { foreignOwner } from './_addresses';
import { setAddress, shown } from './_consoles';
import { computesOf, isTrue } from './_guests';

export default defineRule({
  id: 'nova/serial-console-foreign-ip',
  scope: 'cluster',
  title: "The guests' serial ports listen on another host's address",
  severity: 'error',
  files: ['nova'],
  releases: { from: 'juno' },
  messages: {
    default: '{key} = {value} is an address of {other}: no guest can start on, or migrate to, {host}',
  },
  fixes: { own: "Use {host}'s own address: {own}" },
  why: `The address is not only where nova-serialproxy connects: the serial port of every guest listens on it, and nova writes it into a
guest that migrates here. QEMU on a host that does not have the address ends with *Failed to bind socket: Cannot assign requested
address*. It comes of a nova.conf copied from host to host.`,
  sources: [
    'nova/virt/libvirt/driver.py, check_can_live_migrate_destination, 26.2.2; migration.py, _update_serial_xml',
    'QEMU 7.2, -chardev socket,host= of an address that the host lacks: the message',
  ],
  explains: [/chardev.*Failed to bind socket: Cannot assign requested address/],
  preflight: true,
  examples: [
    {
      files: {
        'livemig.ini':
          '[node c1]\naddress = 10.0.0.31\nroles = compute\n[node c2]\naddress = 10.0.0.32\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[serial_console]\nenabled = true\nproxyclient_address = 10.0.0.31\n',
        'c2/etc/nova/nova.conf': '[serial_console]\nenabled = true\nproxyclient_address = ⟦10.0.0.31⟧\n',
      },
      good: { 'c2/etc/nova/nova.conf': '[serial_console]\nenabled = true\nproxyclient_address = 10.0.0.32\n' },
    },
    {
      title: 'known by /etc/hosts; whose own address is not said',
      release: 'queens',
      files: {
        'c1/etc/nova/nova.conf': '[serial_console]\nenabled = true\nproxyclient_address = 10.0.0.31\n',
        'c1/etc/hosts': '10.0.0.31 c1\n10.0.0.32 c2\n',
        'c1/etc/libvirt/qemu.conf': '',
        'c2/etc/nova/nova.conf': '[serial_console]\nenabled = true\nproxyclient_address = ⟦10.0.0.31⟧\n',
        'c2/etc/libvirt/qemu.conf': '',
      },
    },
    {
      title: 'off, its own, and a controller',
      files: {
        'livemig.ini':
          '[node c1]\naddress = 10.0.0.31\nroles = compute\n[node c2]\naddress = 10.0.0.32\nroles = compute\n[node ctl]\nroles = controller\n',
        'c1/etc/nova/nova.conf': '[serial_console]\nproxyclient_address = 10.0.0.32\n',
        'c2/etc/nova/nova.conf': '[serial_console]\nenabled = true\nproxyclient_address = 10.0.0.32\n',
        'ctl/etc/nova/nova.conf': '[serial_console]\nenabled = true\nproxyclient_address = 10.0.0.32\n',
      },
    },
  ],
  check(cluster, report) {
    for (const host of computesOf(cluster)) {
      const address = setAddress(host, 'serial_console_proxyclient');
      if (!address || !isTrue(host.nova.get('serial_console_enabled')?.value)) continue;
      const owner = foreignOwner(cluster, host, address.value);
      if (!owner) continue;
      const own = host.node?.address;
      report({
        host,
        ...address.place,
        values: { key: address.entry.key, value: shown(address), other: owner.host.name, host: host.name },
        related: owner.related,
        fixes: [
          owner.inventory && own
            ? {
                title: 'own',
                values: { host: host.name, own },
                edits: [setOsloValue(address.file, address.entry, own)],
              }
            : undefined,
        ],
      });
    }
  },
});
