import { sharedInstancesMount } from '../../model/cluster';
import type { Host } from '../../model/host';
import { setOsloOption, setOsloValue } from '../edits';
import { defineRule } from '../rule';
import { fileFor, placeOf, placeOfMissing } from './_entry';
import { outliers } from './_groups';
import { computesOf } from './_guests';
import { isPlaceholder } from './_items';

export default defineRule({
  id: 'nova/instances-path-differs',
  scope: 'cluster',
  title: "The hosts keep their guests' files in different directories",
  severity: 'error',
  files: ['nova'],
  messages: {
    default:
      'instances_path is {path} here and {other} on {host}: guests cannot migrate between them; use one path on all computes',
    absent: 'instances_path is not set and is {path}, on {host} it is {other}: guests cannot migrate between them',
  },
  fixes: { other: 'Set instances_path = {other}, as on {host}' },
  why: `The guest's definition names its disks, its console log and its config drive by the source's path; the destination has its
own directory elsewhere: *No such file or directory*. With shared storage nova's test file is looked for in the wrong place:
*… is not on shared storage: Shared storage live-migration requires either shared storage or boot-from-volume with no local disks*.`,
  sources: [
    'Configure live migrations, nova administration guide',
    'nova/virt/libvirt/driver.py, check_can_live_migrate_source, 33.0.0',
    'virsh migrate with the disk missing on the destination, libvirt 9.0.0',
  ],
  explains: [
    /is not on shared storage: Shared storage live-migration requires/,
    /instances\/\S+: No such file or directory/,
  ],
  preflight: true,
  examples: [
    {
      title: 'one of three',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[DEFAULT]\ninstances_path = /srv/nova/instances\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nstate_path = /srv/nova\n',
        'c3/etc/nova/nova.conf': '[DEFAULT]\ninstances_path = ⟦/var/lib/nova/instances⟧\n',
      },
      good: { 'c3/etc/nova/nova.conf': '[DEFAULT]\ninstances_path = /srv/nova/instances\n' },
    },
    {
      title: 'the default differs from what the others have set',
      release: 'grizzly',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[DEFAULT]\ninstances_path=/data/instances\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\ninstances_path=/data/instances/\n',
        'c3/etc/nova/nova.conf': '⟦[DEFAULT]⟧\r\nlibvirt_type=kvm\r\n',
      },
      good: { 'c3/etc/nova/nova.conf': '[DEFAULT]\r\nlibvirt_type=kvm\r\ninstances_path=/data/instances\r\n' },
      severity: 'warning',
    },
    {
      title: 'two hosts: nobody knows which is right',
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\nstate_path = /a\ninstances_path = ⟦$state_path/i⟧\n',
        'c1/etc/libvirt/qemu.conf': '',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nstate_path = ⟦/b⟧\n',
        'c2/etc/libvirt/qemu.conf': '',
      },
      fix: 'other',
      good: { 'c1/etc/nova/nova.conf': '[DEFAULT]\nstate_path = /a\ninstances_path = /b/instances\n' },
    },
    {
      title: 'one of two lies on the share, so it is the other that is off',
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\nstate_path = /var/lib/nova\n',
        'c1/etc/fstab': 'filer:/vol /var/lib/nova/instances nfs rw 0 0\n',
        'c1/etc/libvirt/qemu.conf': '',
        'c2/etc/nova/nova.conf': '[DEFAULT]\ninstances_path = ⟦/srv/nova⟧\n',
        'c2/etc/fstab': 'filer:/vol /var/lib/nova/instances nfs rw 0 0\n',
        'c2/etc/libvirt/qemu.conf': '',
      },
      good: { 'c2/etc/nova/nova.conf': '[DEFAULT]\ninstances_path = /var/lib/nova/instances\n' },
    },
    {
      title: 'the same path in other words, and a controller of its own',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node ctl]\nroles = controller\n',
        'c1/etc/nova/nova.conf': '[DEFAULT]\nstate_path = /var/lib/nova\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\ninstances_path = /var/lib//nova/instances/\n',
        'ctl/etc/nova/nova.conf': '[DEFAULT]\ninstances_path = /nowhere\n',
      },
    },
    {
      title: 'a lone host',
      files: { 'etc/nova/nova.conf': '[DEFAULT]\ninstances_path = /a\n', 'etc/libvirt/qemu.conf': '' },
    },
  ],
  check(cluster, report) {
    const known = computesOf(cluster).filter(
      (h) => h.instancesPath?.startsWith('/') && !isPlaceholder(h.instancesPath),
    );
    // A path that lies on shared storage says more than one that does not: the share was mounted there for a reason.
    const votes = [...known, ...known.filter((h) => sharedInstancesMount(h) !== undefined)];
    const seen = new Set<Host>();
    for (const { item: host, other, majority } of outliers(votes, (h) => h.instancesPath!)) {
      if (seen.has(host)) continue;
      seen.add(host);
      const setting = host.nova.get('instances_path');
      const path = placeOf(setting);
      const state = placeOf(host.nova.get('state_path'));
      const place = path ?? state ?? (setting && placeOfMissing(host, setting.option));
      const file = setting && (setting.file ?? fileFor(host, setting.option));
      if (!place || !file) continue;
      const right = other.instancesPath!;
      const theirs =
        placeOf(other.nova.get('instances_path')) ??
        placeOf(other.nova.get('state_path')) ??
        placeOfMissing(other, setting.option);
      report({
        host,
        ...place,
        message: path || state ? 'default' : 'absent',
        // What the files leave out the package may have set in a file of its own.
        severity: path || state ? 'error' : 'warning',
        values: { path: host.instancesPath!, other: right, host: other.name },
        related: theirs ? [{ ...theirs, message: `${right} on ${other.name}` }] : [],
        fixes: [
          {
            title: 'other',
            preferred: majority,
            edits: [
              setting.entry
                ? setOsloValue(file, setting.entry, right.replaceAll('$', '$$$$'))
                : setOsloOption(file, 'DEFAULT', 'instances_path', right.replaceAll('$', '$$$$')),
            ],
          },
        ],
      });
    }
  },
});
