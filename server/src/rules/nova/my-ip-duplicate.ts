import { isWildcard } from '../../model/cluster';
import type { Host, Place } from '../../model/host';
import { setOsloValue } from '../edits';
import { defineRule } from '../rule';
import { isLocal, surelyOwns } from './_addresses';
import { placeOf } from './_entry';
import { computesOf } from './_guests';
import { isPlaceholder } from './_items';

export default defineRule({
  id: 'nova/my-ip-duplicate',
  scope: 'cluster',
  title: 'Two hosts call the same address theirs',
  severity: 'warning',
  files: ['nova'],
  messages: {
    default:
      "my_ip = {value} is {host}'s too: cold moves, consoles and $my_ip go to one of them; write this host's own address",
  },
  fixes: { own: 'Write the address in livemig.ini: {own}' },
  why: `my_ip is what this host tells the others of itself: where resizes and cold migrations copy to, and whatever is set to
\`$my_ip\`. With a nova.conf copied from host to host they go to the wrong one. A live migration alone does not look at it; nova-compute
warns *my_ip address (…) was not found on any of the interfaces*.`,
  sources: ['nova/virt/libvirt/driver.py, get_host_ip_addr, 26.0.0', 'nova 26.2.2 with the same my_ip on two hosts'],
  explains: [/my_ip address \(.*\) was not found on any of the interfaces/],
  examples: [
    {
      files: {
        'livemig.ini':
          '[node c1]\naddress = 10.0.0.31\nroles = compute\n[node c2]\naddress = 10.0.0.32\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.31\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\r\nmy_ip = ⟦10.0.0.31⟧\r\n',
      },
      good: { 'c2/etc/nova/nova.conf': '[DEFAULT]\r\nmy_ip = 10.0.0.32\r\n' },
    },
    {
      title: 'nothing tells whose it is',
      release: 'grizzly',
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\nmy_ip=⟦10.0.0.31⟧\n',
        'c1/etc/libvirt/qemu.conf': '',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nmy_ip=⟦10.0.0.31⟧\n',
        'c2/etc/libvirt/qemu.conf': '',
      },
    },
    {
      title: "the controller's, copied to a compute",
      files: {
        'livemig.ini': '[node ctl]\naddress = 10.0.0.11\nroles = controller\n[node c1]\nroles = compute\n',
        'ctl/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.11\n',
        'c1/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = ⟦10.0.0.11⟧\n',
      },
    },
    {
      title: 'each its own, and controllers behind one address',
      files: {
        'livemig.ini':
          '[node ctl1]\nroles = controller\n[node ctl2]\nroles = controller\n[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'ctl1/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.10\n',
        'ctl2/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.10\n',
        'c1/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.31\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.32\n',
      },
    },
    {
      title: 'loopback is the same everywhere, and a matter of its own',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 127.0.0.1\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 127.0.0.1\n',
      },
    },
  ],
  check(cluster, report) {
    const byAddress = new Map<string, { host: Host; place: Place }[]>();
    for (const host of cluster.hosts) {
      const mine = host.nova.get('my_ip');
      const place = placeOf(mine);
      if (!place || !mine?.value || isLocal(mine.value) || isWildcard(mine.value) || isPlaceholder(mine.value))
        continue;
      const same = byAddress.get(mine.value);
      if (same) same.push({ host, place });
      else byAddress.set(mine.value, [{ host, place }]);
    }
    const computes = new Set(computesOf(cluster));
    for (const [value, claimants] of byAddress) {
      if (claimants.length < 2) continue;
      for (const { host, place } of claimants) {
        if (!computes.has(host) || surelyOwns(cluster, host, value)) continue;
        const other = claimants[0]!.host === host ? claimants[1]! : claimants[0]!;
        const own = host.node?.address;
        const { entry } = host.nova.get('my_ip')!;
        report({
          host,
          ...place,
          values: { value, host: other.host.name },
          related: [{ ...other.place, message: `my_ip of ${other.host.name}` }],
          fixes: [
            entry && own !== undefined && surelyOwns(cluster, other.host, value)
              ? { title: 'own', values: { own }, edits: [setOsloValue(place.file, entry, own)] }
              : undefined,
          ],
        });
      }
    }
  },
});
