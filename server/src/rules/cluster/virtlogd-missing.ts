import { factPlace } from '../../model/factPlace';
import { defineRule } from '../rule';

const LIBVIRT = '/var/run/libvirt/libvirt-sock';
const LOG = '/var/run/libvirt/virtlogd-sock';

export default defineRule({
  id: 'cluster/virtlogd-missing',
  scope: 'host',
  title: 'Virtlogd does not run',
  severity: 'error',
  files: ['facts'],
  messages: {
    default:
      'There is no {socket}: no guest starts or arrives here; start virtlogd (systemctl enable --now virtlogd.socket)',
  },
  why: `Since libvirt 1.3.0 the output of QEMU goes to virtlogd, unless qemu.conf has \`stdio_handler = "file"\`. Without it each start and
each migration to the host ends with *Failed to connect socket to '/run/libvirt/virtlogd-sock': No such file or directory*.`,
  sources: ['virsh migrate to a host without virtlogd, libvirt 9.0.0'],
  explains: [/Failed to connect socket to '[^']*virtlogd-sock'/],
  preflight: true,
  repair: 'restart',
  examples: [
    {
      files: {
        'etc/libvirt/qemu.conf': '',
        'facts.json':
          '{"libvirt": "9.0.0", "started": {"libvirtd": 1700000000}, "paths": {"/var/run/libvirt/libvirt-sock": {"type": "other", "mode": 511, "uid": 0, "gid": 0}, "/var/run/libvirt/virtlogd-sock": ⟦null⟧}}',
      },
    },
    {
      title: "it runs; QEMU writes by itself; of before; libvirt's own socket lies elsewhere, too",
      files: {
        'c1/etc/libvirt/qemu.conf': '',
        'c1/facts.json':
          '{"libvirt": "9.0.0", "started": {"libvirtd": 1}, "paths": {"/var/run/libvirt/libvirt-sock": {"type": "other", "mode": 511, "uid": 0, "gid": 0}, "/var/run/libvirt/virtlogd-sock": {"type": "other", "mode": 384, "uid": 0, "gid": 0}}}',
        'c2/etc/libvirt/qemu.conf': 'stdio_handler = "file"\n',
        'c2/facts.json':
          '{"libvirt": "9.0.0", "started": {"libvirtd": 1}, "paths": {"/var/run/libvirt/libvirt-sock": {"type": "other", "mode": 511, "uid": 0, "gid": 0}, "/var/run/libvirt/virtlogd-sock": null}}',
        'c3/etc/libvirt/qemu.conf': '',
        'c3/facts.json':
          '{"libvirt": "1.2.2", "started": {"libvirtd": 1}, "paths": {"/var/run/libvirt/libvirt-sock": {"type": "other", "mode": 511, "uid": 0, "gid": 0}, "/var/run/libvirt/virtlogd-sock": null}}',
        'c4/etc/libvirt/qemu.conf': '',
        'c4/facts.json':
          '{"libvirt": "9.0.0", "started": {"libvirtd": 1}, "paths": {"/var/run/libvirt/libvirt-sock": null, "/var/run/libvirt/virtlogd-sock": null}}',
      },
    },
  ],
  check(host, report) {
    const { libvirt, started, paths } = host.facts ?? {};
    const [major = 0, minor = 0] = (libvirt ?? '0').split('.').map(Number);
    // Without qemu.conf it is not known who writes QEMU's words down.
    if (major * 100 + minor < 103 || !host.qemu.file || host.qemu.string('stdio_handler') === 'file') return;
    if (started?.libvirtd === undefined && started?.virtqemud === undefined) return;
    if (!paths?.[LIBVIRT] || paths[LOG] !== null) return;
    const place = factPlace(host, ['paths', LOG]);
    if (place) report({ ...place, values: { socket: LOG } });
  },
});
