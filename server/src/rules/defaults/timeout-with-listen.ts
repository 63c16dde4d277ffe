import { isOwn } from '../../model/units';
import { defineRule } from '../rule';

export default defineRule({
  id: 'defaults/timeout-with-listen',
  scope: 'host',
  title: 'libvirtd listens by itself, and ends when nobody calls',
  severity: 'warning',
  files: ['defaults', 'unit'],
  messages: {
    default:
      '{flag} ends libvirtd after {seconds} s without guests and connections, and with --listen nothing starts it again; leave {flag} out',
  },
  fixes: { remove: 'Leave out {flag} {seconds}' },
  why: `The flag is for sockets of systemd's, which start the daemon again when somebody connects. Where the daemon itself listens
(\`--listen\`) its port goes with it: an empty host refuses the first migration to it with *Connection refused*. It ends with 0, so that
\`Restart=on-failure\` does not start it again. The package's own \`--timeout 120\` gives way to what the default file says.`,
  sources: [
    'libvirtd 9.0.0 run with --listen --timeout 3: it ends after 3 s with 0',
    'libvirtd.service of libvirt 9.0.0, Restart=on-failure',
  ],
  explains: [/unable to connect to server at '[^']*:165(09|14)': Connection refused/],
  examples: [
    {
      files: { 'etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen ⟦--timeout 120⟧"\r\n' },
      good: { 'etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\r\n' },
    },
    {
      title: 'in short, and in the unit',
      files: {
        'c1/etc/sysconfig/libvirtd': "LIBVIRTD_ARGS='⟦-t 120⟧ -l'\n",
        'c2/etc/systemd/system/libvirtd.service.d/o.conf':
          '[Service]\nExecStart=\n⟦ExecStart=/usr/sbin/libvirtd --listen --timeout=120⟧\n',
      },
    },
    {
      title: "no --listen, no end, systemd's sockets, another flag's value",
      files: {
        'c1/etc/default/libvirtd': 'LIBVIRTD_ARGS="--timeout 120"\n',
        'c2/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen --timeout 0"\n',
        'c3/facts.json': '{"sockets": ["libvirtd.socket"]}',
        'c3/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen --timeout 120"\n',
        'c4/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen -f /etc/x-t"\n',
      },
    },
  ],
  check(host, report) {
    const { arguments: set, sockets, listen } = host.daemon;
    if (!set?.words || listen !== true || sockets?.local) return;
    const at = set.words.findIndex((w) => /^(-t|--ti?m?e?o?u?t?)(=|\d|$)/.test(w));
    const word = set.words[at];
    if (word === undefined) return;
    const flag = /^(--\w+|-t)/.exec(word)![1]!;
    const joined = word.slice(flag.length).replace(/^=/, '');
    const seconds = joined === '' ? (set.words[at + 1] ?? '') : joined;
    if (!(Number(seconds) > 0)) return;
    const { file, assignment } = set;
    if (file.kind === 'unit' && !isOwn(file)) return;
    const written = joined === '' ? `${flag} ${seconds}` : word;
    const found = assignment ? file.text.indexOf(written, assignment.rawSpan.start) : -1;
    const exact = found >= 0 && found < set.span.end ? { start: found, end: found + written.length } : undefined;
    report({
      file,
      span: exact ?? set.span,
      values: { flag, seconds },
      fixes: [
        exact && assignment && file.text.charAt(exact.start - 1) === ' '
          ? { title: 'remove', edits: [{ file, span: { start: exact.start - 1, end: exact.end }, text: '' }] }
          : undefined,
      ],
    });
  },
});
