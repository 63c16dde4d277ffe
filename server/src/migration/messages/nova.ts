import type { KnownMessage } from '../message';

/** What nova says before libvirt is asked. Words of Nova 26.2 (Zed); seen with a real Nova, or read in its source. */
export const nova: readonly KnownMessage[] = [
  {
    id: 'host-unknown',
    pattern: /Compute host (?<host>\S+) could not be found/,
    means: 'Nova knows no compute host of that name.',
    causes: [
      {
        text: 'A typing error, the full name where nova has the short one, or a host not yet in a cell.',
        remedy: 'the name as `openstack compute service list` has it; nova-manage cell_v2 discover_hosts',
      },
    ],
  },
  {
    id: 'vm-state',
    pattern:
      /Cannot 'os-migrateLive' instance \S+ while it is in vm_state (?<state>\w+)|is in an invalid state for 'os-migrateLive'/,
    means: 'Only a server that runs or is paused can migrate live.',
    causes: [{ text: 'It is shut off, in error, or was never placed.', remedy: 'start it, or migrate it cold' }],
  },
  {
    id: 'api-force',
    pattern: /'(?<field>force|disk_over_commit)' (?:was unexpected|is a required property)/,
    means: 'The request does not fit its microversion.',
    causes: [{ text: 'disk_over_commit is needed up to 2.24 and refused since; force is taken from 2.30 to 2.67.' }],
  },
  {
    id: 'api-force-host',
    pattern: /Can't force to a non-provided destination/,
    means: 'force was asked for without a host.',
    causes: [{ text: 'The host is missing.' }],
  },
  {
    id: 'api-version',
    pattern:
      /Version (?<version>\S+) is not supported by the API\. Minimum is (?<min>\S+) and maximum is (?<max>[\d.]*\d)/,
    means: 'The cloud speaks microversions {min} to {max}, and was asked in {version}.',
    causes: [{ text: 'The client is newer than the cloud.', remedy: 'no microversion, or at most {max}' }],
  },
  {
    id: 'service-down',
    pattern: /Compute service of (?<host>\S+) is unavailable at this time/,
    means: 'nova-compute on {host} counts as down.',
    causes: [
      {
        text: 'It does not run, or hangs; its log has the reason.',
        remedy: 'start it; if the source is dead, evacuate instead',
        rules: [
          'nova/bad-type-or-range',
          'nova/syntax',
          'nova/tunnelled-and-native-tls',
          'nova/cpu-models-without-custom',
        ],
      },
      { text: 'service_down_time is not longer than two reports.', rules: ['nova/service-down-time'] },
      { text: 'The clocks differ.', remedy: 'time synchronisation', rules: ['cluster/clock-skew'] },
    ],
  },
  {
    id: 'no-valid-host',
    pattern: /No valid host was found/,
    means: 'The scheduler found no destination, or each one that it tried failed its own checks.',
    vague: true,
    causes: [
      {
        text: "A destination's own check failed: the event compute_check_can_live_migrate_destination has the true reason.",
        remedy: 'openstack server event show SERVER REQUEST',
      },
      {
        text: 'The destination is disabled or down, or has no room in Placement.',
        remedy: 'openstack compute service list; openstack resource provider usage show',
      },
      {
        text: 'Its QEMU or libvirt is older than that of the source.',
        rules: ['cluster/qemu-version-differs', 'cluster/libvirt-qemu-version'],
      },
      { text: 'Its processor differs.', rules: ['nova/cpu-differs'] },
      { text: 'Aggregates, availability zones or server groups keep it out.' },
    ],
  },
  {
    id: 'retries',
    pattern: /Exceeded max scheduling retries/,
    means: 'Several destinations failed one after the other.',
    vague: true,
    causes: [
      {
        text: 'Each has its reason in the events of the server.',
        remedy: 'the reason of the first; migrate_max_retries',
      },
    ],
  },
  {
    id: 'same-compute',
    pattern: /Unable to migrate instance \((?<uuid>\S+)\) to current host \((?<host>\S+)\)/,
    means: 'The server is on {host} already.',
    causes: [{ text: 'Another destination was meant.', rules: ['nova/host-duplicate'] }],
  },
  {
    id: 'hypervisor-older',
    pattern: /The instance requires a newer hypervisor version than has been provided/,
    means: "The destination's QEMU is older than the source's.",
    causes: [
      {
        text: 'The hosts run different versions of QEMU.',
        remedy: 'the same on all; migrations go from the older to the newer',
        rules: ['cluster/qemu-version-differs'],
      },
    ],
  },
  {
    id: 'hypervisor-type',
    pattern: /The supplied hypervisor type of is invalid/,
    means: 'The two hosts have different hypervisors.',
    causes: [{ text: 'virt_type differs.', rules: ['nova/virt-type-differs'] }],
  },
  {
    id: 'shared-required',
    pattern: /is not on shared storage/,
    means: 'nova on the source does not see a file that the destination made in its directory of instances.',
    causes: [
      {
        text: 'The share is not mounted on one of them, or they mount different ones.',
        remedy: 'one share at instances_path on all compute nodes',
        rules: [
          'nova/instances-path-not-mounted',
          'fstab/server-differs',
          'fstab/wrong-mountpoint',
          'nova/instances-path-differs',
          'fstab/noauto',
          'fstab/bind-not-shared',
          'exports/host-missing',
          'fstab/server-path-not-exported',
        ],
      },
      {
        text: 'NFS keeps what it knows of a directory for too long.',
        remedy: 'no nocto, a short acdirmax',
        rules: ['fstab/nocto', 'fstab/attribute-cache'],
      },
      { text: 'There is no shared storage at all.', remedy: 'block_migration: auto' },
    ],
  },
  {
    id: 'local-required',
    pattern: /is not on local storage: Block migration can not be used with shared storage/,
    means: 'A block migration was asked for, and the storage is shared.',
    causes: [
      {
        text: 'The storage is shared.',
        remedy: 'block_migration: auto or false',
        rules: ['nova/block-flag-without-nonshared'],
      },
    ],
  },
  {
    id: 'disk-large',
    pattern: /Disk of instance is too large/,
    means: 'The destination has no room for the disk.',
    causes: [
      {
        text: 'Its disk is full, or reserved_host_disk_mb is large.',
        remedy: 'free room; disk_over_commit up to 2.24',
      },
    ],
  },
  {
    id: 'mapped-volumes',
    pattern: /Cannot block migrate instance \S+ with mapped volumes/,
    means: 'Volumes and a tunnelled block migration exclude each other.',
    causes: [
      {
        text: 'live_migration_tunnelled is on.',
        remedy: 'native TLS instead',
        rules: ['nova/tunnelled-block-migration'],
      },
    ],
  },
  {
    id: 'left-over-folder',
    pattern: /The supplied disk path \((?<path>[^)]*)\) already exists/,
    means: 'The destination has a directory {path} already.',
    causes: [
      {
        text: 'It is left over from a migration that failed, or one that was aborted seconds ago is still tidying up.',
        remedy: 'wait half a minute; then remove it if no guest runs from it',
      },
      {
        text: 'The storage is shared, and nova took it for local: the two see it through different mounts.',
        rules: ['fstab/server-differs', 'nova/instances-path-differs'],
      },
    ],
  },
  {
    id: 'test-file',
    pattern: /(?:FileNotFoundError|PermissionError|OSError|Migration error): \[Errno (?<number>\d+)\]/,
    means: 'nova on the destination could not make a file in its directory of instances; the server stands in error.',
    causes: [
      {
        text: 'The directory is not there.',
        remedy: 'mount the share',
        rules: ['nova/instances-path-missing', 'nova/instances-path-not-mounted'],
      },
      {
        text: 'The directory does not belong to nova, or nova has another number there.',
        remedy: 'chown nova; one number on all hosts',
        rules: ['cluster/nova-uid-differs', 'exports/root-squash'],
      },
      { text: 'The storage is full or read-only.', rules: ['fstab/ro', 'exports/not-rw'] },
    ],
    guest: 'It runs on, on the source: openstack server set --state active SERVER.',
  },
  {
    id: 'check-timeout',
    pattern: /Timeout while checking if we can live migrate to host|MessagingTimeout/,
    means: "The destination's nova-compute did not answer in time.",
    causes: [
      {
        text: 'It hangs: a dead NFS server, a hanging libvirtd, or the message queue.',
        remedy: 'df and virsh list on the destination',
        rules: ['fstab/soft'],
      },
    ],
  },
  {
    id: 'numa-old',
    pattern: /NUMA topology, cell contains compute nodes older than train/,
    means: 'NUMA guests migrate when all compute services are of Train or newer.',
    causes: [
      {
        text: 'An upgrade is not through, or dead services are listed.',
        remedy: 'delete dead services; enable_numa_live_migration',
      },
    ],
  },
  {
    id: 'claim',
    pattern: /Insufficient compute resources/,
    means: 'The destination has not the CPUs or pages that the guest has pinned.',
    causes: [
      {
        text: 'They are taken, or cpu_dedicated_set differs.',
        remedy: 'another destination',
        rules: ['nova/cpu-sets-conflict', 'cluster/hugepages-missing'],
      },
    ],
  },
  {
    id: 'pci',
    pattern: /non-VIF related PCI requests|Cannot live migrate VIF with related PCI/,
    means: 'The guest has a device of its host, which does not migrate.',
    causes: [{ text: 'A PCI alias in its flavour, or an SR-IOV port.', remedy: 'migrate it cold, or detach the port' }],
  },
  {
    id: 'port-binding',
    pattern: /Binding failed for port (?<port>[0-9a-f-]+)/,
    means: 'Neutron could not bind the port on the destination.',
    causes: [
      {
        text: 'The network agent of the destination is down, or its bridge mappings lack the network.',
        remedy: 'openstack network agent list --host DESTINATION',
      },
    ],
  },
  {
    id: 'vpmem',
    pattern: /Cannot live migrate with virtual persistent memory/,
    means: 'Not all hosts can migrate persistent memory.',
    causes: [{ text: 'Old compute services.' }],
  },
  {
    id: 'group-policy',
    pattern: /Failed to validate instance group policy/,
    means: 'The server group does not want it there.',
    causes: [{ text: 'Affinity or anti-affinity.', remedy: 'another destination' }],
  },
  {
    id: 'complex-allocations',
    pattern: /complex allocations on the source host/,
    means: 'The server has allocations that cannot be moved by force.',
    causes: [{ text: 'Bandwidth, virtual GPU or shared disk providers.', remedy: 'without force' }],
  },
  {
    id: 'across-cells',
    pattern: /Unable to force live migrate instance \S+ across cells/,
    means: 'The destination is in another cell.',
    causes: [{ text: 'A live migration stays in its cell.' }],
  },
  {
    id: 'unsupported-guest',
    pattern:
      /not supported for (?<what>SEV|vTPM)-enabled instance|Feature not supported with Ports that have accelerators/,
    means: 'The guest has something that does not migrate.',
    causes: [
      {
        text: 'Encrypted memory, a TPM, or an accelerator.',
        remedy: 'migrate it cold',
        rules: ['nova/vtpm-secret-security'],
      },
    ],
  },
  {
    id: 'tunnelled-and-tls',
    pattern: /Setting both 'live_migration_tunnelled' and 'live_migration_with_native_tls'/,
    means: 'nova-compute does not start.',
    causes: [
      {
        text: 'Two ways of encryption that exclude each other.',
        remedy: 'native TLS alone',
        rules: ['nova/tunnelled-and-native-tls'],
      },
    ],
  },
  {
    id: 'serial-console',
    pattern: /does not support retrieving listen addresses/,
    means: 'Serial consoles are on at the source and off at the destination.',
    causes: [
      {
        text: '[serial_console] enabled differs.',
        remedy: 'the same on all compute nodes',
        rules: ['nova/serial-console-mismatch'],
      },
    ],
  },
  {
    id: 'vif-events',
    pattern: /Timed out waiting for events: network-vif-plugged|live_migration_wait_for_vif_plug/,
    means: 'Neutron did not say in time that the ports are plugged on the destination.',
    causes: [
      {
        text: 'The networking backend sends no such event.',
        remedy: '[compute] live_migration_wait_for_vif_plug = false on the destination',
      },
    ],
  },
  {
    id: 'abort-early',
    pattern: /Cannot abort live migration while the migration is in this state/,
    means: 'A queued migration is aborted from microversion 2.65 on.',
    causes: [{ text: 'The request asked in an older one.' }],
  },
  {
    id: 'over-already',
    pattern: /is in an invalid state for '(?:abort live migration|force_complete)'/,
    means: 'The migration was over already, or had not begun.',
    causes: [{ text: 'It ended in between.', remedy: 'look where the server is' }],
  },
  {
    id: 'submit',
    pattern: /Failed to submit live migration/,
    means: 'nova-compute on the source is shutting down.',
    causes: [{ text: 'It was restarted in between.', remedy: 'again' }],
  },
  {
    id: 'my-ip',
    pattern: /my_ip address \((?<address>\S+)\) was not found on any of the interfaces/,
    means: 'my_ip is not an address of the host.',
    causes: [
      {
        text: 'A nova.conf that was copied, or a line that swallowed it.',
        remedy: 'the own address',
        rules: ['nova/my-ip-duplicate', 'nova/swallowed-line'],
      },
    ],
  },
  {
    id: 'cpu-options',
    pattern: /cpu_models option is (?:not )?required when cpu_mode|are? not compatible with host CPU/,
    means: 'nova-compute does not start: cpu_mode and cpu_models do not go together.',
    causes: [
      {
        text: 'cpu_models without cpu_mode = custom, the reverse, or a model that the host lacks.',
        rules: ['nova/cpu-models-without-custom', 'nova/cpu-extra-flags-missing', 'nova/cpu-model-unknown'],
      },
    ],
  },
  {
    id: 'dedicated-set',
    pattern: /Invalid '\[compute\] cpu_dedicated_set' config/,
    means: 'nova-compute does not start: cpu_dedicated_set names CPUs that are not there.',
    causes: [{ text: 'A list that was copied.', rules: ['nova/cpu-sets-conflict'] }],
  },
  {
    id: 'file-backed',
    pattern: /file_backed_memory requires ram_allocation_ratio/,
    means: 'nova-compute does not start.',
    causes: [{ text: 'file_backed_memory wants ram_allocation_ratio = 1.0.', rules: ['nova/file-backed-memory'] }],
  },
  {
    id: 'remote-host-uri',
    pattern: /failed to connect (?:to )?remote host uri|Cannot get remote libvirt connection/i,
    means: "The source could not talk to the destination's libvirtd.",
    vague: true,
    causes: [
      {
        text: 'libvirtd on the destination is not reached under the address that the URI names; the line before it has the reason.',
        rules: [
          'libvirtd/listen-tcp-off',
          'libvirtd/listen-without-flag',
          'defaults/missing-listen-flag',
          'cluster/transport-mismatch',
          'hosts/peer-missing',
        ],
      },
    ],
  },
];
