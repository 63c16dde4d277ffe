import { wantedTransport, type WantedTransport } from '../../model/transport';
import { placeOfMissing } from '../nova/_entry';
import { outliers } from '../nova/_groups';
import { computesOf } from '../nova/_guests';
import { defineRule } from '../rule';
import { closed, open, type Socket } from './_listening';

export default defineRule({
  id: 'cluster/transport-asymmetric',
  scope: 'cluster',
  title: 'The hosts migrate over different transports',
  severity: 'warning',
  files: ['nova'],
  messages: {
    default:
      'Migrations from here go over {transport}, from {host} over {other}: each host must serve both, else one way fails',
    absent:
      'No transport is set here, which means TCP; {host} migrates over {other}: each host must serve both, else one way fails',
  },
  why: `A migration goes over the transport that the source's nova.conf names. With two of them in one cluster every host must listen
on both, and have certificates or keys for both; otherwise guests can leave a host and not come back: *Connection refused*.`,
  sources: ['nova/virt/libvirt/driver.py, _live_migration_uri, 33.0.0'],
  explains: [/unable to connect to server at '[^']*:(16509|16514)': Connection refused/],
  examples: [
    {
      title: 'one of three',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+tls://%s/system\n',
        'c3/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = ⟦ssh⟧\n',
      },
    },
    {
      title: 'one says nothing',
      severity: 'info',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c3/etc/nova/nova.conf': '⟦[libvirt]⟧\nvirt_type = kvm\n',
      },
    },
    {
      title: 'both are served on both hosts',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c1/etc/libvirt/libvirtd.conf': '',
        'c1/facts.json': '{"sockets": ["libvirtd.socket", "libvirtd-tcp.socket", "libvirtd-tls.socket"]}',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'c2/etc/libvirt/libvirtd.conf': '',
        'c2/facts.json': '{"sockets": ["libvirtd.socket", "libvirtd-tcp.socket", "libvirtd-tls.socket"]}',
      },
    },
    {
      title: 'the same in other words; a controller does not migrate',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node ctl]\nroles = controller\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+tcp://%s/system\n',
        'ctl/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
      },
    },
  ],
  check(cluster, report) {
    const wanted = computesOf(cluster)
      .map(wantedTransport)
      .filter((w) => w !== undefined);
    for (const { item, other, majority } of outliers(wanted, (w) => w.transport)) {
      if (settled(item, other)) continue;
      // Of two equal parts those that say what they want are marked.
      if (!majority && !item.declared) continue;
      const home = item.host.nova.home('live_migration_scheme') ?? item.host.nova.home('live_migration_uri');
      const place = item.place ?? (home && placeOfMissing(item.host, home));
      if (!place) continue;
      report({
        host: item.host,
        ...place,
        message: item.declared ? 'default' : 'absent',
        severity: item.declared && other.declared ? 'warning' : 'info',
        values: { transport: item.transport, other: other.transport, host: other.host.name },
        related: other.place ? [{ ...other.place, message: `The transport of ${other.host.name}` }] : [],
      });
    }
  },
});

/** Nothing more to be said: each is known to serve the other, or not to, which cluster/transport-mismatch tells. */
function settled(one: WantedTransport, other: WantedTransport): boolean {
  const ways = [
    [one, other.host],
    [other, one.host],
  ] as const;
  const sockets = ways.filter(([w]) => w.transport === 'tcp' || w.transport === 'tls');
  if (sockets.some(([w, destination]) => closed(destination, w.transport as Socket)?.proven)) return true;
  return sockets.length === 2 && sockets.every(([w, destination]) => open(destination, w.transport as Socket));
}
