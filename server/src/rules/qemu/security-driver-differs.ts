import type { LibvirtSetting } from '../../model/libvirt';
import type { Host } from '../../model/host';
import { outliers } from '../nova/_groups';
import { defineRule } from '../rule';

interface Driver {
  readonly host: Host;
  readonly set: LibvirtSetting;
  readonly word: string;
}

export default defineRule({
  id: 'qemu/security-driver-differs',
  scope: 'cluster',
  title: 'Guests are confined in another way on another host',
  severity: 'warning',
  files: ['qemu'],
  messages: {
    default:
      'security_driver is {word} here and {other} on {host}: a guest labelled on one is refused by the other; use one',
  },
  why: `A running guest carries its label along: one that SELinux or AppArmor confines cannot run where libvirt has another driver, or none:
*unsupported configuration: Security driver model 'selinux' is not available*. Where the key is absent libvirt takes what the kernel
offers, which the file does not show.`,
  sources: ['a guest with <seclabel model=\'selinux\'/> and libvirtd 9.0.0 with security_driver = "none"'],
  explains: [/Security driver model '\w+' is not available/, /Unable to find security driver for (model|label)/],
  examples: [
    {
      title: 'switched off on one of three',
      files: {
        'c1/etc/libvirt/qemu.conf': 'security_driver = "selinux"\n',
        'c2/etc/libvirt/qemu.conf': 'security_driver = [ "selinux" ]\n',
        'c3/etc/libvirt/qemu.conf': '⟦security_driver = "none"⟧\r\n',
      },
    },
    {
      title: 'not said on the other, and none on both',
      files: {
        'c1/etc/libvirt/qemu.conf': 'security_driver = "none"\n',
        'c2/etc/libvirt/qemu.conf': "security_driver = 'none'\n",
        'c3/etc/libvirt/qemu.conf': '#security_driver = "selinux"\n',
      },
    },
  ],
  check(cluster, report) {
    const drivers: Driver[] = [];
    for (const host of cluster.hosts) {
      const set = host.qemu.get('security_driver');
      const value = set?.entry.value;
      const items = value?.type === 'list' ? value.items : value ? [value] : [];
      const words = items.map((i) => (i.type === 'string' ? i.text : ''));
      // The order of several drivers is nobody's concern.
      if (set && words.length > 0 && !words.includes('')) drivers.push({ host, set, word: words.sort().join(', ') });
    }
    for (const { item, other } of outliers(drivers, (d) => d.word)) {
      report({
        host: item.host,
        file: item.set.file,
        span: item.set.entry.span,
        values: { word: item.word, other: other.word, host: other.host.name },
        related: [{ file: other.set.file, span: other.set.entry.span, message: `${other.word} on ${other.host.name}` }],
      });
    }
  },
});
