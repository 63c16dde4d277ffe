import { instancesStorage } from '../../model/cluster';
import { basename } from '../../model/files';
import { lastOf } from '../../model/nfs';
import { documentOf } from '../../model/parsed';
import { isOwn, unitOf, unitSettings, waitsFor } from '../../model/units';
import { insertLineBelow, TOP } from '../edits';
import { defineRule } from '../rule';

/** Any of these is reached only after what fstab mounts from the network. */
const AFTER_MOUNTS = /(^|\s)(remote-fs\.target|libvirtd\.service|libvirt-bin\.service|virtqemud\.service)(\s|$)/;

export default defineRule({
  id: 'defaults/nova-not-ordered-after-mount',
  scope: 'host',
  title: "nova-compute's unit does not wait for the instances' share",
  severity: 'info',
  files: ['unit'],
  messages: {
    default:
      '{unit} waits neither for remote-fs.target nor for libvirtd: it may start before {path} is mounted; add RequiresMountsFor={path}',
  },
  fixes: { wait: 'Wait for the mount: RequiresMountsFor={path}' },
  why: `What fstab mounts from the network is there when remote-fs.target is reached, and libvirtd waits for that. A unit of
nova-compute that waits for neither starts beside them: it may find an empty directory, put its files there, and answer migrations with
*is not on shared storage*.`,
  sources: ['systemd.unit(5), RequiresMountsFor=', 'libvirtd.service of libvirt 9.0.0, After=remote-fs.target'],
  explains: [/is not on shared storage/],
  examples: [
    {
      files: {
        'etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs defaults 0 0\n',
        'etc/systemd/system/nova-compute.service':
          '⟦[Unit]⟧\nDescription=Nova\nAfter=network.target\n[Service]\nExecStart=/opt/nova/bin/nova-compute\n',
      },
      good: {
        'etc/systemd/system/nova-compute.service':
          '[Unit]\nRequiresMountsFor=/var/lib/nova/instances\nDescription=Nova\nAfter=network.target\n[Service]\nExecStart=/opt/nova/bin/nova-compute\n',
      },
    },
    {
      title:
        "ordered, local disks, a package's unit, only drop-ins in view, an automount, told by fstab/nofail-unordered",
      files: {
        'c1/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs defaults 0 0\n',
        'c1/etc/systemd/system/nova-compute.service': '[Unit]\nAfter=network.target libvirtd.service\n',
        'c2/etc/fstab': '/dev/sdb /var/lib/nova/instances xfs defaults 0 0\n',
        'c2/etc/systemd/system/nova-compute.service': '[Unit]\nAfter=network.target\n',
        'c3/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs defaults 0 0\n',
        'c3/usr/lib/systemd/system/nova-compute.service': '[Unit]\nAfter=network.target\n',
        'c4/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs defaults 0 0\n',
        'c4/etc/systemd/system/nova-compute.service.d/o.conf': '[Service]\nLimitNOFILE=65536\n',
        'c5/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs x-systemd.automount 0 0\n',
        'c5/etc/systemd/system/nova-compute.service': '[Unit]\nAfter=network.target\n',
        'c6/etc/fstab': 'nfs:/srv /var/lib/nova/instances nfs nofail 0 0\n',
        'c6/etc/systemd/system/nova-compute.service': '[Unit]\nAfter=network.target\n',
      },
    },
  ],
  check(host, report) {
    const mount = instancesStorage(host);
    if (!mount) return;
    const { entry } = mount;
    const told = entry.optionList.some(
      (o) => /^(x-systemd\.|bg$|nofail$)/.test(o.name) || o.value === 'systemd.automount',
    );
    if (told || lastOf(entry, ['auto', 'noauto'])?.name === 'noauto' || waitsFor(host, entry.file.value)) return;
    for (const name of ['nova-compute.service', 'openstack-nova-compute.service']) {
      const unit = unitOf(host, name);
      // A package's unit is what everybody has; who writes one of his own can write one more line.
      if (!unit?.main || unit.masked || !isOwn(unit.main)) continue;
      if (unitSettings(unit, 'Unit', 'After').list.some((s) => AFTER_MOUNTS.test(s.entry.value))) continue;
      const header = documentOf(unit.main, 'unit').sections.find((s) => s.name === 'Unit');
      const path = entry.file.value;
      report({
        file: unit.main,
        span: header?.span ?? TOP,
        values: { unit: basename(unit.main.path), path },
        related: [{ file: mount.file, span: entry.span, message: 'The mount' }],
        fixes: [
          header && /^[\w/.-]+$/.test(path)
            ? { title: 'wait', edits: [insertLineBelow(unit.main, header.span.end, `RequiresMountsFor=${path}`)] }
            : undefined,
        ],
      });
    }
  },
});
