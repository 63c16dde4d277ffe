import { factPlace } from '../../model/factPlace';
import type { Host } from '../../model/host';
import { byKey, knows } from '../../model/ssh';
import { defineRule } from '../rule';
import { destinationsIn, says, sshWays, type SshWay } from './_ssh';

/** Options by which ssh asks for another host, reads other files, or takes keys that it does not know. */
const OTHERWISE = [
  ...[
    'hostname',
    'hostkeyalias',
    'proxycommand',
    'proxyjump',
    'port',
    'include',
    'controlpath',
    'canonicalizehostname',
  ],
  ...['userknownhostsfile', 'globalknownhostsfile', 'knownhostscommand', 'stricthostkeychecking', 'verifyhostkeydns'],
];

export default defineRule({
  id: 'cluster/ssh-host-unknown',
  scope: 'cluster',
  title: 'Migrations go over SSH, and root does not know the host key',
  severity: 'error',
  files: ['facts'],
  messages: {
    default:
      'Migrations go over SSH, and known_hosts of root lacks the key of {hosts}: they end with "Host key verification failed"; add it, as {name}',
    plain:
      'libvirt on {hosts} listens for no other host, and known_hosts of root lacks its key: over SSH a migration ends with "Host key verification failed"',
  },
  why: `libvirtd of the source starts ssh as root, who is asked nothing: what is in neither /root/.ssh/known_hosts nor
/etc/ssh/ssh_known_hosts, under the very name or address that is dialled, ends the migration with *Cannot recv data: Host key
verification failed.: Connection reset by peer*. That root knows the host by another name, or another key of it, does not help.`,
  sources: ['virsh migrate by qemu+ssh, libvirt 9.0.0 and OpenSSH 9.2', 'ssh_config(5), StrictHostKeyChecking'],
  explains: [/Host key verification failed/],
  preflight: 'source',
  examples: [
    {
      title: 'not at all; by another name; another key; where a port is named and is the usual one',
      release: 'zed',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = ssh\n',
        'c1/facts.json':
          '{"ssh": {⟦"known"⟧: ["c2 ssh-ed25519 SHA256:old", "10.0.0.2 ssh-ed25519 SHA256:2", "c3 ssh-ed25519 SHA256:3"], "client": [], "server": [], "hostKeys": ["ssh-ed25519 SHA256:1"]}}',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nhost = c2\n[libvirt]\nlive_migration_uri = qemu+ssh://nova@%s:22/system\n',
        'c2/facts.json':
          '{"ssh": {⟦"known"⟧: [], "client": ["gssapiauthentication yes"], "server": [], "hostKeys": ["ssh-ed25519 SHA256:2"]}}',
        'c3/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c3/facts.json':
          '{"hostname": "c3", "ssh": {"known": [], "client": [], "server": [], "hostKeys": ["ssh-ed25519 SHA256:3"]}}',
      },
    },
    {
      title: 'without nova, where libvirt listens for nobody',
      severity: 'warning',
      files: {
        'livemig.ini':
          '[node c1]\nroles = compute\naddress = 10.0.0.1\n[node c2]\nroles = compute\naddress = 10.0.0.2\n',
        'c1/facts.json':
          '{"listening": ["0.0.0.0:22", "0.0.0.0:16509"], "ssh": {⟦"known"⟧: ["c2 ssh-ed25519 SHA256:2"], "client": [], "server": [], "hostKeys": ["ssh-ed25519 SHA256:1"]}}',
        'c2/facts.json':
          '{"listening": ["0.0.0.0:22"], "ssh": {"known": [], "client": [], "server": [], "hostKeys": ["ssh-ed25519 SHA256:2"]}}',
      },
    },
    {
      title:
        'known: in clear, by a pattern, hashed, the address that is dialled; another transport; keys of a host not known',
      release: 'zed',
      files: {
        'livemig.ini':
          '[node c1]\nroles = compute\n[node c2]\nroles = compute\naddress = 10.0.0.2\n[node c3]\nroles = compute\n[node c4]\nroles = compute\n[node ctl]\nroles = controller\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = ssh\n',
        'c1/facts.json':
          '{"ssh": {"known": ["10.0.0.* ssh-rsa SHA256:0", "|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= ssh-ed25519 SHA256:3"], "client": [], "server": [], "hostKeys": ["ssh-ed25519 SHA256:1"]}}',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\nlive_migration_inbound_addr = 10.0.0.2\n',
        'c2/facts.json':
          '{"ssh": {"known": [], "client": [], "server": [], "hostKeys": ["ssh-ed25519 SHA256:2", "ssh-rsa SHA256:0"]}}',
        'c3/etc/nova/nova.conf':
          '[DEFAULT]\nmy_ip = 192.168.1.61\n[libvirt]\nlive_migration_scheme = tls\nlive_migration_inbound_addr = 192.168.1.61\n',
        'c3/facts.json': '{"ssh": {"known": [], "client": [], "server": [], "hostKeys": ["ssh-ed25519 SHA256:3"]}}',
        'c4/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'c4/facts.json': '{"hostname": "c4", "ssh": {"known": [], "client": [], "server": []}}',
        'ctl/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = ssh\n',
        'ctl/facts.json':
          '{"hostname": "ctl", "ssh": {"known": [], "client": [], "server": [], "hostKeys": ["ssh-ed25519 SHA256:9"]}}',
      },
    },
    {
      title:
        'an authority; keys are taken as they come; a URI that says more; another port; sshd on another; not its address',
      release: 'zed',
      files: {
        'livemig.ini': [1, 2, 3, 4, 5, 6].map((n) => `[node c${n}]\nroles = compute\n`).join(''),
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = ssh\n',
        'c1/facts.json':
          '{"hostname": "c1", "ssh": {"known": ["@cert-authority * ssh-rsa SHA256:ca"], "client": [], "server": ["port 2022"], "hostKeys": ["ssh-rsa SHA256:1"]}}',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = ssh\n',
        'c2/facts.json':
          '{"hostname": "c2", "ssh": {"known": [], "client": ["stricthostkeychecking accept-new"], "server": ["hostcertificate ?"], "hostKeys": ["ssh-rsa SHA256:2"]}}',
        'c3/etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+ssh://%s/system?no_verify=1\n',
        'c3/facts.json':
          '{"hostname": "c3", "ssh": {"known": [], "client": [], "server": ["hostkeyagent ?"], "hostKeys": ["ssh-rsa SHA256:3"]}}',
        'c4/etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+ssh://%s:2022/system\n',
        'c4/facts.json':
          '{"hostname": "c4", "ssh": {"known": [], "client": [], "server": ["include ?"], "hostKeys": ["ssh-rsa SHA256:4"]}}',
        'c5/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = ssh\nlive_migration_inbound_addr = 10.9.9.9\n',
        'c5/facts.json': '{"hostname": "c5", "ssh": {"client": [], "server": [], "hostKeys": ["ssh-rsa SHA256:5"]}}',
        'c6/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = libssh2\nlive_migration_inbound_addr = c7\n',
        'c6/facts.json':
          '{"hostname": "c6", "ssh": {"known": [], "client": [], "server": [], "hostKeys": ["ssh-rsa SHA256:6"]}}',
      },
    },
    {
      title: 'without nova: libvirt listens, or that was not looked at',
      files: {
        'livemig.ini':
          '[node c1]\nroles = compute\naddress = 10.0.0.1\n[node c2]\nroles = compute\naddress = 10.0.0.2\n[node c3]\nroles = compute\naddress = 10.0.0.3\n',
        'c1/facts.json':
          '{"listening": ["0.0.0.0:16509"], "ssh": {"known": [], "client": [], "server": [], "hostKeys": ["ssh-ed25519 SHA256:1"]}}',
        'c2/facts.json':
          '{"listening": ["[::]:16514"], "ssh": {"known": [], "client": [], "server": [], "hostKeys": ["ssh-ed25519 SHA256:2"]}}',
        'c3/facts.json': '{"ssh": {"known": [], "client": [], "server": [], "hostKeys": ["ssh-ed25519 SHA256:3"]}}',
      },
    },
  ],
  check(cluster, report) {
    cluster.hosts.forEach((host, at) => {
      const unknown = sshWays(cluster, host, at).filter((way) => isUnknown(host, way));
      const [first] = unknown;
      const place = first && factPlace(host, ['ssh', 'known']);
      if (!place) return;
      report({
        ...{ host, ...place, values: { hosts: destinationsIn(unknown), name: first.name } },
        ...(!first.declared && { message: 'plain', severity: 'warning' }),
      });
    });
  },
});

/** The key of the host stands in no line that speaks of it. Others of its keys are not asked for, so one is enough. */
function isUnknown({ facts }: Host, { name, there }: SshWay): boolean {
  const { known, client } = facts?.ssh ?? {};
  if (!known || !there.hostKeys || says(client, ...OTHERWISE) || says(there.server, 'hostcertificate', 'hostkeyagent'))
    return false;
  const lines = byKey(known);
  // Who trusts an authority takes keys that are not here.
  if (lines.has('@')) return false;
  return !there.hostKeys.some((key) => lines.get(key)?.some((line) => knows(line, name)));
}
