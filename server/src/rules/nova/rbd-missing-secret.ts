import type { Host, Place } from '../../model/host';
import { setOsloValue } from '../edits';
import { defineRule } from '../rule';
import { placeOf } from './_entry';
import { outliers } from './_groups';
import { computesOf, runsGuests } from './_guests';
import { isPlaceholder } from './_items';

interface Secret {
  readonly host: Host;
  readonly place: Place;
  readonly uuid: string;
}

export default defineRule({
  id: 'nova/rbd-missing-secret',
  scope: 'cluster',
  title: 'The key for the images in Ceph is not to be found',
  severity: 'error',
  files: ['nova'],
  messages: {
    default:
      'rbd_secret_uuid = {value} is no UUID: libvirt finds no key for the images in Ceph, no guest starts or arrives',
    differs:
      'rbd_secret_uuid differs from {other}, {uuid} there: guests that migrate do not find their key; use one on all computes',
    absent:
      'rbd_user is set without rbd_secret_uuid: right where cephx is off, else libvirt has no key for the images in Ceph',
  },
  fixes: { other: 'Use the UUID of {other} (define the secret on this host with virsh)' },
  why: `The guest's definition names the secret of libvirt in which the key for Ceph is kept; the destination looks for the same
UUID. Where it has none: *Secret not found: no secret with matching uuid*, or *error connecting: Operation not permitted*. The secret
itself is made on each host with \`virsh secret-define\`.`,
  sources: ['nova/conf/libvirt.py, rbd_secret_uuid, 33.0.0', 'Ceph documentation, Block Devices and OpenStack'],
  explains: [/no secret with matching (uuid|UUID)/, /error connecting: Operation not permitted/],
  preflight: true,
  examples: [
    {
      title: 'not a UUID',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\nimages_type = rbd\nrbd_user = cinder\nrbd_secret_uuid = ⟦457eb676-33da-42ec-9a8c-9293d545c33⟧\n',
      },
    },
    {
      title: 'one host made its own',
      release: 'zed',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/etc/nova/nova.conf':
          '[libvirt]\nimages_type = rbd\nrbd_secret_uuid = 457eb676-33da-42ec-9a8c-9293d545c337\n',
        'c2/etc/nova/nova.conf':
          '[libvirt]\nimages_type = rbd\nrbd_secret_uuid = 457EB676-33DA-42EC-9A8C-9293D545C337\n',
        'c3/etc/nova/nova.conf':
          '[libvirt]\nimages_type = rbd\nrbd_secret_uuid = ⟦00000000-33da-42ec-9a8c-9293d545c337⟧\n',
      },
      fix: 'other',
      good: {
        'c3/etc/nova/nova.conf':
          '[libvirt]\nimages_type = rbd\nrbd_secret_uuid = 457eb676-33da-42ec-9a8c-9293d545c337\n',
      },
    },
    {
      title: 'kolla without cephx',
      severity: 'info',
      files: { 'etc/nova/nova.conf': '[libvirt]\nimages_type = rbd\nrbd_user = ⟦nova⟧\n' },
    },
    {
      title: 'images on local disks, and a right one',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nrbd_user = cinder\nrbd_secret_uuid = none\n',
        'c2/etc/nova/nova.conf':
          '[libvirt]\nimages_type = rbd\nrbd_user = cinder\nrbd_secret_uuid = 457eb676-33da-42ec-9a8c-9293d545c337\n',
      },
    },
  ],
  check(cluster, report) {
    const secrets: Secret[] = [];
    const computes = new Set(computesOf(cluster));
    for (const host of cluster.hosts) {
      if (host.nova.get('images_type')?.value !== 'rbd' || !runsGuests(host)) continue;
      const secret = host.nova.get('rbd_secret_uuid');
      const place = placeOf(secret);
      if (place && secret?.value !== undefined && secret.value !== '') {
        if (isPlaceholder(secret.value)) continue;
        const uuid = secret.value.toLowerCase().replace(/[\s-]/g, '');
        if (!/^[0-9a-f]{32}$/.test(uuid)) report({ host, ...place, values: { value: secret.value } });
        else if (computes.has(host)) secrets.push({ host, place, uuid });
        continue;
      }
      const user = host.nova.get('rbd_user');
      const needs = placeOf(user);
      if (needs && user?.value && (secret?.raw ?? '') === '')
        report({ host, ...needs, message: 'absent', severity: 'info' });
    }
    for (const { item, other, majority } of outliers(secrets, (s) => s.uuid)) {
      const entry = item.host.nova.get('rbd_secret_uuid')!.entry!;
      const uuid = other.host.nova.get('rbd_secret_uuid')!.value!;
      report({
        host: item.host,
        ...item.place,
        message: 'differs',
        values: { other: other.host.name, uuid },
        related: [{ ...other.place, message: `On ${other.host.name}` }],
        fixes: [
          majority
            ? { title: 'other', edits: [setOsloValue(item.place.file, entry, uuid)], preferred: false }
            : undefined,
        ],
      });
    }
  },
});
