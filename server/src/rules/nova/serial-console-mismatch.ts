import { NEWEST, releaseIndex } from '../../knowledge/releases';
import type { Host } from '../../model/host';
import { setOsloOption, setOsloValue } from '../edits';
import { defineRule } from '../rule';
import { fileFor, placeOf, placeOfMissing } from './_entry';
import { computesOf, isTrue } from './_guests';
import { isPlaceholder } from './_items';

const LIBERTY = releaseIndex('liberty') ?? NEWEST;

export default defineRule({
  id: 'nova/serial-console-mismatch',
  scope: 'cluster',
  title: 'Serial consoles are on at one host and off at another',
  severity: 'error',
  files: ['nova'],
  releases: { from: 'liberty' },
  messages: {
    on: 'Serial consoles are on here and off on {other}: no guest can migrate from here to {other}; set the same on all computes',
    off: 'Serial consoles are off here and on on {other}: no guest can migrate from there to here; set the same on all computes',
  },
  fixes: { enable: 'Turn serial consoles on, as on {other}', disable: 'Turn serial consoles off, as on {other}' },
  why: `A destination whose serial consoles are off tells no address to listen on, and a source that has them on refuses: *Your
destination node does not support retrieving listen addresses. … you must disable serial console.* The other way round guests migrate.`,
  sources: [
    'nova/virt/libvirt/driver.py, _verify_serial_console_is_disabled, 12.0.0 to 33.0.0',
    'nova 26.2.2: on at the source, off at the destination',
  ],
  explains: [/you must disable serial console/],
  preflight: true,
  examples: [
    {
      title: 'off at one of three',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[serial_console]\nenabled = true\n',
        'c2/etc/nova/nova.conf': '[serial_console]\nenabled = yes\n',
        'c3/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.3\n⟦[serial_console]⟧\nbase_url = ws://ctl:6083/\n',
      },
      good: {
        'c3/etc/nova/nova.conf':
          '[DEFAULT]\nmy_ip = 10.0.0.3\n[serial_console]\nbase_url = ws://ctl:6083/\nenabled = true\n',
      },
    },
    {
      title: 'one of two',
      release: 'zed',
      files: {
        'c1/etc/nova/nova.conf': '[serial_console]\r\nenabled=⟦True⟧\r\n',
        'c1/etc/libvirt/qemu.conf': '',
        'c2/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'c2/etc/libvirt/qemu.conf': '',
      },
      fix: 'disable',
      good: { 'c1/etc/nova/nova.conf': '[serial_console]\r\nenabled=false\r\n' },
    },
    {
      title: 'the same on all computes; controllers do not count',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node ctl]\nroles = controller\n',
        'c1/etc/nova/nova.conf': '[serial_console]\nenabled = true\n',
        'c2/etc/nova/nova.conf': '[serial_console]\nenabled = 1\n',
        'ctl/etc/nova/nova.conf': '[DEFAULT]\n',
      },
    },
    {
      title: 'a template whose value is not known',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[serial_console]\nenabled = true\n',
        'c2/etc/nova/nova.conf': '[serial_console]\nenabled = {{ enable_serial }}\n',
      },
    },
    {
      title: 'Kilo did not ask',
      release: 'kilo',
      files: {
        'c1/etc/nova/nova.conf': '[serial_console]\nenabled=True\n',
        'c1/etc/libvirt/qemu.conf': '',
        'c2/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'c2/etc/libvirt/qemu.conf': '',
      },
    },
  ],
  check(cluster, report) {
    const on: Host[] = [];
    const off: Host[] = [];
    for (const host of computesOf(cluster)) {
      const enabled = host.nova.get('serial_console_enabled');
      if (!enabled || host.release.index < LIBERTY || isPlaceholder(enabled.value ?? '')) continue;
      (isTrue(enabled.value) ? on : off).push(host);
    }
    if (on.length === 0 || off.length === 0) return;
    // The fewer are marked; of equally many those that have a line of their own.
    const marked = off.length < on.length ? off : on;
    const other = (marked === on ? off : on)[0]!;
    const set = other.nova.get('serial_console_enabled');
    const theirs = placeOf(set) ?? (set && placeOfMissing(other, set.option));
    const value = marked === on ? 'false' : 'true';
    for (const host of marked) {
      const setting = host.nova.get('serial_console_enabled')!;
      const place = placeOf(setting) ?? placeOfMissing(host, setting.option);
      const file = setting.file ?? fileFor(host, setting.option);
      if (!place || !file) continue;
      report({
        host,
        ...place,
        message: marked === on ? 'on' : 'off',
        values: { other: other.name },
        related: theirs ? [{ ...theirs, message: `As set on ${other.name}` }] : [],
        fixes: [
          {
            title: marked === on ? 'disable' : 'enable',
            preferred: on.length !== off.length,
            edits: [
              setting.entry
                ? setOsloValue(file, setting.entry, value)
                : setOsloOption(file, setting.option.group, setting.option.name, value),
            ],
          },
        ],
      });
    }
  },
});
