import { defineRule } from '../rule';
import { guestsOf } from './_guests';

export default defineRule({
  id: 'cluster/guest-host-device',
  scope: 'host',
  title: 'A guest with devices of its host',
  severity: 'info',
  files: ['facts'],
  messages: {
    default:
      "{who} has a device of this host ({device}): it moves only if libvirt, QEMU and the device's driver can move that, too",
  },
  why: `What is handed through from a host stays there. QEMU moves the state of some devices of VFIO only; all else ends with *cannot migrate
a domain with <hostdev mode='subsystem' type='mdev'>* or *VFIO migration is not supported in kernel*. Nova takes network interfaces of
SR-IOV out before and puts others in behind (Train); a PCI device must be called live_migratable in \`[pci] device_spec\`.`,
  sources: ['messages of libvirt_driver_qemu.so, libvirt 9.0.0', 'nova/conf/pci.py, device_spec'],
  explains: [
    /cannot migrate a domain with <hostdev/,
    /VFIO migration is not supported/,
    /VFIO device doesn't support migration/,
  ],
  examples: [
    {
      files: {
        'facts.json':
          '{"instances": [{"name": "a", "uuid": "1", "state": "running", "hostDevices": [⟦"pci 0000:3b:00.1"⟧, "usb 046d:c52b"]}, {"name": "b", "uuid": "2", "state": "shut off", "hostDevices": ["pci"]}]}',
      },
    },
    { title: 'none', files: { 'facts.json': '{"instances": [{"name": "a", "uuid": "1", "state": "running"}]}' } },
  ],
  check(host, report) {
    for (const { instance, place } of guestsOf(host)) {
      const [device] = instance.hostDevices ?? [];
      const at = device === undefined ? undefined : place('hostDevices', 0);
      if (at) report({ ...at, values: { who: instance.name, device: device! } });
    }
  },
});
