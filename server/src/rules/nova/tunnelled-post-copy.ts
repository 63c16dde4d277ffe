import { defineRule } from '../rule';
import { placeOf, removeAll } from './_entry';
import { isOn, optionOf } from './_options';
import { tunnelOf } from './_tunnel';

export default defineRule({
  id: 'nova/tunnelled-post-copy',
  scope: 'host',
  title: 'Post-copy does not go through a tunnel',
  severity: 'error',
  files: ['nova'],
  releases: { from: 'newton' },
  messages: {
    default:
      'live_migration_tunnelled and live_migration_permit_post_copy exclude each other: libvirt refuses every migration; turn one off',
  },
  fixes: { tunnel: 'Delete live_migration_tunnelled', postCopy: 'Delete live_migration_permit_post_copy' },
  why: `Nova asks for both, and libvirt answers *post-copy is not supported with tunnelled migration*, which nova logs as *Live
Migration failure*. In post-copy the destination asks for single pages, for which a tunnel has no way back.`,
  sources: ['virsh migrate --tunnelled --postcopy of libvirt 9.0.0', 'libvirt, src/qemu/qemu_migration.c'],
  explains: [/post-copy is not supported with tunnelled migration/],
  preflight: 'source',
  examples: [
    {
      release: 'zed',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\nlive_migration_permit_post_copy = True\nlive_migration_tunnelled = ⟦True⟧\nvirt_type = kvm\n',
      },
      fix: 'tunnel',
      good: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_permit_post_copy = True\nvirt_type = kvm\n' },
    },
    {
      title: 'the other way out',
      release: 'newton',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\r\nlive_migration_tunnelled=⟦on⟧\r\nlive_migration_permit_post_copy=yes\r\nvirt_type=qemu\r\n',
      },
      fix: 'postCopy',
      good: { 'etc/nova/nova.conf': '[libvirt]\r\nlive_migration_tunnelled=on\r\nvirt_type=qemu\r\n' },
    },
    {
      title: 'one is off, in a later file',
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_tunnelled = True\nlive_migration_permit_post_copy = True\n',
        'etc/nova/nova-compute.conf': '[libvirt]\nlive_migration_tunnelled = False\n',
      },
    },
    {
      title: 'containers do not migrate at all, and a controller has no guests',
      release: 'zed',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node ctl]\nroles = controller\n',
        'c1/etc/nova/nova.conf':
          '[libvirt]\nvirt_type = lxc\nlive_migration_tunnelled = True\nlive_migration_permit_post_copy = True\n',
        'ctl/etc/nova/nova.conf':
          '[libvirt]\nlive_migration_tunnelled = True\nlive_migration_permit_post_copy = True\n',
      },
    },
  ],
  check(host, report) {
    const tunnel = tunnelOf(host);
    const postCopy = optionOf(host, 'libvirt/live_migration_permit_post_copy');
    const other = placeOf(postCopy);
    if (!tunnel || !isOn(postCopy) || !other) return;
    report({
      ...tunnel.place,
      related: [{ ...other, message: 'Post-copy is permitted' }],
      fixes: [
        { title: 'tunnel', edits: removeAll(host, tunnel.setting.option) },
        { title: 'postCopy', edits: removeAll(host, postCopy.option) },
      ],
    });
  },
});
