import { isWildcard } from '../../model/cluster';
import { setOsloValue } from '../edits';
import { defineRule } from '../rule';
import { isLocal } from './_addresses';
import { placeOf, removeAll, written } from './_entry';
import { runsGuests } from './_guests';

export default defineRule({
  id: 'nova/inbound-addr-loopback',
  scope: 'host',
  title: 'Other hosts are told to migrate to themselves',
  severity: 'error',
  files: ['nova'],
  releases: { from: 'mitaka' },
  messages: {
    default:
      'live_migration_inbound_addr = {value} leads every source to itself: no guest can migrate to this host; write its own address',
  },
  fixes: {
    mine: 'Use $my_ip ({address})',
    remove: 'Delete it: sources then connect to the name of this host',
  },
  why: `The source connects to the address that the destination names here. A loopback address leads it back to itself, and so does
\`0.0.0.0\`: *Attempt to migrate guest to the same host*. Nothing is seen of it until somebody migrates to this host.`,
  sources: ['nova 26.2.2 with live_migration_inbound_addr = 127.0.0.1 and = 0.0.0.0 on the destination'],
  explains: [/Attempt to migrate guest to the same host/],
  preflight: 'destination',
  examples: [
    {
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.31\n[libvirt]\nlive_migration_inbound_addr = ⟦0.0.0.0⟧\n',
      },
      fix: 'mine',
      good: { 'etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.31\n[libvirt]\nlive_migration_inbound_addr = $my_ip\n' },
    },
    {
      title: 'by $my_ip',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\r\nmy_ip=127.0.0.1\r\n[libvirt]\r\nlive_migration_inbound_addr=⟦$my_ip⟧\r\n',
      },
      fix: 'remove',
      good: { 'etc/nova/nova.conf': '[DEFAULT]\r\nmy_ip=127.0.0.1\r\n[libvirt]\r\n' },
    },
    {
      title: 'by name',
      release: 'mitaka',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = ⟦localhost⟧\n' },
      fix: 'remove',
      good: { 'etc/nova/nova.conf': '[libvirt]\n' },
    },
    {
      title: 'an address, a name, and a host that runs no guests',
      files: {
        'livemig.ini': '[node a]\nroles = compute\n[node b]\nroles = compute\n[node c]\nroles = controller\n',
        'a/etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = 10.9.0.31\n',
        'b/etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = b.mig.example\n',
        'c/etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = 127.0.0.1\n',
      },
    },
  ],
  check(host, report) {
    const inbound = host.nova.get('live_migration_inbound_addr');
    const place = placeOf(inbound);
    if (!inbound?.entry || !place || !inbound.value) return;
    if (!(isLocal(inbound.value) || isWildcard(inbound.value)) || !runsGuests(host)) return;
    const text = written(inbound);
    const mine = host.nova.get('my_ip');
    const from = text.includes('$my_ip') ? placeOf(mine) : undefined;
    const address = mine?.origin === 'set' && mine.value && !isLocal(mine.value) ? mine.value : undefined;
    report({
      ...place,
      values: { value: text.includes('$') ? `${text} (${inbound.value})` : inbound.value },
      related: from ? [{ ...from, message: 'my_ip is set here' }] : [],
      fixes: [
        address === undefined || isWildcard(address)
          ? undefined
          : { title: 'mine', values: { address }, edits: [setOsloValue(place.file, inbound.entry, '$my_ip')] },
        // Which network migrations are to take is the user's to say.
        { title: 'remove', edits: removeAll(host, inbound.option), preferred: false },
      ],
    });
  },
});
