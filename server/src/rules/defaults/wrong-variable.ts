import { argumentsVariable, listens } from '../../model/daemon';
import { documentOf } from '../../model/parsed';
import { replace } from '../edits';
import { defineRule } from '../rule';

const OTHER = { libvirtd_opts: 'LIBVIRTD_ARGS', LIBVIRTD_ARGS: 'libvirtd_opts' } as const;

export default defineRule({
  id: 'defaults/wrong-variable',
  scope: 'host',
  title: 'The arguments stand in a variable that is not read',
  severity: 'warning',
  files: ['defaults'],
  messages: {
    default:
      '{name} is not read here, {distribution} takes the arguments of libvirtd from {right}: "{value}" has no effect',
    listen:
      '{name} is not read here, {distribution} takes the arguments of libvirtd from {right}: --listen has no effect, nothing listens',
  },
  fixes: { rename: 'Write {right}' },
  why: `Debian renamed libvirtd_opts to LIBVIRTD_ARGS with libvirt 7.0.0-3 (Debian 11, Ubuntu 21.10); Red Hat and its kin have only
ever had LIBVIRTD_ARGS. A file kept from before the upgrade has no effect any more, without a word: with \`--listen\` in it nothing
listens, and migrations end with *Connection refused*.`,
  sources: ['NEWS.Debian of libvirt-daemon-system 9.0.0-4', 'libvirtd.service of Debian 10 to 12'],
  explains: [/unable to connect to server at '[^']*:165(09|14)': Connection refused/],
  examples: [
    {
      title: 'kept from Debian 10',
      severity: 'error',
      files: {
        'etc/os-release': 'ID=debian\nVERSION_ID="12"\n',
        'etc/default/libvirtd': '⟦libvirtd_opts⟧="--listen"\r\n',
      },
      good: { 'etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\r\n' },
    },
    {
      title: 'too early',
      files: {
        'etc/os-release': 'ID=ubuntu\nVERSION_ID="20.04"\n',
        'etc/default/libvirtd': '⟦LIBVIRTD_ARGS⟧="--timeout 120"\n',
      },
      good: { 'etc/default/libvirtd': 'libvirtd_opts="--timeout 120"\n' },
    },
    {
      title: 'both are set, for old and new units',
      files: {
        'etc/os-release': 'ID=debian\nVERSION_ID="12"\n',
        'etc/default/libvirtd': 'libvirtd_opts="--listen"\nLIBVIRTD_ARGS="--listen"\n',
      },
    },
    {
      title: 'the distribution is not known, or it is right',
      files: {
        'compute1/etc/default/libvirtd': 'libvirtd_opts="--listen"\n',
        'compute2/etc/os-release': 'ID=ubuntu\nVERSION_ID="22.04"\n',
        'compute2/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
      },
    },
  ],
  check(host, report) {
    for (const file of host.filesOf('defaults')) {
      const right = argumentsVariable(host, file);
      if (!right) continue;
      const { assignments } = documentOf(file, 'shell');
      const wrong = assignments.findLast((a) => a.name === OTHER[right]);
      if (!wrong || assignments.some((a) => a.name === right)) continue;
      const { distribution } = host.platform;
      const words = wrong.value?.split(/\s+/) ?? [];
      const unheard = listens(words) && !host.daemon.sockets?.tcp && !host.daemon.sockets?.tls;
      report({
        file,
        span: wrong.nameSpan,
        message: unheard ? 'listen' : 'default',
        severity: unheard ? 'error' : 'warning',
        values: {
          name: wrong.name,
          right,
          value: wrong.value ?? '',
          distribution: distribution ? `${distribution.id} ${distribution.version}`.trim() : 'the unit',
        },
        fixes: [{ title: 'rename', edits: [replace(file, wrong.nameSpan, right)] }],
      });
    }
  },
});
