import type { Host, Place } from '../../model/host';
import { factPlace } from '../../model/factPlace';
import { isMonolith } from '../libvirtd/_listening';
import { defineRule, type Edit } from '../rule';

export default defineRule({
  id: 'cluster/nova-not-in-libvirt-group',
  scope: 'host',
  title: 'Nova may not talk to libvirt',
  severity: 'warning',
  files: ['group', 'facts'],
  messages: {
    default:
      'libvirt\'s socket is open to group {group}, without nova in it: nova-compute gets "Permission denied"; usermod -aG {group} nova',
    polkit:
      'nova is not in group {group}, which polkit lets talk to libvirt: unless a rule of its own lets it in, usermod -aG {group} nova',
  },
  fixes: { add: 'Add nova to {group}; on the node usermod -aG {group} nova, then restart nova-compute' },
  why: `nova-compute works through libvirt's local socket. Where unix_sock_rw_perms shuts it to others than root and unix_sock_group, the
account nova has to be in that group: *Failed to connect socket to '/var/run/libvirt/libvirt-sock': Permission denied*. Where polkit
decides, Debian's and Ubuntu's rule lets members of group libvirt in. The packages of nova see to it; an account that was made by hand,
to have one number on all hosts, is easily forgotten. Migrations over SSH as nova need it too.`,
  sources: [
    'virsh as another user at libvirtd 9.0.0, with and without the group, unix_sock_rw_perms and auth_unix_rw',
    '60-libvirt.rules of Debian 12',
  ],
  explains: [/Failed to connect socket to '[^']*libvirt-sock': Permission denied/],
  preflight: true,
  examples: [
    {
      title: 'in nobody, then in others',
      files: {
        'etc/libvirt/libvirtd.conf':
          'unix_sock_group = "libvirt"\nunix_sock_rw_perms = "0770"\nauth_unix_rw = "none"\n',
        'etc/passwd': 'nova:x:110:119::/var/lib/nova:/bin/sh\n',
        'etc/group': 'root:x:0:\r\n⟦libvirt:x:113:admin⟧\r\nnova:x:119:\r\n',
      },
      good: { 'etc/group': 'root:x:0:\r\nlibvirt:x:113:admin,nova\r\nnova:x:119:\r\n' },
    },
    {
      title: 'without members, and without the last colon',
      files: {
        'a/etc/libvirt/libvirtd.conf': 'unix_sock_group = "libvirtd"\nunix_sock_rw_perms = "0770"\n',
        'a/etc/passwd': 'nova:x:110:119::/var/lib/nova:/bin/sh\n',
        'a/etc/group': '⟦libvirtd:x:113:⟧\n',
        'b/etc/libvirt/libvirtd.conf': 'unix_sock_group = "libvirtd"\nunix_sock_rw_perms = "0770"\n',
        'b/etc/passwd': 'nova:x:110:119::/var/lib/nova:/bin/sh\n',
        'b/etc/group': '⟦libvirtd:x:113⟧',
      },
      good: { 'a/etc/group': 'libvirtd:x:113:nova\n', 'b/etc/group': 'libvirtd:x:113:nova' },
    },
    {
      title: 'as measured',
      files: {
        'etc/libvirt/libvirtd.conf': 'unix_sock_group = "libvirt"\nunix_sock_rw_perms = "0770"\n',
        'facts.json': '{"groups": {⟦"nova"⟧: ["nova", "kvm"]}}',
      },
    },
    {
      title: 'where polkit decides',
      severity: 'info',
      files: {
        'etc/os-release': 'ID=debian\nVERSION_ID="12"\n',
        'etc/libvirt/libvirtd.conf': '#unix_sock_group = "libvirt"\n',
        'facts.json': '{"sockets": ["libvirtd.socket"], "groups": {⟦"nova"⟧: ["nova"]}}',
      },
    },
    {
      title: 'it is a member, by its list or as its own group; the socket is open to all, or systemd opens it',
      files: {
        'a/etc/libvirt/libvirtd.conf': 'unix_sock_group = "libvirt"\nunix_sock_rw_perms = "0770"\n',
        'a/etc/passwd': 'nova:x:110:119::/var/lib/nova:/bin/sh\n',
        'a/etc/group': 'libvirt:x:113:admin,nova\n',
        'a/facts.json': '{"groups": {"nova": ["nova"]}}',
        'b/etc/libvirt/libvirtd.conf': 'unix_sock_group = "nova"\nunix_sock_rw_perms = "0770"\n',
        'b/etc/passwd': 'nova:x:110:119::/var/lib/nova:/bin/sh\n',
        'b/etc/group': 'nova:x:119:\n',
        'c/etc/libvirt/libvirtd.conf':
          'unix_sock_group = "libvirt"\nunix_sock_rw_perms = "0777"\nauth_unix_rw = "none"\n',
        'c/facts.json': '{"groups": {"nova": ["nova"]}}',
        'd/etc/libvirt/libvirtd.conf': 'unix_sock_group = "libvirt"\nunix_sock_rw_perms = "0770"\n',
        'd/facts.json': '{"sockets": ["libvirtd.socket"], "groups": {"nova": ["nova"]}}',
      },
    },
    {
      title: 'Red Hat has a rule of nova; no account of that name, no such group, nothing of accounts in view',
      files: {
        'a/etc/os-release': 'ID="rhel"\nVERSION_ID="8.4"\n',
        'a/etc/libvirt/libvirtd.conf': '',
        'a/facts.json': '{"groups": {"nova": ["nova", "qemu"]}}',
        'b/etc/libvirt/libvirtd.conf': 'unix_sock_group = "libvirt"\nunix_sock_rw_perms = "0770"\n',
        'b/etc/passwd': 'root:x:0:0::/root:/bin/sh\n',
        'b/etc/group': 'libvirt:x:113:\n',
        'c/etc/libvirt/libvirtd.conf': 'unix_sock_group = "libvirt"\nunix_sock_rw_perms = "0770"\n',
        'c/etc/passwd': 'nova:x:110:119::/var/lib/nova:/bin/sh\n',
        'c/etc/group': 'nova:x:119:\n',
        'd/etc/libvirt/libvirtd.conf': 'unix_sock_group = "libvirt"\nunix_sock_rw_perms = "0770"\n',
        'd/etc/group': 'libvirt:x:113:\n',
        'e/etc/os-release': 'ID=debian\nVERSION_ID="12"\n',
        'e/etc/libvirt/libvirtd.conf': 'auth_unix_rw = "none"\n',
        'e/facts.json': '{"groups": {"nova": ["nova"]}}',
      },
    },
  ],
  check(host, report) {
    if (!host.isCompute) return;
    const wanted = wantedGroup(host);
    const missing = wanted && missingFrom(host, wanted.group);
    if (!wanted || !missing) return;
    report({
      ...missing.place,
      message: wanted.place ? 'default' : 'polkit',
      severity: wanted.place ? 'warning' : 'info',
      values: { group: wanted.group },
      related: wanted.place ? [{ ...wanted.place, message: 'The group of the socket' }] : [],
      fixes: [missing.edit && { title: 'add', edits: [missing.edit] }],
    });
  },
});

