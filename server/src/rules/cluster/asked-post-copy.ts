import { TOP } from '../edits';
import { factPlace } from '../../model/factPlace';
import { defineRule } from '../rule';

const SYSCTL = 'vm.unprivileged_userfaultfd';

export default defineRule({
  id: 'cluster/asked-post-copy',
  scope: 'cluster',
  title: 'Post-copy is asked for, and the kernel does not let QEMU do it',
  severity: 'error',
  files: ['facts'],
  messages: {
    default:
      'The migration may switch to post-copy, which the kernel here allows to root alone ({sysctl} is 0): do without, or set it to 1',
  },
  why: `In post-copy the destination's QEMU fetches memory as the guest asks for it, by userfaultfd, which is for root alone where
vm.unprivileged_userfaultfd is 0. Allowed or not is asked at the beginning: *unable to execute QEMU command 'migrate-set-capabilities':
Postcopy is not supported*. Said only of a migration that asks for it.`,
  sources: ['virsh migrate --postcopy with vm.unprivileged_userfaultfd = 0, libvirt 9.0.0, QEMU 7.2.22'],
  explains: [/Postcopy is not supported/],
  preflight: true,
  examples: [
    {
      asked: { postCopy: true },
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n',
        'c1/facts.json': '{"sysctls": {"vm.unprivileged_userfaultfd": ⟦"0"⟧}}',
      },
    },
    {
      title: 'not asked for',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n',
        'c1/facts.json': '{"sysctls": {"vm.unprivileged_userfaultfd": "0"}}',
      },
    },
    {
      title: 'allowed; QEMU as root; not measured; runs no guests',
      asked: { postCopy: true },
      files: {
        'livemig.ini':
          '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n[node s]\nroles = nfs\n',
        'c1/facts.json': '{"sysctls": {"vm.unprivileged_userfaultfd": "1"}}',
        'c2/etc/libvirt/qemu.conf': 'user = "root"\n',
        'c2/facts.json': '{"sysctls": {"vm.unprivileged_userfaultfd": "0"}}',
        'c3/facts.json': '{"sysctls": {}}',
        's/facts.json': '{"sysctls": {"vm.unprivileged_userfaultfd": "0"}}',
      },
    },
  ],
  check(cluster, report) {
    if (cluster.asked.postCopy !== true) return;
    for (const host of cluster.hosts) {
      const file = host.first('facts');
      if (!file || host.facts?.sysctls?.[SYSCTL]?.trim() !== '0') continue;
      if (!(host.isCompute || host.facts.emulator !== undefined)) continue;
      if (/^\+?(root|0)$/.test(host.qemu.string('user') ?? '')) continue;
      const place = factPlace(host, ['sysctls', SYSCTL]) ?? { file, span: TOP };
      report({ host, ...place, values: { sysctl: SYSCTL } });
    }
  },
});
