import type { Host } from '../../model/host';
import { atLeast } from '../../model/platform';
import { setLibvirtKey } from '../edits';
import { isTrue, runsGuests } from '../nova/_guests';
import { defineRule } from '../rule';

/** The libvirt that reads the key first. */
const SINCE = [6, 10, 0];

export default defineRule({
  id: 'qemu/tls-force-without-native',
  scope: 'cluster',
  title: 'libvirt insists on TLS, and nova does not use it',
  severity: 'error',
  files: ['qemu'],
  messages: {
    default:
      'migrate_tls_force = 1, and nova on {source} does not ask for native TLS: migrations {way} this host are refused',
  },
  fixes: { off: 'Do not insist: migrate_tls_force = 0' },
  why: `The key makes libvirt refuse what is not to be encrypted by QEMU itself, at both ends: *Requested operation is not valid: this
libvirtd instance allows migration only with VIR_MIGRATE_TLS flag*. Nova sets the flag with live_migration_with_native_tls = true (stein
and later), for which all hosts need certificates. Tunnelled migrations pass.`,
  sources: ['virsh migrate --p2p, --tls and --tunnelled, from and to libvirtd 9.0.0 with migrate_tls_force = 1'],
  explains: [/allows migration only with VIR_MIGRATE_TLS flag/],
  preflight: 'destination',
  examples: [
    {
      files: {
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'etc/libvirt/qemu.conf': 'user = "nova"\r\n⟦migrate_tls_force = 1⟧\r\n',
      },
      fix: 'off',
      good: { 'etc/libvirt/qemu.conf': 'user = "nova"\r\nmigrate_tls_force = 0\r\n' },
    },
    {
      title: 'another host does not use it',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = true\n',
        'c1/etc/libvirt/qemu.conf': '⟦migrate_tls_force = 1⟧\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = false\n',
        'c2/etc/libvirt/qemu.conf': '',
      },
    },
    {
      title: 'all use it, or go through the tunnel; an old libvirt; a controller',
      release: 'zed',
      files: {
        'livemig.ini':
          '[node c1]\nroles = compute\n[node c2]\nroles = compute\nlibvirt = 6.0.0\n[node ctl]\nroles = controller\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = true\n',
        'c1/etc/libvirt/qemu.conf': 'migrate_tls_force = 1\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_tunnelled = true\n',
        'c2/etc/libvirt/qemu.conf': 'migrate_tls_force = 1\n',
        'ctl/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
      },
    },
    {
      title: 'off, and for a libvirt that does not know it',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'c1/etc/libvirt/qemu.conf': 'migrate_tls_force = 0\n',
        'c2/facts.json': '{"libvirt": "6.0.0"}',
        'c2/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'c2/etc/libvirt/qemu.conf': 'migrate_tls_force = 1\n',
      },
    },
  ],
  check(cluster, report) {
    const plain = cluster.hosts.filter((h) => runsGuests(h) && !encrypts(h)).slice(0, 2);
    for (const host of cluster.hosts) {
      const set = host.qemu.get('migrate_tls_force');
      if (!set || host.qemu.number('migrate_tls_force') !== 1) continue;
      if (atLeast(host.platform.libvirt, SINCE) === false) continue;
      const itself = runsGuests(host) && !encrypts(host);
      const source = itself ? host : plain.find((h) => h !== host);
      if (!source) continue;
      const native = source.nova.get('live_migration_with_native_tls');
      report({
        host,
        file: set.file,
        span: set.entry.span,
        values: { source: itself ? 'this host' : source.name, way: itself ? 'from' : `from ${source.name} to` },
        related:
          native?.file && native.entry
            ? [{ file: native.file, span: native.entry.span, message: `Native TLS is off on ${source.name}` }]
            : [],
        // Native TLS is the other way, and takes certificates.
        fixes: [{ title: 'off', edits: [setLibvirtKey(set.file, 'migrate_tls_force', '0')], preferred: false }],
      });
    }
  },
});

/** What libvirt lets pass: native TLS, and the tunnel, which it does not look into. */
function encrypts({ nova }: Host): boolean {
  return (
    isTrue(nova.get('live_migration_with_native_tls')?.value) || isTrue(nova.get('live_migration_tunnelled')?.value)
  );
}
