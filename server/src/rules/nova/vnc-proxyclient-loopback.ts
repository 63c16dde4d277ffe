import { isLocal } from './_addresses';
import { fileFor, placeOf, placeOfMissing } from './_entry';
import { isTrue, runsGuests, runsProxies } from './_guests';
import { setOsloOption, setOsloValue } from '../edits';
import { defineRule } from '../rule';

export default defineRule({
  id: 'nova/vnc-proxyclient-loopback',
  scope: 'cluster',
  title: 'The console proxy is sent to itself',
  severity: 'warning',
  files: ['nova'],
  messages: {
    default:
      '{key} = {value} sends a console proxy on another host to itself: no console of {host} opens; write $my_ip',
    absent: '{key} is not set and is 127.0.0.1: a console proxy on another host connects to itself; write $my_ip',
  },
  fixes: { mine: 'Use $my_ip', both: 'Use $my_ip, and listen on all addresses' },
  why: `The console proxy runs on the controller and connects to this address, which it is told by the guest's host. With loopback
it connects to itself: *Failed to connect to server*. That is right only where the proxy runs on the compute node itself. After a
migration it looks as if the migration had broken the console.`,
  sources: ['nova/conf/vnc.py, 33.0.0', 'nova 26.2.2: a guest migrates to a host with the defaults'],
  explains: [/Failed to connect to server/],
  examples: [
    {
      release: 'grizzly',
      files: {
        'livemig.ini': '[node ctl]\nroles = controller\n[node c1]\nroles = compute\n',
        'ctl/etc/nova/nova.conf': '[DEFAULT]\nvncserver_proxyclient_address=127.0.0.1\n',
        'c1/etc/nova/nova.conf': '[DEFAULT]\nvncserver_listen=0.0.0.0\nvncserver_proxyclient_address=⟦127.0.0.1⟧\n',
      },
      good: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\nvncserver_listen=0.0.0.0\nvncserver_proxyclient_address=$my_ip\n',
      },
    },
    {
      title: 'not set, while VNC listens for a proxy from outside',
      files: {
        'c1/etc/nova/nova.conf': '⟦[vnc]⟧\r\nserver_listen = 0.0.0.0\r\n',
        'c1/etc/libvirt/qemu.conf': '',
        'ctl/etc/nova/nova.conf': '[DEFAULT]\n',
      },
      good: {
        'c1/etc/nova/nova.conf': '[vnc]\r\nserver_listen = 0.0.0.0\r\nserver_proxyclient_address = $my_ip\r\n',
      },
    },
    {
      title: 'both loopback on purpose, among several hosts',
      files: {
        'c1/etc/nova/nova.conf': '[vnc]\nserver_listen = 127.0.0.1\nserver_proxyclient_address = ⟦127.0.0.1⟧\n',
        'c1/etc/libvirt/qemu.conf': '',
        'c2/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
      },
      good: {
        'c1/etc/nova/nova.conf': '[vnc]\nserver_listen = 0.0.0.0\nserver_proxyclient_address = $my_ip\n',
      },
    },
    {
      title: 'nobody else in view: perhaps all runs on one host',
      severity: 'info',
      files: {
        'etc/nova/nova.conf':
          '[vnc]\nserver_listen = 0.0.0.0\nserver_proxyclient_address = ⟦127.0.0.1⟧\n[libvirt]\nvirt_type = kvm\n',
      },
      good: {
        'etc/nova/nova.conf':
          '[vnc]\nserver_listen = 0.0.0.0\nserver_proxyclient_address = $my_ip\n[libvirt]\nvirt_type = kvm\n',
      },
    },
    {
      title: 'not set, and nobody else in view',
      files: { 'etc/nova/nova.conf': '[vnc]\nserver_listen = 0.0.0.0\n[libvirt]\nvirt_type = kvm\n' },
    },
    {
      title: 'an all-in-one as DevStack makes it, nothing about VNC at all, and a host that has the proxy itself',
      files: {
        'livemig.ini': '[node aio]\nroles = controller, compute\n[node c2]\nroles = compute\n',
        'aio/etc/nova/nova.conf': '[vnc]\nserver_listen = 0.0.0.0\nserver_proxyclient_address = 127.0.0.1\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
      },
    },
    {
      title: 'its own address',
      files: {
        'c1/etc/nova/nova.conf': '[vnc]\nserver_listen = 0.0.0.0\nserver_proxyclient_address = 10.0.0.31\n',
        'c1/etc/libvirt/qemu.conf': '',
        'c2/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
      },
    },
  ],
  check(cluster, report) {
    for (const host of cluster.hosts) {
      const client = host.nova.get('vnc_proxyclient');
      const listen = host.nova.get('vnc_listen');
      if (!client || !listen || client.value === undefined || !isLocal(client.value)) continue;
      const reachable = listen.origin === 'set' && !!listen.value && !isLocal(listen.value);
      const alone = cluster.hosts.length < 2;
      // A lone file does not tell where the proxy runs, and the default of both is loopback.
      if (client.origin === 'default' ? alone || !reachable : alone && !reachable) continue;
      if (!runsGuests(host) || runsProxies(host) || !isTrue(host.nova.get('vnc_enabled')?.value)) continue;
      const place = placeOf(client) ?? placeOfMissing(host, client.option, placeOf(listen));
      const file = place && (client.file ?? fileFor(host, client.option));
      if (!place || !file) continue;
      const mine = host.nova.get('my_ip');
      const edit = client.entry
        ? setOsloValue(file, client.entry, '$my_ip')
        : setOsloOption(file, client.option.group, client.option.name, '$my_ip');
      const listening = placeOf(listen);
      const related =
        reachable && listening ? [{ ...listening, message: 'VNC itself can be reached from outside' }] : [];
      report({
        host,
        ...place,
        message: client.entry ? 'default' : 'absent',
        severity: alone ? 'info' : 'warning',
        values: { key: client.entry?.key ?? client.option.name, value: client.value, host: host.name },
        related,
        fixes: [
          mine?.value !== undefined && isLocal(mine.value)
            ? undefined
            : reachable
              ? { title: 'mine', edits: [edit] }
              : {
                  title: 'both',
                  edits: [
                    edit,
                    listen.entry && listen.file
                      ? setOsloValue(listen.file, listen.entry, '0.0.0.0')
                      : setOsloOption(file, listen.option.group, listen.option.name, '0.0.0.0'),
                  ],
                },
        ],
      });
    }
  },
});
