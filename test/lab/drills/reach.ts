/** Reaching libvirt on the destination. */
import { all, both, C1, C2, edit, libvirt, made, nova, restarted, type Drill } from './drill';

const SASL = ['libvirtd/sasl-unusable', 'libvirtd/auth-tcp-absent', 'libvirtd/auth-tcp-sasl-no-creds'];
const SSH = 'no node is logged in to from another for a question, and root’s keys are not read';
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
    ...all(nova(C1, 'libvirt', 'live_migration_scheme', 'ssh'), nova(C2, 'libvirt', 'live_migration_scheme', 'ssh')),
    ...{ causes: [], unforeseen: { why: SSH, message: 'ssh-host-key' } },
  },
  {
    ...{ id: 'A16', title: 'over SSH, and the destination does not take root’s key', stage: 'nova' },
    ...all(
      nova(C1, 'libvirt', 'live_migration_scheme', 'ssh'),
      nova(C2, 'libvirt', 'live_migration_scheme', 'ssh'),
      both(
        C1,
        ['sh', '-c', 'ssh-keyscan -T 5 "$1" "$2" >/root/.ssh/known_hosts 2>/dev/null', 'sh', '@NET.1.12', '@NET.0.12'],
        ['rm', '-f', '/root/.ssh/known_hosts'],
      ),
    ),
    ...{ causes: [], unforeseen: { why: SSH, message: 'ssh-key' } },
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
