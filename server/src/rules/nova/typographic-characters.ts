import { documentOf } from '../../model/parsed';
import { replace } from '../edits';
import { defineRule } from '../rule';
import { isTypographicLine, plain, typographic } from './_characters';
import { novaItems } from './_items';
import { keyFault } from './_keys';
import { faultsOf } from './_values';

export default defineRule({
  id: 'nova/typographic-characters',
  scope: 'host',
  title: 'Typographic characters where plain ones are needed',
  severity: 'error',
  files: ['nova'],
  messages: {
    line: 'There is {name} in this line: nova cannot read it and does not start; write {right}',
    value: 'There is {name} in the value of {key}, which nova takes literally and refuses; write {right}',
    text: 'There is {name} in the value of {key}, which nova takes literally; write {right}',
    key: 'There is {name} in this key: nova ignores the line; write {right}',
    section: 'There is {name} in this section name: nova ignores all below; write [{right}]',
  },
  fixes: { plain: 'Use plain characters' },
  why: `Word processors, wikis and chat programs turn straight quotes into curly ones, blanks into no-break spaces and hyphens into
dashes; Asian input methods type full-width signs. To oslo.config they are letters like any other: *No ':' or '=' found in
assignment: 'my_ip＝10.0.0.1'*, *“0.0.0.0” is not a valid host address*, *Unexpected boolean value '“true”'*.`,
  sources: ['run with oslo.config 9.0.0 on Python 3.11'],
  explains: [/[“”„]\S*[“”] is not a valid/, /Unexpected boolean value '[“”‘’]/, /in assignment: '[^']*＝/],
  preflight: true,
  examples: [
    {
      title: 'curly quotes round an address',
      files: { 'etc/nova/nova.conf': '[vnc]\nserver_listen = ⟦“0.0.0.0”⟧\n' },
      good: { 'etc/nova/nova.conf': '[vnc]\nserver_listen = 0.0.0.0\n' },
    },
    {
      title: 'a full-width equals sign, and full-width brackets',
      files: { 'etc/nova/nova.conf': '⟦［libvirt］⟧\r\n⟦virt_type＝kvm⟧\r\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\r\nvirt_type=kvm\r\n' },
    },
    {
      title: 'a full-width equals sign before a colon: the key ends there',
      severity: 'warning',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_uri⟦＝⟧qemu+tcp://%s/system\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_uri=qemu+tcp://%s/system\n' },
    },
    {
      title: 'a no-break space inside a URI, curly quotes round a boolean',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\nlive_migration_uri = ⟦qemu+tcp://%s\u00a0/system⟧\nlive_migration_permit_post_copy = ⟦‘true’⟧\n',
      },
      good: {
        'etc/nova/nova.conf':
          '[libvirt]\nlive_migration_uri = qemu+tcp://%s /system\nlive_migration_permit_post_copy = true\n',
      },
    },
    {
      title: 'nothing to be seen: a zero-width space in a key and in a path',
      severity: 'warning',
      files: { 'etc/nova/nova.conf': '[DEFAULT]\n⟦my\u200b_ip⟧ = 10.0.0.1\ninstances_path = ⟦/srv/\u200bnova⟧\n' },
      good: { 'etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.1\ninstances_path = /srv/nova\n' },
    },
    {
      title: 'in a header',
      severity: 'warning',
      files: { 'etc/nova/nova.conf': '⟦[lib\u200bvirt]⟧\nvirt_type = kvm\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n' },
    },
    {
      title:
        'in comments, in free text, round a key or value where Python strips it, in full-width digits, which Python reads',
      files: {
        'etc/nova/nova.conf':
          '# “nova” ＝ compute\n[DEFAULT]\nmy_ip\u00a0=\u00a010.0.0.1\u00a0\ninstance_name_template = 虚拟机—%08x\n[libvirt]\nlive_migration_downtime = ５００\n',
      },
    },
  ],
  check(host, report) {
    for (const file of host.filesOf('nova')) {
      for (const { code, span } of documentOf(file, 'oslo').problems) {
        if (code !== 'no-assignment') continue;
        const line = file.text.slice(span.start, span.end);
        if (!isTypographicLine(line)) continue;
        const right = plain(line).trim();
        const values = { name: typographic(line) ?? '', right };
        report({
          file,
          span,
          message: 'line',
          values,
          fixes: [{ title: 'plain', edits: [replace(file, span, right)] }],
        });
      }
    }
    const { items, troubled } = novaItems(host);
    for (const { file, section, trouble } of troubled) {
      if (trouble.kind !== 'characters') continue;
      const right = trouble.meant[0]!;
      report({
        file,
        span: section.span,
        message: 'section',
        severity: 'warning',
        values: { name: typographic(section.name) ?? '', right },
        fixes: [{ title: 'plain', edits: [replace(file, section.nameSpan, right)] }],
      });
    }
    for (const item of items) {
      const fault = keyFault(item, host.release.index);
      if (fault?.kind !== 'characters') continue;
      const { name, right, span } = fault;
      const edits = [replace(item.file, span, right)];
      report({
        file: item.file,
        span,
        message: 'key',
        severity: 'warning',
        values: { name, right },
        fixes: [{ title: 'plain', edits }],
      });
    }
    for (const { item, name, right, severity, guess } of faultsOf(host, 'characters')) {
      const { file, entry } = item;
      report({
        file,
        span: entry.rawSpan,
        message: severity === 'error' ? 'value' : 'text',
        severity,
        guess,
        values: { name, key: entry.key, right },
        fixes: [{ title: 'plain', edits: [replace(file, entry.rawSpan, right)] }],
      });
    }
  },
});
