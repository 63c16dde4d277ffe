import { mayEnter, qemuIdentity } from '../cluster/_enter';
import { defineRule } from '../rule';
import { migrationFiles, migrationFolder, nativeTls, unverified } from './_certificates';

export default defineRule({
  id: 'qemu/tls-key-unreadable',
  scope: 'host',
  title: 'QEMU may not read its keys and certificates',
  severity: 'error',
  files: ['nova', 'qemu', 'facts'],
  releases: { from: 'stein' },
  messages: {
    default:
      'Native TLS is on, and QEMU, which runs as {user}, may not read {paths}: migrations {way} this host fail; let its group read',
  },
  why: `Libvirt reads its own certificates as root, QEMU those of native TLS as the account that it runs as. Where that may not, a
migration ends with *unable to execute QEMU command 'object-add': Cannot load certificate '/etc/pki/qemu/server-cert.pem' & key
'/etc/pki/qemu/server-key.pem': Error while reading file.* A key for root alone is right for libvirt and wrong here: \`chgrp\` it to
the group of QEMU and \`chmod 640\`.`,
  sources: ['virsh migrate --p2p --tls with a key of mode 600 that belongs to root, libvirt 9.0.0 with QEMU 7.2'],
  explains: [/Cannot load certificate \S+ & key \S+: Error while reading file/],
  preflight: true,
  examples: [
    {
      title: "root's alone",
      files: {
        'facts.json':
          '{"ids": {"libvirt-qemu": {"uid": 64055, "gid": 107}}, "paths": {"/etc/pki/qemu/server-key.pem": {"type": "file", "mode": 384, "uid": 0, "gid": 0}}}',
        'etc/group': 'root:x:0:\nkvm:x:107:\n',
        'etc/libvirt/qemu.conf': '',
        'etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = ⟦true⟧\n',
      },
    },
    {
      title: 'read by its group, by all, by QEMU as root; native TLS is off',
      files: {
        'c1/facts.json':
          '{"ids": {"libvirt-qemu": {"uid": 64055, "gid": 107}}, "paths": {"/etc/pki/qemu/server-key.pem": {"type": "file", "mode": 416, "uid": 0, "gid": 107}}}',
        'c1/etc/group': 'root:x:0:\nkvm:x:107:\n',
        'c1/etc/libvirt/qemu.conf': '',
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = true\n',
        'c2/facts.json':
          '{"ids": {"qemu": {"uid": 107, "gid": 107}}, "paths": {"/etc/pki/qemu/server-key.pem": {"type": "file", "mode": 420, "uid": 0, "gid": 0}}}',
        'c2/etc/group': 'root:x:0:\nqemu:x:107:\n',
        'c2/etc/libvirt/qemu.conf': '',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = true\n',
        'c3/facts.json':
          '{"paths": {"/etc/pki/qemu/server-key.pem": {"type": "file", "mode": 384, "uid": 0, "gid": 0}}}',
        'c3/etc/libvirt/qemu.conf': 'user = "root"\n',
        'c3/etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = true\n',
        'c4/facts.json':
          '{"ids": {"qemu": {"uid": 107, "gid": 107}}, "paths": {"/etc/pki/qemu/server-key.pem": {"type": "file", "mode": 384, "uid": 0, "gid": 0}}}',
        'c4/etc/group': 'root:x:0:\nqemu:x:107:\n',
        'c4/etc/libvirt/qemu.conf': '',
        'c4/etc/nova/nova.conf': '[libvirt]\nlive_migration_with_native_tls = false\n',
      },
    },
  ],
  check(host, report) {
    const { paths } = host.facts ?? {};
    const asked = nativeTls(host);
    const who = asked && paths ? qemuIdentity(host) : undefined;
    if (!asked || !paths || !who) return;
    const folder = migrationFolder(host);
    const closed = migrationFiles(host)
      .filter((f) => f.side === 'server' || !unverified(host))
      .filter(({ path }) => {
        const facts = paths[path];
        // Reading is two bits above entering.
        return facts?.type === 'file' && mayEnter(who, { ...facts, mode: facts.mode >> 2 }) === false;
      });
    if (closed.length === 0) return;
    report({
      ...(folder.place ?? asked),
      values: {
        user: who.name,
        paths: closed.map((f) => f.path).join(', '),
        way: closed.every((f) => f.side === 'client') ? 'from' : 'to and from',
      },
      related: folder.place ? [{ ...asked, message: 'Native TLS is on' }] : [],
    });
  },
});
