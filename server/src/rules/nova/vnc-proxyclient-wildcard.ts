import { isWildcard } from '../../model/cluster';
import { isLocal } from './_addresses';
import { placeOf } from './_entry';
import { isTrue, runsGuests, runsProxies } from './_guests';
import { setOsloValue } from '../edits';
import { defineRule } from '../rule';

export default defineRule({
  id: 'nova/vnc-proxyclient-wildcard',
  scope: 'host',
  title: 'The console proxy is sent to no address in particular',
  severity: 'warning',
  files: ['nova'],
  messages: {
    default: '{key} = {value} is no address to connect to: the console proxy reaches itself; write $my_ip',
  },
  fixes: { mine: 'Use $my_ip' },
  why: `A server may listen on \`0.0.0.0\`; a client that connects to it connects to its own host. The console proxy runs on the
controller: *Failed to connect to server*, for every guest of this host. Migrations work.`,
  sources: ['nova/conf/vnc.py, 33.0.0', 'ip(7), INADDR_ANY'],
  explains: [/Failed to connect to server/],
  examples: [
    {
      files: {
        'etc/nova/nova.conf':
          '[vnc]\nserver_listen = 0.0.0.0\nserver_proxyclient_address = ⟦0.0.0.0⟧\n[libvirt]\nvirt_type = kvm\n',
      },
      good: {
        'etc/nova/nova.conf':
          '[vnc]\nserver_listen = 0.0.0.0\nserver_proxyclient_address = $my_ip\n[libvirt]\nvirt_type = kvm\n',
      },
    },
    {
      title: 'the listener may',
      release: 'havana',
      files: {
        'etc/nova/nova.conf':
          '[DEFAULT]\nlibvirt_type = kvm\nvncserver_listen = 0.0.0.0\nvncserver_proxyclient_address = 10.0.0.31\n',
      },
    },
    {
      title: 'VNC is off',
      files: {
        'etc/nova/nova.conf': '[vnc]\nenabled = no\nserver_proxyclient_address = 0.0.0.0\n[libvirt]\nvirt_type = kvm\n',
      },
    },
  ],
  check(host, report) {
    const client = host.nova.get('vnc_proxyclient');
    const place = placeOf(client);
    if (!client?.entry || !place || !client.value || !isWildcard(client.value)) return;
    if (!runsGuests(host) || runsProxies(host) || !isTrue(host.nova.get('vnc_enabled')?.value)) return;
    const mine = host.nova.get('my_ip')?.value;
    report({
      ...place,
      values: { key: client.entry.key, value: client.value },
      fixes: [
        mine !== undefined && isLocal(mine)
          ? undefined
          : { title: 'mine', edits: [setOsloValue(place.file, client.entry, '$my_ip')] },
      ],
    });
  },
});
