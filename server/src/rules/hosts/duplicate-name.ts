import { isAddress } from '../../model/cluster';
import { defineRule } from '../rule';
import { mostSaid, saidOf, type Said } from './_said';

export default defineRule({
  id: 'hosts/duplicate-name',
  scope: 'cluster',
  title: 'A host of the cluster has two addresses in one file',
  severity: 'info',
  files: ['hosts'],
  messages: {
    default:
      '{name} is {first} above and {address} here: the resolver gives both, and libvirt tries one after the other',
  },
  why: `glibc gives all addresses that etc/hosts has for a name, in the order of the lines. Libvirt tries them in turn: if the first one
is old or on a network that is down, each migration waits for it to time out first, *Connection timed out* or *No route to host* for
minutes, before it goes on. Two addresses on purpose are fine.`,
  sources: ['getent ahosts of glibc 2.36: both addresses, in the order of the lines'],
  explains: [/unable to connect to server at '.*': (No route to host|Connection timed out)/],
  examples: [
    {
      files: {
        'c1/etc/hosts': '10.0.0.2 c2.example.org c2\n# old\n⟦10.9.9.2⟧ c2\n',
        'c2/etc/hostname': 'c2\n',
      },
    },
    {
      title: 'two families, the same again, what is known to be right or wrong, names of no host',
      files: {
        'livemig.ini': '[node c3]\naddress = 10.0.0.3\n',
        'c1/etc/hosts':
          '10.0.0.2 c2\n2001:db8::2 c2\n10.0.0.2 c2\n10.0.0.3 c3\n10.9.0.3 c3\n10.1.0.1 vip\n10.1.0.2 vip\n',
        'c2/etc/hostname': 'c2\n',
        'c3/etc/hostname': 'c3\n',
      },
    },
  ],
  check(cluster, report) {
    for (const [peer, said] of saidOf(cluster)) {
      // Where the right address is known, hosts/peer-conflict judges the others.
      if (mostSaid(said, new Set(peer.addresses.filter(isAddress))) !== undefined) continue;
      const firsts = new Map<string, Said>();
      for (const one of said) {
        const { reader, file, entry, name } = one;
        const key = `${file.uri}\0${entry.address.includes(':') ? 6 : 4}`;
        const first = firsts.get(key);
        if (!first) firsts.set(key, one);
        if (!first || first.entry.address === entry.address) continue;
        report({
          host: reader,
          file,
          span: entry.addressSpan,
          values: { name, first: first.entry.address, address: entry.address },
          related: [{ file, span: first.entry.span, message: `${first.entry.address} here` }],
        });
      }
    }
  },
});
