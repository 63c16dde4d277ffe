import { documentOf } from '../../model/parsed';
import { defineRule } from '../rule';
import { daemonOf, typographicSlip } from './_syntax';

export default defineRule({
  id: 'libvirtd/typographic-characters',
  scope: 'host',
  title: 'Typographic quotes, dashes or blanks in a setting',
  severity: 'error',
  files: ['libvirtd'],
  messages: {
    default: '{text} has the typographic character {char}: {daemon} does not start; write it in plain ASCII',
  },
  fixes: { ascii: 'Write it in plain ASCII' },
  why: `Web pages and word processors turn straight quotes into curly ones and put no-break blanks between words. The daemon knows
neither and ends with *configuration file syntax error: FILE:LINE: expecting a value*. In comments they do no harm.`,
  sources: ['src/util/virconf.c of libvirt 9.0.0, asked through virConfReadString'],
  explains: [/configuration file syntax error: \S*(libvirtd|virtproxyd|virtqemud)\.conf:\d+: expecting a value/],
  preflight: 'destination',
  examples: [
    {
      title: 'curly quotes',
      files: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = ⟦“none”⟧\n' },
      good: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "none"\n' },
    },
    {
      title: 'only the closing one, with a comment that keeps its own',
      files: { 'etc/libvirt/libvirtd.conf': 'auth_tcp = ⟦"sasl″⟧ # don’t\n' },
      good: { 'etc/libvirt/libvirtd.conf': 'auth_tcp = "sasl" # don’t\n' },
    },
    {
      title: 'a no-break blank',
      files: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = ⟦\u00A01⟧\n' },
      good: { 'etc/libvirt/libvirtd.conf': 'listen_tcp =  1\n' },
    },
    {
      title: 'a byte order mark',
      files: { 'etc/libvirt/libvirtd.conf': '⟦\uFEFFlisten_tcp = 1⟧\n' },
      good: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 1\n' },
    },
    {
      title: 'in comments and inside straight quotes they do no harm',
      files: { 'etc/libvirt/libvirtd.conf': '#auth_tcp = “none”\nunix_sock_group = "libvirt"  # the “usual” group\n' },
    },
  ],
  check(host, report) {
    for (const file of host.filesOf('libvirtd')) {
      for (const problem of documentOf(file, 'libvirt').problems) {
        const slip = typographicSlip(file, problem);
        if (!slip) continue;
        const { span, char, edits } = slip;
        const text = file.text.slice(span.start, span.end).trim();
        report({ file, span, values: { text, char, daemon: daemonOf(file) }, fixes: [{ title: 'ascii', edits }] });
      }
    }
  },
});
