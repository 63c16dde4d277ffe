import { factPlace } from '../../model/factPlace';
import { names } from '../cluster/_firewall';
import { defineRule } from '../rule';
import { shutOut } from './_clients';

export default defineRule({
  id: 'exports/port-blocked',
  scope: 'cluster',
  title: 'The firewall of the NFS server keeps its clients out',
  severity: 'warning',
  files: ['facts'],
  messages: {
    default:
      'The firewall here closes port 2049 (NFS) to {hosts}, who mount from here: their next mount hangs; open it to them',
  },
  why: `What is mounted may go on over connections that are open; after the next restart of either side it hangs, and with it nova-compute, libvirt
and every guest whose disk lies there: *mount.nfs: Connection timed out*. NFSv4 needs TCP port 2049, NFSv3 those of rpcbind (111) and mountd,
too.`,
  sources: [
    'connections between two network namespaces against rules of nft, iptables, ufw and firewalld',
    'nfs(5), nfsd(7)',
  ],
  explains: [/mount\.nfs: Connection timed out/, /mount\.nfs: No route to host/],
  preflight: true,
  repair: 'firewall',
  examples: [
    {
      files: {
        'livemig.ini':
          '[node nas]\naddress = 10.0.0.9\nroles = nfs\n[node c1]\naddress = 10.0.0.1\nroles = compute\n[node c2]\naddress = 10.0.0.2\nroles = compute\n',
        'nas/facts.json':
          '{⟦"firewall"⟧: {"tools": ["nft"], "ipv4": [[{"ports": ["2049"], "from": ["10.0.0.1"], "verdict": "accept"}, {"verdict": "drop"}]]}}',
        'c1/etc/fstab': '10.0.0.9:/srv/i /var/lib/nova/instances nfs4 defaults 0 0\n',
        'c2/etc/fstab': '10.0.0.9:/srv/i /var/lib/nova/instances nfs4 defaults 0 0\n',
      },
    },
    {
      title: 'open; another port; by another way',
      files: {
        'livemig.ini': '[node nas]\naddress = 10.0.0.9\nroles = nfs\n[node c1]\naddress = 10.0.0.1\nroles = compute\n',
        'nas/facts.json':
          '{"addresses": {"eth0": ["10.0.0.9"], "eth1": ["10.1.0.9"]}, "firewall": {"tools": ["nft"], "ipv4": [[{"in": ["eth1"], "verdict": "accept"}, {"ports": ["2049"], "verdict": "drop"}, {"verdict": "accept"}]]}}',
        'c1/etc/fstab':
          '10.1.0.9:/srv/i /var/lib/nova/instances nfs4 defaults 0 0\n10.0.0.9:/srv/x /x nfs4 port=2050 0 0\n',
      },
    },
  ],
  check(cluster, report) {
    for (const [host, out] of shutOut(cluster)) {
      const place = factPlace(host, ['firewall']);
      if (place) report({ host, ...place, values: { hosts: names([...out]) } });
    }
  },
});
