import { NEWEST, releaseIndex } from '../../knowledge/releases';
import { isAddress, isWildcard } from '../../model/cluster';
import { setOsloValue } from '../edits';
import { defineRule } from '../rule';
import { foreignOwner, isSpecific } from './_addresses';
import { anyOf, hasConsole, setAddress, shown } from './_consoles';
import { written } from './_entry';
import { runsGuests } from './_guests';

const OCATA = releaseIndex('ocata') ?? NEWEST;

export default defineRule({
  id: 'nova/vnc-listen-family-mismatch',
  scope: 'cluster',
  title: 'VNC listens on one address and the console proxy is sent to another',
  severity: 'warning',
  files: ['nova'],
  messages: {
    family:
      '{listen} = {value} takes no IPv6 connection, and the console proxy is sent to {client}: no console opens; write ::',
    other: '{listen} = {value}, but the console proxy is sent to {client}: no console opens; write the same address',
  },
  fixes: { any: 'Listen on all addresses: {any}', same: 'Listen where the proxy connects: {client}' },
  why: `QEMU takes connections on the address it is given and on no other: \`0.0.0.0\` is every IPv4 address, \`::\` every address of both
kinds. The console proxy connects to the proxy client address of the guest's host: *Failed to connect to server*. Migrations work, and
the consoles of the guests that arrive here are gone.`,
  sources: ['QEMU 7.2: -vnc 0.0.0.0 refuses ::1, -vnc [::] takes 127.0.0.1 too', 'nova/conf/vnc.py, 33.0.0'],
  explains: [/Failed to connect to server/],
  examples: [
    {
      title: 'all IPv4 addresses, and an IPv6 one for the proxy',
      files: {
        'etc/nova/nova.conf':
          '[vnc]\nserver_listen = ⟦0.0.0.0⟧\nserver_proxyclient_address = fd00::31\n[libvirt]\nvirt_type = kvm\n',
      },
      fix: 'any',
      good: {
        'etc/nova/nova.conf':
          '[vnc]\nserver_listen = ::\nserver_proxyclient_address = fd00::31\n[libvirt]\nvirt_type = kvm\n',
      },
    },
    {
      title: 'two networks',
      files: {
        'etc/nova/nova.conf':
          '[DEFAULT]\r\nmy_ip = 10.0.0.31\r\n[vnc]\r\nserver_listen=⟦10.9.0.31⟧\r\nserver_proxyclient_address=$my_ip\r\n[libvirt]\r\nvirt_type=kvm\r\n',
      },
      fix: 'same',
      good: {
        'etc/nova/nova.conf':
          '[DEFAULT]\r\nmy_ip = 10.0.0.31\r\n[vnc]\r\nserver_listen=$my_ip\r\nserver_proxyclient_address=$my_ip\r\n[libvirt]\r\nvirt_type=kvm\r\n',
      },
    },
    {
      title: 'two networks, before one address was any good',
      release: 'mitaka',
      files: {
        'etc/nova/nova.conf':
          '[vnc]\nvncserver_listen = 10.9.0.31\nvncserver_proxyclient_address = 10.0.0.31\n[libvirt]\nvirt_type = kvm\n',
      },
    },
    {
      title: 'IPv4 alone at a release of its time',
      release: 'icehouse',
      files: {
        'etc/nova/nova.conf':
          '[DEFAULT]\nvncserver_listen = ⟦0.0.0.0⟧\nvncserver_proxyclient_address = fd00::31\n[libvirt]\nvirt_type = kvm\n',
      },
      good: {
        'etc/nova/nova.conf':
          '[DEFAULT]\nvncserver_listen = ::\nvncserver_proxyclient_address = fd00::31\n[libvirt]\nvirt_type = kvm\n',
      },
    },
    {
      title: ':: takes both kinds; the same address; names; VNC off; a controller',
      files: {
        'livemig.ini':
          '[node a]\nroles = compute\n[node b]\nroles = compute\n[node c]\nroles = compute\n[node d]\nroles = compute\n[node ctl]\nroles = controller\n',
        'a/etc/nova/nova.conf': '[vnc]\nserver_listen = ::\nserver_proxyclient_address = 10.0.0.1\n',
        'b/etc/nova/nova.conf': '[vnc]\nserver_listen = 10.0.0.2\nserver_proxyclient_address = 10.0.0.2\n',
        'c/etc/nova/nova.conf': '[vnc]\nserver_listen = 0.0.0.0\nserver_proxyclient_address = c.example.org\n',
        'd/etc/nova/nova.conf': '[vnc]\nenabled = no\nserver_listen = 0.0.0.0\nserver_proxyclient_address = fd00::4\n',
        'ctl/etc/nova/nova.conf': '[vnc]\nserver_listen = 10.0.0.9\nserver_proxyclient_address = 10.9.0.9\n',
      },
    },
    {
      title: 'one IPv6 address in two spellings',
      files: {
        'etc/nova/nova.conf':
          '[vnc]\nserver_listen = fd00::31\nserver_proxyclient_address = fd00:0::31\n[libvirt]\nvirt_type = kvm\n',
      },
    },
    {
      title: "another host's address has a finding of its own",
      files: {
        'livemig.ini': '[node a]\nroles = compute\naddress = 10.0.0.1\n[node b]\nroles = compute\naddress = 10.0.0.2\n',
        'a/etc/nova/nova.conf': '[vnc]\nserver_listen = 10.0.0.1\nserver_proxyclient_address = 10.0.0.2\n',
        'b/etc/nova/nova.conf': '[vnc]\nserver_listen = 10.0.0.1\nserver_proxyclient_address = 10.0.0.2\n',
      },
    },
  ],
  check(cluster, report) {
    for (const host of cluster.hosts) {
      const listen = setAddress(host, 'vnc_listen');
      const client = setAddress(host, 'vnc_proxyclient');
      if (!listen || !client || !isAddress(listen.value) || !isAddress(client.value)) continue;
      if (!isSpecific(client.value) || !runsGuests(host) || !hasConsole(host, 'vnc')) continue;
      const all = isWildcard(listen.value);
      if (all) {
        if (listen.value.includes(':') || !client.value.includes(':')) continue;
        // Before, one address has a finding whatever the proxy does; loopback has one of its own.
      } else if (!isSpecific(listen.value) || listen.value === client.value || host.release.index < OCATA) continue;
      // One IPv6 address is written in many ways.
      if (!all && listen.value.includes(':') && client.value.includes(':')) continue;
      if (foreignOwner(cluster, host, listen.value) || foreignOwner(cluster, host, client.value)) continue;
      const any = anyOf(client.value);
      const to = written(client.setting);
      report({
        host,
        ...listen.place,
        message: all ? 'family' : 'other',
        values: { listen: listen.entry.key, value: shown(listen), client: shown(client) },
        related: [{ ...client.place, message: 'Where the console proxy connects' }],
        fixes: [
          { title: 'any', values: { any }, edits: [setOsloValue(listen.file, listen.entry, any)] },
          host.release.index >= OCATA && client.entry.continuations.length === 0
            ? { title: 'same', values: { client: to }, edits: [setOsloValue(listen.file, listen.entry, to)] }
            : undefined,
        ],
      });
    }
  },
});
