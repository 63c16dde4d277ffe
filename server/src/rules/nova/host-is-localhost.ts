import type { Host, Place } from '../../model/host';
import { TOP } from '../edits';
import { defineRule } from '../rule';
import { placeOf } from './_entry';
import { computesOf } from './_guests';

export default defineRule({
  id: 'nova/host-is-localhost',
  scope: 'cluster',
  title: 'A compute node is called localhost',
  severity: 'error',
  files: ['nova', 'hostname', 'facts'],
  messages: {
    default:
      'host = {value} is how the others dial this host, and leads each to itself: no guest can migrate here; write its real name',
    hostname:
      'This host is called {value}: libvirt refuses every migration to it; give it a name, or set live_migration_inbound_addr',
  },
  why: `Without live_migration_inbound_addr the source dials the destination by the name in nova's \`host\`, by default that of the machine:
\`localhost\` is the source itself. Where that name is good but the machine itself is called localhost, libvirt at the destination, which
sends its own name back for the data, refuses: *hostname on destination resolved to localhost, but migration requires an FQDN*. An address
in live_migration_inbound_addr, which nova passes on, avoids both.`,
  sources: [
    'virsh migrate to a host called localhost of libvirt 9.0.0, without and with --migrateuri',
    'nova/virt/libvirt/driver.py, _live_migration_operation',
  ],
  explains: [/hostname on destination resolved to localhost/, /Attempt to migrate guest to the same host/],
  preflight: true,
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
      title: 'its own name, in the file and as measured',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[DEFAULT]\nhost = c1\n',
        'c1/etc/hostname': '⟦localhost.localdomain⟧\n',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nhost = c2\n',
        'c2/facts.json': '⟦⟧{"hostname": "localhost"}',
        'c3/etc/nova/nova.conf': '[DEFAULT]\nhost = c3\n',
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
      if (place && /^localhost(\.|$)/i.test(name?.value ?? '')) {
        report({ host, ...place, values: { value: name?.value ?? '' } });
        continue;
      }
      const own = ownName(host);
      // Libvirt compares the beginning only.
      if (!own?.name.startsWith('localhost') || host.qemu.get('migration_host')) continue;
      report({ host, ...own.place, message: 'hostname', values: { value: own.name } });
    }
  },
});

/** What the machine calls itself, as measured before as configured. */
function ownName(host: Host): { readonly name: string; readonly place: Place } | undefined {
  const facts = host.first('facts');
  if (host.facts?.hostname !== undefined && facts)
    return { name: host.facts.hostname, place: { file: facts, span: TOP } };
  const file = host.first('hostname');
  const name = file?.text.trim();
  if (!file || !name || /\s/.test(name)) return undefined;
  const start = file.text.indexOf(name);
  return { name, place: { file, span: { start, end: start + name.length } } };
}