/** The group that an account has to be in to talk to libvirt; undefined where it needs none or that cannot be known. */
function wantedGroup(host: Host): { readonly group: string; readonly place: Place | undefined } | undefined {
  const { libvirtd, platform } = host;
  if (!isMonolith(host) || libvirtd.file?.defect) return undefined;
  const perms = libvirtd.string('unix_sock_rw_perms');
  const set = libvirtd.get('unix_sock_group');
  const group = libvirtd.string('unix_sock_group');
  const shut = perms !== undefined && /^[0-7]+$/.test(perms) && (Number.parseInt(perms, 8) & 0o002) === 0;
  // Systemd opens its sockets with rights of its own.
  if (shut && set && group && !host.daemon.sockets?.local)
    return { group, place: { file: set.file, span: set.entry.span } };
  const first = { debian: 9, ubuntu: 18.04 }[platform.distribution?.id ?? ''];
  const known = first !== undefined && Number.parseFloat(platform.distribution?.version ?? '') >= first;
  return known && (libvirtd.string('auth_unix_rw') ?? 'polkit') === 'polkit'
    ? { group: 'libvirt', place: undefined }
    : undefined;
}

/** Where it is to be seen that nova is not in a group; undefined where it is, or nothing tells. */
function missingFrom(host: Host, name: string): { readonly place: Place; readonly edit?: Edit } | undefined {
  const line = host.group(name);
  const account = host.account('nova');
  if (line && account) {
    const { file, entry } = line;
    if (entry.members.includes('nova') || account.entry.gid === entry.gid) return undefined;
    const text = file.text.slice(entry.span.start, entry.span.end);
    const before = text.split(':').length < 4 ? ':' : entry.members.length > 0 ? ',' : '';
    const at = { start: entry.span.end, end: entry.span.end };
    return { place: { file, span: entry.span }, edit: { file, span: at, text: `${before}nova` } };
  }
  const measured = host.facts?.groups?.nova;
  if (!measured || measured.includes(name)) return undefined;
  const place = factPlace(host, ['groups', 'nova']);
  return place && { place };
}
