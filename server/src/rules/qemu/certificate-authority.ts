import { isSignedBy, nameOf, strangers, type Trusting } from '../libvirtd/_authority';
import { defineRule } from '../rule';
import { migrationFolder, nativeTls } from './_certificates';

export default defineRule({
  id: 'qemu/certificate-authority',
  scope: 'cluster',
  title: "QEMU's certificate is of another authority",
  severity: 'error',
  files: ['qemu', 'nova', 'facts'],
  messages: {
    own: '{path} was not signed by the authority in {ca} ({authority}): QEMU refuses to migrate; put the right CA certificate there',
    peers:
      '{path} is of {authority}, and the others trust {usual}: no encrypted migration between them; have all signed by one authority',
  },
  why: `The two QEMUs of a migration verify each other by the CA certificate that each has: *job 'migration out' failed: The certificate hasn't
got a known issuer*. The guest stays where it is. Two authorities of one name differ by their keys.`,
  sources: ['virsh migrate --tls between hosts with certificates of two authorities, libvirt 9.0.0, QEMU 7.2.22'],
  explains: [/The certificate hasn't got a known issuer/, /Our own certificate .* failed validation/],
  preflight: true,
  examples: [
    {
      title: 'its own authority is another one',
      files: {
        'etc/libvirt/qemu.conf': '',
        'etc/nova/nova.conf': '[libvirt]\r\nlive_migration_with_native_tls = ⟦true⟧\r\n',
        'facts.json':
          '{"certificates": {"/etc/pki/qemu/ca-cert.pem": {"names": [], "subject": "CN=CA", "keyId": "aa"}, "/etc/pki/qemu/server-cert.pem": {"names": ["c1"], "authorityKeyId": "bb"}}}',
      },
    },
    {
      title: 'each made its own',
      files: {
        'c1/etc/libvirt/qemu.conf': '',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = true\n',
        'c1/facts.json':
          '{"certificates": {"/etc/pki/qemu/ca-cert.pem": {"names": [], "subject": "CN=c1"}, "/etc/pki/qemu/server-cert.pem": {"names": ["c1"], "issuer": "CN=c1"}}}',
        'c2/etc/libvirt/qemu.conf': '',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = ⟦true⟧\n',
        'c2/facts.json':
          '{"certificates": {"/etc/pki/qemu/ca-cert.pem": {"names": [], "subject": "CN=c2"}, "/etc/pki/qemu/server-cert.pem": {"names": ["c2"], "issuer": "CN=c2"}}}',
      },
    },
    {
      title: 'one for all; not asked for',
      files: {
        'c1/etc/libvirt/qemu.conf': '',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = true\n',
        'c1/facts.json':
          '{"certificates": {"/etc/pki/qemu/ca-cert.pem": {"names": [], "subject": "CN=CA", "keyId": "aa"}, "/etc/pki/qemu/server-cert.pem": {"names": ["c1"], "authorityKeyId": "aa"}}}',
        'c2/etc/libvirt/qemu.conf': '',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = true\n',
        'c2/facts.json':
          '{"certificates": {"/etc/pki/qemu/ca-cert.pem": {"names": [], "subject": "CN=CA", "keyId": "aa"}, "/etc/pki/qemu/server-cert.pem": {"names": ["c2"], "authorityKeyId": "aa"}}}',
        'c3/etc/libvirt/qemu.conf': '',
        'c3/etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = false\n',
        'c3/facts.json':
          '{"certificates": {"/etc/pki/qemu/ca-cert.pem": {"names": [], "subject": "CN=x"}, "/etc/pki/qemu/server-cert.pem": {"names": ["c3"], "issuer": "CN=y"}}}',
      },
    },
  ],
  check(cluster, report) {
    const fit: Trusting[] = [];
    const filesOf = (folder: string) => ({ ca: `${folder}/ca-cert.pem`, path: `${folder}/server-cert.pem` });
    for (const host of cluster.hosts) {
      const place = nativeTls(host);
      const { ca, path } = filesOf(migrationFolder(host).path);
      const [authority, own] = [host.facts?.certificates?.[ca], host.facts?.certificates?.[path]];
      if (!place || !authority || !own) continue;
      if (isSignedBy(own, authority) !== false) fit.push({ host, own, authority });
      else report({ host, ...place, message: 'own', values: { path, ca, authority: nameOf(authority) } });
    }
    for (const { one, usual } of strangers(fit)) {
      const place = nativeTls(one.host);
      if (!place) continue;
      const { path } = filesOf(migrationFolder(one.host).path);
      const values = { path, authority: one.own.issuer ?? nameOf(one.authority), usual: nameOf(usual.authority) };
      report({ host: one.host, ...place, message: 'peers', values });
    }
  },
});
