import { normalise } from '../../model/host';
import { defineRule } from '../rule';
import { CERTIFICATE_FOLDERS } from './_certificates';

export default defineRule({
  id: 'qemu/tls-dir-missing',
  scope: 'host',
  title: 'A folder of certificates is not there',
  severity: 'error',
  files: ['qemu'],
  messages: {
    default: '{key} names {folder}, which is not there: libvirt does not start; make the folder, or leave the key out',
  },
  why: `The QEMU driver looks for each folder of certificates that qemu.conf names, also for those that nothing uses, and ends the
daemon: *Initialization of QEMU state driver failed: configuration file syntax error: migrate_tls_x509_cert_dir directory
'/etc/pki/libvirt-migrate' does not exist*. Without the key the default folder need not be there.`,
  sources: ['libvirtd 9.0.0 run with each of the eight keys', 'src/qemu/qemu_conf.c of libvirt 9.0.0'],
  explains: [/_tls_x509_cert_dir directory '.*' does not exist/],
  preflight: true,
  examples: [
    {
      files: {
        'facts.json': '{"paths": {"/etc/pki/libvirt-migrate": null}}',
        'etc/libvirt/qemu.conf': '⟦migrate_tls_x509_cert_dir = "/etc/pki/libvirt-migrate/"⟧\r\n',
      },
    },
    {
      title: 'it is there, nobody looked, or it is the default',
      files: {
        'c1/facts.json': '{"paths": {"/etc/pki/qemu": {"type": "folder", "mode": 493, "uid": 0, "gid": 0}}}',
        'c1/etc/libvirt/qemu.conf': 'default_tls_x509_cert_dir = "/etc/pki/qemu"\n',
        'c2/facts.json': '{"paths": {"/etc/pki/qemu": null}}',
        'c2/etc/libvirt/qemu.conf': '#default_tls_x509_cert_dir = "/etc/pki/qemu"\n',
      },
    },
  ],
  check(host, report) {
    const { paths = {} } = host.facts ?? {};
    for (const key of CERTIFICATE_FOLDERS) {
      const set = host.qemu.get(key);
      const folder = host.qemu.string(key);
      if (!set || !folder || paths[normalise(folder)] !== null) continue;
      report({ file: set.file, span: set.entry.span, values: { key, folder } });
    }
  },
});
