import { isLoopback, isWildcard } from '../../model/cluster';
import { isOwn, unitSettings } from '../../model/units';
import { insertLineBelow } from '../edits';
import { defineRule } from '../rule';
import { isOn, ownSockets } from './_units';

export default defineRule({
  id: 'defaults/socket-without-freebind',
  scope: 'host',
  title: 'A socket waits for an address that is not there yet at boot',
  severity: 'warning',
  files: ['unit'],
  messages: {
    default:
      '{unit} is opened before the network is up: at boot {address} may not be there yet, and the unit fails; add FreeBind=yes',
  },
  fixes: { add: 'Add FreeBind=yes' },
  why: `Sockets are opened before sockets.target, early at boot and before any network is configured. Where the address is missing then,
the call ends with *Cannot assign requested address*, the unit is failed and stays so: after a reboot migrations to the host end with
*Connection refused*. \`FreeBind=yes\` opens it all the same; so does listening on all addresses.`,
  sources: [
    'systemd.socket(5), FreeBind=: recommended whenever a specific address is bound',
    'systemd-socket-activate 252 with an address that the machine lacks: Cannot assign requested address',
  ],
  explains: [/Failed to create listening socket \([^)]*\): Cannot assign requested address/],
  examples: [
    {
      files: {
        'etc/systemd/system/libvirtd-tls.socket.d/o.conf':
          '[Socket]\r\nListenStream=\r\n⟦ListenStream=192.0.2.31:16514⟧\r\n',
      },
      good: {
        'etc/systemd/system/libvirtd-tls.socket.d/o.conf':
          '[Socket]\r\nListenStream=\r\nListenStream=192.0.2.31:16514\r\nFreeBind=yes\r\n',
      },
    },
    {
      title: 'free, ordered behind the network, on all addresses, on loopback',
      files: {
        'c1/etc/systemd/system/libvirtd-tls.socket.d/o.conf':
          '[Socket]\nFreeBind=True\nListenStream=\nListenStream=192.0.2.31:16514\n',
        'c2/etc/systemd/system/libvirtd-tls.socket.d/o.conf':
          '[Unit]\nAfter=network-online.target\n[Socket]\nListenStream=\nListenStream=192.0.2.31:16514\n',
        'c3/etc/systemd/system/libvirtd-tls.socket.d/o.conf': '[Socket]\nListenStream=\nListenStream=0.0.0.0:16514\n',
        'c4/etc/systemd/system/libvirtd-tcp.socket.d/o.conf': '[Socket]\nListenStream=\nListenStream=[::1]:16509\n',
      },
    },
  ],
  check(host, report) {
    for (const open of ownSockets(host)) {
      const late = open.listens.find((l) => !isWildcard(l.address) && !isLoopback(l.address));
      if (!late?.setting || !isOwn(late.setting.file) || isOn(open, 'FreeBind')) continue;
      if (unitSettings(open.unit, 'Unit', 'After').list.some((s) => s.entry.value.includes('network'))) continue;
      const { file, entry } = late.setting;
      report({
        file,
        span: entry.span,
        values: { unit: open.unit.name, address: late.address },
        fixes: [{ title: 'add', edits: [insertLineBelow(file, entry.span.end, 'FreeBind=yes')] }],
      });
    }
  },
});
