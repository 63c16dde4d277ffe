/** Reaching libvirt on the destination. */
import { all, both, C1, C2, edit, libvirt, made, nova, restarted, step, type Change, type Drill } from './drill';

const SASL = ['libvirtd/sasl-unusable', 'libvirtd/auth-tcp-absent', 'libvirtd/auth-tcp-sasl-no-creds'];
/** Nova dials over SSH. */
const ssh = all(
  nova(C1, 'libvirt', 'live_migration_scheme', 'ssh'),
  nova(C2, 'libvirt', 'live_migration_scheme', 'ssh'),
);
/** Root of the source knows the key of the destination. */
const known = both(
  C1,
  ['sh', '-c', 'ssh-keyscan -T 5 "$1" "$2" >/root/.ssh/known_hosts 2>/dev/null', 'sh', '@NET.1.12', '@NET.0.12'],
  ['rm', '-f', '/root/.ssh/known_hosts', '/root/.ssh/known_hosts.old'],
);
/** Sshd reads its configuration again by a signal alone; connections that are open stay. */
const reloaded = step(C2, 'sh', '-c', 'kill -HUP "$(cat /run/sshd.pid)"');
const forbidden = edit(C2, '/etc/ssh/sshd_config', 's/^PermitRootLogin.*/PermitRootLogin no/');
const shut: Change = { make: [...forbidden.make, reloaded], undo: [...forbidden.undo, reloaded] };
const key = both(
  C1,
  ['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', '/root/.ssh/id_ed25519'],
  ['rm', '-f', '/root/.ssh/id_ed25519', '/root/.ssh/id_ed25519.pub'],
);
/** The nodes have no folder in common but this one. */
const authorized: Change = {
  make: [
    step(C1, 'cp', '/root/.ssh/id_ed25519.pub', '/srv/instances/key.pub'),
    step(C2, 'sh', '-c', 'cat /srv/instances/key.pub >>/root/.ssh/authorized_keys'),
  ],
  undo: [step(C2, 'sed', '-i', '2,$d', '/root/.ssh/authorized_keys'), step(C1, 'rm', '-f', '/srv/instances/key.pub')],
};
const scram = all(
  libvirt(C2, 'libvirtd', 'auth_tcp', '"sasl"'),
  edit(C2, '/etc/sasl2/libvirt.conf', 's/.*/mech_list: scram-sha-256/'),
);

export const reach: readonly Drill[] = [
  { ...{ id: '0', title: 'nothing: nova’s configuration', stage: 'nova', causes: [] }, make: [], undo: [] },
  { ...{ id: '0-plain', title: 'nothing: libvirt without nova', stage: 'plain', causes: [] }, make: [], undo: [] },
  made('A1', 'nova'),
  made('A1-running', 'nova'),
  made('A1-dead', 'nova'),
  made('A2', 'nova'),
  {
    ...made('A2', 'plain', {
      id: 'A2-plain',
      title: 'listen_tcp = 0, and libvirt is dialled over SSH, which root may not use',
    }),
    causes: ['libvirtd/listen-tcp-off'],
  },
  made('A3', 'nova'),
  made('A3-default', 'nova'),
  made('A5', 'nova'),
  made('A6', 'nova'),
  made('A6-other', 'nova'),
  made('A7', 'nova'),
  made('A8', 'nova'),
  {
    ...{ id: 'A8-debian', title: 'auth_tcp left to its default, with the SASL file of Debian', stage: 'nova' },
    ...restarted(C2, edit(C2, '/etc/libvirt/libvirtd.conf', '/^auth_tcp/d')),
    causes: SASL,
  },
  {
    ...{ id: 'A9', title: 'auth_tcp = "sasl" by a mechanism that does not encrypt', stage: 'nova' },
    ...{ ...restarted(C2, scram), causes: SASL },
  },
  made('A10', 'nova'),
  made('A11', 'nova'),
  made('A12', 'nova'),
  {
    ...{ id: 'A13', title: 'the destination is dialled by a name that the source does not know', stage: 'nova' },
    ...all(
      nova(C2, 'libvirt', 'live_migration_inbound_addr', undefined),
      nova(C1, 'libvirt', 'live_migration_inbound_addr', undefined),
      edit(C1, '/etc/hosts', '/compute2/d'),
    ),
    uri: 'qemu+tcp://compute2/system',
    causes: ['hosts/peer-missing', 'hosts/peer-resolves'],
  },
  made('A14', 'nova'),
  {
    ...{ id: 'A15', title: 'over SSH, and root’s known_hosts lacks the destination', stage: 'nova' },
    ...{ ...ssh, causes: ['cluster/ssh-host-unknown'] },
  },
  {
    ...{
      id: 'A15-changed',
      title: 'over SSH, and root’s known_hosts has another key of the destination',
      stage: 'nova',
    },
    ...all(
      ssh,
      known,
      edit(
        C1,
        '/root/.ssh/known_hosts',
        's/AAAAI[^ ]*/AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/',
      ),
      key,
      authorized,
    ),
    causes: ['cluster/ssh-host-unknown'],
  },
  {
    ...{ id: 'A16', title: 'over SSH, and root has no key to log in with', stage: 'nova' },
    ...{ ...all(ssh, known), causes: ['cluster/ssh-key-refused'] },
  },
  {
    ...{ id: 'A16-key', title: 'over SSH, and the destination does not take root’s key', stage: 'nova' },
    ...{ ...all(ssh, known, key), causes: ['cluster/ssh-key-refused'] },
  },
  {
    ...{ id: 'A16-root', title: 'over SSH, and sshd lets root in by no means', stage: 'nova' },
    ...all(ssh, known, key, authorized, shut),
    causes: ['cluster/ssh-key-refused'],
  },
  {
    ...{ id: 'A16-right', title: 'over SSH, with a key that is taken, and known hosts by their hashes', stage: 'nova' },
    ...all(ssh, known, both(C1, ['ssh-keygen', '-q', '-H', '-f', '/root/.ssh/known_hosts'], ['true']), key, authorized),
    causes: [],
  },
  {
    ...{ id: 'A17', title: 'nova is not in the group libvirt of the source, and asks it', stage: 'nova', user: 'nova' },
    ...both(C1, ['gpasswd', '-d', 'nova', 'libvirt'], ['gpasswd', '-a', 'nova', 'libvirt']),
    causes: ['cluster/nova-not-in-libvirt-group'],
  },
  {
    ...{ id: 'A17-in', title: 'nova is in it, and asks', stage: 'nova', user: 'nova', causes: [] },
    ...{ make: [], undo: [] },
  },
  made('A-restart', 'nova', { causes: [] }),
  made('K1', 'nova', { causes: [] }),
];
