import { factPlace } from '../../model/factPlace';
import { defineRule } from '../rule';
import { placeOf } from './_entry';
import { runsGuests } from './_guests';

export default defineRule({
  id: 'nova/rbd-secret-undefined',
  scope: 'host',
  title: 'Libvirt has no secret of the UUID that nova names',
  severity: 'error',
  files: ['nova'],
  messages: {
    default:
      'libvirt has no secret {uuid}: guests with images in Ceph do not start or arrive here; virsh secret-define and secret-set-value it',
  },
  why: `Nova writes rbd_secret_uuid into the guest's disks, and libvirt looks the key up by it. Where \`virsh secret-list\` does not show it each
start and each migration to the host ends with *Secret not found: no secret with matching uuid '…'*.`,
  sources: ['virsh create of a guest with a disk of rbd whose secret is not defined, libvirt 9.0.0'],
  explains: [/Secret not found: no secret with matching uuid/],
  preflight: true,
  examples: [
    {
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\nimages_type = rbd\nrbd_user = cinder\nrbd_secret_uuid = ⟦457eb676-33da-42ec-9a8c-9293d545c337⟧\n',
        'facts.json': '{"secrets": ["11111111-33da-42ec-9a8c-9293d545c337"]}',
      },
    },
    {
      title: 'it has; secrets were not listed; images on files; libvirt in a container of its own',
      files: {
        'c1/etc/nova/nova.conf':
          '[libvirt]\nimages_type = rbd\nrbd_secret_uuid = 457EB676-33da-42ec-9a8c-9293d545c337\n',
        'c1/facts.json': '{"secrets": ["457eb676-33da-42ec-9a8c-9293d545c337"]}',
        'c2/etc/nova/nova.conf':
          '[libvirt]\nimages_type = rbd\nrbd_secret_uuid = 457eb676-33da-42ec-9a8c-9293d545c337\n',
        'c2/facts.json': '{}',
        'c3/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\nrbd_secret_uuid = 457eb676-33da-42ec-9a8c-9293d545c337\n',
        'c3/facts.json': '{"secrets": []}',
        'c4/etc/kolla/nova-compute/nova.conf':
          '[libvirt]\nimages_type = rbd\nrbd_secret_uuid = 457eb676-33da-42ec-9a8c-9293d545c337\n',
        'c4/facts.json': '{"secrets": []}',
      },
    },
  ],
  check(host, report) {
    const { secrets } = host.facts ?? {};
    if (!secrets || host.nova.get('images_type')?.value !== 'rbd' || !runsGuests(host)) return;
    if (host.files.some((f) => f.path.includes('/kolla/'))) return;
    const setting = host.nova.get('rbd_secret_uuid');
    const uuid = setting?.value?.toLowerCase() ?? '';
    const place = placeOf(setting);
    if (!place || !/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/.test(uuid) || secrets.includes(uuid)) return;
    const listed = factPlace(host, ['secrets']);
    report({ ...place, values: { uuid }, related: listed ? [{ ...listed, message: 'What libvirt has' }] : [] });
  },
});
