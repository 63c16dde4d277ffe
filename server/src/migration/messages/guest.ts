import type { KnownMessage } from '../message';

/** The guest does not fit on the destination. Words of libvirt 9.0 and QEMU 7.2. */
export const guest: readonly KnownMessage[] = [
  {
    id: 'cpu-features',
    pattern: /guest CPU doesn't match specification: missing features: (?<features>\S+)/,
    means: "The destination's processor or QEMU lacks {features}.",
    causes: [
      {
        text: 'The hosts have different processors or microcode, and the guest got that of its first host.',
        remedy: 'cpu_mode = custom with a model that all have, then restart the guest',
        rules: [
          'cluster/guest-cpu-missing',
          'nova/cpu-differs',
          'nova/cpu-extra-flags-missing',
          'nova/cpu-model-unknown',
        ],
      },
    ],
  },
  {
    id: 'cpu-incompatible',
    pattern:
      /the CPU is incompatible with host CPU(?:: Host CPU does not provide required features: (?<features>.+))?|Unacceptable CPU info|CPU doesn't have compatibility|cpu info incapable/,
    means: "The destination's processor cannot give the guest what it was started with.",
    causes: [
      {
        text: 'The hosts have different processors or microcode.',
        remedy: 'cpu_mode = custom with the oldest common cpu_models on all hosts, then restart the guests',
        rules: [
          'cluster/guest-cpu-missing',
          'nova/cpu-differs',
          'nova/cpu-model-unknown',
          'nova/cpu-extra-flags-missing',
        ],
      },
    ],
  },
  {
    id: 'cpu-mode',
    pattern: /CPU mode '(?<mode>[^']*)' for \S+ (?<type>\S+) domain .* is not supported by hypervisor/,
    means: 'The destination cannot give CPU mode {mode} to a {type} guest.',
    causes: [
      {
        text: 'virt_type and cpu_mode do not go together, or one host has no KVM.',
        remedy: 'cpu_mode = none with virt_type = qemu',
        rules: ['nova/virt-type-differs'],
      },
    ],
  },
  {
    id: 'no-kvm',
    pattern: /Domain requires KVM, but it is not available|failed to initialize kvm|Could not access KVM kernel module/,
    means: 'The destination has no KVM, or QEMU may not use it.',
    causes: [
      {
        text: 'The destination: virtualisation is off in its firmware, or the modules are not loaded.',
        rules: ['cluster/kvm-missing', 'cluster/guest-kvm-missing', 'nova/virt-type-differs'],
      },
      { text: 'The destination: /dev/kvm is not for the group kvm.', remedy: 'mode 0660, group kvm' },
    ],
  },
  {
    id: 'machine-type',
    pattern: /does not support machine type '(?<machine>[^']*)'|unsupported machine type/,
    means: "The destination's QEMU does not know the guest's machine type.",
    causes: [
      {
        text: 'QEMU on the destination is older.',
        remedy: 'the same QEMU on all hosts, or hw_machine_type that all know',
        rules: ['cluster/guest-machine-missing', 'cluster/machine-type-missing', 'cluster/qemu-version-differs'],
      },
    ],
  },
  {
    id: 'emulator-missing',
    pattern: /Cannot check QEMU binary (?<file>\S+?): No such file or directory/,
    means: 'QEMU does not lie at {file} on the destination.',
    causes: [{ text: 'Another distribution, or QEMU is not installed.', rules: ['cluster/emulator-missing'] }],
  },
  {
    id: 'firmware-missing',
    pattern: /could not load PC BIOS '(?<file>[^']*)'|Unable to find .*firmware/,
    means: 'The destination lacks the firmware of the guest.',
    causes: [
      {
        text: 'seabios or ovmf is not installed, or of another version.',
        remedy: 'the same packages on all hosts',
        rules: ['cluster/firmware-missing'],
      },
    ],
  },
  {
    id: 'memory',
    pattern:
      /cannot set up guest memory '[^']*': Cannot allocate memory|Lack of memory\(host:(?<free>[^<]*)<= instance:(?<need>[^)]*)\)/,
    means: 'The destination has too little memory.',
    causes: [
      {
        text: 'The destination is full, or its ram_allocation_ratio is smaller.',
        remedy: 'another destination, or move guests away',
        rules: ['cluster/guest-too-large'],
      },
    ],
  },
  {
    id: 'hugepages',
    pattern: /hugetlbfs filesystem is not mounted|unable to map backing store for guest RAM/,
    means: 'The guest lives in huge pages, and the destination has none.',
    causes: [
      {
        text: 'Huge pages are not set aside or not mounted.',
        remedy: 'vm.nr_hugepages, and /dev/hugepages',
        rules: ['cluster/guest-hugepages-missing', 'cluster/hugepages-missing'],
      },
    ],
  },
  {
    id: 'bridge',
    pattern: /Cannot get interface MTU on '(?<bridge>[^']*)': No such device/,
    means: 'The destination has no bridge {bridge}.',
    causes: [
      {
        text: 'Its network agent is not set up like that of the source.',
        remedy: 'the same bridges on all compute nodes',
        rules: ['cluster/guest-bridge-missing'],
      },
    ],
  },
  {
    id: 'console-address',
    pattern:
      /-(?<what>vnc|spice) [^:]*.*Failed to bind socket: Cannot assign requested address|(?:VNC|vnc).*Failed to bind socket: Cannot assign requested address/,
    means: "The guest's console is to listen on an address that the destination does not have.",
    causes: [
      {
        text: 'server_listen (vncserver_listen) is the address of one host.',
        remedy: '0.0.0.0, or $my_ip from Ocata on; the guest keeps the old one until it is started anew',
        rules: [
          'cluster/guest-listen-address',
          'nova/vnc-listen-own-ip-old',
          'nova/vnc-listen-own-ip-juno',
          'nova/vnc-listen-foreign-ip',
          'nova/spice-listen-own-ip-old',
          'nova/spice-listen-foreign-ip',
          'nova/console-address-missing',
        ],
      },
    ],
  },
  {
    id: 'serial-address',
    pattern: /chardev.*Failed to bind socket: Cannot assign requested address/,
    means: "The guest's serial console is to listen on an address that the destination does not have.",
    causes: [
      {
        text: 'proxyclient_address of [serial_console] is the address of one host.',
        rules: ['nova/serial-console-foreign-ip', 'nova/console-address-missing'],
      },
    ],
  },
  {
    id: 'exists',
    pattern:
      /domain '(?<name>[^']*)' already exists with uuid (?<uuid>\S+)|domain '(?<other>[^']*)' is already defined with uuid|domain '(?<running>[^']*)' is already active/,
    means: 'The destination has a guest of that name or UUID already.',
    causes: [
      {
        text: 'It is left over from an earlier migration or was made by hand.',
        remedy: 'look which of the two is the real one; then virsh undefine the other',
        rules: ['cluster/guest-exists'],
      },
    ],
  },
  {
    id: 'virtlogd',
    pattern: /Failed to connect socket to '(?<socket>[^']*virtlogd-sock)'/,
    means: 'virtlogd, which keeps the log of QEMU, does not run on the destination.',
    causes: [
      {
        text: 'virtlogd.socket is not active.',
        remedy: 'systemctl enable --now virtlogd.socket',
        rules: ['cluster/virtlogd-missing'],
      },
    ],
  },
  {
    id: 'xml-changed',
    pattern: /Target domain .* does not match source/,
    means: 'The description for the destination is not that of the guest.',
    causes: [
      {
        text: '--xml was given with other hardware.',
        remedy: 'virsh dumpxml --migratable, and change addresses and paths only',
      },
    ],
  },
  {
    id: 'flags',
    pattern: /is not supported with tunnelled migration|'VIR_MIGRATE_\w+' and 'VIR_MIGRATE_\w+' are mutually exclusive/,
    means: 'The migration was asked for in two ways that exclude each other.',
    causes: [
      {
        text: 'live_migration_tunnelled together with post-copy, parallel connections or TLS.',
        rules: ['nova/tunnelled-post-copy', 'nova/tunnelled-parallel', 'nova/tunnelled-and-native-tls'],
      },
    ],
  },
];
