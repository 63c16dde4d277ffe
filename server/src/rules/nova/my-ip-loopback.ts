import { isWildcard } from '../../model/cluster';
import { setOsloValue } from '../edits';
import { defineRule } from '../rule';
import { isLocal } from './_addresses';
import { placeOf } from './_entry';
import { computesOf } from './_guests';

export default defineRule({
  id: 'nova/my-ip-loopback',
  scope: 'cluster',
  title: 'A host tells the others that it is loopback',
  severity: 'warning',
  files: ['nova'],
  messages: {
    default:
      'my_ip = {value} is no address for other hosts: resizes, cold moves and consoles of {host} lead nowhere; write its own address',
  },
  fixes: { own: 'Write the address in livemig.ini: {own}' },
  why: `my_ip is what this host tells the others of itself: where resizes and cold migrations copy to, and whatever is set to
\`$my_ip\`. With loopback there each of them ends at itself. A live migration alone does not look at it, and nova-compute starts
without a word.`,
  sources: [
    'nova 26.2.2 with my_ip = 127.0.0.1 on two hosts: live migration completed',
    'nova/virt/libvirt/driver.py, get_host_ip_addr, 26.0.0',
  ],
  examples: [
    {
      files: {
        'livemig.ini':
          '[node c1]\naddress = 10.0.0.1\nroles = compute\n[node c2]\naddress = 10.0.0.2\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = ⟦127.0.0.1⟧\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.2\n',
      },
      good: { 'c1/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.1\n' },
    },
    {
      title: 'nobody knows a better one',
      release: 'grizzly',
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\r\nmy_ip=⟦0.0.0.0⟧\r\n',
        'c1/etc/libvirt/qemu.conf': '',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nmy_ip=10.0.0.2\n',
        'c2/etc/libvirt/qemu.conf': '',
      },
    },
    {
      title: 'a host alone, with all services on it',
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 127.0.0.1\n[libvirt]\nvirt_type = kvm\n',
        'c1/etc/libvirt/qemu.conf': '',
      },
    },
    {
      title: 'a controller, and a compute that says nothing',
      files: {
        'livemig.ini': '[node ctl]\nroles = controller\n[node c1]\nroles = compute\n',
        'ctl/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 127.0.0.1\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
      },
    },
  ],
  check(cluster, report) {
    if (cluster.hosts.length < 2) return;
    for (const host of computesOf(cluster)) {
      const mine = host.nova.get('my_ip');
      const place = placeOf(mine);
      if (!mine?.entry || !place || !mine.value || !(isLocal(mine.value) || isWildcard(mine.value))) continue;
      const own = host.node?.address;
      report({
        host,
        ...place,
        values: { value: mine.value, host: host.name },
        fixes: [
          own === undefined || isLocal(own)
            ? undefined
            : { title: 'own', values: { own }, edits: [setOsloValue(place.file, mine.entry, own)] },
        ],
      });
    }
  },
});
