import { distance } from 'fastest-levenshtein';
import { unitKeys } from '../../knowledge/systemd';
import { basename } from '../../model/files';
import { documentOf } from '../../model/parsed';
import { isOwn, unitNameOf } from '../../model/units';
import type { UnitSection } from '../../syntax/types';
import type { UnitProblemCode } from '../../syntax/unit';
import { replace } from '../edits';
import { defineRule } from '../rule';

export default defineRule({
  id: 'defaults/unit-syntax',
  scope: 'host',
  title: 'A line of a unit that systemd passes over',
  severity: 'warning',
  files: ['unit'],
  messages: {
    'invalid-header': '{text} is no section header: systemd reads {rest}; write [Name] and nothing else on the line',
    'bad-header-characters': '{text} has characters that no section has: systemd reads {rest}',
    'line-too-long': 'The line is longer than a megabyte: systemd reads {rest}',
    'outside-section': '{text} stands before any section: systemd passes over it; write it below {section}',
    'missing-equals': '{text} is no assignment: systemd passes over it; write Key=value, or # before a comment',
    'missing-key': '{text} lacks the name before the =: systemd passes over it',
    section: '[{name}] is no section of {unit}: systemd passes over all that stands in it; write [{near}]',
    'section-unknown': '[{name}] is no section of {unit}: systemd passes over all that stands in it',
    key: '{key} is no setting in [{name}]: systemd passes over it; {near} was probably meant',
    elsewhere: '{key} is no setting in [{name}]: systemd passes over it; it belongs in [{near}]',
  } satisfies Record<UnitProblemCode | 'section' | 'section-unknown' | 'key' | 'elsewhere', string>,
  fixes: { rename: 'Write {near}', header: 'Write [{near}]' },
  why: `systemd logs what it cannot read and goes on without it: *Unknown key 'Listenstream' in section [Socket], ignoring*, *Unknown
section 'socket'. Ignoring.*, *Assignment outside of section. Ignoring.*, *Missing '=', ignoring line.* The unit then does as its
package says. After a broken header it reads no further, and a unit whose own file has one is not started at all. Names of sections
and keys go by case. \`systemd-analyze verify UNIT\` says the same.`,
  sources: ['config_parse and systemd-analyze verify of systemd 252, with each of the examples'],
  explains: [
    /Unknown key( name)? '[^']*' in section/,
    /Unknown section '[^']*'. Ignoring/,
    /Assignment outside of section/,
  ],
  examples: [
    {
      title: 'small letters, and a letter left out',
      files: {
        'etc/systemd/system/libvirtd-tls.socket.d/o.conf':
          '[Socket]\r\n⟦Listenstream⟧=\r\n⟦ListenSteam⟧ = 192.0.2.31:16514\r\nFreeBind=yes\r\n',
      },
      good: {
        'etc/systemd/system/libvirtd-tls.socket.d/o.conf':
          '[Socket]\r\nListenStream=\r\nListenStream = 192.0.2.31:16514\r\nFreeBind=yes\r\n',
      },
    },
    {
      title: 'a section in small letters',
      files: { 'etc/systemd/system/libvirtd.service.d/o.conf': '⟦[service]⟧\nEnvironment=A=b\n' },
      good: { 'etc/systemd/system/libvirtd.service.d/o.conf': '[Service]\nEnvironment=A=b\n' },
    },
    {
      title: 'settings in the wrong section',
      files: {
        'etc/systemd/system/libvirtd.service.d/o.conf':
          '[Unit]\n⟦ExecStart⟧=\n⟦ExecStart⟧=/usr/sbin/libvirtd --listen\n[Service]\n⟦After⟧=network-online.target\n',
      },
    },
    {
      title: 'a section of another type',
      severity: 'info',
      files: { 'etc/systemd/system/libvirtd.service.d/o.conf': '⟦[Socket]⟧\nListenStream=1\n' },
    },
    {
      title: 'lines',
      files: {
        'etc/systemd/system/libvirtd.service.d/o.conf': '⟦Environment=A=b⟧\n[Service]\n⟦--listen⟧\n⟦=x⟧\n',
      },
    },
    {
      title: 'a broken header in a drop-in: what follows is not read',
      files: { 'etc/systemd/system/libvirtd.service.d/o.conf': '⟦[Service] # ours⟧\nEnviron=A=b\nnonsense\n' },
    },
    {
      title: "in the unit's own file",
      severity: 'error',
      files: { 'etc/systemd/system/libvirtd.service': '⟦[Service⟧\nExecStart=/usr/sbin/libvirtd\n' },
    },
    {
      title: 'a header with quotes',
      files: { 'etc/systemd/system/nova-compute.service.d/o.conf': '[Unit]\n⟦["Service"]⟧\nEnvironment=A=b\n' },
    },
    {
      title: "one's own sections and keys, a continued line, a unit that is off, a mount",
      files: {
        'etc/systemd/system/libvirtd.service.d/o.conf':
          '# c\n[Unit]\nAfter=a.service\n[Service]\nEnvironment="A=b" \\\n# c\n  "B=c"\nX-Key=1\n[X-Own]\nany thing\n',
        'etc/systemd/system/libvirtd.socket': '',
        'etc/systemd/system/srv.mount': '[Mount]\nWhat=a:/b\nWhere=/srv\n',
      },
    },
    {
      title: "a key that a newer systemd may have, a unit of a package's",
      files: {
        'etc/systemd/system/libvirtd.service.d/o.conf': '[Service]\nBrandNewSetting=1\n',
        'usr/lib/systemd/system/virtqemud.service': 'x=y\n',
      },
    },
  ],
  check(host, report) {
    for (const file of host.filesOf('unit')) {
      const unit = unitNameOf(file.path);
      const type = unit.endsWith('.socket') ? 'socket' : unit.endsWith('.service') ? 'service' : undefined;
      if (!type || !isOwn(file)) continue;
      const own = basename(file.path) === unit;
      const { problems, sections, entries, stop = Infinity } = documentOf(file, 'unit');
      const keys = unitKeys(type);
      const names = [...keys.keys()];
      const sectionAt = (offset: number): UnitSection | undefined => sections.findLast((s) => s.span.end <= offset);
      for (const { code, span, values } of problems) {
        const fatal = stop === span.start;
        const section = sectionAt(span.start);
        // In a section that it does not know systemd looks at nothing.
        if (span.start > stop || (!fatal && section && !keys.has(section.name))) continue;
        report({
          file,
          span,
          message: code as UnitProblemCode,
          severity: fatal && own ? 'error' : 'warning',
          values: {
            text: values?.['text'] ?? '',
            section: `[${type === 'socket' ? 'Socket' : 'Service'}]`,
            rest: own ? `no further and does not start ${unit}` : 'no further in this file',
          },
        });
      }
      for (const { name, nameSpan, span } of sections) {
        if (span.start >= stop || keys.has(name) || name.startsWith('X-')) continue;
        const near = names.find((n) => isSlip(name.trim(), n));
        report({
          file,
          span,
          message: near ? 'section' : 'section-unknown',
          severity: near ? 'warning' : 'info',
          values: { name, unit, near: near ?? '' },
          fixes: [near ? { title: 'header', values: { near }, edits: [replace(file, nameSpan, near)] } : undefined],
        });
      }
      for (const { section, key, keySpan, span } of entries) {
        const known = section && keys.get(section.name);
        if (!known || span.start >= stop || known.has(key) || /^(X-|-)/.test(key)) continue;
        const home = names.find((n) => keys.get(n)!.has(key));
        const near = [...known].find((k) => isSlip(key, k));
        if (!home && !near) continue;
        report({
          file,
          span: keySpan,
          message: near ? 'key' : 'elsewhere',
          values: { key, name: section.name, near: near ?? home ?? '' },
          fixes: [near ? { title: 'rename', values: { near }, edits: [replace(file, keySpan, near)] } : undefined],
        });
      }
    }
  },
});

/** Another case, or one letter too many, too few or wrong in a long word. */
function isSlip(word: string, known: string): boolean {
  if (word.toLowerCase() === known.toLowerCase()) return true;
  return known.length > 5 && Math.abs(word.length - known.length) < 2 && distance(word, known) === 1;
}
