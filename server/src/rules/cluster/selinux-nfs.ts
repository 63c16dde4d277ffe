import { factPlace } from '../../model/factPlace';
import { disksAreFiles } from '../exports/_qemu';
import { defineRule } from '../rule';
import { mountOf } from './_mounts';

export default defineRule({
  id: 'cluster/selinux-nfs',
  scope: 'host',
  title: 'SELinux keeps QEMU from the shared disks',
  severity: 'error',
  files: ['facts'],
  messages: {
    default:
      'SELinux enforces and {boolean} is off: QEMU may not open disks on {type}, no guest starts or arrives; setsebool -P {boolean} on',
  },
  why: `Under sVirt QEMU runs confined (svirt_t) and may use files on NFS or FUSE only where the policy's boolean allows it, as those file
systems keep no labels: *Could not open '…/disk': Permission denied*, with an AVC denial in audit.log. A mount with \`context=\` has a label of
its own, and is not judged.`,
  sources: [
    'virt_selinux(8), virt_use_nfs and virt_use_fusefs',
    'Red Hat Enterprise Linux, Virtualization Deployment and Administration Guide, 11.4',
  ],
  explains: [/Could not open '[^']*': Permission denied/],
  preflight: true,
  examples: [
    {
      title: 'NFS',
      files: {
        'etc/nova/nova.conf': '[DEFAULT]\n',
        'etc/libvirt/qemu.conf': '',
        'facts.json':
          '{"securityModels": ["selinux", "dac"], "selinux": {"mode": "enforcing", "booleans": {"virt_use_nfs": ⟦false⟧, "virt_use_fusefs": false}}, "mounts": {"/var/lib/nova/instances": {"source": "nas:/i", "type": "nfs4", "options": "rw"}}}',
      },
    },
    {
      title: 'on; permissive; a context; libvirt without sVirt; a local disk',
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\n',
        'c1/facts.json':
          '{"securityModels": ["selinux", "dac"], "selinux": {"mode": "enforcing", "booleans": {"virt_use_nfs": true}}, "mounts": {"/var/lib/nova/instances": {"source": "nas:/i", "type": "nfs4", "options": "rw"}}}',
        'c2/etc/nova/nova.conf': '[DEFAULT]\n',
        'c2/facts.json':
          '{"securityModels": ["selinux", "dac"], "selinux": {"mode": "permissive", "booleans": {"virt_use_nfs": false}}, "mounts": {"/var/lib/nova/instances": {"source": "nas:/i", "type": "nfs4", "options": "rw"}}}',
        'c3/etc/nova/nova.conf': '[DEFAULT]\n',
        'c3/facts.json':
          '{"securityModels": ["selinux", "dac"], "selinux": {"mode": "enforcing", "booleans": {"virt_use_nfs": false}}, "mounts": {"/var/lib/nova/instances": {"source": "nas:/i", "type": "nfs4", "options": "rw,context=system_u:object_r:nova_var_lib_t:s0"}}}',
        'c4/etc/nova/nova.conf': '[DEFAULT]\n',
        'c4/facts.json':
          '{"securityModels": ["dac"], "selinux": {"mode": "enforcing", "booleans": {"virt_use_nfs": false}}, "mounts": {"/var/lib/nova/instances": {"source": "nas:/i", "type": "nfs4", "options": "rw"}}}',
        'c5/etc/nova/nova.conf': '[DEFAULT]\n',
        'c5/facts.json':
          '{"securityModels": ["selinux"], "selinux": {"mode": "enforcing", "booleans": {"virt_use_nfs": false}}, "mounts": {"/": {"source": "/dev/vda", "type": "xfs", "options": "rw"}}}',
      },
    },
  ],
  check(host, report) {
    const { selinux, securityModels } = host.facts ?? {};
    const path = host.instancesPath;
    if (selinux?.mode !== 'enforcing' || securityModels?.includes('selinux') !== true) return;
    const mount = path === undefined || !disksAreFiles(host) ? undefined : mountOf(host, path);
    // Whether a mount has a context of its own its options tell.
    const { type = '', options } = mount?.facts ?? {};
    if (options === undefined || /(?:^|,)(?:fs|def|root)?context=/.test(options)) return;
    const boolean = /^nfs4?$/.test(type) ? 'virt_use_nfs' : type.startsWith('fuse.') ? 'virt_use_fusefs' : undefined;
    if (boolean === undefined || selinux.booleans?.[boolean] !== false) return;
    const place = factPlace(host, ['selinux', 'booleans', boolean]);
    if (place) report({ ...place, values: { boolean, type: type.startsWith('nfs') ? 'NFS' : 'FUSE' } });
  },
});
