import type { KnownMessage } from '../message';

/** Which host is meant. Words of libvirt 9.0. */
export const identity: readonly KnownMessage[] = [
  {
    id: 'same-host',
    pattern: /Attempt to migrate guest to the same host/,
    means: 'The source was led to itself.',
    causes: [
      {
        text: 'Two hosts have one UUID, as machines that were cloned do.',
        remedy: 'an own host_uuid in libvirtd.conf on each',
        rules: ['libvirtd/host-uuid-duplicate'],
      },
      {
        text: "The source's /etc/hosts gives the destination's name a loopback address.",
        remedy: 'the real address',
        rules: ['hosts/peer-loopback', 'hosts/peer-resolves'],
      },
      {
        text: 'live_migration_inbound_addr of the destination is loopback or the address of the source.',
        remedy: "the destination's own address",
        rules: ['nova/inbound-addr-loopback', 'nova/inbound-addr-foreign', 'nova/my-ip-duplicate'],
      },
      {
        text: 'The URI names no host, or has three slashes before it.',
        remedy: 'live_migration_uri = qemu+tcp://%s/system',
        rules: ['nova/uri-no-placeholder'],
      },
    ],
  },
  {
    id: 'uri-unreadable',
    pattern: /Unable to parse URI (?<uri>\S+)/,
    means: 'libvirt cannot read the URI {uri}.',
    causes: [
      {
        text: 'live_migration_uri does not hold exactly one %s, or is misspelt.',
        remedy: 'qemu+tcp://%s/system, or leave it out and set live_migration_scheme',
        rules: ['nova/uri-no-placeholder', 'nova/scheme-contains-uri'],
      },
    ],
  },
  {
    id: 'uri-transport',
    pattern: /transport in URL not recognised/,
    means: 'The word between qemu+ and :// is no transport of libvirt.',
    causes: [
      {
        text: 'live_migration_scheme or live_migration_uri is misspelt.',
        remedy: 'tcp, tls or ssh',
        rules: ['nova/scheme-unknown', 'nova/uri-wrong-driver'],
      },
    ],
  },
  {
    id: 'uri-path',
    pattern: /unexpected qemu URI path '(?<path>[^']*)'/,
    means: 'The URI ends in {path} and not in /system.',
    causes: [
      {
        text: 'live_migration_uri is misspelt at its end.',
        remedy: 'qemu+tcp://%s/system',
        rules: ['nova/uri-wrong-driver'],
      },
    ],
  },
  {
    id: 'uri-driver',
    pattern:
      /no connection driver available for (?<uri>\S+)|(?<driver>libxenlight|lxc|\w+) state driver is not active|No live migration URI configured and no default available for "(?<type>[^"]*)"/,
    means: 'The URI leads to a hypervisor that the destination does not have.',
    causes: [
      {
        text: 'virt_type or live_migration_uri is not for QEMU.',
        remedy: 'virt_type = kvm or qemu, and qemu+ in the URI',
        rules: ['nova/uri-wrong-driver', 'nova/virt-type-differs'],
      },
    ],
  },
  {
    id: 'hostname-localhost',
    pattern: /hostname on destination resolved to localhost/,
    means: 'The destination calls itself localhost, and would have the guest sent there.',
    causes: [
      {
        text: 'Its host name is localhost, or its /etc/hosts says so.',
        remedy: 'a host name of its own; migration_host in qemu.conf at least',
        rules: ['hosts/host-localhost', 'nova/host-is-localhost', 'qemu/migration-host-loopback'],
      },
    ],
  },
];
