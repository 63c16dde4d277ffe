import { isAddress, isLoopback } from '../../model/cluster';
import { documentOf } from '../../model/parsed';
import type { Host, Place } from '../../model/host';
import type { Setting } from '../../model/nova';
import { replace } from '../edits';
import { defineRule } from '../rule';
import { isLocalName } from './_names';

/** Options by which this host itself resolves a name, to listen there or to tell others. */
const NOVA: readonly Setting[] = ['vnc_listen', 'vnc_proxyclient', 'my_ip'];

export default defineRule({
  id: 'hosts/own-name-loopback',
  scope: 'host',
  title: 'An option holds the own name, which leads to loopback',
  severity: 'warning',
  files: ['hosts'],
  messages: {
    default:
      '{name} is {address} here, and {option} = {name}: it listens on or hands out loopback; write an address there, or here',
  },
  fixes: { address: 'Use the address of this host: {right}' },
  why: `One's own name on 127.0.1.1 is Debian's and Ubuntu's default and harmless for migrations. Where an option of this host holds
that name it becomes the loopback address: \`vnc server_listen = compute1\` listens on 127.0.1.1:5901, and the console of a guest that
arrived is reached by nobody.`,
  sources: [
    'libvirt 9.0.0 and QEMU 7.2 with the own name on 127.0.1.1',
    'Nova configuration reference, [vnc] server_listen',
  ],
  explains: [/migration_host must not be the address of the local machine/],
  examples: [
    {
      release: 'zed',
      files: {
        'livemig.ini': '[node c1]\naddress = 10.0.0.1\n',
        'c1/etc/hosts': '127.0.0.1 localhost\n127.0.1.1 ⟦c1⟧\n',
        'c1/etc/nova/nova.conf': '[vnc]\nserver_listen = c1\n',
      },
      good: { 'c1/etc/hosts': '127.0.0.1 localhost\n10.0.0.1 c1\n' },
    },
    {
      title: 'in qemu.conf, beside a name that is needed there',
      files: {
        'c1/etc/hosts': '127.0.0.1 localhost ⟦c1⟧\n',
        'c1/etc/libvirt/qemu.conf': 'migration_host = "c1"\n',
      },
    },
    {
      title:
        'addresses, and a name that also has an address of the network; the inbound address is resolved by the peers',
      release: 'zed',
      files: {
        'c1/etc/hosts': '127.0.0.1 localhost\n127.0.1.1 c1.example.org c1\n',
        'c1/etc/nova/nova.conf':
          '[DEFAULT]\nmy_ip = 10.0.0.1\n[vnc]\nserver_listen = 0.0.0.0\n[libvirt]\nlive_migration_inbound_addr = c1\n',
      },
    },
  ],
  check(host, report) {
    const wanted = namesInOptions(host);
    if (wanted.size === 0) return;
    for (const file of host.filesOf('hosts')) {
      const { entries } = documentOf(file, 'hosts');
      for (const entry of entries) {
        if (!isLoopback(entry.address)) continue;
        for (const word of entry.names) {
          const use = wanted.get(word.name.toLowerCase());
          if (!use || isLocalName(word.name)) continue;
          const right = host.node?.address;
          const moves =
            right !== undefined && isAddress(right) && entry.names.every((n) => host.aliases.has(n.name.toLowerCase()));
          report({
            file,
            span: word.span,
            values: { name: word.name, address: entry.address, option: use.option },
            related: [{ ...use.place, message: `${use.option} is resolved here` }],
            fixes: [
              moves
                ? { title: 'address', values: { right }, edits: [replace(file, entry.addressSpan, right)] }
                : undefined,
            ],
          });
        }
      }
    }
  },
});

/** The own names that stand in options, lower case. */
function namesInOptions(host: Host): Map<string, { readonly option: string; readonly place: Place }> {
  const found = new Map<string, { option: string; place: Place }>();
  for (const setting of NOVA) {
    const set = host.nova.get(setting);
    if (!set?.file || !set.entry || !set.value) continue;
    add(host, found, set.value, set.option.name, { file: set.file, span: set.entry.span });
  }
  const migration = host.qemu.get('migration_host');
  if (migration?.entry.value.type === 'string') {
    const place = { file: migration.file, span: migration.entry.span };
    add(host, found, migration.entry.value.text, 'migration_host', place);
  }
  return found;
}

function add(
  host: Host,
  found: Map<string, { option: string; place: Place }>,
  value: string,
  option: string,
  place: Place,
): void {
  const name = value.toLowerCase();
  if (host.aliases.has(name) && !isAddress(name)) found.set(name, { option, place });
}
