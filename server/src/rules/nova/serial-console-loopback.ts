import { isWildcard } from '../../model/cluster';
import { setOsloOption, setOsloValue } from '../edits';
import { defineRule } from '../rule';
import { isLocal } from './_addresses';
import { setAddress, shown } from './_consoles';
import { fileFor, placeOf, written } from './_entry';
import { isTrue, runsGuests, runsProxies } from './_guests';

export default defineRule({
  id: 'nova/serial-console-loopback',
  scope: 'cluster',
  title: 'The proxy of the serial consoles is sent to itself',
  severity: 'warning',
  files: ['nova'],
  releases: { from: 'juno' },
  messages: {
    default: '{key} = {value}: the proxy of the serial consoles connects to its own host, and none opens; write $my_ip',
    absent:
      'Serial consoles are on without proxyclient_address, so on 127.0.0.1: a proxy on another host opens none; write $my_ip',
  },
  fixes: { mine: 'Use $my_ip' },
  why: `The address is both the one that the guest's serial port listens on and the one that nova-serialproxy connects to. With
loopback the proxy, on another host, connects to itself. Nova writes the destination's address into a guest that migrates: it arrives,
and its serial console is dead.`,
  sources: [
    'nova/virt/libvirt/driver.py, get_serial_console and check_can_live_migrate_destination, 26.2.2',
    'nova/conf/serial_console.py, 33.0.0',
  ],
  examples: [
    {
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node ctl]\nroles = controller\n',
        'c1/etc/nova/nova.conf': '[serial_console]\nenabled = true\nproxyclient_address = ⟦127.0.0.1⟧\n',
        'ctl/etc/nova/nova.conf': '[serial_console]\nenabled = true\n',
      },
      good: { 'c1/etc/nova/nova.conf': '[serial_console]\nenabled = true\nproxyclient_address = $my_ip\n' },
    },
    {
      title: 'not set',
      release: 'kilo',
      files: {
        'c1/etc/nova/nova.conf': '[serial_console]\r\nenabled=⟦True⟧\r\nbase_url=ws://10.0.0.11:6083/\r\n',
        'c1/etc/libvirt/qemu.conf': '',
        'ctl/etc/nova/nova.conf': '[DEFAULT]\n',
      },
      good: {
        'c1/etc/nova/nova.conf':
          '[serial_console]\r\nenabled=True\r\nbase_url=ws://10.0.0.11:6083/\r\nproxyclient_address=$my_ip\r\n',
      },
    },
    {
      title: 'all addresses may be listened on, not connected to',
      files: {
        'etc/nova/nova.conf':
          '[serial_console]\nenabled = true\nproxyclient_address = ⟦0.0.0.0⟧\n[libvirt]\nvirt_type = kvm\n',
      },
      good: {
        'etc/nova/nova.conf':
          '[serial_console]\nenabled = true\nproxyclient_address = $my_ip\n[libvirt]\nvirt_type = kvm\n',
      },
    },
    {
      title: 'by a my_ip that is loopback itself',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/etc/nova/nova.conf':
          '[DEFAULT]\nmy_ip = 127.0.0.1\n[serial_console]\nenabled = true\nproxyclient_address = ⟦$my_ip⟧\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\n',
      },
    },
    {
      title: 'off; its own address; the proxy on the host itself; a lone host; one file of several',
      files: {
        'livemig.ini':
          '[node a]\nroles = compute\n[node b]\nroles = compute\n[node aio]\nroles = controller, compute\n[node d]\nroles = compute\n',
        'a/etc/nova/nova.conf': '[serial_console]\nproxyclient_address = 127.0.0.1\n',
        'b/etc/nova/nova.conf': '[serial_console]\nenabled = true\nproxyclient_address = 10.0.0.2\n',
        'aio/etc/nova/nova.conf': '[serial_console]\nenabled = true\n',
        'd/etc/nova/nova-compute.conf': '[serial_console]\nenabled = true\n',
      },
    },
    {
      title: 'nobody else in view: perhaps all runs on one host',
      files: { 'etc/nova/nova.conf': '[serial_console]\nenabled = true\n[libvirt]\nvirt_type = kvm\n' },
    },
  ],
  check(cluster, report) {
    for (const host of cluster.hosts) {
      const enabled = host.nova.get('serial_console_enabled');
      const address = host.nova.get('serial_console_proxyclient');
      const value = address?.value;
      if (!enabled || !address || !value || !isTrue(enabled.value)) continue;
      const wildcard = isWildcard(value);
      if (!wildcard && (!isLocal(value) || cluster.hosts.length < 2)) continue;
      if (!runsGuests(host) || runsProxies(host)) continue;
      const set = setAddress(host, 'serial_console_proxyclient');
      const place = set?.place ?? placeOf(enabled);
      const file = set?.file ?? fileFor(host, address.option);
      if (!place || !file) continue;
      const mine = host.nova.get('my_ip')?.value;
      report({
        host,
        ...place,
        message: set ? 'default' : 'absent',
        values: { key: address.option.name, value: set ? shown(set) : value },
        fixes: [
          (mine !== undefined && isLocal(mine)) || written(address).includes('$my_ip')
            ? undefined
            : {
                title: 'mine',
                edits: [
                  set
                    ? setOsloValue(file, set.entry, '$my_ip')
                    : setOsloOption(file, address.option.group, address.option.name, '$my_ip'),
                ],
              },
        ],
      });
    }
  },
});
