import { isIpv4 } from '../../model/cluster';
import type { Host, Place } from '../../model/host';
import type { Effective } from '../../model/nova';
import { setOsloValue, TOP } from '../edits';
import { defineRule } from '../rule';
import { foreignOwner, isSpecific, surelyOwns } from './_addresses';
import { placeOf, written } from './_entry';
import { computesOf } from './_guests';

export default defineRule({
  id: 'nova/inbound-addr-foreign',
  scope: 'cluster',
  title: 'Migrations to this host are sent to another one',
  severity: 'error',
  files: ['nova'],
  releases: { from: 'mitaka' },
  messages: {
    default:
      "live_migration_inbound_addr = {value} is {other}: migrations to {host} end up there or fail; write {host}'s own address",
    shared:
      'live_migration_inbound_addr = {value} stands on {other} too: migrations to one of the two go to the other; write its own',
    nobody:
      'live_migration_inbound_addr = {value} is no address that {host} has: migrations to {host} find no host there; write its own',
  },
  fixes: { own: "Write {host}'s own address: {own}" },
  why: `The source connects to the address that the destination names here. Where it is the source's own, libvirt answers *Attempt to
migrate guest to the same host*; where it is a third host's, the guest arrives there while nova believes it to be here. It comes of a
nova.conf copied from host to host.`,
  sources: ["nova 26.2.2 with the source's address in live_migration_inbound_addr of the destination"],
  explains: [/Attempt to migrate guest to the same host/],
  preflight: 'destination',
  examples: [
    {
      files: {
        'livemig.ini':
          '[node c1]\naddress = 10.0.0.31\nroles = compute\n[node c2]\naddress = 10.0.0.32\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = 10.0.0.31\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = ⟦10.0.0.31⟧\n',
      },
      good: { 'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = 10.0.0.32\n' },
    },
    {
      title: "another host's name",
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = c1\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = ⟦c1⟧\n',
      },
    },
    {
      title: 'the same on two hosts, by $my_ip of a copied file',
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.31\n[libvirt]\nlive_migration_inbound_addr = ⟦$my_ip⟧\n',
        'c1/etc/libvirt/qemu.conf': '',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.31\n[libvirt]\nlive_migration_inbound_addr = ⟦10.0.0.31⟧\n',
        'c2/etc/libvirt/qemu.conf': '',
      },
    },
    {
      title: 'an address that it does not have, as measured',
      severity: 'warning',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n',
        'c1/facts.json': '{"addresses": {"eth0": ["10.0.0.31"], "eth1": ["10.9.0.31"]}}',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = ⟦10.9.0.13⟧\n',
      },
    },
    {
      title: 'each its own, on a network that nobody else knows',
      files: {
        'livemig.ini':
          '[node c1]\naddress = 10.0.0.31\nroles = compute\n[node c2]\naddress = 10.0.0.32\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = 10.9.0.31\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = 10.9.0.32\n',
      },
    },
    {
      title: 'a controller that has the same file',
      files: {
        'livemig.ini': '[node c1]\naddress = 10.0.0.31\nroles = compute\n[node ctl]\nroles = controller\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = 10.0.0.31\n',
        'ctl/etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = 10.0.0.31\n',
      },
    },
  ],
  check(cluster, report) {
    const unowned = new Map<string, { host: Host; place: Place; setting: Effective }[]>();
    for (const host of computesOf(cluster)) {
      const setting = host.nova.get('live_migration_inbound_addr');
      const place = placeOf(setting);
      const value = setting?.value;
      if (!setting?.entry || !place || value === undefined || !isSpecific(value)) continue;
      const owner = foreignOwner(cluster, host, value);
      if (!owner) {
        if (surelyOwns(cluster, host, value)) continue;
        const facts = host.first('facts');
        if (facts && isMissing(host, value)) {
          const related = [{ file: facts, span: TOP, message: 'The addresses as measured' }];
          // A router that translates addresses may stand before it.
          report({
            host,
            ...place,
            message: 'nobody',
            severity: 'warning',
            values: { value, host: host.name },
            related,
          });
          continue;
        }
        const same = unowned.get(value);
        if (same) same.push({ host, place, setting });
        else unowned.set(value, [{ host, place, setting }]);
        continue;
      }
      const own = owner.inventory ? host.node?.address : undefined;
      report({
        host,
        ...place,
        values: { value: shown(setting, value), other: owner.host.name, host: host.name },
        related: owner.related,
        fixes: [
          // Both are in the inventory: the same network, the other host.
          own === undefined
            ? undefined
            : { title: 'own', values: { own }, edits: [setOsloValue(place.file, setting.entry, own)] },
        ],
      });
    }
    for (const [value, list] of unowned) {
      if (list.length < 2) continue;
      for (const { host, place, setting } of list) {
        const other = list[0]!.host === host ? list[1]! : list[0]!;
        report({
          host,
          ...place,
          message: 'shared',
          values: { value: shown(setting, value), other: other.host.name },
          related: [{ ...other.place, message: `The same on ${other.host.name}` }],
        });
      }
    }
  },
});

/** An IPv4 address that is known not to be among the host's. */
function isMissing(host: Host, value: string): boolean {
  const own = Object.values(host.facts?.addresses ?? {}).flat();
  // A list without any IPv4 address is not one of a host that has its network up.
  return isIpv4(value) && own.some((a) => isIpv4(a) && isSpecific(a)) && !own.includes(value);
}

function shown(setting: Effective, value: string): string {
  const text = written(setting);
  return text.includes('$') ? `${text} (${value})` : value;
}
