/** The memory stream, the disks, and what the guests ask of the hosts. */
import {
  all,
  both,
  C0,
  C1,
  C2,
  edit,
  libvirt,
  nova,
  restarted,
  step,
  write,
  type Change,
  type Fault,
  type Unprovoked,
} from './fault';

const NOVA = 'etc/nova/nova.conf';
const QEMU = 'etc/libvirt/qemu.conf';
const firewall = (...verdict: string[]): Change =>
  both(
    C2,
    ['iptables', '-A', 'INPUT', '-p', 'tcp', '--dport', '49152:49215', '-j', ...verdict],
    ['iptables', '-D', 'INPUT', '-p', 'tcp', '--dport', '49152:49215', '-j', ...verdict],
  );
const qemuConf = (key: string, value: string): Change => restarted(C2, libvirt(C2, 'qemu', key, value));

/** Fuse tells the other nodes of it a second later. */
const chmodSeen = (mode: string): string[] => [...['sh', '-c', 'chmod "$1" /srv/instances && sleep 1.5', 'sh', mode]];

export const stream: readonly Fault[] = [
  {
    ...{ id: 'C1', title: 'a firewall drops QEMU’s ports', checks: [19] },
    ...{ ...firewall('DROP'), looks: [C1, C2] },
    finds: { rule: 'cluster/firewall-ports', node: C1 },
  },
  {
    ...{ id: 'C2', title: 'a firewall rejects QEMU’s ports', checks: [19] },
    ...{ ...firewall('REJECT'), looks: [C1, C2] },
    finds: { rule: 'cluster/port-blocked', node: C2 },
  },
  {
    ...{ id: 'C3', title: 'five guests leave at a time, two ports are there for them', checks: [19] },
    ...all(
      nova(C1, 'DEFAULT', 'max_concurrent_live_migrations', '5'),
      restarted(C2, libvirt(C2, 'qemu', 'migration_port_max', '49153')),
    ),
    finds: { rule: 'qemu/migration-ports-narrow', node: C2, file: QEMU },
  },
  {
    ...{ id: 'C4', title: 'migration_port_min = migration_port_max', checks: [19, 23] },
    ...qemuConf('migration_port_max', '49152'),
    finds: { rule: 'qemu/migration-ports', node: C2, file: QEMU },
  },
  {
    ...{ id: 'C5', title: 'migration_address is an address that the node does not have', checks: [24] },
    ...qemuConf('migration_address', '"10.255.0.1"'),
    finds: { rule: 'qemu/migration-address-not-own', node: C2, file: QEMU },
  },
  {
    ...{ id: 'C6', title: 'migration_address = "127.0.0.1": libvirtd does not start', checks: [23] },
    ...qemuConf('migration_address', '"127.0.0.1"'),
    finds: { rule: 'qemu/migration-address-loopback', node: C2, file: QEMU },
  },
  {
    ...{ id: 'C6-host', title: 'migration_host = "localhost": libvirtd does not start', checks: [23] },
    ...qemuConf('migration_host', '"localhost"'),
    finds: { rule: 'qemu/migration-host-loopback', node: C2, file: QEMU },
  },
  {
    ...{ id: 'C7', title: 'live_migration_with_native_tls without certificates', checks: [21] },
    ...nova(C1, 'libvirt', 'live_migration_with_native_tls', 'true'),
    finds: { rule: 'qemu/native-tls-no-certs', node: C1 },
  },
  {
    ...{ id: 'D1', title: 'the instances lie on the local disk, on the other node they are shared', checks: [10] },
    ...edit(C2, '/etc/fstab', 's,.*,/dev/vda9 /var/lib/nova/instances ext4 defaults 0 2,'),
    finds: { rule: 'nova/instances-path-not-mounted', node: C2 },
  },
  {
    ...{ id: 'D2', title: 'the instances are not in the file of mounts', checks: [10] },
    ...edit(C2, '/etc/fstab', '/instances/d'),
    finds: { rule: 'nova/instances-path-not-mounted', node: C2 },
  },
  {
    ...{ id: 'D2-path', title: 'the directory of the instances does not exist', checks: [10, 12] },
    ...nova(C2, 'DEFAULT', 'instances_path', '/srv/nowhere'),
    finds: { rule: 'nova/instances-path-missing', node: C2 },
  },
  {
    ...{ id: 'D2-differs', title: 'the nodes have different instances_path', checks: [10] },
    ...nova(C2, 'DEFAULT', 'instances_path', '/srv/instances'),
    finds: { rule: 'nova/instances-path-differs' },
  },
  {
    ...{ id: 'D-mode', title: 'the directory of the instances has no x for others', checks: [12] },
    ...{ ...both(C0, chmodSeen('750'), chmodSeen('755')), looks: [C0, C1, C2] },
    finds: { rule: 'cluster/instances-dir-mode' },
  },
  {
    ...{ id: 'D7', title: 'the instances are mounted read-only by the file of mounts', checks: [10] },
    ...edit(C2, '/etc/fstab', 's/hard,/hard,ro,/'),
    finds: { rule: 'fstab/ro', node: C2 },
  },
  {
    ...{ id: 'D7-export', title: 'the export is read-only', checks: [14] },
    ...edit(C0, '/etc/exports', 's/(rw,/(ro,/'),
    finds: { rule: 'exports/not-rw', node: C0 },
  },
  {
    ...{ id: 'X1', title: 'the export has root_squash', checks: [14] },
    ...edit(C0, '/etc/exports', 's/no_root_squash/root_squash/'),
    finds: { rule: 'exports/root-squash', node: C0 },
  },
  {
    ...{ id: 'X2', title: 'the export does not cover a compute node', checks: [14] },
    ...edit(C0, '/etc/exports', 's,@NET.0.0/24,@NET.0.11,'),
    finds: { rule: 'exports/host-missing', node: C0 },
  },
  {
    ...{ id: 'X3', title: 'another directory is exported than is mounted', checks: [14] },
    ...edit(C0, '/etc/exports', 's,^/srv/instances,/srv/other,'),
    finds: { rule: 'fstab/server-path-not-exported' },
  },
  {
    ...{ id: 'X4', title: 'a blank before the options: the world may write', checks: [14] },
    ...edit(C0, '/etc/exports', 's,(rw, (rw,'),
    finds: { rule: 'exports/space-before-options', node: C0 },
  },
  {
    ...{ id: 'X5', title: 'nothing is exported', checks: [14] },
    ...edit(C0, '/etc/exports', 's,^/,#/,'),
    finds: { rule: 'exports/no-instances-export', node: C0 },
  },
  {
    ...{ id: 'X6', title: 'soft mounts', checks: [10] },
    ...edit(C2, '/etc/fstab', 's/hard/soft/'),
    finds: { rule: 'fstab/soft', node: C2 },
  },
  {
    ...{ id: 'X7', title: 'the mount is of another server', checks: [10] },
    ...edit(C2, '/etc/fstab', 's/^controller/compute1/'),
    finds: { rule: 'fstab/server-differs' },
  },
  {
    ...{ id: 'D11', title: 'disk_cachemodes = file=unsafe', checks: [27] },
    ...nova(C2, 'libvirt', 'disk_cachemodes', '"file=unsafe"'),
    finds: { rule: 'nova/disk-cachemodes-unsafe', node: C2 },
  },
  {
    ...{
      id: 'E1',
      title: 'the destination’s processor lacks features, guests get the host’s (another /proc/cpuinfo)',
      checks: [7, 8],
    },
    ...all(
      nova(C1, 'libvirt', 'cpu_mode', 'host-model'),
      nova(C2, 'libvirt', 'cpu_mode', 'host-model'),
      nova(C1, 'libvirt', 'virt_type', 'kvm'),
      nova(C2, 'libvirt', 'virt_type', 'kvm'),
      {
        make: [
          step(C2, 'sh', '-c', "sed 's/ avx2 / /; s/ aes / /; s/ popcnt / /' /proc/cpuinfo >/run/lab/cpuinfo"),
          step(C2, 'mount', '--bind', '/run/lab/cpuinfo', '/proc/cpuinfo'),
        ],
        undo: [step(C2, 'umount', '/proc/cpuinfo')],
      },
    ),
    finds: { rule: 'nova/cpu-differs' },
  },
  {
    ...{ id: 'E2', title: 'cpu_models names a model that libvirt does not know', checks: [7] },
    ...all(nova(C2, 'libvirt', 'cpu_mode', 'custom'), nova(C2, 'libvirt', 'cpu_models', 'Nehalm')),
    finds: { rule: 'nova/cpu-model-unknown', node: C2 },
  },
  {
    ...{ id: 'E2-flag', title: 'cpu_model_extra_flags names a flag that the processor lacks', checks: [7] },
    ...all(
      nova(C2, 'libvirt', 'virt_type', 'kvm'),
      nova(C2, 'libvirt', 'cpu_mode', 'custom'),
      nova(C2, 'libvirt', 'cpu_models', 'Nehalem'),
      nova(C2, 'libvirt', 'cpu_model_extra_flags', 'la57'),
    ),
    finds: { rule: 'nova/cpu-extra-flags-missing', node: C2 },
  },
  {
    ...{ id: 'E3', title: 'the nodes give their guests different processors', checks: [7] },
    ...all(
      nova(C1, 'libvirt', 'virt_type', 'kvm'),
      nova(C2, 'libvirt', 'virt_type', 'kvm'),
      nova(C1, 'libvirt', 'cpu_mode', 'host-passthrough'),
      nova(C2, 'libvirt', 'cpu_mode', 'host-model'),
    ),
    finds: { rule: 'nova/cpu-mode-differs', severity: 'info' },
  },
  {
    ...{
      id: 'E6',
      title: 'the destination’s QEMU lacks the machine type (its name overwritten in the program)',
      checks: [27],
    },
    ...restarted(C2, {
      make: [
        step(C2, 'cp', '-a', '/usr/bin/qemu-system-x86_64', '/usr/bin/qemu-system-x86_64.kept'),
        step(
          C2,
          'sh',
          '-c',
          'sed s/pc-i440fx-7.2/pc-i440fx-6.9/g /usr/bin/qemu-system-x86_64.kept >/usr/bin/qemu-system-x86_64',
        ),
      ],
      undo: [step(C2, 'mv', '/usr/bin/qemu-system-x86_64.kept', '/usr/bin/qemu-system-x86_64')],
    }),
    finds: { rule: 'cluster/machine-type-missing' },
  },
  {
    ...{ id: 'E6-set', title: 'hw_machine_type names a type that QEMU does not offer', checks: [27] },
    ...nova(C2, 'libvirt', 'hw_machine_type', 'x86_64=pc-i440fx-1.2.3'),
    finds: { rule: 'cluster/machine-type-missing', node: C2 },
  },
  {
    ...{ id: 'E7', title: 'QEMU lies elsewhere', checks: [27] },
    ...restarted(C2, {
      make: [
        step(
          C2,
          'sh',
          '-c',
          'mkdir -p /usr/libexec && mv /usr/bin/qemu-system-x86_64 /usr/libexec/qemu-kvm && ln -s /usr/libexec/qemu-kvm /usr/bin/qemu-kvm',
        ),
      ],
      undo: [step(C2, 'sh', '-c', 'rm /usr/bin/qemu-kvm && mv /usr/libexec/qemu-kvm /usr/bin/qemu-system-x86_64')],
    }),
    finds: { rule: 'cluster/emulator-missing' },
  },
  {
    ...{ id: 'E-version', title: 'the destination’s QEMU is another version (a wrapper says so)', checks: [6] },
    ...restarted(C2, {
      make: [
        step(C2, 'mv', '/usr/bin/qemu-system-x86_64', '/usr/bin/qemu-real'),
        {
          node: C2,
          argv: ['sh', '-c', 'cat >/usr/bin/qemu-system-x86_64 && chmod 755 /usr/bin/qemu-system-x86_64'],
          input:
            '#!/bin/sh\nif [ "$1" = --version ]; then echo "QEMU emulator version 6.2.0"; exit; fi\nexec /usr/bin/qemu-real "$@"\n',
        },
      ],
      undo: [step(C2, 'mv', '/usr/bin/qemu-real', '/usr/bin/qemu-system-x86_64')],
    }),
    finds: { rule: 'cluster/qemu-version-differs' },
  },
  {
    ...{ id: 'E-old', title: 'QEMU is older than nova takes (a wrapper says so)', checks: [6] },
    ...restarted(C2, {
      make: [
        step(C2, 'mv', '/usr/bin/qemu-system-x86_64', '/usr/bin/qemu-real'),
        {
          node: C2,
          argv: ['sh', '-c', 'cat >/usr/bin/qemu-system-x86_64 && chmod 755 /usr/bin/qemu-system-x86_64'],
          input:
            '#!/bin/sh\nif [ "$1" = --version ]; then echo "QEMU emulator version 4.1.0"; exit; fi\nexec /usr/bin/qemu-real "$@"\n',
        },
      ],
      undo: [step(C2, 'mv', '/usr/bin/qemu-real', '/usr/bin/qemu-system-x86_64')],
    }),
    finds: { rule: 'cluster/libvirt-qemu-version', node: C2 },
  },
  {
    ...{
      id: 'E-release',
      title: 'the computes run releases that do not go together (folders of packages: nova itself is not in the lab)',
      checks: [5],
    },
    ...both(
      C2,
      ['sh', '-c', 'cd /usr/lib/python3/dist-packages && rmdir nova-26.2.2.egg-info && mkdir nova-22.4.0.egg-info'],
      ['sh', '-c', 'cd /usr/lib/python3/dist-packages && rmdir nova-22.4.0.egg-info && mkdir nova-26.2.2.egg-info'],
    ),
    finds: { rule: 'cluster/release-mismatch' },
  },
  {
    ...{ id: 'E10', title: 'huge pages on one node only (a file in place of the kernel’s)', checks: [32] },
    ...all({
      make: [
        step(
          C2,
          'sh',
          '-c',
          'cp -a /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages /run/lab/pages; echo 512 >/run/lab/pages',
        ),
        step(C2, 'mount', '--bind', '/run/lab/pages', '/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages'),
      ],
      undo: [step(C2, 'umount', '/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages')],
    }),
    finds: { rule: 'cluster/hugepages-missing', severity: 'info' },
  },
  {
    ...{ id: 'E12', title: 'VNC listens on the node’s own address', checks: [27] },
    ...nova(C2, 'vnc', 'server_listen', '@NET.0.11'),
    finds: { rule: 'nova/vnc-listen-foreign-ip', node: C2, file: NOVA },
  },
  {
    ...{ id: 'E13', title: 'VNC listens on 127.0.0.1', checks: [27] },
    ...nova(C2, 'vnc', 'server_listen', '127.0.0.1'),
    finds: { rule: 'nova/vnc-listen-loopback', node: C2, file: NOVA },
  },
  {
    ...{ id: 'E13-proxy', title: 'VNC is announced by the other node’s address', checks: [27] },
    ...nova(C2, 'vnc', 'server_proxyclient_address', '@NET.0.11'),
    finds: { rule: 'nova/vnc-proxyclient-foreign', node: C2, file: NOVA },
  },
  {
    ...{
      id: 'E13-third',
      title: 'a node with two interfaces announces an address that it does not have',
      checks: [27],
    },
    ...nova(C2, 'vnc', 'server_proxyclient_address', '@NET.0.77'),
    finds: { rule: 'nova/console-address-missing', node: C2, file: NOVA },
  },
  {
    ...{ id: 'E20', title: 'post-copy is permitted, the kernel’s switch is off', checks: [31] },
    ...nova(C1, 'libvirt', 'live_migration_permit_post_copy', 'true'),
    finds: { rule: 'nova/post-copy-needs-userfaultfd', node: C1, file: NOVA },
  },
  {
    ...{ id: 'E20-tunnel', title: 'tunnelled and post-copy', checks: [31] },
    ...all(
      nova(C1, 'libvirt', 'live_migration_tunnelled', 'true'),
      nova(C1, 'libvirt', 'live_migration_permit_post_copy', 'true'),
    ),
    finds: { rule: 'nova/tunnelled-post-copy', node: C1 },
  },
  {
    ...{ id: 'K1', title: 'the clock is three minutes behind its time server (a chronyc that says so)', checks: [25] },
    ...write(
      C2,
      '/usr/local/bin/chronyc',
      `#!/bin/sh\ncat <<END\nReference ID    : 0A4D000A (10.77.0.10)\nStratum         : 3\nSystem time     : 180.250000000 seconds slow of NTP time\nLeap status     : Normal\nEND\n`,
      '755',
    ),
    finds: { rule: 'cluster/clock-skew', node: C2 },
  },
  {
    ...{ id: 'M1', title: 'the security drivers differ', checks: [33] },
    ...libvirt(C2, 'qemu', 'security_driver', '"apparmor"'),
    finds: { rule: 'qemu/security-driver-differs' },
  },
  {
    ...{ id: 'M2', title: 'QEMU runs as another user', checks: [9] },
    ...libvirt(C2, 'qemu', 'user', '"root"'),
    finds: { rule: 'qemu/user-differs' },
  },
  {
    ...{ id: 'M3', title: 'images_type differs', checks: [10] },
    ...nova(C2, 'libvirt', 'images_type', 'rbd'),
    finds: { rule: 'nova/images-type-differs' },
  },
  {
    ...{ id: 'M4', title: 'virt_type differs', checks: [7] },
    ...nova(C2, 'libvirt', 'virt_type', 'kvm'),
    finds: { rule: 'nova/virt-type-differs' },
  },
];

export const unstreamed: readonly Unprovoked[] = [
  {
    id: 'D8, D9, D10',
    title: 'block migrations to files of another size, or on shared storage',
    why: 'arguments of one migration, which no configuration shows',
  },
  {
    id: 'E17',
    title: 'the same guest already on the destination',
    why: 'a guest of one UUID on two hosts is what a migration leaves behind; belongs to the migrations',
  },
  { id: 'E19', title: 'a definition changed by --xml', why: 'an argument of one migration' },
];
