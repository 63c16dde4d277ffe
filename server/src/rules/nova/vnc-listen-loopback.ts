import { NEWEST, releaseIndex } from '../../knowledge/releases';
import { isComputed, isLocal, isSpecific } from './_addresses';
import { fileFor, placeOf, placeOfMissing, written } from './_entry';
import { isTrue, runsGuests } from './_guests';
import { setOsloOption, setOsloValue } from '../edits';
import { defineRule } from '../rule';

const OCATA = releaseIndex('ocata') ?? NEWEST;

export default defineRule({
  id: 'nova/vnc-listen-loopback',
  scope: 'host',
  title: 'The console proxy is sent to an address on which VNC does not listen',
  severity: 'warning',
  files: ['nova'],
  messages: {
    default:
      '{listen} = {value} takes no connection on {client}, which {proxyclient} gives the console proxy: no console opens; write {any}',
    absent:
      '{listen} is not set, so 127.0.0.1, but the console proxy is sent to {client}: no console opens; write {any}',
  },
  fixes: {
    any: 'Listen on all addresses: {any}',
    same: 'Listen where the proxy connects: {client}',
  },
  why: `The console proxy connects to the proxy client address of the guest's host, at the guest's port. A VNC server on loopback
answers nobody from outside: *Failed to connect to server*. Migrations work; the consoles of this host's guests never open.`,
  sources: ['nova/conf/vnc.py, 33.0.0', 'virsh migrate with VNC on 127.0.0.1, libvirt 9.0.0: works'],
  explains: [/Failed to connect to server/],
  examples: [
    {
      files: {
        'etc/nova/nova.conf':
          '[vnc]\nserver_listen = ⟦127.0.0.1⟧\nserver_proxyclient_address = 10.0.0.31\n[libvirt]\nvirt_type = kvm\n',
      },
      fix: 'any',
      good: {
        'etc/nova/nova.conf':
          '[vnc]\nserver_listen = 0.0.0.0\nserver_proxyclient_address = 10.0.0.31\n[libvirt]\nvirt_type = kvm\n',
      },
    },
    {
      title: 'not set, and so loopback',
      release: 'grizzly',
      files: {
        'etc/nova/nova.conf': '⟦[DEFAULT]⟧\r\nlibvirt_type=kvm\r\nvncserver_proxyclient_address=192.168.3.12\r\n',
      },
      good: {
        'etc/nova/nova.conf':
          '[DEFAULT]\r\nlibvirt_type=kvm\r\nvncserver_proxyclient_address=192.168.3.12\r\nvncserver_listen=0.0.0.0\r\n',
      },
    },
    {
      title: 'on the address that the console proxy is sent to',
      files: {
        'etc/nova/nova.conf':
          '[vnc]\nserver_listen = ⟦127.0.0.1⟧\nserver_proxyclient_address = $my_ip\n[libvirt]\nvirt_type = kvm\n',
      },
      fix: 'same',
      good: {
        'etc/nova/nova.conf':
          '[vnc]\nserver_listen = $my_ip\nserver_proxyclient_address = $my_ip\n[libvirt]\nvirt_type = kvm\n',
      },
    },
    {
      title: 'both by default, both loopback, or VNC is off',
      files: {
        'livemig.ini': '[node a]\nroles = compute\n[node b]\nroles = compute\n[node c]\nroles = compute\n',
        'a/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'b/etc/nova/nova.conf': '[vnc]\nserver_listen = 127.0.0.1\nserver_proxyclient_address = 127.0.0.1\n',
        'c/etc/nova/nova.conf': '[vnc]\nenabled = false\nserver_proxyclient_address = 10.0.0.3\n',
      },
    },
    {
      title: 'one file of several: what the others set is not known',
      files: {
        'etc/nova/nova.conf.d/02-host.conf':
          '[vnc]\nserver_proxyclient_address = 10.0.0.3\n[libvirt]\nvirt_type = kvm\n',
      },
    },
    {
      title: 'a controller, whose VNC nobody uses',
      files: {
        'livemig.ini': '[node controller]\nroles = controller\n',
        'controller/etc/nova/nova.conf': '[vnc]\nserver_proxyclient_address = 10.0.0.11\n',
      },
    },
  ],
  check(host, report) {
    const listen = host.nova.get('vnc_listen');
    const client = host.nova.get('vnc_proxyclient');
    const needed = placeOf(client);
    // Set by itself to something from outside: the default is loopback like the listener's.
    if (!listen || !client?.entry || !needed || client.value === undefined || client.value === '') return;
    if (!isSpecific(client.value) && !isComputed(client.value)) return;
    if (listen.value === undefined || !isLocal(listen.value)) return;
    if (!runsGuests(host) || !isTrue(host.nova.get('vnc_enabled')?.value)) return;
    const place = placeOf(listen) ?? placeOfMissing(host, listen.option, needed);
    const file = place && (listen.file ?? fileFor(host, listen.option));
    if (!place || !file) return;
    const any = client.value.includes(':') ? '::' : '0.0.0.0';
    const shown = isComputed(client.value) ? written(client) : client.value;
    const set = (value: string) => [
      listen.entry
        ? setOsloValue(file, listen.entry, value)
        : setOsloOption(file, listen.option.group, listen.option.name, value),
    ];
    report({
      ...place,
      message: listen.entry ? 'default' : 'absent',
      values: {
        listen: listen.entry?.key ?? listen.option.name,
        value: listen.value,
        proxyclient: client.entry.key,
        client: shown,
        any,
      },
      related: [{ ...needed, message: 'Where the console proxy connects' }],
      fixes: [
        { title: 'any', values: { any }, edits: set(any) },
        // A single address was no good for migrations before.
        host.release.index >= OCATA && !client.entry.continuations.length
          ? { title: 'same', values: { client: shown }, edits: set(written(client)) }
          : undefined,
      ],
    });
  },
});
