import { isAddress, isLoopback, isWildcard } from '../../model/cluster';
import { factPlace } from '../../model/factPlace';
import { bytesOf } from '../../model/nfs';
import { removeEntry } from '../libvirtd/_keys';
import { defineRule } from '../rule';

export default defineRule({
  id: 'qemu/migration-address-not-own',
  scope: 'host',
  title: 'QEMU awaits guests on an address that the host does not have',
  severity: 'error',
  files: ['qemu'],
  messages: {
    default:
      'migration_address = {address} is on no interface here: no guest can arrive; write one of {own}, or leave it out',
  },
  fixes: { remove: 'Leave it out: QEMU listens on all addresses' },
  why: `QEMU of the destination binds to migration_address as a guest is to arrive. Where no interface has it the migration ends with
*internal error: unable to execute QEMU command 'migrate-incoming': Failed to bind socket: Cannot assign requested address*; libvirtd
starts without a word.`,
  sources: ['virsh migrate to a host with a foreign migration_address, libvirt 9.0.0'],
  explains: [/'migrate-incoming': Failed to bind socket: Cannot assign requested address/],
  preflight: true,
  examples: [
    {
      title: 'copied from another host',
      files: {
        'etc/libvirt/qemu.conf': '⟦migration_address = "10.0.0.32"⟧\nuser = "nova"\n',
        'facts.json': '{"addresses": {"eth0": ["10.0.0.31"]}}',
      },
      good: { 'etc/libvirt/qemu.conf': 'user = "nova"\n' },
    },
    {
      title: 'its own, in another spelling; all; not bound to what is there; not measured',
      files: {
        'c1/etc/libvirt/qemu.conf': 'migration_address = "2001:DB8::1"\n',
        'c1/facts.json': '{"addresses": {"eth0": ["10.0.0.31", "2001:db8::1"]}}',
        'c2/etc/libvirt/qemu.conf': 'migration_address = "0.0.0.0"\n',
        'c2/facts.json': '{"addresses": {"eth0": ["10.0.0.31"]}}',
        'c3/etc/libvirt/qemu.conf': 'migration_address = "10.0.0.9"\n',
        'c3/facts.json': '{"addresses": {"eth0": ["10.0.0.31"]}, "sysctls": {"net.ipv4.ip_nonlocal_bind": "1"}}',
        'c4/etc/libvirt/qemu.conf': 'migration_address = "10.0.0.34"\n',
      },
    },
  ],
  check(host, report) {
    const set = host.qemu.get('migration_address');
    const address = host.qemu.string('migration_address')?.replace(/^\[(.*)\]$/, '$1');
    const own = Object.values(host.facts?.addresses ?? {}).flat();
    if (!set || address === undefined || own.length === 0) return;
    if (!isAddress(address) || isWildcard(address) || isLoopback(address)) return;
    if (host.facts?.sysctls?.[`net.ipv${address.includes(':') ? 6 : 4}.ip_nonlocal_bind`] === '1') return;
    // Link-local addresses are not measured; compared is what they mean.
    if (/^(?:fe80|169\.254\.)/i.test(address) || own.some((o) => sameAddress(o, address))) return;
    const remove = removeEntry(set.file, set.entry);
    const measured = factPlace(host, ['addresses']);
    report({
      file: set.file,
      span: set.entry.span,
      values: { address, own: own.slice(0, 3).join(', ') },
      related: measured ? [{ ...measured, message: 'Addresses of this host' }] : [],
      fixes: [remove && { title: 'remove', edits: [remove] }],
    });
  },
});

function sameAddress(a: string, b: string): boolean {
  return bytesOf(a)?.join() === bytesOf(b)?.join();
}
