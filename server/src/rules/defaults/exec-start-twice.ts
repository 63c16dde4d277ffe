import { libvirtdService } from '../../model/service';
import { isOwn, unitSettings } from '../../model/units';
import { eolOf, replace } from '../edits';
import { defineRule } from '../rule';

export default defineRule({
  id: 'defaults/exec-start-twice',
  scope: 'host',
  title: "A second command line beside the unit's own",
  severity: 'error',
  files: ['unit'],
  messages: {
    default:
      "{unit} has a command line already: with two of them systemd refuses to start libvirtd; clear the unit's own with ExecStart= first",
  },
  fixes: { clear: "Clear the unit's own first: ExecStart=" },
  why: `A drop-in's ExecStart= does not replace that of the unit, it is added, and a service may have only one: *Service has more than one
ExecStart= setting, which is only allowed for Type=oneshot services. Refusing.* No guest can run or arrive on the host then. An empty
\`ExecStart=\` before it clears what the package says.`,
  sources: ['systemd-analyze verify of systemd 252', 'systemd.service(5), ExecStart='],
  explains: [/Service has more than one ExecStart= setting/],
  preflight: 'destination',
  examples: [
    {
      files: {
        'etc/systemd/system/libvirtd.service.d/listen.conf': '[Service]\r\n⟦ExecStart=/usr/sbin/libvirtd --listen⟧\r\n',
      },
      good: {
        'etc/systemd/system/libvirtd.service.d/listen.conf':
          '[Service]\r\nExecStart=\r\nExecStart=/usr/sbin/libvirtd --listen\r\n',
      },
    },
    {
      title: 'the unit is in view',
      files: {
        'usr/lib/systemd/system/libvirtd.service': '[Service]\nExecStart=/usr/sbin/libvirtd $LIBVIRTD_ARGS\n',
        'etc/systemd/system/libvirtd.service.d/listen.conf': '[Service]\n⟦ExecStart = /usr/sbin/libvirtd -l⟧\n',
      },
      good: {
        'etc/systemd/system/libvirtd.service.d/listen.conf':
          '[Service]\nExecStart=\nExecStart = /usr/sbin/libvirtd -l\n',
      },
    },
    {
      title: 'cleared; one of the administrator alone; a service that may have several; a unit that is off',
      files: {
        'c1/etc/systemd/system/libvirtd.service.d/o.conf': '[Service]\nExecStart=\nExecStart=/usr/sbin/libvirtd -l\n',
        'c2/etc/systemd/system/libvirtd.service': '[Service]\nExecStart=/usr/sbin/libvirtd -l\n',
        'c3/etc/systemd/system/libvirtd.service.d/o.conf':
          '[Service]\nType=oneshot\nExecStart=/usr/sbin/libvirtd -d -l\n',
        'c4/etc/systemd/system/libvirtd.service': '',
        'c4/etc/systemd/system/libvirtd.service.d/o.conf': '[Service]\nExecStart=/usr/sbin/libvirtd -l\n',
      },
    },
  ],
  check(host, report) {
    const unit = libvirtdService(host);
    if (!unit || unitSettings(unit, 'Service', 'Type').list.at(-1)?.entry.value === 'oneshot') return;
    const { list, cleared } = unitSettings(unit, 'Service', 'ExecStart');
    // Where the unit's own file is not in view it is the package's, which has one.
    const implied = !unit.main && !cleared ? 1 : 0;
    const second = list[1 - implied];
    if (!second || !isOwn(second.file)) return;
    const { file, entry } = second;
    const elsewhere = implied === 1 || list[0]?.file !== file;
    const at = { start: entry.span.start, end: entry.span.start };
    report({
      file,
      span: entry.span,
      values: { unit: unit.name },
      related:
        implied === 0 && list[0] ? [{ file: list[0].file, span: list[0].entry.span, message: 'The first one' }] : [],
      fixes: [elsewhere ? { title: 'clear', edits: [replace(file, at, `ExecStart=${eolOf(file)}`)] } : undefined],
    });
  },
});
