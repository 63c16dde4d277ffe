import type { FirewallFacts } from './firewall';
import type { InstanceFacts } from './instance';
import type { SshFacts } from './ssh';

/**
 * What a snapshot measured on a node, kept as `facts.json` beside `etc/`. Every field is optional: a rule that finds
 * nothing here stays silent. The schema for other programs is docs/facts.schema.json.
 */
export interface Facts {
  /** When the node was looked at, in seconds since 1970 by its own clock (`date +%s`). */
  readonly measured?: number;
  /** `hostname`. */
  readonly hostname?: string;
  /** The name with its domain (`hostname -f`). */
  readonly fqdn?: string;
  /** Addresses by interface, without prefix length (`ip -o addr`). */
  readonly addresses?: Readonly<Record<string, readonly string[]>>;
  /** `systemd`, `upstart` or `sysvinit` (what process 1 is). */
  readonly init?: 'systemd' | 'upstart' | 'sysvinit';
  /** `uname -r`. */
  readonly kernel?: string;
  /** `libvirtd --version`, three numbers with dots. */
  readonly libvirt?: string;
  /** `qemu-system-x86_64 --version`, three numbers with dots. */
  readonly qemu?: string;
  /** `nova-compute --version`, e.g. `26.2.2`. */
  readonly nova?: string;
  /** ID and VERSION_ID of /etc/os-release. */
  readonly distribution?: { readonly id: string; readonly version: string };
  /** `monolithic` when libvirtd runs, `modular` when virtqemud does. */
  readonly daemons?: 'monolithic' | 'modular';
  /** Systemd socket units that are active, by name (`systemctl list-units --type=socket`). */
  readonly sockets?: readonly string[];
  /** Words of the libvirt daemon's command line as running (`ps`). */
  readonly daemonArguments?: readonly string[];
  /** User and group ids by account (`id`). */
  readonly ids?: Readonly<Record<string, { readonly uid: number; readonly gid: number }>>;
  /** Names of the groups that an account belongs to (`id -Gn`). */
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  /** The processor (`lscpu`, /proc/cpuinfo). */
  readonly cpu?: CpuFacts;
  /** Names of the CPU models that libvirt knows (`virsh cpu-models x86_64`). */
  readonly cpuModels?: readonly string[];
  /** Machine types that QEMU offers, aliases included (`qemu-system-x86_64 -machine help`). */
  readonly machineTypes?: readonly string[];
  /** What a machine type's short name stands for, e.g. `pc-i440fx-7.2` for `pc` ("alias of" in `-machine help`). */
  readonly machineAliases?: Readonly<Record<string, string>>;
  /** The QEMU program that libvirt starts guests with (`path` of `virsh domcapabilities`). */
  readonly emulator?: string;
  /** Memory in MiB (`free -m`). */
  readonly memory?: { readonly total: number; readonly available: number };
  /** Huge pages set aside, by their size in KiB (/sys/kernel/mm/hugepages/hugepages-*kB/nr_hugepages). */
  readonly hugepages?: Readonly<Record<string, number>>;
  /** Kernel settings by name (`sysctl`). */
  readonly sysctls?: Readonly<Record<string, string>>;
  /** Seconds by which the clock is ahead of the time servers', negative when behind (`chronyc tracking`). */
  readonly clockOffset?: number;
  /** What a name resolves to on this node, in the resolver's order; empty when to nothing (`getent ahosts`). */
  readonly resolves?: Readonly<Record<string, readonly string[]>>;
  /** TCP sockets that listen, as `address:port`, IPv6 in brackets (`ss -ltn`). */
  readonly listening?: readonly string[];
  /**
   * What became of TCP connections to other nodes, by `address:port`, IPv6 in brackets (`nc -z -w 3`): `open`; `refused` by
   * the node itself, as nothing listens there; `filtered`: no answer, or a router or firewall said no.
   */
  readonly reaches?: Readonly<Record<string, 'open' | 'refused' | 'filtered'>>;
  /** Paths that were looked at, by name; null where there is nothing (`stat`). */
  readonly paths?: Readonly<Record<string, PathFacts | null>>;
  /** File systems by mount point (`findmnt`). */
  readonly mounts?: Readonly<Record<string, MountFacts>>;
  /** X.509 certificates by path (`openssl x509`). */
  readonly certificates?: Readonly<Record<string, CertificateFacts>>;
  /** When a daemon was started, by name, in seconds since 1970 (`ps -o lstart`). */
  readonly started?: Readonly<Record<string, number>>;
  /** UUID of the machine as libvirt gives it to its peers (`virsh capabilities`). */
  readonly hostUuid?: string;
  /** UUID that the machine's maker gave it; only root may read it (/sys/class/dmi/id/product_uuid). */
  readonly productUuid?: string;
  /** Names of all network interfaces, bridges among them (/sys/class/net). */
  readonly interfaces?: readonly string[];
  /** Size and what an ordinary user may still write, in MiB, of the file system that a path lies on (`stat -f`). */
  readonly space?: Readonly<Record<string, { readonly total: number; readonly available: number }>>;
  /** Whether nova's and QEMU's accounts may write into the instances path, by account (`setpriv … test -w`). */
  readonly writable?: Readonly<Record<string, boolean>>;
  /**
   * Whether another node's probe file was found in the instances path with its content, by the node's name in livemig.ini.
   * Only where it was asked for.
   */
  readonly sharesInstances?: Readonly<Record<string, boolean>>;
  /** What the firewall does with TCP connections from other hosts (`nft list ruleset`, `iptables -S`). */
  readonly firewall?: FirewallFacts;
  /** Security drivers that libvirt goes by: `selinux`, `apparmor`, `dac` (`secmodel` of `virsh capabilities`). */
  readonly securityModels?: readonly string[];
  /** SELinux, where the kernel has it (/sys/fs/selinux/enforce, /sys/fs/selinux/booleans). */
  readonly selinux?: SelinuxFacts;
  /** The kernel enforces AppArmor profiles (/sys/module/apparmor/parameters/enabled). */
  readonly apparmor?: boolean;
  /** UUIDs of the secrets that libvirt keeps (`virsh secret-list`); never what they hold. */
  readonly secrets?: readonly string[];
  /** CPUs that guests may have here (`virsh domcapabilities`). */
  readonly guestCpus?: GuestCpuFacts;
  /** Clients by path, as the kernel's export table has them (`exportfs -s`). */
  readonly exported?: Readonly<Record<string, readonly string[]>>;
  /** Clients by path, as mountd tells them to who asks; empty where it has none (`showmount -e localhost`). */
  readonly shown?: Readonly<Record<string, readonly string[]>>;
  /** RPC services that are registered, as `mountd 3 tcp 20048`; absent where rpcbind does not answer (`rpcinfo -p`). */
  readonly rpc?: readonly string[];
  /** Whom root trusts over SSH, and who may log in (~/.ssh, /etc/ssh): public keys by fingerprint. */
  readonly ssh?: SshFacts;
  /** Where disks lie, or would, by path; null where there is nothing. Only where it was asked for. */
  readonly images?: Readonly<Record<string, ImageFacts | null>>;
  /** Folders of libvirt's active storage pools (`virsh pool-dumpxml`). Only where it was asked for. */
  readonly pools?: readonly string[];
  /** Libvirt's guests, running or defined (`virsh list --all`, `virsh dumpxml`). */
  readonly instances?: readonly InstanceFacts[];
}

