import { defineRule } from '../rule';
import { checkSyntax, SYNTAX_FIXES, SYNTAX_MESSAGES } from './_syntax';

export default defineRule({
  id: 'libvirtd/syntax',
  scope: 'host',
  title: 'libvirtd cannot read the line',
  severity: 'error',
  files: ['libvirtd'],
  messages: SYNTAX_MESSAGES,
  fixes: SYNTAX_FIXES,
  why: `The daemon gives up at the first line it cannot read: *Can't load config file: configuration file syntax error: FILE:LINE:
expecting a value* (or *an assignment*, *a name*, *a separator*, *unterminated string*). Nothing listens then, and no migration
to or from this host works. Texts stand in straight quotes, single or double; numbers and booleans (0 and 1) stand bare; a trailing
\`;\` or \`# comment\` is fine. There are no \`[sections]\`.`,
  sources: [
    'src/util/virconf.c of libvirt 9.0.0, asked through virConfReadString',
    'libvirtd 9.0.0 run on each of the examples',
  ],
  explains: [/configuration file syntax error: \S*(libvirtd|virtproxyd|virtqemud)\.conf:\d+:/],
  preflight: 'destination',
  examples: [
    {
      title: 'a text without quotes',
      files: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = ⟦none⟧ # no SASL\n' },
      good: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "none" # no SASL\n' },
    },
    {
      title: 'an address without quotes',
      files: { 'etc/libvirt/libvirtd.conf': 'listen_addr = ⟦0.0.0.0⟧\r\nlisten_tcp = 1\r\n' },
      good: { 'etc/libvirt/libvirtd.conf': 'listen_addr = "0.0.0.0"\r\nlisten_tcp = 1\r\n' },
    },
    {
      title: 'a word for a boolean',
      files: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = ⟦yes⟧\n' },
      good: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n' },
    },
    {
      title: 'a quote that is not closed, and no equals sign',
      files: { 'etc/libvirt/libvirtd.conf': 'auth_tcp = ⟦"none⟧\n⟦listen_tcp 1⟧\n' },
      good: { 'etc/libvirt/libvirtd.conf': 'auth_tcp = "none"\nlisten_tcp = 1\n' },
    },
    {
      title: 'a section, as nova.conf has them',
      files: { 'etc/libvirt/libvirtd.conf': '⟦[libvirtd]⟧\nlisten_tcp = 1\n' },
      good: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n' },
    },
    { title: 'a hexadecimal number', files: { 'etc/libvirt/libvirtd.conf': 'max_clients = ⟦0x10⟧\n' } },
    {
      title: 'what the daemon takes: single quotes, a semicolon, blanks, comments, lists over several lines',
      files: {
        'etc/libvirt/libvirtd.conf':
          "# note\n  auth_tcp = 'none'\nlisten_tcp=01;\nlisten_tls = 0 # off\ntls_allowed_dn_list = [\n  \"C=GB\",\n  'C=DE',\n]\n",
      },
    },
  ],
  check: (host, report) => checkSyntax(host.filesOf('libvirtd'), report),
});
