import { sharedInstancesMount } from '../../model/cluster';
import type { Host } from '../../model/host';
import { isTrue, runsGuests } from './_guests';
import { isPlaceholder } from './_items';
import { networkMountAt } from './_mounts';
import { placeOf } from './_entry';
import { defineRule } from '../rule';

export default defineRule({
  id: 'nova/image-cache-full-path',
  scope: 'host',
  title: 'The image cache lies outside the directory of the instances',
  severity: 'info',
  files: ['nova'],
  messages: {
    default: '{key} is a name below instances_path; a full path takes its place: the images are kept in {path}',
    above: '{key} = {value} leads out of instances_path: nova keeps, and deletes, images in {path}; write a plain name',
    local:
      '{key} leads to {path}, which is not on the share of the instances: guests arrive only where their image was used before',
  },
  why: `Disks in qcow2 are differences to an image in this cache. Nova joins the name to instances_path, and what Python joins to a full
path is the full path. With shared instances the destination makes no image of its own before a guest arrives; where its cache lacks
the one that the disk names, QEMU ends with *Could not open backing file: No such file or directory*.`,
  sources: [
    'nova/virt/libvirt/imagecache.py, 26.2.2 and 33.0.0',
    'nova/virt/libvirt/driver.py, pre_live_migration, 26.2.2: backing files only where the instances are not shared',
    'nova-compute 26.2.2 with a full path, a/b and ../c: starts; a block migration completes',
  ],
  explains: [/Could not open backing file/],
  examples: [
    {
      files: { 'etc/nova/nova.conf': '[image_cache]\nsubdirectory_name = ⟦/srv/cache⟧\n[libvirt]\nvirt_type = kvm\n' },
    },
    {
      title: 'up and out',
      release: 'queens',
      severity: 'warning',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\nimage_cache_subdirectory_name = ⟦../_base⟧\n[libvirt]\nvirt_type = kvm\n',
      },
    },
    {
      title: 'local, while the instances are shared',
      release: 'grizzly',
      severity: 'warning',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\r\nlibvirt_type=kvm\r\nbase_dir_name=⟦/var/cache/nova⟧\r\n',
        'etc/fstab': 'srv:/i /var/lib/nova/instances nfs defaults 0 0\n',
      },
    },
    {
      title: 'on the same share, or raw disks, which need no image',
      severity: 'info',
      files: {
        'livemig.ini': '[node a]\nroles = compute\n[node b]\nroles = compute\n',
        'a/etc/nova/nova.conf': '[image_cache]\nsubdirectory_name = ⟦/var/lib/nova/instances/cache⟧\n',
        'a/etc/fstab': 'srv:/i /var/lib/nova/instances nfs defaults 0 0\n',
        'b/etc/nova/nova.conf': '[image_cache]\nsubdirectory_name = ⟦/var/cache/nova⟧\n[libvirt]\nimages_type = raw\n',
        'b/etc/fstab': 'srv:/i /var/lib/nova/instances nfs defaults 0 0\n',
      },
    },
    {
      title: 'a plain name, one per host, one below another, and one not known',
      files: {
        'livemig.ini':
          '[node a]\nroles = compute\n[node b]\nroles = compute\n[node c]\nroles = compute\n[node d]\nroles = compute\n[node ctl]\nroles = controller\n',
        'a/etc/nova/nova.conf': '[image_cache]\nsubdirectory_name = _base\n',
        'b/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.2\n[image_cache]\nsubdirectory_name = _base_$my_ip\n',
        'c/etc/nova/nova.conf': '[image_cache]\nsubdirectory_name = cache/images..old\n',
        'd/etc/nova/nova.conf': '[image_cache]\nsubdirectory_name = {{ cache }}\n',
        'ctl/etc/nova/nova.conf': '[image_cache]\nsubdirectory_name = ../c\n',
      },
    },
  ],
  check(host, report) {
    const name = host.nova.get('image_cache_name');
    const place = placeOf(name);
    const instances = host.instancesPath;
    if (!name?.entry || !place || !name.value || instances === undefined || isPlaceholder(name.value)) return;
    const full = name.value.startsWith('/');
    const up = name.value.split('/').includes('..');
    if ((!full && !up) || !runsGuests(host)) return;
    const path = resolved(full ? name.value : `${instances}/${name.value}`);
    const share = keepsDifferences(host) ? sharedInstancesMount(host) : undefined;
    const local = share !== undefined && networkMountAt(host, path) === undefined;
    report({
      ...place,
      message: local ? 'local' : up ? 'above' : 'default',
      severity: local || up ? 'warning' : 'info',
      values: { key: name.entry.key, value: name.value, path },
      related: share ? [{ file: share.file, span: share.entry.span, message: 'The share of the instances' }] : [],
    });
  },
});

/** Whether disks are qcow2 files on top of an image. */
function keepsDifferences(host: Host): boolean {
  const type = host.nova.get('images_type')?.value ?? 'default';
  return type === 'qcow2' || (type === 'default' && isTrue(host.nova.get('use_cow_images')?.value ?? 'true'));
}

/** Without `.` and `..`. */
function resolved(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
