import { setLibvirtKey } from '../edits';
import { defineRule } from '../rule';
import { tcpListens, tlsListens } from './_listening';

const PORTS = [
  { key: 'tcp_port', usual: '16509', listens: tcpListens, sockets: 'tcp' },
  { key: 'tls_port', usual: '16514', listens: tlsListens, sockets: 'tls' },
] as const;

export default defineRule({
  id: 'libvirtd/port-invalid',
  scope: 'host',
  title: 'A port that does not exist',
  severity: 'error',
  files: ['libvirtd'],
  messages: {
    range:
      '{key} = "{value}" is no port: libvirt listens on {actual} without a word and peers are refused; write "{usual}"',
    word: '{key} = "{value}" is no port number: unless /etc/services knows it libvirt does not start, and peers dial {usual} anyway',
  },
  fixes: { usual: 'Use {usual}' },
  why: `A number beyond 65535 is cut to 16 bits: \`tcp_port = "99999"\` listens on 34463, 0 and an empty text on a port by chance, and a
migration ends with *Connection refused*. What is no number ends the daemon: *Unable to resolve address '(null)' service 'abc':
Servname not supported for ai_socktype*.`,
  sources: ['libvirtd 9.0.0 run with --listen on each of the examples'],
  explains: [/Unable to resolve address '.*' service '[^']*': Servname not supported/],
  preflight: 'destination',
  examples: [
    {
      files: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\ntcp_port = ⟦"99999"⟧\n' },
      good: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\ntcp_port = "16509"\n' },
    },
    {
      title: 'no number',
      files: { 'etc/libvirt/libvirtd.conf': "listen_tls = 1\r\ntls_port = ⟦'16514 '⟧ # TLS\r\n" },
      good: { 'etc/libvirt/libvirtd.conf': 'listen_tls = 1\r\ntls_port = "16514" # TLS\r\n' },
    },
    {
      title: 'another port that exists',
      files: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\ntcp_port = "26509"\n' },
    },
    {
      title: 'nothing listens there',
      files: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 0\ntcp_port = "99999"\ntls_port = "abc"\n' },
    },
  ],
  check(host, report) {
    for (const { key, usual, listens, sockets } of PORTS) {
      const set = host.libvirtd.get(key);
      // A socket of systemd's has its port in its unit.
      if (set?.entry.value.type !== 'string' || host.daemon.sockets?.[sockets] || listens(host) === false) continue;
      const { text, span } = set.entry.value;
      const number = /^\s*\d*$/.test(text) ? Number(text.trim()) : undefined;
      if (number !== undefined && number > 0 && number <= 65535) continue;
      const actual = number === undefined ? '' : number % 65536 === 0 ? 'a port by chance' : String(number % 65536);
      report({
        file: set.file,
        span,
        message: number === undefined ? 'word' : 'range',
        values: { key, value: text, usual, actual },
        fixes: [{ title: 'usual', edits: [setLibvirtKey(set.file, key, `"${usual}"`)] }],
      });
    }
  },
});
