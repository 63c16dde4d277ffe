import { removeLines, setOsloValue } from '../edits';
import { defineRule } from '../rule';
import { placeOf } from './_entry';
import { isFalse, runsGuests } from './_guests';

export default defineRule({
  id: 'nova/images-type-rbd-raw',
  scope: 'host',
  title: 'Images in Ceph have to be raw',
  severity: 'error',
  files: ['nova'],
  releases: { from: 'train' },
  messages: {
    default: 'force_raw_images = {value} with images_type = rbd: nova-compute does not start; write true',
  },
  fixes: { raw: 'Write force_raw_images = True', remove: 'Remove the line: raw is the default' },
  why: `QEMU cannot run a guest from a qcow2 image inside an RBD image, so from Train on nova-compute ends with *'[DEFAULT]/force_raw_images
= False' is not allowed with '[libvirt]/images_type = rbd'*. No guest can start on, or migrate to, the host.`,
  sources: ['nova/virt/libvirt/driver.py, init_host, 20.0.0 to 33.0.0', 'nova-compute 26.2.2: exits'],
  explains: [/force_raw_images = False' is not allowed with/],
  preflight: true,
  examples: [
    {
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\nforce_raw_images = ⟦False⟧\n[libvirt]\nimages_type = rbd\n',
      },
      fix: 'raw',
      good: { 'etc/nova/nova.conf': '[DEFAULT]\nforce_raw_images = True\n[libvirt]\nimages_type = rbd\n' },
    },
    {
      title: 'in the second of two files',
      release: 'train',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\r\nforce_raw_images = true\r\n[libvirt]\r\nimages_type=rbd\r\n',
        'etc/nova/nova-compute.conf': '[DEFAULT]\r\nmy_ip=10.0.0.1\r\nforce_raw_images=⟦0⟧\r\n',
      },
      fix: 'remove',
      good: { 'etc/nova/nova-compute.conf': '[DEFAULT]\r\nmy_ip=10.0.0.1\r\n' },
    },
    {
      title: 'Stein did not look',
      release: 'stein',
      files: { 'etc/nova/nova.conf': '[DEFAULT]\nforce_raw_images = False\n[libvirt]\nimages_type = rbd\n' },
    },
    {
      title: 'the default, other images, a controller',
      files: {
        'livemig.ini': '[node a]\nroles = compute\n[node b]\nroles = compute\n[node ctl]\nroles = controller\n',
        'a/etc/nova/nova.conf': '[libvirt]\nimages_type = rbd\n',
        'b/etc/nova/nova.conf': '[DEFAULT]\nforce_raw_images = False\n[libvirt]\nimages_type = qcow2\n',
        'ctl/etc/nova/nova.conf': '[DEFAULT]\nforce_raw_images = False\n[libvirt]\nimages_type = rbd\n',
      },
    },
  ],
  check(host, report) {
    const raw = host.nova.get('force_raw_images');
    const type = host.nova.get('images_type');
    const place = placeOf(raw);
    if (!raw?.entry || !place || !isFalse(raw.value) || type?.value !== 'rbd' || !runsGuests(host)) return;
    const related = placeOf(type);
    report({
      ...place,
      values: { value: raw.value ?? '' },
      related: related ? [{ ...related, message: 'The images are in Ceph' }] : [],
      fixes: [
        { title: 'raw', edits: [setOsloValue(place.file, raw.entry, 'True')] },
        host.nova.settersOf(raw.option).every((s) => s.entry === raw.entry || !isFalse(s.entry.value))
          ? { title: 'remove', edits: [removeLines(place.file, raw.entry.span)] }
          : undefined,
      ],
    });
  },
});
