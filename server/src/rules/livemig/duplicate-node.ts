import type { InventoryNode } from '../../model/inventory';
import { documentOf } from '../../model/parsed';
import type { Span } from '../../syntax/types';
import { defineRule } from '../rule';
import { nameSpan } from './_keys';

export default defineRule({
  id: 'livemig/duplicate-node',
  scope: 'cluster',
  title: 'Two nodes with one name or address',
  severity: 'warning',
  files: ['livemig-ini'],
  messages: {
    name: '[node {name}] stands here a second time: the two are taken for one, and of a key in both the later counts',
    address: '{address} is the address of [node {name}] too: what exports and mounts say of it is taken for that one',
  },
  why: `A section that was copied and not changed to the end leaves one host without its own: its address is found nowhere, and the
rules that ask who exports to whom, and who can reach whom, take it for the other.`,
  sources: ['docs/livemig.ini.md'],
  examples: [
    {
      title: 'one name, with a blank more',
      files: {
        'livemig.ini': '[node compute1]\naddress = 10.0.0.1\n[node  ⟦compute1⟧]\naddress = 10.0.0.2\n',
      },
    },
    {
      title: 'one address',
      files: {
        'livemig.ini': '[node compute1]\naddress = 10.0.0.1\n[node compute2]\nuser = root\naddress = ⟦10.0.0.1⟧\n',
      },
    },
    {
      title: 'three of one address, one of them without a value',
      files: {
        'livemig.ini':
          '[node a]\naddress = 2001:db8::1\n[node b]\naddress =\n[node c]\naddress = ⟦2001:DB8::1⟧\n[node d]\naddress = ⟦2001:db8::1⟧\n[node e]\naddress =\n',
      },
    },
    {
      title: 'names that differ in their case, addresses, no address',
      files: {
        'livemig.ini':
          '[node a]\naddress = 10.0.0.1\n[node A]\naddress = 10.0.0.2\n[node b]\n[node c]\n[rules]\n[rules]\n',
      },
    },
  ],
  check(cluster, report) {
    if (!cluster.inventory) return;
    const { file, nodes } = cluster.inventory;
    const names = new Map<string, InventoryNode>();
    const addresses = new Map<string, string>();
    const { entries } = documentOf(file, 'livemig-ini');
    const say = (span: Span, first: Span, message: 'name' | 'address', values: Record<string, string>): void =>
      report({ file, span, message, values, related: [{ file, span: first, message: 'the first one' }] });
    for (const node of nodes) {
      const first = names.get(node.name);
      if (first) say(nameSpan(file, node.section), nameSpan(file, first.section), 'name', { name: node.name });
      else names.set(node.name, node);
    }
    const spans = new Map<string, Span>();
    for (const { section, key, value, valueSpan } of entries) {
      const name = section?.kind === 'node' ? section.argument : undefined;
      const address = value.toLowerCase();
      if (name === undefined || key !== 'address' || address === '') continue;
      const other = addresses.get(address);
      if (other === undefined) {
        addresses.set(address, name);
        spans.set(address, valueSpan);
      } else if (other !== name) say(valueSpan, spans.get(address)!, 'address', { address: value, name: other });
    }
  },
});
