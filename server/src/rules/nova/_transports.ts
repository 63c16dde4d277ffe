import type { Host } from '../../model/host';
import type { Transport } from '../../model/transport';
import { isPlaceholder } from './_items';

/** What libvirt takes between `qemu+` and `://`. */
export const TRANSPORTS: readonly Transport[] = ['tcp', 'tls', 'ssh', 'libssh2', 'libssh', 'unix', 'ext'];

export function isTransport(word: string): boolean {
  return TRANSPORTS.some((t) => t === word);
}

/** live_migration_scheme where it counts: only KVM and QEMU read it, and only without a live_migration_uri. */
export function effectiveScheme(host: Host) {
  const scheme = host.nova.get('live_migration_scheme');
  if (!scheme?.entry || !scheme.file || !scheme.value || isPlaceholder(scheme.value)) return undefined;
  const uri = host.nova.get('live_migration_uri');
  if (uri?.origin === 'set' && uri.raw !== '') return undefined;
  const hypervisor = host.nova.get('virt_type')?.value ?? 'kvm';
  if (hypervisor !== 'kvm' && hypervisor !== 'qemu') return undefined;
  return { entry: scheme.entry, file: scheme.file, value: scheme.value };
}
