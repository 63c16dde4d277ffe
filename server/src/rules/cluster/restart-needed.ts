import { factPlace } from '../../model/factPlace';
import { basename, type SourceFile } from '../../model/files';
import type { Host } from '../../model/host';
import { TOP } from '../edits';
import { defineRule } from '../rule';

export default defineRule({
  id: 'cluster/restart-needed',
  scope: 'host',
  title: 'A daemon still runs with what this file said before',
  severity: 'info',
  files: ['nova', 'libvirtd', 'qemu', 'defaults'],
  messages: {
    default: 'Changed {time} after {daemon} was started, which still runs by the old text: systemctl restart {daemon}',
  },
  why: `Neither nova-compute nor libvirt looks at its files while it runs, apart from a few of nova's options at a SIGHUP. What was
corrected last helps only after a restart. Guests go on running meanwhile; a migration that is under way would be cut.`,
  sources: ['libvirtd(8), virtqemud(8)', 'nova: options that are mutable, configuration guide'],
  repair: 'restart',
  examples: [
    {
      title: 'a file of each daemon',
      files: {
        'etc/nova/nova.conf': '⟦⟧[libvirt]\n',
        'etc/libvirt/libvirtd.conf': '⟦⟧listen_tcp = 1\n',
        'etc/libvirt/qemu.conf': '⟦⟧user = "nova"\n',
        'etc/default/libvirtd': '⟦⟧LIBVIRTD_ARGS="--listen"\n',
        'facts.json':
          '{"started": {"nova-compute": 1700000000, "libvirtd": 1700000000}, "paths": {"/etc/nova/nova.conf": {"type": "file", "mode": 416, "uid": 0, "gid": 119, "modified": 1700090000}, "/etc/libvirt/libvirtd.conf": {"type": "file", "mode": 420, "uid": 0, "gid": 0, "modified": 1700000100}, "/etc/libvirt/qemu.conf": {"type": "file", "mode": 384, "uid": 0, "gid": 0, "modified": 1700007200}, "/etc/default/libvirtd": {"type": "file", "mode": 420, "uid": 0, "gid": 0, "modified": 1700000020}}}',
      },
    },
    {
      title: 'modular daemons',
      files: {
        'etc/libvirt/qemu.conf': '⟦⟧user = "nova"\n',
        'etc/libvirt/virtqemud.conf': '⟦⟧log_filters = "1:qemu"\n',
        'etc/libvirt/virtproxyd.conf': 'listen_tcp = 1\n',
        'facts.json':
          '{"daemons": "modular", "started": {"virtqemud": 1700000000, "virtproxyd": 1700900000, "libvirtd": 1600000000}, "paths": {"/etc/libvirt/qemu.conf": {"type": "file", "mode": 384, "uid": 0, "gid": 0, "modified": 1700000061}, "/etc/libvirt/virtqemud.conf": {"type": "file", "mode": 420, "uid": 0, "gid": 0, "modified": 1700000061}, "/etc/libvirt/virtproxyd.conf": {"type": "file", "mode": 420, "uid": 0, "gid": 0, "modified": 1700000061}}}',
      },
    },
    {
      title: 'restarted since; not known when',
      files: {
        'etc/nova/nova.conf': '[libvirt]\n',
        'etc/nova/nova-api.conf': '[DEFAULT]\n',
        'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n',
        'etc/libvirt/qemu.conf': 'user = "nova"\n',
        'facts.json':
          '{"started": {"nova-compute": 1700000000}, "paths": {"/etc/nova/nova.conf": {"type": "file", "mode": 416, "uid": 0, "gid": 119, "modified": 1700000001}, "/etc/nova/nova-api.conf": {"type": "file", "mode": 416, "uid": 0, "gid": 119, "modified": 1800000000}, "/etc/libvirt/libvirtd.conf": {"type": "file", "mode": 420, "uid": 0, "gid": 0, "modified": 1700000100}, "/etc/libvirt/qemu.conf": {"type": "file", "mode": 384, "uid": 0, "gid": 0}}}',
      },
    },
  ],
  check(host, report) {
    const { started, paths } = host.facts ?? {};
    if (!started || !paths) return;
    for (const file of host.files) {
      const daemon = readerOf(host, file);
      const since = daemon === undefined ? undefined : started[daemon];
      const modified = paths[`/${file.path}`]?.modified;
      if (daemon === undefined || since === undefined || modified === undefined) continue;
      // The file's in whole seconds. So is, where the node's clock tells no fractions, the start of the machine, by which the
      // kernel tells that of a process: it comes out up to two seconds too early.
      if (modified < since + (Number.isInteger(since) ? 2 : 1)) continue;
      const place = factPlace(host, ['started', daemon]);
      report({
        file,
        span: TOP,
        values: { daemon, time: duration(modified - since) },
        related: place ? [{ ...place, message: `When ${daemon} was started` }] : [],
      });
    }
  },
});

/** The daemon that reads a file when it starts. */
function readerOf(host: Host, file: SourceFile): string | undefined {
  const name = basename(file.path);
  if (file.kind === 'nova') return host.nova.files.includes(file) ? 'nova-compute' : undefined;
  if (file.kind === 'libvirtd') return name.replace(/\.conf$/, '');
  if (file.kind === 'qemu') return host.platform.daemons === 'modular' ? 'virtqemud' : 'libvirtd';
  return file.kind === 'defaults' ? 'libvirtd' : undefined;
}

/** `20 seconds`, `2 hours` */
function duration(seconds: number): string {
  const units: [number, string][] = [
    [86_400, 'days'],
    [3600, 'hours'],
    [60, 'minutes'],
  ];
  for (const [size, name] of units) if (seconds >= 2 * size) return `${Math.floor(seconds / size)} ${name}`;
  return `${Math.floor(seconds)} seconds`;
}
