import { defineRule } from '../rule';
import { startFiles, typographicLines } from './_shell';

export default defineRule({
  id: 'defaults/typographic-characters',
  scope: 'host',
  title: 'Typographic quotes, dashes or blanks in the arguments',
  severity: 'error',
  files: ['defaults', 'upstart'],
  messages: {
    default:
      '{name} has the typographic character {char}: libvirtd gets no or wrong arguments and does not listen; write plain ASCII',
  },
  fixes: { ascii: 'Write it in plain ASCII' },
  why: `Web pages turn \`"-d -l"\` into \`“–d –l”\`. To a shell curly quotes are letters: it takes the word up to the blank for the value
and the rest for a command (*-l”: not found*); with a long dash libvirtd does not know its argument and ends. Either way nothing
listens, and migrations end with *Connection refused*.`,
  sources: ['dash 0.5.12, sourcing each of the examples', 'init(5) of upstart 1.12'],
  preflight: 'destination',
  examples: [
    {
      title: 'curly quotes',
      release: 'grizzly',
      files: { 'etc/default/libvirt-bin': '# “note”\nlibvirtd_opts=⟦“-d -l”⟧ # it’s\n' },
      good: { 'etc/default/libvirt-bin': '# “note”\nlibvirtd_opts="-d -l" # it’s\n' },
    },
    {
      title: 'one curly quote, and a long dash',
      release: 'grizzly',
      files: { 'etc/default/libvirt-bin': 'start_libvirtd="yes"\nlibvirtd_opts=⟦"-d –l”⟧\n' },
      good: { 'etc/default/libvirt-bin': 'start_libvirtd="yes"\nlibvirtd_opts="-d -l"\n' },
    },
    {
      title: 'in the job',
      release: 'grizzly',
      files: {
        'etc/init/libvirt-bin.conf': 'env libvirtd_opts=⟦“-d -l”⟧\r\nexec /usr/sbin/libvirtd $libvirtd_opts\r\n',
      },
      good: { 'etc/init/libvirt-bin.conf': 'env libvirtd_opts="-d -l"\r\nexec /usr/sbin/libvirtd $libvirtd_opts\r\n' },
    },
    {
      title: "systemd's",
      files: { 'etc/default/libvirtd': 'LIBVIRTD_ARGS=⟦"—listen"⟧\n' },
      good: { 'etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n' },
    },
    {
      title: 'in comments and in settings of others',
      release: 'grizzly',
      files: {
        'etc/default/libvirt-bin': '#libvirtd_opts=“-d -l”\nNOTE="it’s fine"\nlibvirtd_opts="-d -l" # “both”\n',
      },
    },
  ],
  check(host, report) {
    for (const file of startFiles(host)) {
      for (const { span, name, char, edits } of typographicLines(file).values())
        report({ file, span, values: { name, char }, fixes: [{ title: 'ascii', edits }] });
    }
  },
});
