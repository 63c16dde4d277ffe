import { defineRule } from '../rule';
import { migrationFiles, migrationFolder, nativeTls, unverified } from './_certificates';

export default defineRule({
  id: 'qemu/native-tls-no-certs',
  scope: 'host',
  title: 'Certificates that QEMU needs for migrations are not there',
  severity: 'error',
  files: ['nova', 'qemu', 'facts'],
  releases: { from: 'stein' },
  messages: {
    default: 'Native TLS is on, and {paths} not there: migrations {way} this host fail; put the certificates there',
  },
  why: `With live_migration_with_native_tls the destination's QEMU needs ca-cert.pem, server-cert.pem and server-key.pem of its folder: else
*unable to execute QEMU command 'object-add': Unable to access credentials /etc/pki/qemu/ca-cert.pem: No such file or directory*. The
source shows client-cert.pem, and without it the destination hangs up: *Cannot write to TLS channel: Input/output error*. The folder is
/etc/pki/qemu unless qemu.conf names another.`,
  sources: [
    'virsh migrate --p2p --tls between two libvirtd 9.0.0 with QEMU 7.2, each of the files missing in turn',
    'qemu.conf of libvirt 9.0.0, migrate_tls_x509_cert_dir',
  ],
  explains: [/Unable to access credentials \S+\.pem/, /Cannot write to TLS channel: Input\/output error/],
  preflight: true,
  examples: [
    {
      title: 'nothing in the built-in folder',
      files: {
        'facts.json': '{"paths": {"/etc/pki/qemu": null}}',
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = ⟦true⟧\n',
      },
    },
    {
      title: "a client's certificate is missing",
      files: {
        'facts.json': '{"paths": {"/etc/pki/mig/client-cert.pem": null, "/etc/pki/mig/client-key.pem": null}}',
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = true\n',
        'etc/libvirt/qemu.conf':
          'default_tls_x509_cert_dir = "/etc/pki/qemu"\n⟦migrate_tls_x509_cert_dir = "/etc/pki/mig"⟧\n',
      },
    },
    {
      title: 'nobody asks for it; native TLS is off; the folder itself is missing, which is told elsewhere',
      files: {
        'c1/facts.json': '{"paths": {"/etc/pki/qemu/client-cert.pem": null}}',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = true\n',
        'c1/etc/libvirt/qemu.conf': 'default_tls_x509_verify = 0\n',
        'c2/facts.json': '{"paths": {"/etc/pki/qemu": null}}',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = false\n',
        'c2/etc/libvirt/qemu.conf': '',
        'c3/facts.json': '{"paths": {"/etc/pki/mig": null}}',
        'c3/etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = true\n',
        'c3/etc/libvirt/qemu.conf': 'migrate_tls_x509_cert_dir = "/etc/pki/mig"\n',
      },
    },
  ],
  check(host, report) {
    const { paths } = host.facts ?? {};
    const asked = nativeTls(host);
    if (!asked || !paths) return;
    const folder = migrationFolder(host);
    if (paths[folder.path] === null && folder.place) return;
    const files = migrationFiles(host).filter((f) => f.side === 'server' || !unverified(host));
    const gone = paths[folder.path] === null ? [folder] : files.filter((f) => paths[f.path] === null);
    if (gone.length === 0) return;
    const only = gone.every((f) => 'side' in f && f.side === 'client');
    report({
      ...(folder.place ?? asked),
      values: {
        paths: `${gone.map((f) => f.path).join(', ')} ${gone.length > 1 ? 'are' : 'is'}`,
        way: only ? 'from' : 'to and from',
      },
      related: folder.place ? [{ ...asked, message: 'Native TLS is on' }] : [],
    });
  },
});
