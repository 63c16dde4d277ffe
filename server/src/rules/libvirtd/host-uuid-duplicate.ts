import type { Place } from '../../model/host';
import type { Host } from '../../model/host';
import { LibvirtConfig } from '../../model/libvirt';
import { TOP } from '../edits';
import { defineRule } from '../rule';
import { removeEntry } from './_keys';

export default defineRule({
  id: 'libvirtd/host-uuid-duplicate',
  scope: 'cluster',
  title: 'Two hosts with one UUID',
  severity: 'error',
  files: ['libvirtd', 'facts'],
  messages: {
    default:
      'host_uuid {uuid} is that of {other} too: libvirt takes the two for one host and refuses to migrate; give each its own',
    measured:
      'This machine has the UUID of {other}, {uuid}: libvirt takes the two for one host and refuses to migrate; set host_uuid',
  },
  fixes: { smbios: "Leave it out: the host's own SMBIOS UUID counts" },
  why: `The source compares the destination's UUID with its own and refuses: *internal error: Attempt to migrate guest to the same host
1ab00000-0000-4000-8000-000000000001*. It happens where libvirtd.conf is copied, where a node is a cloned virtual machine, and with boards whose maker gave all one SMBIOS
UUID. \`uuidgen\` makes a new one for host_uuid.`,
  sources: [
    'virsh migrate --p2p between two libvirtd 9.0.0 with one host_uuid',
    'src/qemu/qemu_migration_cookie.c of libvirt 9.0.0',
  ],
  explains: [/Attempt to migrate guest to the same host/],
  preflight: true,
  examples: [
    {
      title: 'copied, once in capitals',
      files: {
        'compute1/etc/libvirt/libvirtd.conf':
          '⟦host_uuid = "1ab00000-0000-4000-8000-000000000001"⟧\r\nlisten_tcp = 0\r\n',
        'compute2/etc/libvirt/libvirtd.conf': '⟦host_uuid = "1AB00000-0000-4000-8000-000000000001"⟧\nlisten_tcp = 0\n',
        'compute3/etc/libvirt/libvirtd.conf': 'host_uuid = "1ab00000-0000-4000-8000-000000000003"\n',
      },
      fix: 'smbios',
      good: { 'compute1/etc/libvirt/libvirtd.conf': 'listen_tcp = 0\r\n' },
    },
    {
      title: 'cloned machines, as measured; one has been given a UUID of its own since',
      files: {
        'c1/facts.json': '⟦⟧{"hostUuid": "03000200-0400-0500-0006-000700080009"}',
        'c1/etc/libvirt/libvirtd.conf': '#host_uuid = "00000000-0000-0000-0000-000000000000"\n',
        'c2/facts.json': '⟦⟧{"hostUuid": "03000200-0400-0500-0006-000700080009"}',
        'c3/facts.json': '{"hostUuid": "03000200-0400-0500-0006-000700080009"}',
        'c3/etc/libvirt/libvirtd.conf': 'host_uuid = "1ab00000-0000-4000-8000-000000000003"\n',
      },
    },
    {
      title: 'one to each; and one host in several files of its own',
      files: {
        'compute1/etc/libvirt/virtqemud.conf': 'host_uuid = "1ab00000-0000-4000-8000-000000000001"\n',
        'compute1/etc/libvirt/virtproxyd.conf': 'host_uuid = "1ab00000-0000-4000-8000-000000000001"\n',
        'compute2/etc/libvirt/virtqemud.conf': 'host_uuid = "1ab00000-0000-4000-8000-000000000002"\n',
      },
    },
  ],
  check(cluster, report) {
    interface Use extends Place {
      readonly host: Host;
      readonly text: string;
      readonly fix: ReturnType<typeof removeEntry>;
    }
    const uses = new Map<string, Use[]>();
    const add = (text: string, use: Omit<Use, 'text'>): void => {
      const uuid = text.replace(/[\s-]/g, '').toLowerCase();
      if (!/^[0-9a-f]{32}$/.test(uuid)) return;
      const list = uses.get(uuid);
      if (list) list.push({ ...use, text: text.trim() });
      else uses.set(uuid, [{ ...use, text: text.trim() }]);
    };
    for (const host of cluster.hosts) {
      let set = false;
      for (const file of host.filesOf('libvirtd')) {
        const own = new LibvirtConfig(file).get('host_uuid');
        if (own?.entry.value.type !== 'string') continue;
        set = true;
        add(own.entry.value.text, { host, file, span: own.entry.span, fix: removeEntry(file, own.entry) });
      }
      const facts = host.first('facts');
      // What the file says goes before what was measured, perhaps before the daemon's last start.
      if (!set && facts && host.facts?.hostUuid)
        add(host.facts.hostUuid, { host, file: facts, span: TOP, fix: undefined });
    }
    for (const list of uses.values()) {
      const first = list[0];
      const second = list.find((u) => u.host !== first?.host);
      if (!first || !second) continue;
      for (const use of list) {
        const other = use.host === first.host ? second : first;
        report({
          host: use.host,
          file: use.file,
          span: use.span,
          message: use.file.kind === 'facts' ? 'measured' : 'default',
          values: { uuid: use.text, other: other.host.name },
          related: [{ file: other.file, span: other.span, message: `The same on ${other.host.name}` }],
          fixes: [use.fix && { title: 'smbios', edits: [use.fix], preferred: false }],
        });
      }
    }
  },
});
