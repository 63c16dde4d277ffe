import { isWildcard } from '../../model/cluster';
import { setOsloOption, setOsloValue } from '../edits';
import { defineRule } from '../rule';
import { foreignOwner, isComputed, isLocal, isSpecific } from './_addresses';
import { anyOf, hasConsole, setAddress, shown } from './_consoles';
import { fileFor, placeOf, placeOfMissing, written } from './_entry';
import { runsGuests, runsProxies } from './_guests';

export default defineRule({
  id: 'nova/spice-console-unreachable',
  scope: 'cluster',
  title: 'The console proxy does not reach the SPICE servers of this host',
  severity: 'warning',
  files: ['nova'],
  messages: {
    loopback:
      '{key} = {value} sends a console proxy on another host to itself: no console of {host} opens; write $my_ip',
    wildcard: '{key} = {value} is no address to connect to: the console proxy reaches itself; write $my_ip',
    foreign: '{key} = {value} is {other}: the console proxy looks there for the guests of {host}',
    listen:
      'SPICE listens on {value} alone, but the console proxy is sent to {client}: no console opens; write server_listen = {any}',
  },
  fixes: { mine: 'Use $my_ip', any: 'Listen on all addresses: {any}' },
  why: `The console proxy runs on the controller and connects to the proxy client address of the guest's host, at the port of the
guest's SPICE server. Loopback and \`0.0.0.0\` mean the controller itself; a server that listens on loopback takes nobody from outside.
Migrations work; the consoles of guests that arrive here do not open.`,
  sources: ['nova/virt/libvirt/driver.py, get_spice_console, 26.2.2', 'nova/conf/spice.py, 33.0.0'],
  examples: [
    {
      files: {
        'c1/etc/nova/nova.conf':
          '[spice]\nenabled = true\nserver_listen = 0.0.0.0\nserver_proxyclient_address = ⟦127.0.0.1⟧\n',
        'c1/etc/libvirt/qemu.conf': '',
        'ctl/etc/nova/nova.conf': '[DEFAULT]\n',
      },
      good: {
        'c1/etc/nova/nova.conf':
          '[spice]\nenabled = true\nserver_listen = 0.0.0.0\nserver_proxyclient_address = $my_ip\n',
      },
    },
    {
      title: 'a wildcard',
      release: 'mitaka',
      files: {
        'etc/nova/nova.conf':
          '[spice]\r\nenabled=true\r\nserver_listen=0.0.0.0\r\nserver_proxyclient_address=⟦0.0.0.0⟧\r\n[libvirt]\r\nvirt_type=kvm\r\n',
      },
      good: {
        'etc/nova/nova.conf':
          '[spice]\r\nenabled=true\r\nserver_listen=0.0.0.0\r\nserver_proxyclient_address=$my_ip\r\n[libvirt]\r\nvirt_type=kvm\r\n',
      },
    },
    {
      title: "another host's",
      files: {
        'livemig.ini':
          '[node c1]\naddress = 10.0.0.31\nroles = compute\n[node c2]\naddress = 10.0.0.32\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[spice]\nenabled = true\nserver_listen = ::\n',
        'c2/etc/nova/nova.conf':
          '[spice]\nenabled = true\nserver_listen = 0.0.0.0\nserver_proxyclient_address = ⟦10.0.0.31⟧\n',
      },
    },
    {
      title: 'listens on loopback, set and by default',
      files: {
        'livemig.ini': '[node a]\nroles = compute\n[node b]\nroles = compute\n',
        'a/etc/nova/nova.conf':
          '[spice]\nenabled = true\nserver_listen = ⟦127.0.0.1⟧\nserver_proxyclient_address = 10.0.0.31\n',
        'b/etc/nova/nova.conf': '⟦[spice]⟧\nenabled = true\nserver_proxyclient_address = $my_ip\n',
      },
      good: {
        'a/etc/nova/nova.conf':
          '[spice]\nenabled = true\nserver_listen = 0.0.0.0\nserver_proxyclient_address = 10.0.0.31\n',
        'b/etc/nova/nova.conf':
          '[spice]\nenabled = true\nserver_proxyclient_address = $my_ip\nserver_listen = 0.0.0.0\n',
      },
    },
    {
      title: 'my_ip is loopback too: no repair by it',
      files: {
        'livemig.ini': '[node a]\nroles = compute\n[node b]\nroles = compute\n',
        'a/etc/nova/nova.conf':
          '[DEFAULT]\nmy_ip = 127.0.0.1\n[spice]\nenabled = true\nserver_listen = 0.0.0.0\nserver_proxyclient_address = ⟦localhost⟧\n',
        'b/etc/nova/nova.conf': '[DEFAULT]\n',
      },
    },
    {
      title: 'an all-in-one, SPICE off, its own address, and nothing set but the switch',
      files: {
        'livemig.ini':
          '[node aio]\nroles = controller, compute\n[node b]\nroles = compute\n[node c]\nroles = compute\n[node d]\nroles = compute\n',
        'aio/etc/nova/nova.conf':
          '[spice]\nenabled = true\nserver_listen = 0.0.0.0\nserver_proxyclient_address = 127.0.0.1\n',
        'b/etc/nova/nova.conf': '[spice]\nserver_proxyclient_address = 0.0.0.0\n',
        'c/etc/nova/nova.conf':
          '[spice]\nenabled = true\nserver_listen = 10.0.0.3\nserver_proxyclient_address = 10.0.0.3\n',
        'd/etc/nova/nova.conf': '[spice]\nenabled = true\n',
      },
    },
    {
      title: 'nobody else in view: perhaps all runs on one host',
      files: {
        'etc/nova/nova.conf':
          '[spice]\nenabled = true\nserver_listen = 0.0.0.0\nserver_proxyclient_address = 127.0.0.1\n[libvirt]\nvirt_type = kvm\n',
      },
    },
  ],
  check(cluster, report) {
    for (const host of cluster.hosts) {
      const client = setAddress(host, 'spice_proxyclient');
      const listen = host.nova.get('spice_listen');
      if (!client || !listen || !runsGuests(host) || runsProxies(host) || !hasConsole(host, 'spice')) continue;
      const { value } = client;
      const values = { key: client.entry.key, value: shown(client), host: host.name };
      const mine = host.nova.get('my_ip')?.value;
      const useMine =
        mine !== undefined && isLocal(mine)
          ? undefined
          : { title: 'mine' as const, edits: [setOsloValue(client.file, client.entry, '$my_ip')] };
      const owner = foreignOwner(cluster, host, value);
      if (owner)
        report({
          host,
          ...client.place,
          message: 'foreign',
          values: { ...values, other: owner.host.name },
          related: owner.related,
        });
      else if (isWildcard(value) && value !== '')
        report({ host, ...client.place, message: 'wildcard', values, fixes: [useMine] });
      else if (isLocal(value)) {
        // Alone it may be all that there is.
        if (cluster.hosts.length > 1) report({ host, ...client.place, message: 'loopback', values, fixes: [useMine] });
      } else if ((isSpecific(value) || isComputed(value)) && listen.value !== undefined && isLocal(listen.value)) {
        const place = placeOf(listen) ?? placeOfMissing(host, listen.option, client.place);
        const file = place && (listen.file ?? fileFor(host, listen.option));
        if (!place || !file) continue;
        const any = anyOf(value);
        report({
          host,
          ...place,
          message: 'listen',
          values: { value: listen.value, client: isComputed(value) ? written(client.setting) : shown(client), any },
          related: [{ ...client.place, message: 'Where the console proxy connects' }],
          fixes: [
            {
              title: 'any',
              values: { any },
              edits: [
                listen.entry
                  ? setOsloValue(file, listen.entry, any)
                  : setOsloOption(file, listen.option.group, listen.option.name, any),
              ],
            },
          ],
        });
      }
    }
  },
});
