/**
 * What real programs said when a live migration failed (libvirt 9.0.0, QEMU 7.2, Nova 26.2.2), and which message it is.
 * Host names, addresses and numbers are those of the run.
 */
export const SAID: readonly (readonly [message: string, id: string])[] = [
  // The destination's libvirtd.
  ["unable to connect to server at 'compute2:16509': Connection refused", 'control-refused'],
  ["Live Migration failure: unable to connect to server at '10.77.0.12:16514': Connection refused", 'control-refused'],
  ["unable to connect to server at 'compute2:16509': Connection timed out", 'control-no-way'],
  ["unable to connect to server at 'compute2:16509': No route to host", 'control-no-way'],
  ["unable to connect to server at '10.9.9.9:16509': Network is unreachable", 'control-no-way'],
  ["Unable to resolve address 'compute99' service '16509': Temporary failure in name resolution", 'control-name'],
  ["Unable to resolve address 'compute99' service '16509': Name or service not known", 'control-name'],
  ["Unable to resolve address '0.0.0.0' service '999999': Servname not supported for ai_socktype", 'service-name'],
  [
    "--listen parameter not permitted with systemd activation sockets, see 'man libvirtd' for further guidance",
    'listen-with-sockets',
  ],
  ["Cannot read CA certificate '/etc/pki/CA/cacert.pem': No such file or directory", 'no-certificates'],
  [
    "Live Migration failure: Cannot read CA certificate '/etc/pki/CA/cacert.pem': No such file or directory",
    'no-certificates',
  ],
  [
    'libvirtd: error: Unable to initialize network sockets. Check /var/log/messages or run without --daemon for more info.',
    'no-network-sockets',
  ],
  ['internal error: Unable to bind to port: Cannot assign requested address', 'bind-address'],
  ['authentication failed: authentication failed', 'sasl'],
  ['internal error: no SASL mechanisms are available', 'sasl'],
  ['authentication failed: No authentication callback available', 'sasl'],
  [
    'internal error: Certificate /etc/pki/libvirt/servercert.pem usage does not permit key encipherment',
    'certificate-usage',
  ],
  [
    '2026-01-01T10:00:00.000000Z qemu-system-x86_64: qemu_savevm_state_complete_precopy_non_iterable: bdrv_inactivate_all() failed (-1)',
    'disk-taken',
  ],
  ["operation failed: job 'migration out' failed: The certificate hasn't got a known issuer", 'qemu-authority'],
  ['internal error: libxenlight state driver is not active', 'uri-driver'],
  [
    'internal error: cannot list SASL mechanisms -4 (SASL(-4): no mechanism available: Internal Error -4 in ../../lib/server.c near line 1765)',
    'sasl',
  ],
  [
    "Can't load config file: unsupported configuration: /etc/libvirt/libvirtd.conf: auth_tcp: unsupported auth foo: /etc/libvirt/libvirtd.conf",
    'auth-unknown',
  ],
  ["authentication failed: Failed to verify peer's certificate", 'certificate-name'],
  [
    'error : virNetTLSContextValidCertificate:948 : Unable to verify TLS peer: No certificate was found.',
    'client-certificate',
  ],
  ['Unable to read TLS confirmation: Input/output error', 'tls-confirmation'],
  [
    "operation failed: job 'migration out' failed: Certificate does not match the hostname compute2.lab",
    'certificate-name',
  ],
  ['The server certificate /etc/pki/libvirt/servercert.pem has expired', 'certificate-dates'],
  ['The server certificate /etc/pki/libvirt/servercert.pem is not yet active', 'certificate-dates'],
  [
    "Our own certificate /etc/pki/libvirt/servercert.pem failed validation against /etc/pki/CA/cacert.pem: The certificate hasn't got a known issuer.",
    'certificate-authority',
  ],
  ['Cannot recv data: Host key verification failed.: Connection reset by peer', 'ssh-host-key'],
  [
    'Cannot recv data: root@compute2: Permission denied (publickey,password,keyboard-interactive).: Connection reset by peer',
    'ssh-key',
  ],
  [
    'Live Migration failure: Cannot recv data: ssh: connect to host 127.0.0.1 port 22: Connection refused: Connection reset by peer',
    'ssh-refused',
  ],
  ["Failed to connect socket to '/var/run/libvirt/libvirt-sock': Permission denied", 'own-socket'],
  ["Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file or directory", 'own-socket-missing'],
  // Which host is meant.
  ['internal error: Attempt to migrate guest to the same host 1ab00000-0000-4000-8000-000000000001', 'same-host'],
  ['internal error: Unable to parse URI qemu+tcp://%s/system', 'uri-unreadable'],
  [
    'invalid argument: remote_open: transport in URL not recognised (should be tls|unix|ssh|ext|tcp|libssh2|libssh)',
    'uri-transport',
  ],
  ["internal error: unexpected qemu URI path '/sytem', try qemu:///system", 'uri-path'],
  ['no connection driver available for xen:///system', 'uri-driver'],
  ['No live migration URI configured and no default available for "lxc" hypervisor virtualization type.', 'uri-driver'],
  [
    'internal error: hostname on destination resolved to localhost, but migration requires an FQDN',
    'hostname-localhost',
  ],
  // The stream.
  ["unable to connect to server at 'compute2.lab:49152': Connection refused", 'stream-refused'],
  ["unable to connect to server at 'compute2.lab:49152': Connection timed out", 'stream-no-way'],
  ["unable to connect to server at '10.78.0.99:49152': No route to host", 'stream-no-way'],
  ["Unable to resolve address 'compute2.lab' service '49152': Temporary failure in name resolution", 'stream-name'],
  ["internal error: Unable to find an unused port in range 'migration' (49152-49153)", 'ports-used-up'],
  ['start port 49152 must be less than end port 49152', 'ports-empty'],
  [
    'configuration file syntax error: migration_address must not be the address of the local machine: 127.0.0.1',
    'migration-address-local',
  ],
  [
    "internal error: unable to execute QEMU command 'migrate-incoming': Failed to bind socket: Cannot assign requested address",
    'incoming-bind',
  ],
  [
    "internal error: unable to execute QEMU command 'object-add': Unable to access credentials /etc/pki/qemu/ca-cert.pem: No such file or directory",
    'qemu-certificates',
  ],
  [
    "internal error: unable to execute QEMU command 'object-add': Cannot load certificate '/etc/pki/qemu/server-cert.pem' & key '/etc/pki/qemu/server-key.pem': Error while reading file.",
    'qemu-certificates',
  ],
  [
    'internal error: qemu unexpectedly closed the monitor: Cannot read from TLS channel: Input/output error',
    'tls-channel',
  ],
  ['Live Migration failure: End of file while reading data: Input/output error', 'stream-cut'],
  // Storage.
  ['Unsafe migration: Migration without shared storage is unsafe', 'not-shared-unsafe'],
  ['unable to stat: /var/lib/nova/instances/g1/disk: No such file or directory', 'disk-missing'],
  ["Cannot access storage file '/var/tmp/cd.iso': No such file or directory", 'disk-missing'],
  [
    "Cannot access storage file '/var/lib/nova/instances/x/disk' (as uid:64055, gid:109): Permission denied",
    'disk-forbidden',
  ],
  [
    "internal error: process exited while connecting to monitor: qemu-system-x86_64: -blockdev {}: Could not open '/var/lib/nova/instances/g1/disk': Permission denied",
    'disk-forbidden',
  ],
  [
    'Requested operation is not valid: Setting different DAC user or group on /var/lib/nova/instances/g1/disk which is already in use',
    'disk-owner',
  ],
  [
    "internal error: unable to execute QEMU command 'cont': Could not open '/var/lib/nova/instances/g1/disk': Read-only file system",
    'disk-read-only',
  ],
  ["Storage pool not found: no storage pool with matching target path '/var/lib/libvirt/images/l1'", 'pool-missing'],
  ['operation failed: migration of disk hda failed: Source and target image have different sizes', 'disk-size'],
  ['Requested operation is not valid: cannot migrate domain with 1 snapshots', 'snapshots'],
  // The guest on the other host.
  [
    "operation failed: guest CPU doesn't match specification: missing features: pclmuldq,sse4.2,popcnt,aes,arat",
    'cpu-features',
  ],
  [
    'the CPU is incompatible with host CPU: Host CPU does not provide required features: hle, rtm, mpx',
    'cpu-incompatible',
  ],
  ['ERROR nova.virt.libvirt.driver cpu info incapable', 'cpu-incompatible'],
  [
    "unsupported configuration: CPU mode 'host-passthrough' for x86_64 qemu domain on x86_64 host is not supported by hypervisor",
    'cpu-mode',
  ],
  [
    'unsupported configuration: Domain requires KVM, but it is not available. Check that virtualization is enabled in the host BIOS, and host configuration is setup to load the kvm modules.',
    'no-kvm',
  ],
  [
    'internal error: process exited while connecting to monitor: Could not access KVM kernel module: Permission denied',
    'no-kvm',
  ],
  [
    "unsupported configuration: Emulator '/usr/bin/qemu-system-x86_64' does not support machine type 'pc-i440fx-7.2'",
    'machine-type',
  ],
  ['Cannot check QEMU binary /usr/bin/qemu-system-x86_64: No such file or directory', 'emulator-missing'],
  [
    "internal error: qemu unexpectedly closed the monitor: qemu: could not load PC BIOS 'bios-256k.bin'",
    'firmware-missing',
  ],
  [
    "internal error: process exited while connecting to monitor: cannot set up guest memory 'pc.ram': Cannot allocate memory",
    'memory',
  ],
  ['internal error: hugetlbfs filesystem is not mounted or disabled by administrator config', 'hugepages'],
  ["Cannot get interface MTU on 'br-int': No such device", 'bridge'],
  [
    'internal error: process exited while connecting to monitor: qemu-system-x86_64: -vnc 10.77.0.11:0,audiodev=audio1: Failed to bind socket: Cannot assign requested address',
    'console-address',
  ],
  ["operation failed: domain 'e1' already exists with uuid 52cacbe1-bced-4148-9109-3ad204c1de6a", 'exists'],
  ["operation failed: domain 'other' is already defined with uuid 52806a46-f949-4421-807a-e27ef24864d9", 'exists'],
  ["Requested operation is not valid: domain 'g1' is already active", 'exists'],
  ["Failed to connect socket to '/run/libvirt/virtlogd-sock': No such file or directory", 'virtlogd'],
  ['unsupported configuration: Target domain max memory 262144 does not match source 131072', 'xml-changed'],
  ['argument unsupported: post-copy is not supported with tunnelled migration', 'flags'],
  ["Flags 'VIR_MIGRATE_TUNNELLED' and 'VIR_MIGRATE_PARALLEL' are mutually exclusive", 'flags'],
  // While it runs.
  ["operation aborted: job 'migration out' canceled by client", 'aborted'],
  ['internal error: qemu unexpectedly closed the monitor', 'destination-qemu-died'],
  ['internal error: client socket is closed', 'destination-lost'],
  ['operation failed: Lost connection to destination host', 'destination-lost'],
  ['internal error: connection closed due to keepalive timeout', 'destination-lost'],
  ["Requested operation is not valid: another migration job is already running for domain 'd1'", 'busy'],
  [
    'Timed out during operation: cannot acquire state change lock (held by monitor=remoteDispatchDomainMigratePerform3Params)',
    'lock',
  ],
  [
    'Requested operation is not valid: switching to post-copy requires migration to be started with VIR_MIGRATE_POSTCOPY flag',
    'postcopy-flag',
  ],
  [
    "internal error: unable to execute QEMU command 'migrate-set-capabilities': Postcopy is not supported",
    'postcopy-kernel',
  ],
  [
    'Requested operation is not valid: post-copy can only be started while outgoing migration is in progress',
    'postcopy-early',
  ],
  ['Requested operation is not valid: cannot abort migration in post-copy mode', 'postcopy-abort'],
  ['Requested operation is not valid: QEMU reports migration is still running', 'postcopy-lost'],
  ['error: Disconnected from qemu:///system due to end of file', 'source-disconnected'],
  ['Live migration not completed after 24 sec', 'too-long'],
  // Nova.
  ['Compute host compute9 could not be found.', 'host-unknown'],
  ["Cannot 'os-migrateLive' instance 64f318b0 while it is in vm_state stopped", 'vm-state'],
  ["Cannot 'os-migrateLive' instance 64f318b0 while it is in task_state migrating", 'busy'],
  ["Instance 64f318b0 is in an invalid state for 'os-migrateLive'", 'vm-state'],
  [
    "Invalid input for field/attribute os-migrateLive. Value: {}. Additional properties are not allowed ('force' was unexpected)",
    'api-force',
  ],
  ["Can't force to a non-provided destination", 'api-force-host'],
  ['Version 2.200 is not supported by the API. Minimum is 2.1 and maximum is 2.93.', 'api-version'],
  ['Compute service of compute2 is unavailable at this time.', 'service-down'],
  ['No valid host was found. There are not enough hosts available.', 'no-valid-host'],
  [
    'Exceeded maximum number of retries. Exceeded max scheduling retries 3 for instance 64f318b0 during live migration',
    'retries',
  ],
  ['Unable to migrate instance (64f318b0-0f51-4d19-b4ce-ccf3fc5ad294) to current host (compute2).', 'same-compute'],
  ['The instance requires a newer hypervisor version than has been provided.', 'hypervisor-older'],
  ['The supplied hypervisor type of is invalid.', 'hypervisor-type'],
  [
    'Migration pre-check error: Unable to migrate 64f3 to compute2: Lack of memory(host:512 <= instance:1024)',
    'memory',
  ],
  ["Migration pre-check error: Unacceptable CPU info: CPU doesn't have compatibility.", 'cpu-incompatible'],
  [
    'compute1 is not on shared storage: Shared storage live-migration requires either shared storage or boot-from-volume with no local disks.',
    'shared-required',
  ],
  ['compute1 is not on local storage: Block migration can not be used with shared storage.', 'local-required'],
  [
    'Migration pre-check error: Unable to migrate 64f3: Disk of instance is too large(available on destination host:1 < need:2)',
    'disk-large',
  ],
  [
    'Migration pre-check error: Cannot block migrate instance 64f3 with mapped volumes. Selective block device migration is not supported with tunnelled block migrations.',
    'mapped-volumes',
  ],
  [
    'The supplied disk path (/var/lib/nova/instances/64f3) already exists, it is expected not to exist.',
    'left-over-folder',
  ],
  ["Migration error: [Errno 2] No such file or directory: '/var/lib/nova/instances/tmpabc'", 'test-file'],
  ["PermissionError: [Errno 13] Permission denied: '/var/lib/nova/instances/tmpabc'", 'test-file'],
  ['Migration pre-check error: Timeout while checking if we can live migrate to host: compute2', 'check-timeout'],
  ['Migration pre-check error: Insufficient compute resources: Free memory 1.00 MB < requested 2 MB.', 'claim'],
  ['Migration pre-check error: non-VIF related PCI requests for instance are not allowed for live migration.', 'pci'],
  [
    'Binding failed for port 4ab4cbb1-3c7e-4e1c-9d3c-6a7b8c9d0e1f, please check neutron logs for more information.',
    'port-binding',
  ],
  ['Migration pre-check error: Cannot live migrate with virtual persistent memory, ', 'vpmem'],
  ['Migration pre-check error: Failed to validate instance group policy due to: x', 'group-policy'],
  [
    'Unable to move instance 64f3 to host compute2. The instance has complex allocations on the source host so move cannot be forced.',
    'complex-allocations',
  ],
  ['Migration pre-check error: Unable to force live migrate instance 64f3 across cells.', 'across-cells'],
  ["Operation 'live-migration' not supported for SEV-enabled instance (64f3)", 'unsupported-guest'],
  [
    "Setting both 'live_migration_tunnelled' and 'live_migration_with_native_tls' at the same time is invalid.",
    'tunnelled-and-tls',
  ],
  [
    'Migration error: Your destination node does not support retrieving listen addresses. In order for live migration to work properly you must disable serial console.',
    'serial-console',
  ],
  [
    'Migration 3 state of instance 64f3 is queued. Cannot abort live migration while the migration is in this state.',
    'abort-early',
  ],
  ["Instance 64f3 is in an invalid state for 'abort live migration'", 'over-already'],
  ["Instance 64f3 is in an invalid state for 'force_complete'", 'over-already'],
  ['Failed to submit live migration 3 for processing.', 'submit'],
  ['my_ip address (10.0.0.9) was not found on any of the interfaces: eth0', 'my-ip'],
  ['The cpu_models option is required when cpu_mode=custom', 'cpu-options'],
  ["Invalid '[compute] cpu_dedicated_set' config: one or more of the configured CPUs is not online.", 'dedicated-set'],
  ['Running Nova with file_backed_memory requires ram_allocation_ratio configured to 1.0', 'file-backed'],
  ['ERROR nova.virt.libvirt failed to connect remote host uri', 'remote-host-uri'],
];
