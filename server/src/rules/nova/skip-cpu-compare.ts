import { defineRule } from '../rule';
import { placeOf, removeAll } from './_entry';
import { runsGuests } from './_guests';
import { isOn, optionOf } from './_options';

export default defineRule({
  id: 'nova/skip-cpu-compare',
  scope: 'host',
  title: 'Migrations to this host are not checked for the processor',
  severity: 'info',
  files: ['nova'],
  releases: { from: 'yoga' },
  messages: {
    default:
      'skip_cpu_compare_on_dest: a processor that lacks something shows only when libvirt starts the guest here; nova tries no other host',
  },
  fixes: { remove: 'Delete it: compare before the migration' },
  why: `The destination compares the guest's processor with its own before anything moves, and the scheduler takes another host where that
fails. Without it libvirt finds out when the guest is to be started here, and the migration has failed: *guest CPU doesn't match
specification: missing features*. Right where the comparison misjudges, as with some models and libvirt versions.`,
  sources: ['nova/conf/workarounds.py, skip_cpu_compare_on_dest', 'nova/virt/libvirt/driver.py, _compare_cpu, 26.0.0'],
  explains: [/guest CPU doesn't match specification/],
  examples: [
    {
      files: {
        'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n[workarounds]\nskip_cpu_compare_on_dest = ⟦true⟧\n',
      },
      fix: 'remove',
      good: { 'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n[workarounds]\n' },
    },
    {
      title: 'off; no guests',
      release: 'yoga',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\r\nvirt_type=kvm\r\n[workarounds]\r\nskip_cpu_compare_on_dest=False\r\n',
        'c2/etc/nova/nova.conf': '[workarounds]\nskip_cpu_compare_on_dest = true\n',
      },
    },
  ],
  check(host, report) {
    const skip = optionOf(host, 'workarounds/skip_cpu_compare_on_dest');
    const place = placeOf(skip);
    if (!isOn(skip) || !place || !runsGuests(host)) return;
    report({ ...place, fixes: [{ title: 'remove', edits: removeAll(host, skip.option), preferred: false }] });
  },
});
