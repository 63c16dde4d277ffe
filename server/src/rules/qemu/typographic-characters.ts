import { documentOf } from '../../model/parsed';
import { typographicSlip } from '../libvirtd/_syntax';
import { defineRule } from '../rule';

export default defineRule({
  id: 'qemu/typographic-characters',
  scope: 'host',
  title: 'Typographic quotes, dashes or blanks in a setting',
  severity: 'error',
  files: ['qemu'],
  messages: {
    default:
      "{text} has the typographic character {char}: libvirt's QEMU driver does not start; write it in plain ASCII",
  },
  fixes: { ascii: 'Write it in plain ASCII' },
  why: `Guides on the web show \`vnc_listen = “0.0.0.0″\`, with quotes that a word processor made. libvirt knows only straight ones:
*Initialization of QEMU state driver failed: configuration file syntax error: /etc/libvirt/qemu.conf:N: expecting a value*. In
comments they do no harm, but a sed pattern with such quotes matches nothing.`,
  sources: ['src/util/virconf.c of libvirt 9.0.0, asked through virConfReadString'],
  explains: [/configuration file syntax error: \S*qemu\.conf:\d+: expecting a value/],
  preflight: true,
  examples: [
    {
      title: 'as pasted from a guide',
      release: 'grizzly',
      files: { 'etc/libvirt/qemu.conf': '#vnc_listen = “0.0.0.0″\nvnc_listen = ⟦“0.0.0.0″⟧\n' },
      good: { 'etc/libvirt/qemu.conf': '#vnc_listen = “0.0.0.0″\nvnc_listen = "0.0.0.0"\n' },
    },
    {
      title: 'Windows line ends, and an en dash before a number',
      files: { 'etc/libvirt/qemu.conf': 'keepalive_interval = ⟦–1⟧\r\nuser = "root"\r\n' },
      good: { 'etc/libvirt/qemu.conf': 'keepalive_interval = -1\r\nuser = "root"\r\n' },
    },
    {
      title: 'in comments and inside straight quotes',
      files: { 'etc/libvirt/qemu.conf': '# “quoted”\nvnc_password = "pass–word"\n' },
    },
  ],
  check(host, report) {
    for (const file of host.filesOf('qemu')) {
      for (const problem of documentOf(file, 'libvirt').problems) {
        const slip = typographicSlip(file, problem);
        if (!slip) continue;
        const { span, char, edits } = slip;
        const text = file.text.slice(span.start, span.end).trim();
        report({ file, span, values: { text, char }, fixes: [{ title: 'ascii', edits }] });
      }
    }
  },
});
