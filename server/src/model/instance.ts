/** A guest as libvirt has it. Running ones as they run, others as they are defined. Without secrets. */
export interface InstanceFacts {
  /** Libvirt's name: `instance-0000002a`. */
  readonly name: string;
  readonly uuid: string;
  /** Name that nova gave it, from its metadata. */
  readonly title?: string;
  readonly state: 'running' | 'paused' | 'shut off' | 'crashed' | 'other';
  /** MiB. */
  readonly memory?: number;
  readonly vcpus?: number;
  /** A migration of it is going on (`virsh domjobinfo`). */
  readonly migrating?: boolean;
  /** `kvm`, `qemu`, `lxc`. */
  readonly type?: string;
  /** Path of the QEMU program. */
  readonly emulator?: string;
  /** In full while it runs: `pc-i440fx-7.2`. */
  readonly machine?: string;
  /** Path of the firmware (`loader`), where it is not QEMU's own. */
  readonly firmware?: string;
  readonly cpu?: InstanceCpu;
  readonly disks?: readonly InstanceDisk[];
  readonly graphics?: readonly { readonly type: string; readonly listen?: string }[];
  /** Devices of the host that it was given: `pci 0000:3b:00.1`, `mdev 4b20d080-…`, `usb 046d:c52b`. */
  readonly hostDevices?: readonly string[];
  /** Bridges that its interfaces are on. */
  readonly bridges?: readonly string[];
  /** Sizes of the huge pages that its memory is made of, in KiB; 0 where it takes the host's usual one. */
  readonly hugepages?: readonly number[];
  /** UUIDs of libvirt's secrets that its disks are opened with. */
  readonly secrets?: readonly string[];
  /** How many snapshots libvirt keeps of it (`virsh snapshot-list`). */
  readonly snapshots?: number;
  /** Drivers that its labels are of: `selinux`, `apparmor`, `dac`. */
  readonly securityModels?: readonly string[];
}

export interface InstanceCpu {
  /** `custom`, `host-model`, `host-passthrough`, `maximum`. */
  readonly mode: string;
  readonly model?: string;
  /** Features that the processor must have beside those of the model. */
  readonly requires?: readonly string[];
  /** Features of the model that it does without. */
  readonly without?: readonly string[];
}

export interface InstanceDisk {
  /** `disk`, `cdrom`, `floppy`, `lun`. */
  readonly device: string;
  /** `file`, `block`, `network`, `volume` and so on. */
  readonly type: string;
  /** Path, `pool/volume`, or `PROTOCOL:NAME`. */
  readonly source?: string;
  /** `qcow2`, `raw`. */
  readonly format?: string;
  readonly cache?: string;
  /** Path of the image that it is a layer upon. */
  readonly backing?: string;
  readonly readonly?: boolean;
  /** Several guests have it at a time. */
  readonly shareable?: boolean;
}

/** A migration that copies disks copies it, as libvirt chooses them by itself. */
export function isCopied({ type, device, readonly, shareable }: InstanceDisk): boolean {
  return type === 'file' && (device === 'disk' || device === 'lun') && readonly !== true && shareable !== true;
}
