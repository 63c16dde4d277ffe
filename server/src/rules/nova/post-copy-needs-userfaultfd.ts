import { basename } from '../../model/files';
import { sysctlOf } from '../../model/sysctl';
import { TOP } from '../edits';
import { defineRule } from '../rule';
import { placeOf } from './_entry';
import { runsGuests } from './_guests';
import { isOn, optionOf, usesQemu } from './_options';

const SYSCTL = 'vm.unprivileged_userfaultfd';
/** Of QEMU's and libvirt's packages, in /usr/lib/sysctl.d. */
const PACKAGE = '60-qemu-postcopy-migration.conf';

export default defineRule({
  id: 'nova/post-copy-needs-userfaultfd',
  scope: 'host',
  title: 'Post-copy is permitted, and the kernel does not let QEMU do it',
  severity: 'warning',
  files: ['nova'],
  releases: { from: 'newton' },
  messages: {
    default:
      'Post-copy is permitted, but vm.unprivileged_userfaultfd is 0 here: migrations fail; set it to 1 in /etc/sysctl.d',
  },
  why: `With post-copy permitted nova asks for it with every migration, and QEMU needs userfaultfd for it, which kernels from 5.11 on keep
from ordinary users unless told otherwise: *unable to execute QEMU command 'migrate-set-capabilities': Postcopy is not supported*.
Newer packages of libvirt bring a file for /etc/sysctl.d along. QEMU as root with its capabilities is not concerned.`,
  sources: [
    'virsh migrate --postcopy of libvirt 9.0.0 and QEMU 7.2 with vm.unprivileged_userfaultfd = 0',
    'Nova administration guide: Configure live migrations',
    'libvirt, src/qemu/postcopy-migration.sysctl',
  ],
  explains: [/Postcopy is not supported/],
  preflight: true,
  repair: 'sysctl',
  examples: [
    {
      release: 'zed',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_permit_post_copy = ⟦True⟧\n',
        'c1/facts.json': '{"sysctls": {"vm.unprivileged_userfaultfd": "0"}}',
      },
    },
    {
      title: 'allowed, not measured, QEMU as root, not asked for',
      release: 'zed',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_permit_post_copy = True\n',
        'c1/facts.json': '{"sysctls": {"vm.unprivileged_userfaultfd": "1"}}',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_permit_post_copy = True\n',
        'c2/facts.json': '{"sysctls": {}}',
        'c3/etc/nova/nova.conf': '[libvirt]\nlive_migration_permit_post_copy = True\n',
        'c3/etc/libvirt/qemu.conf': 'user = "root"\n',
        'c3/facts.json': '{"sysctls": {"vm.unprivileged_userfaultfd": "0"}}',
        'c4/etc/nova/nova.conf': '[libvirt]\nlive_migration_permit_post_copy = False\n',
        'c4/facts.json': '{"sysctls": {"vm.unprivileged_userfaultfd": "0"}}',
      },
    },
    {
      title: 'by the file that has the last word, and by one that may not have it',
      release: 'zed',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_permit_post_copy = ⟦True⟧\n',
        'c1/etc/sysctl.d/99-hardening.conf': 'vm.unprivileged_userfaultfd = 0\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_permit_post_copy = True\n',
        'c2/etc/sysctl.d/10-hardening.conf': 'vm.unprivileged_userfaultfd = 0\n',
        'c3/etc/nova/nova.conf': '[libvirt]\nlive_migration_permit_post_copy = True\n',
        'c3/etc/sysctl.d/99-hardening.conf': 'vm.unprivileged_userfaultfd = 0\n',
        'c3/facts.json': '{"sysctls": {"vm.unprivileged_userfaultfd": "1"}}',
      },
    },
  ],
  check(host, report) {
    const postCopy = optionOf(host, 'libvirt/live_migration_permit_post_copy');
    const place = placeOf(postCopy);
    const setting = sysctlOf(host, SYSCTL);
    if (!isOn(postCopy) || !place || setting?.value.trim() !== '0') return;
    // One that is read before the package's own file, which allows it, may not have the last word.
    if (setting.place && byOrder(setting.place.file.path) < byOrder(PACKAGE)) return;
    if (/^\+?(root|0)$/.test(host.qemu.string('user') ?? '') || !usesQemu(host) || !runsGuests(host)) return;
    const facts = host.first('facts');
    const measured = facts ? [{ file: facts, span: TOP, message: `${SYSCTL} as measured` }] : [];
    report({ ...place, related: setting.place ? [{ ...setting.place, message: `${SYSCTL} is set here` }] : measured });
  },
});

/** Files of sysctl.d are read by their names, sysctl.conf last. */
function byOrder(path: string): string {
  const name = basename(path);
  return name === 'sysctl.conf' ? '~' : name;
}
