import { factPlace } from '../../model/factPlace';
import type { Host } from '../../model/host';
import { defineRule } from '../rule';
import { destinationsIn, says, sshWays, type SshWay } from './_ssh';

/** Options by which ssh asks another host, or shows other keys than root's own. */
const OTHERWISE = [
  ...['hostname', 'proxycommand', 'proxyjump', 'port', 'user', 'include', 'controlpath', 'preferredauthentications'],
  ...['identityfile', 'identityagent', 'certificatefile', 'pkcs11provider', 'pubkeyauthentication'],
  ...['hostbasedauthentication', 'canonicalizehostname'],
];
/** Options by which sshd takes others than those in authorized_keys. */
const TAKES_OTHERS = [
  ...[
    'authorizedkeysfile',
    'authorizedkeyscommand',
    'trustedusercakeys',
    'authenticationmethods',
    'pubkeyauthentication',
  ],
  ...['hostbasedauthentication', 'permitemptypasswords'],
];

export default defineRule({
  id: 'cluster/ssh-key-refused',
  scope: 'cluster',
  title: 'Migrations go over SSH, and the destination takes no key of root',
  severity: 'error',
  files: ['facts'],
  messages: {
    default:
      'Migrations go over SSH, and {user} on {hosts} takes none of the keys of root here: they end with "Permission denied"; add one to authorized_keys',
    none: 'Migrations go over SSH, and root has no key here: on {hosts} they end with "Permission denied"; make one, and let {user} there take it',
    root: 'Migrations go over SSH as root, which sshd on {hosts} lets in by no means: they end with "Permission denied"; set PermitRootLogin to prohibit-password',
    plain:
      'libvirt on {hosts} listens for no other host, and takes no key of root over SSH: a migration ends with "Permission denied"',
  },
  why: `libvirtd of the source starts ssh as root, who types no password: one of /root/.ssh/id_*.pub has to stand in authorized_keys
of the account that the URI names, root if it names none, and sshd has to let that account in. Else the migration ends with *Cannot
recv data: Permission denied, please try again. root@10.0.0.2: Permission denied (publickey,password).: Connection reset by peer*. A key
with options (from=, command=) is not judged.`,
  sources: [
    'virsh migrate by qemu+ssh without a key, with PermitRootLogin no, libvirt 9.0.0 and OpenSSH 9.2',
    'sshd_config(5), AuthorizedKeysFile, PermitRootLogin',
  ],
  explains: [/Permission denied \((?:publickey|password|keyboard-interactive|,)+\)/],
  preflight: 'source',
  examples: [
    {
      title: 'other keys; none at all; root may not log in',
      release: 'zed',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n[node c3]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+ssh://nova@%s/system\n',
        'c1/facts.json':
          '{"hostname": "c1", "ssh": {⟦"keys"⟧: ["ssh-rsa SHA256:1"], "client": [], "server": ["permitrootlogin no"], "authorized": {"root": ["ssh-rsa SHA256:3"]}}}',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'c2/facts.json':
          '{"hostname": "c2", "ssh": {"keys": [], "client": [], "server": [], "authorized": {"root": ["ssh-rsa SHA256:1"], "nova": ["ssh-rsa SHA256:2"]}}}',
        'c3/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = ssh\n',
        'c3/facts.json':
          '{"hostname": "c3", "ssh": {⟦"keys"⟧: ["ssh-rsa SHA256:3"], "client": [], "server": [], "authorized": {"root": [], "nova": ["ssh-rsa SHA256:1"]}}}',
      },
    },
    {
      title: 'no key of its own',
      release: 'zed',
      files: {
        'livemig.ini': '[node c1]\nroles = compute\n[node c2]\nroles = compute\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = ssh\n',
        'c1/facts.json':
          '{"hostname": "c1", "ssh": {⟦"keys"⟧: [], "client": [], "server": [], "authorized": {"root": []}}}',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tcp\n',
        'c2/facts.json':
          '{"hostname": "c2", "ssh": {"keys": [], "client": [], "server": ["permitrootlogin yes"], "authorized": {"root": ["ssh-rsa SHA256:1"]}}}',
      },
    },
    {
      title: 'without nova, where libvirt listens for nobody',
      severity: 'warning',
      files: {
        'livemig.ini':
          '[node c1]\nroles = compute\naddress = 10.0.0.1\n[node c2]\nroles = compute\naddress = 10.0.0.2\n',
        'c1/facts.json':
          '{"listening": ["0.0.0.0:16509"], "ssh": {⟦"keys"⟧: ["ssh-rsa SHA256:1"], "client": [], "server": [], "authorized": {"root": []}}}',
        'c2/facts.json':
          '{"listening": ["0.0.0.0:22"], "ssh": {"keys": [], "client": [], "server": [], "authorized": {"root": []}}}',
      },
    },
    {
      title: 'taken, or perhaps; another account; keys, agents and authorities elsewhere; passwords that are none',
      release: 'zed',
      files: {
        'livemig.ini': [1, 2, 3, 4, 5, 6].map((n) => `[node c${n}]\nroles = compute\n`).join(''),
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = ssh\n',
        'c1/facts.json':
          '{"hostname": "c1", "ssh": {"keys": ["ssh-rsa SHA256:0", "ssh-rsa SHA256:1"], "client": [], "server": ["permitemptypasswords yes"], "authorized": {"root": []}}}',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+ssh://mig@%s/system\n',
        'c2/facts.json':
          '{"hostname": "c2", "ssh": {"keys": [], "client": [], "server": ["permitrootlogin no", "permitrootlogin yes"], "authorized": {"root": ["ssh-rsa SHA256:9", "ssh-rsa SHA256:1"]}}}',
        'c3/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = ssh\n',
        'c3/facts.json':
          '{"hostname": "c3", "ssh": {"keys": [], "client": ["identityfile /etc/nova/id"], "server": ["authorizedkeyscommand /usr/bin/sss"], "authorized": {"root": []}}}',
        'c4/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = ssh\n',
        'c4/facts.json':
          '{"hostname": "c4", "ssh": {"client": [], "server": ["permitrootlogin ?"], "authorized": {"root": ["options ssh-rsa SHA256:1"]}}}',
        'c5/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = ssh\n',
        'c5/facts.json':
          '{"hostname": "c5", "paths": {"/etc/krb5.keytab": {"type": "file", "mode": 384, "uid": 0, "gid": 0}}, "ssh": {"keys": ["ssh-rsa SHA256:1"], "client": ["gssapiauthentication yes"], "server": ["trustedusercakeys /etc/ssh/ca"], "authorized": {"root": []}}}',
        'c6/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c6/facts.json':
          '{"hostname": "c6", "ssh": {"keys": [], "client": [], "server": ["gssapiauthentication yes"], "authorized": {"root": ["ssh-rsa SHA256:0"]}}}',
      },
    },
  ],
  check(cluster, report) {
    cluster.hosts.forEach((host, at) => {
      const refused = sshWays(cluster, host, at).flatMap((way) => {
        const why = whyRefused(host, way);
        return why === undefined ? [] : [{ ...way, why }];
      });
      const [first] = refused;
      const place = first && factPlace(host, ['ssh', 'keys']);
      if (!place) return;
      const { user, why } = first;
      const hosts = destinationsIn(refused.filter((w) => w.why === why));
      report({
        ...{ host, ...place, message: why, values: { hosts, user } },
        ...(!first.declared && { message: 'plain', severity: 'warning' }),
      });
    });
  },
});

function whyRefused({ facts }: Host, { there, user }: SshWay): 'default' | 'none' | 'root' | undefined {
  const { keys, client } = facts?.ssh ?? {};
  if (!keys || says(client, ...OTHERWISE) || says(there.server, ...TAKES_OTHERS)) return undefined;
  // With a ticket of Kerberos', which root may get by a keytab.
  const tickets = says(client, 'gssapiauthentication') && says(there.server, 'gssapiauthentication');
  if (tickets && facts?.paths?.['/etc/krb5.keytab'] !== null) return undefined;
  const root = there.server?.filter((o) => o.startsWith('permitrootlogin ')) ?? [];
  if (user === 'root' && root.length > 0 && root.every((o) => o === 'permitrootlogin no')) return 'root';
  const authorized = there.authorized?.[user];
  if (!authorized || keys.some((key) => authorized.some((a) => a.endsWith(key)))) return undefined;
  return keys.length === 0 ? 'none' : 'default';
}
