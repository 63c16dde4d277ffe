import { isAddress } from '../../model/cluster';
import { documentOf } from '../../model/parsed';
import { insertLineBelow, replace } from '../edits';
import { defineRule } from '../rule';
import { canonicalPeer, mayMigrate, ownName } from './_names';

export default defineRule({
  id: 'hosts/not-own-address',
  scope: 'cluster',
  title: "The host's own name stands on the line of another host",
  severity: 'error',
  files: ['hosts'],
  messages: {
    default:
      '{own} is another name of {peer} here: libvirt calls itself {canonical}, and migrations to this host go to {peer}; part the two',
  },
  fixes: { own: 'Give {own} a line of its own: {right}' },
  why: `Libvirt looks its own name up and takes the first name of the line for its full name (\`virsh hostname\`). The destination of a
migration tells the source that name, and the source dials it: the guest is sent to another host, *Connection refused*, or back to
the source, *Attempt to migrate guest to the same host*.`,
  sources: [
    "virGetHostname of libvirt 9.0.0 with its own name on another host's line: the other host's name",
    'getaddrinfo of glibc 2.36, AI_CANONNAME',
  ],
  explains: [/Attempt to migrate guest to the same host/, /unable to connect to server at '.*': Connection refused/],
  preflight: true,
  examples: [
    {
      files: {
        'livemig.ini': '[node c1]\naddress = 10.0.0.1\n[node c2]\naddress = 10.0.0.2\n',
        'c1/etc/hostname': 'c1\n',
        'c1/etc/hosts': '127.0.0.1 localhost\n10.0.0.2\tc2.example.org c2 ⟦c1⟧ # both\n',
        'c2/etc/hostname': 'c2\n',
      },
      good: { 'c1/etc/hosts': '127.0.0.1 localhost\n10.0.0.2\tc2.example.org c2 # both\n10.0.0.1\tc1\n' },
    },
    {
      title: 'its address is not known; a controller',
      files: {
        'c1/facts.json': '{"hostname": "c1"}',
        'c1/etc/hosts': '10.0.0.2 c2 ⟦c1⟧\n',
        'c2/etc/hostname': 'c2\n',
      },
    },
    {
      title: 'a line before it, its own name first, a full name, a peer without a host of its own, a controller',
      files: {
        'livemig.ini': '[node ctl]\nroles = controller\n',
        'c1/etc/hostname': 'c1\n',
        'c1/etc/hosts': '10.0.0.1 c1.example.org c1\n10.0.0.2 c2 c1\n',
        'c2/etc/hostname': 'c2\n',
        'c2/etc/hosts': '10.0.0.2 c2 c1\n',
        'c3/etc/hostname': 'c3.example.org\n',
        'c3/etc/hosts': '10.0.0.2 c2 c3.example.org c3\n',
        'c4/etc/hostname': 'c4\n',
        'c4/etc/hosts': '10.0.0.4 storage4 c4\n127.0.0.1 localhost c4\n',
        'ctl/etc/hostname': 'ctl\n',
        'ctl/etc/hosts': '10.0.0.2 c2 ctl\n',
      },
    },
  ],
  check(cluster, report) {
    for (const host of cluster.hosts) {
      const file = host.first('hosts');
      const own = ownName(host);
      if (!file || own === undefined || !mayMigrate(host)) continue;
      const entry = documentOf(file, 'hosts').entries.find(
        (e) => isAddress(e.address) && e.names.some((n) => n.name.toLowerCase() === own.toLowerCase()),
      );
      const peer = entry && canonicalPeer(cluster, host, entry);
      if (!entry || !peer || !mayMigrate(peer)) continue;
      const i = entry.names.findIndex((n) => n.name.toLowerCase() === own.toLowerCase());
      const word = entry.names[i]!;
      const right = [host.node?.address, ...cluster.addressesOf(host)].find(
        (a) => a !== undefined && isAddress(a) && a !== entry.address,
      );
      const gap = file.text.slice(entry.addressSpan.end, entry.names[0]!.span.start);
      report({
        host,
        file,
        span: word.span,
        values: { own, peer: peer.name, canonical: entry.names[0]!.name },
        fixes: [
          right === undefined
            ? undefined
            : {
                title: 'own',
                values: { right },
                edits: [
                  replace(file, { start: entry.names[i - 1]!.span.end, end: word.span.end }, ''),
                  insertLineBelow(file, entry.span.end, `${right}${gap}${word.name}`),
                ],
              },
        ],
      });
    }
  },
});
