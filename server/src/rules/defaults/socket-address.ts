import { isIpv4, isIpv6 } from '../../addresses';
import { documentOf } from '../../model/parsed';
import { isOwn, type RemoteSocket } from '../../model/units';
import { replace } from '../edits';
import { defineRule } from '../rule';
import { ownSockets } from './_units';

export default defineRule({
  id: 'defaults/socket-address',
  scope: 'host',
  title: 'What systemd takes for no address, or a unit without one',
  severity: 'error',
  files: ['unit'],
  messages: {
    default:
      'ListenStream={value} is no address to systemd, and no other is left: {unit} is refused and nothing listens; write a port, or IP:port',
    ignored: 'ListenStream={value} is no address to systemd, which passes over it; write a port, or IP:port',
    none: 'ListenStream= clears all addresses of {unit}, and none follows: systemd refuses the unit and nothing listens; add one',
  },
  fixes: { write: 'Write {right}', add: 'Add ListenStream={right}' },
  why: `systemd takes a port (\`16514\`: all addresses), \`192.0.2.31:16514\` or \`[2001:db8::31]:16514\`; names, \`*:16514\` and an
address without a port are none: *Failed to parse address value in '\\*:16514', ignoring: Invalid argument*. A socket unit without any
is not started at all: *Unit has no Listen setting (ListenStream=, …). Refusing.*`,
  sources: ['systemd-analyze verify of systemd 252, with each of the examples', 'systemd.socket(5), ListenStream='],
  explains: [/Failed to parse address value/, /Unit has no Listen setting/],
  preflight: 'destination',
  examples: [
    {
      files: {
        'etc/systemd/system/libvirtd-tcp.socket.d/o.conf': '[Socket]\r\nListenStream=\r\n⟦ListenStream=*:16509⟧\r\n',
      },
      good: {
        'etc/systemd/system/libvirtd-tcp.socket.d/o.conf': '[Socket]\r\nListenStream=\r\nListenStream=16509\r\n',
      },
    },
    {
      title: 'an address without a port, brackets where there are none, and none where they belong',
      files: {
        'c1/etc/systemd/system/libvirtd-tls.socket.d/o.conf': '[Socket]\nListenStream=\n⟦ListenStream=0.0.0.0⟧\n',
        'c2/etc/systemd/system/libvirtd-tcp.socket.d/o.conf':
          '[Socket]\nListenStream=\n⟦ListenStream=[0.0.0.0]:16509⟧\n',
        'c3/etc/systemd/system/libvirtd-tcp.socket.d/o.conf': '[Socket]\nListenStream=\n⟦ListenStream=::⟧\n',
      },
      good: {
        'c1/etc/systemd/system/libvirtd-tls.socket.d/o.conf': '[Socket]\nListenStream=\nListenStream=0.0.0.0:16514\n',
        'c2/etc/systemd/system/libvirtd-tcp.socket.d/o.conf': '[Socket]\nListenStream=\nListenStream=0.0.0.0:16509\n',
        'c3/etc/systemd/system/libvirtd-tcp.socket.d/o.conf': '[Socket]\nListenStream=\nListenStream=[::]:16509\n',
      },
    },
    {
      title: 'a name',
      files: { 'etc/systemd/system/libvirtd-tcp.socket': '[Socket]\n⟦ListenStream=compute1:16509⟧\n' },
    },
    {
      title: 'one of two',
      severity: 'warning',
      files: {
        'etc/systemd/system/libvirtd-tcp.socket': '[Socket]\nListenStream=16509\n⟦ListenStream=compute1:16509⟧\n',
      },
    },
    {
      title: 'cleared, and nothing else',
      files: { 'etc/systemd/system/libvirtd-tls.socket.d/o.conf': '[Socket]\n⟦ListenStream=⟧\n' },
      fix: 'add',
      good: { 'etc/systemd/system/libvirtd-tls.socket.d/o.conf': '[Socket]\nListenStream=\nListenStream=16514\n' },
    },
    {
      title: 'ports, addresses, paths, and specifiers that only systemd knows',
      files: {
        'c1/etc/systemd/system/libvirtd-tcp.socket': '[Socket]\nListenStream=16509\n',
        'c2/etc/systemd/system/libvirtd-tcp.socket': '[Socket]\nListenStream=%t/libvirt/x\nListenStream=[::1]:16509\n',
        'c3/etc/systemd/system/libvirtd-tcp.socket.d/o.conf': '[Unit]\nDescription=x\n',
        'c4/etc/systemd/system/libvirtd-tcp.socket.d/o.conf': '[Socket]\nListenStream=\nListenStream=0x407d\n',
      },
    },
  ],
  check(host, report) {
    for (const { socket, unit, listens, others, bad } of ownSockets(host)) {
      const clears = unit.dropIns.filter(isOwn).flatMap((file) =>
        documentOf(file, 'unit')
          .entries.filter((e) => e.section?.name === 'Socket' && e.key === 'ListenStream')
          .map((entry) => ({ file, entry })),
      );
      const last = clears.at(-1);
      const port = socket === 'tcp' ? 16509 : 16514;
      if (
        last?.entry.value === '' &&
        !unit.dropIns.some((f) => /Listen(Datagram|SequentialPacket|FIFO)/.test(f.text))
      ) {
        const end = { start: last.entry.span.end, end: last.entry.span.end };
        const eol = last.file.text.includes('\r\n') ? '\r\n' : '\n';
        report({
          file: last.file,
          span: last.entry.span,
          message: 'none',
          values: { unit: unit.name },
          fixes: [
            {
              title: 'add',
              values: { right: port },
              edits: [replace(last.file, end, `${eol}ListenStream=${port}`)],
              preferred: false,
            },
          ],
        });
        continue;
      }
      for (const { file, entry } of bad) {
        if (!isOwn(file)) continue;
        const alone = listens.length === 0 && others.length === 0;
        const right = meant(entry.value, socket);
        report({
          file,
          span: entry.span,
          message: alone ? 'default' : 'ignored',
          severity: alone ? 'error' : 'warning',
          values: { value: entry.value, unit: unit.name },
          fixes: [
            right ? { title: 'write', values: { right }, edits: [replace(file, entry.rawSpan, right)] } : undefined,
          ],
        });
      }
    }
  },
});

/** The address that was plainly meant. */
function meant(value: string, socket: RemoteSocket): string | undefined {
  const port = socket === 'tcp' ? '16509' : '16514';
  if (isIpv4(value)) return `${value}:${port}`;
  const bare = value.replace(/^\[(.*)\]$/, '$1');
  if (isIpv6(bare)) return `[${bare}]:${port}`;
  const parts = /^(?:\*|\[([\d.]+)\]):([1-9]\d{0,4})$/.exec(value);
  if (!parts || Number(parts[2]) > 65535) return undefined;
  if (parts[1] === undefined) return parts[2];
  return isIpv4(parts[1]) ? `${parts[1]}:${parts[2]!}` : undefined;
}
