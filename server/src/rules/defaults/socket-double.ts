import { isOwn, type Listen } from '../../model/units';
import { eolOf, removeLines, replace } from '../edits';
import { defineRule, type FixDraft } from '../rule';
import { collide, isOn, ownSockets } from './_units';

export default defineRule({
  id: 'defaults/socket-double',
  scope: 'host',
  title: "A drop-in adds an address that the unit's own keeps from being opened",
  severity: 'error',
  files: ['unit'],
  messages: {
    default:
      '{unit} listens on {other} as well, which takes port {port} first: "Address already in use", the whole unit fails; clear it with ListenStream=',
    same: '{unit} listens on {other} already, and cannot twice: "Address already in use", and the whole unit fails; leave one out',
  },
  fixes: { clear: "Clear the unit's own addresses first: ListenStream=", remove: 'Remove this line' },
  why: `A drop-in's ListenStream= does not replace the address of the package's unit, it is added. systemd opens one after the other;
all addresses take in the single one, the second call ends with *Failed to create listening socket (192.0.2.31:16514): Address already
in use*, and the unit opens none of them. An empty \`ListenStream=\` before it clears the list.`,
  sources: [
    'systemd.socket(5), ListenStream=',
    'systemd-socket-activate 252 with -l 16509 -l 127.0.0.1:16509: Address already in use',
  ],
  explains: [/Failed to create listening socket \([^)]*\): Address already in use/],
  preflight: 'destination',
  examples: [
    {
      files: {
        'etc/systemd/system/libvirtd-tls.socket.d/override.conf':
          '[Socket]\r\n# the migration network\r\n⟦ListenStream=192.0.2.31:16514⟧\r\nListenStream=192.0.2.32:16514\r\nFreeBind=yes\r\n',
      },
      good: {
        'etc/systemd/system/libvirtd-tls.socket.d/override.conf':
          '[Socket]\r\n# the migration network\r\nListenStream=\r\nListenStream=192.0.2.31:16514\r\nListenStream=192.0.2.32:16514\r\nFreeBind=yes\r\n',
      },
    },
    {
      title: 'the same port again, in words of its own; the unit is in view',
      files: {
        'usr/lib/systemd/system/virtproxyd-tcp.socket': '[Socket]\nListenStream=16509\n',
        'etc/libvirt/virtproxyd.conf': '',
        'etc/systemd/system/virtproxyd-tcp.socket.d/o.conf': '[Socket]\n⟦ListenStream = 0.0.0.0:16509⟧\n',
      },
      good: {
        'etc/systemd/system/virtproxyd-tcp.socket.d/o.conf': '[Socket]\nListenStream=\nListenStream = 0.0.0.0:16509\n',
      },
    },
    {
      title: 'twice in one file',
      files: {
        'etc/systemd/system/libvirtd-tcp.socket.d/o.conf':
          '[Socket]\nListenStream=\nListenStream=16509\n⟦ListenStream=[::]:16509⟧\n',
      },
      fix: 'remove',
      good: { 'etc/systemd/system/libvirtd-tcp.socket.d/o.conf': '[Socket]\nListenStream=\nListenStream=16509\n' },
    },
    {
      title: 'cleared, another port, both protocols by themselves, a port that may be shared, a unit that is off',
      files: {
        'c1/etc/systemd/system/libvirtd-tls.socket.d/o.conf':
          '[Socket]\nListenStream=\nListenStream=192.0.2.31:16514\nFreeBind=yes\n',
        'c1/etc/systemd/system/libvirtd-tcp.socket.d/o.conf': '[Socket]\nListenStream=16510\n',
        'c2/etc/systemd/system/libvirtd-tls.socket':
          '[Socket]\nListenStream=0.0.0.0:16514\nListenStream=[2001:db8::1]:16514\nFreeBind=yes\n',
        'c2/etc/systemd/system/libvirtd-tcp.socket.d/o.conf': '[Socket]\nListenStream=0.0.0.0:16509\nReusePort=yes\n',
        'c3/etc/systemd/system/libvirtd-tls.socket': '',
        'c3/etc/systemd/system/libvirtd-tls.socket.d/o.conf': '[Socket]\nListenStream=0.0.0.0:16514\n',
      },
    },
  ],
  check(host, report) {
    for (const open of ownSockets(host)) {
      // Who sets these has thought of it, and who shares the port may.
      if (isOn(open, 'ReusePort') || /BindIPv6Only/.test(textOf(open.unit.dropIns) + textOf([open.unit.main])))
        continue;
      const found = firstClash(open.listens);
      if (!found) continue;
      const [first, second] = found;
      const { file, entry } = second.setting!;
      const elsewhere = first.setting?.file !== file;
      const at = { start: entry.span.start, end: entry.span.start };
      const fix: FixDraft<'clear' | 'remove'> = elsewhere
        ? { title: 'clear', edits: [replace(file, at, `ListenStream=${eolOf(file)}`)] }
        : { title: 'remove', edits: [removeLines(file, entry.span)], preferred: false };
      report({
        file,
        span: entry.span,
        message: elsewhere ? 'default' : 'same',
        values: { unit: open.unit.name, port: second.port, other: first.setting?.entry.value ?? String(first.port) },
        related: first.setting
          ? [{ file: first.setting.file, span: first.setting.entry.span, message: 'This one is opened first' }]
          : [],
        fixes: [fix],
      });
    }
  },
});

function textOf(files: readonly ({ readonly text: string } | undefined)[]): string {
  return files.map((f) => f?.text ?? '').join('\n');
}

/** The first address of an administrator's that one before it takes. */
function firstClash(listens: readonly Listen[]): readonly [Listen, Listen] | undefined {
  for (const [i, second] of listens.entries()) {
    if (!second.setting || !isOwn(second.setting.file)) continue;
    const first = listens.slice(0, i).find((l) => collide(l, second));
    if (first) return [first, second];
  }
  return undefined;
}
