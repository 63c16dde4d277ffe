import { setOsloValue } from '../edits';
import { defineRule } from '../rule';
import { foreignOwner } from './_addresses';
import { placeOf, removeAll } from './_entry';
import { runsGuests } from './_guests';
import { optionOf, usesQemu } from './_options';
import { uriOf } from './_uris';

const LOCAL = 'qemu:///system';

export default defineRule({
  id: 'nova/connection-uri',
  scope: 'cluster',
  title: 'nova-compute speaks to another libvirt than the one that migrates',
  severity: 'error',
  files: ['nova'],
  messages: {
    foreign:
      '{key} leads to libvirt of {other}: guests that migrate to {host} arrive where its nova-compute does not look; write qemu:///system',
    session:
      "{key} = {value} is a libvirt of the user's own: guests that migrate here arrive at qemu:///system, where nova does not look",
  },
  fixes: { remove: 'Delete it: qemu:///system', system: 'Write qemu:///system' },
  why: `The source dials libvirt of the destination by the destination's name, as live_migration_uri or live_migration_scheme say, and the
guest arrives at its \`qemu:///system\`. nova-compute there looks only at the libvirt that connection_uri names, and does not find it.
A URI of its own address over the network is all right.`,
  sources: [
    'nova/virt/libvirt/driver.py, _uri, and nova/conf/libvirt.py, connection_uri, 33.0.0',
    'nova-compute 26.2.2 with qemu:///session: starts',
  ],
  preflight: 'source',
  examples: [
    {
      title: "another host's, in a copied file",
      files: {
        'livemig.ini':
          '[node c1]\naddress = 10.0.0.1\nroles = compute\n[node c2]\naddress = 10.0.0.2\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nconnection_uri = qemu+tcp://10.0.0.1/system\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nconnection_uri = ⟦qemu+tcp://10.0.0.1/system⟧\n',
      },
      fix: 'remove',
      good: { 'c2/etc/nova/nova.conf': '[libvirt]\n' },
    },
    {
      title: 'by name and port',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/etc/hostname': 'c1\n',
        'c2/etc/nova/nova.conf': '[libvirt]\r\nconnection_uri=⟦qemu+tls://root@c1:16514/system⟧\r\n',
      },
      fix: 'system',
      good: { 'c2/etc/nova/nova.conf': '[libvirt]\r\nconnection_uri=qemu:///system\r\n' },
    },
    {
      title: 'a session',
      release: 'grizzly',
      severity: 'warning',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[DEFAULT]\nlibvirt_uri=⟦qemu:///session⟧\n',
      },
      fix: 'system',
      good: { 'c1/etc/nova/nova.conf': '[DEFAULT]\nlibvirt_uri=qemu:///system\n' },
    },
    {
      title: 'this host: by the socket, by its own address as some tools write it, by an address that nobody knows',
      files: {
        'livemig.ini':
          '[node c1]\nroles = compute\n[node c2]\naddress = 10.0.0.2\nroles = compute\n[node c3]\nroles = compute\n[node c4]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nconnection_uri = qemu:///system\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nconnection_uri = qemu+tcp://10.0.0.2/system\n',
        'c3/etc/nova/nova.conf': '[libvirt]\nconnection_uri = qemu+tls://c9.example.org/system\n',
        'c4/etc/nova/nova.conf': '[libvirt]\nvirt_type = lxc\nconnection_uri = lxc:///\n',
      },
    },
  ],
  check(cluster, report) {
    for (const host of cluster.hosts) {
      const setting = optionOf(host, 'libvirt/connection_uri', 'DEFAULT/libvirt_uri');
      const place = placeOf(setting);
      const uri = uriOf(setting);
      if (!setting?.entry || !place || uri?.driver !== 'qemu' || !usesQemu(host) || !runsGuests(host)) continue;
      const target = uri.authority.replace(/^[^@]*@/, '').replace(/:\d+$/, '');
      const owner = foreignOwner(cluster, host, target.replace(/^\[|\]$/g, ''));
      const session = uri.authority === '' && uri.path === '/session';
      if (!owner && !session) continue;
      report({
        host,
        ...place,
        message: owner ? 'foreign' : 'session',
        severity: owner ? 'error' : 'warning',
        values: {
          key: setting.option.name,
          value: setting.value ?? '',
          other: owner?.host.name ?? '',
          host: host.name,
        },
        related: owner?.related ?? [],
        fixes: [
          { title: 'system', edits: [setOsloValue(place.file, setting.entry, LOCAL)] },
          { title: 'remove', edits: removeAll(host, setting.option) },
        ],
      });
    }
  },
});
