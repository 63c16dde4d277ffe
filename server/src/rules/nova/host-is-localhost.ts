import { defineRule } from '../rule';
import { placeOf } from './_entry';
import { computesOf } from './_guests';

export default defineRule({
  id: 'nova/host-is-localhost',
  scope: 'cluster',
  title: 'A compute node is called localhost',
  severity: 'error',
  files: ['nova'],
  messages: {
    default:
      'host = {value} is how the others dial this host, and leads each to itself: no guest can migrate here; write its real name',
  },
  why: `Without live_migration_inbound_addr the source dials the destination by the name in nova's \`host\`, by default that of the machine:
\`localhost\` is the source itself. An address in live_migration_inbound_addr, which nova passes on, avoids it.`,
  sources: [
    'virsh migrate to a host called localhost of libvirt 9.0.0, without and with --migrateuri',
    'nova/virt/libvirt/driver.py, _live_migration_operation',
  ],
  explains: [/Attempt to migrate guest to the same host/],
  preflight: 'destination',
  examples: [
    {
      title: "nova's name for it",
      release: 'grizzly',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[DEFAULT]\nhost = c1\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nhost = ⟦localhost⟧\n',
      },
    },
    {
      title: 'an address for the others, a name for libvirt, a controller',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node ctl]\nroles = controller\n',
        'c1/etc/nova/nova.conf': '[DEFAULT]\nhost = localhost\n[libvirt]\nlive_migration_inbound_addr = 10.0.0.1\n',
        'c1/etc/hostname': 'localhost\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nhost = c2\n',
        'c2/etc/hostname': 'localhost\n',
        'c2/etc/libvirt/qemu.conf': 'migration_host = "c2.mig"\n',
        'ctl/etc/nova/nova.conf': '[DEFAULT]\nhost = localhost\n',
      },
    },
    {
      title: 'alone: nobody to migrate from',
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\nhost = localhost\n[libvirt]\nvirt_type = kvm\n',
        'c1/etc/libvirt/qemu.conf': '',
      },
    },
    {
      title: 'a name that only begins so',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[DEFAULT]\nhost = localhost-lab\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nhost = c2\n',
      },
    },
  ],
  check(cluster, report) {
    const computes = computesOf(cluster);
    if (computes.length < 2) return;
    for (const host of computes) {
      if (host.nova.get('live_migration_inbound_addr')?.value) continue;
      const name = host.nova.get('host');
      const place = placeOf(name);
      if (place && /^localhost(\.|$)/i.test(name?.value ?? ''))
        report({ host, ...place, values: { value: name?.value ?? '' } });
    }
  },
});
