import { setOsloValue } from '../edits';
import { defineRule } from '../rule';
import { foreignOwner } from './_addresses';
import { hasConsole, setAddress, shown } from './_consoles';
import { runsGuests } from './_guests';

export default defineRule({
  id: 'nova/vnc-proxyclient-foreign',
  scope: 'cluster',
  title: 'The console proxy is sent to another host',
  severity: 'warning',
  files: ['nova'],
  messages: {
    default:
      '{key} = {value} is {other}: the console proxy looks there for the guests of {host} and opens none or a wrong one',
  },
  fixes: { own: "Use {host}'s own address: {own}" },
  why: `The console proxy connects to this address and the guest's port there. On another host that port is closed, *Failed to connect
to server*, or is the screen of another guest. It comes of a nova.conf copied from host to host, and shows after a migration to
this host, which itself succeeds.`,
  sources: ['nova/virt/libvirt/driver.py, get_vnc_console, 26.2.2', 'nova/conf/vnc.py, 33.0.0'],
  explains: [/Failed to connect to server/],
  examples: [
    {
      files: {
        'livemig.ini':
          '[node c1]\naddress = 10.0.0.31\nroles = compute\n[node c2]\naddress = 10.0.0.32\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[vnc]\nserver_listen = 0.0.0.0\nserver_proxyclient_address = 10.0.0.31\n',
        'c2/etc/nova/nova.conf': '[vnc]\nserver_listen = 0.0.0.0\nserver_proxyclient_address = ⟦10.0.0.31⟧\n',
      },
      good: {
        'c2/etc/nova/nova.conf': '[vnc]\nserver_listen = 0.0.0.0\nserver_proxyclient_address = 10.0.0.32\n',
      },
    },
    {
      title: 'known by /etc/hosts; whose own address is not said',
      release: 'havana',
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\nvncserver_listen=0.0.0.0\n',
        'c1/etc/hosts': '10.0.0.31 c1\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nvncserver_listen=0.0.0.0\nvncserver_proxyclient_address=⟦10.0.0.31⟧\n',
        'c2/etc/libvirt/qemu.conf': '',
      },
    },
    {
      title: 'its own, one that nobody is known to have, a controller, and VNC off',
      files: {
        'livemig.ini':
          '[node c1]\naddress = 10.0.0.31\nroles = compute\n[node c2]\naddress = 10.0.0.32\nroles = compute\n[node c3]\nroles = compute\n[node ctl]\nroles = controller\n',
        'c1/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.31\n[vnc]\nserver_proxyclient_address = $my_ip\n',
        'c2/etc/nova/nova.conf': '[vnc]\nserver_proxyclient_address = 10.9.0.32\n',
        'c3/etc/nova/nova.conf': '[vnc]\nenabled = false\nserver_proxyclient_address = 10.0.0.31\n',
        'ctl/etc/nova/nova.conf': '[vnc]\nserver_proxyclient_address = 10.0.0.31\n',
      },
    },
    {
      title: 'derived from a my_ip that was copied: that one is told',
      files: {
        'livemig.ini': '[node a]\naddress = 10.0.0.1\n[node b]\naddress = 10.0.0.2\n',
        'a/etc/nova/nova.conf':
          '[DEFAULT]\nmy_ip = 10.0.0.1\n[libvirt]\nvirt_type = kvm\n[vnc]\nserver_listen = 0.0.0.0\nserver_proxyclient_address = $my_ip\n',
        'b/etc/nova/nova.conf':
          '[DEFAULT]\nmy_ip = 10.0.0.1\n[libvirt]\nvirt_type = kvm\n[vnc]\nserver_listen = 0.0.0.0\nserver_proxyclient_address = ${my_ip}\n',
      },
    },
  ],
  check(cluster, report) {
    for (const host of cluster.hosts) {
      const client = setAddress(host, 'vnc_proxyclient');
      if (!client || !runsGuests(host) || !hasConsole(host, 'vnc')) continue;
      const owner = foreignOwner(cluster, host, client.value);
      if (!owner) continue;
      // The same my_ip on two hosts is nova/my-ip-duplicate's, and what is derived from it is right with it.
      const mine = host.nova.get('my_ip')?.value;
      const derived = /\$\{?my_ip\b/.test(client.entry.value);
      if (derived && mine !== undefined && owner.host.nova.get('my_ip')?.value === mine) continue;
      const own = host.node?.address;
      report({
        host,
        ...client.place,
        values: { key: client.entry.key, value: shown(client), other: owner.host.name, host: host.name },
        related: owner.related,
        fixes: [
          owner.inventory && own
            ? { title: 'own', values: { host: host.name, own }, edits: [setOsloValue(client.file, client.entry, own)] }
            : undefined,
        ],
      });
    }
  },
});
