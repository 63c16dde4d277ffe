import { factPlace } from '../../model/factPlace';
import { disksAreFiles } from '../exports/_qemu';
import { placeOf } from '../nova/_entry';
import { defineRule } from '../rule';
import { closedTo, qemuIdentity } from './_enter';

export default defineRule({
  id: 'cluster/instances-dir-mode',
  scope: 'host',
  title: 'QEMU may not enter the directory of the instances',
  severity: 'error',
  files: ['facts'],
  messages: {
    default:
      'QEMU runs as {user} and may not enter {path} (mode {mode}, uid {uid}, gid {gid}): no guest starts or arrives; chmod o+x {path}',
  },
  why: `Nova makes the instances' directories, QEMU opens the disks in them under an account of its own. Libvirt gives it the disks,
but not the directories above: each of them must let it through. Otherwise *Cannot access storage file '…/disk' (as uid:64055,
gid:64055): Permission denied*, at the start of a guest and at the end of a migration.`,
  sources: [
    'libvirtd 9.0.0, a guest in directories of modes 700, 750, 751 and 755 with several owners, and with user = "root"',
    'Configure live migrations, nova administration guide: execute for others on the instances directory',
  ],
  explains: [/Cannot access storage file '[^']*' \(as uid:\d+, gid:\d+\): Permission denied/],
  preflight: 'destination',
  repair: 'directory-mode',
  examples: [
    {
      title: 'closed to all but nova',
      files: {
        'etc/libvirt/qemu.conf': '',
        'etc/passwd': 'nova:x:110:119::/var/lib/nova:/bin/sh\nlibvirt-qemu:x:64055:107::/:/bin/false\n',
        'etc/group': 'kvm:x:107:\nnova:x:119:\nlibvirt-qemu:x:64055:libvirt-qemu\n',
        'etc/nova/nova.conf': '[DEFAULT]\ninstances_path = /srv/instances\n',
        'facts.json':
          '{"paths": {"/srv": {"type": "folder", "mode": 493, "uid": 0, "gid": 0},\n "/srv/instances": {"type": "folder", "mode": ⟦488⟧, "uid": 110, "gid": 119}}}',
      },
    },
    {
      title: 'the directory above it; as measured',
      files: {
        'etc/libvirt/qemu.conf': '',
        'etc/nova/nova.conf': '[DEFAULT]\n',
        'facts.json':
          '{"ids": {"qemu": {"uid": 107, "gid": 107}}, "paths": {"/var/lib/nova": {"type": "folder", "mode": ⟦448⟧, "uid": 162, "gid": 162}, "/var/lib/nova/instances": {"type": "folder", "mode": 493, "uid": 162, "gid": 162}}}',
      },
    },
    {
      title: 'a number for QEMU, and its group shut out although others are not',
      files: {
        'etc/libvirt/qemu.conf': 'user = "+200"\ngroup = "disks"\n',
        'etc/group': 'disks:x:300:\n',
        'etc/nova/nova.conf': '[DEFAULT]\n',
        'facts.json':
          '{"paths": {"/var/lib/nova/instances": {"type": "folder", "mode": ⟦449⟧, "uid": 162, "gid": 300}}}',
      },
    },
    {
      title: 'open to others, to its groups, its own; root; nova itself',
      files: {
        'c1/etc/libvirt/qemu.conf': '',
        'c1/etc/passwd': 'libvirt-qemu:x:64055:107::/:/bin/false\n',
        'c1/etc/group': 'kvm:x:107:\nnova:x:119:libvirt-qemu\n',
        'c1/etc/nova/nova.conf': '[DEFAULT]\n',
        'c1/facts.json':
          '{"paths": {"/var": {"type": "folder", "mode": 489, "uid": 0, "gid": 0}, "/var/lib": {"type": "folder", "mode": 488, "uid": 0, "gid": 107}, "/var/lib/nova": {"type": "folder", "mode": 488, "uid": 110, "gid": 119}, "/var/lib/nova/instances": {"type": "folder", "mode": 448, "uid": 64055, "gid": 0}}}',
        'c2/etc/libvirt/qemu.conf': 'user = "root"\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\n',
        'c2/facts.json':
          '{"paths": {"/var/lib/nova/instances": {"type": "folder", "mode": 448, "uid": 110, "gid": 119}}}',
        'c3/etc/libvirt/qemu.conf': 'user = "nova"\n',
        'c3/etc/nova/nova.conf': '[DEFAULT]\n',
        'c3/facts.json':
          '{"ids": {"nova": {"uid": 110, "gid": 119}}, "paths": {"/var/lib/nova/instances": {"type": "folder", "mode": 448, "uid": 110, "gid": 119}}}',
      },
    },
    {
      title: 'whom QEMU runs as, or in which groups, is not known; no such path; disks elsewhere',
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\n',
        'c1/facts.json':
          '{"paths": {"/var/lib/nova/instances": {"type": "folder", "mode": 448, "uid": 110, "gid": 119}}}',
        'c2/etc/libvirt/qemu.conf': '',
        'c2/etc/nova/nova.conf': '[DEFAULT]\n',
        'c2/facts.json':
          '{"ids": {"qemu": {"uid": 107, "gid": 107}}, "paths": {"/var/lib/nova/instances": {"type": "folder", "mode": 488, "uid": 110, "gid": 119}}}',
        'c3/etc/libvirt/qemu.conf': '',
        'c3/etc/nova/nova.conf': '[libvirt]\nimages_type = rbd\n',
        'c3/facts.json':
          '{"ids": {"qemu": {"uid": 107, "gid": 107}}, "paths": {"/var/lib/nova/instances": {"type": "folder", "mode": 448, "uid": 110, "gid": 119}}}',
        'c4/etc/libvirt/qemu.conf': '',
        'c4/etc/nova/nova.conf': '[DEFAULT]\n',
        'c4/facts.json': '{"ids": {"qemu": {"uid": 107, "gid": 107}}, "paths": {"/var/lib/nova/instances": null}}',
      },
    },
  ],
  check(host, report) {
    const who = disksAreFiles(host) ? qemuIdentity(host) : undefined;
    if (!who) return;
    for (const { path: directory, facts } of closedTo(who, host)) {
      const place = factPlace(host, ['paths', directory, 'mode']);
      const named = placeOf(host.nova.get('instances_path'));
      if (!place) continue;
      report({
        ...place,
        values: {
          user: who.name,
          path: directory,
          mode: facts.mode.toString(8).padStart(4, '0'),
          uid: facts.uid,
          gid: facts.gid,
        },
        related: named ? [{ ...named, message: 'The directory of the instances' }] : [],
      });
      // What lies in it is out of reach anyhow.
      return;
    }
  },
});