export interface ImageFacts {
  /** Of the disk in it, in bytes, where it is of qcow2. */
  readonly qcow2?: number;
  /** Bytes that the file takes of its file system. */
  readonly used?: number;
}

export interface MountFacts {
  readonly source: string;
  readonly type: string;
  /** As the kernel has them: `rw,relatime,vers=4.2,hard` (/proc/self/mounts). */
  readonly options?: string;
}

export interface SelinuxFacts {
  readonly mode: 'enforcing' | 'permissive';
  /** Those of the policy that say what QEMU may use: `virt_use_nfs`, `virt_use_fusefs`. */
  readonly booleans?: Readonly<Record<string, boolean>>;
}

export interface GuestCpuFacts {
  /** `kvm`, `qemu`: the type of guests that this is true of. */
  readonly type?: string;
  /** Names of models that a guest can have on this processor. */
  readonly usable: readonly string[];
  /** Models that libvirt knows and a guest cannot have here, with the features that are missing, where libvirt (10.1) says them. */
  readonly unusable?: Readonly<Record<string, readonly string[]>>;
  /** What `host-model` stands for. */
  readonly hostModel?: string;
}

export interface CpuFacts {
  /** `GenuineIntel`, `AuthenticAMD` and so on. */
  readonly vendor?: string;
  /** What the processor calls itself, e.g. `Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz`. */
  readonly model?: string;
  readonly flags?: readonly string[];
  readonly microcode?: string;
}

export interface PathFacts {
  readonly type: 'file' | 'folder' | 'other';
  /** Permission bits, 0 to 4095 (octal 7777). */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970. */
  readonly modified?: number;
}

export interface CertificateFacts {
  /** Distinguished name as RFC 2253 writes it. */
  readonly subject?: string;
  /** DNS names and IP addresses it is good for. */
  readonly names: readonly string[];
  /** Seconds since 1970. */
  readonly notBefore?: number;
  readonly notAfter?: number;
  /** Distinguished name of who signed it. */
  readonly issuer?: string;
  /** Identifier of its key, and of the key that signed it, in hexadecimal digits. */
  readonly keyId?: string;
  readonly authorityKeyId?: string;
  /** What its key may be used for, where the certificate insists on that (a critical extension). */
  readonly keyUsage?: readonly string[];
  /** The file holds other certificates, too, which are not told. */
  readonly several?: boolean;
}
