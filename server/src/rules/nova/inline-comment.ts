import { eolOf, replace, wholeLines } from '../edits';
import { defineRule } from '../rule';
import { faultsOf } from './_values';

export default defineRule({
  id: 'nova/inline-comment',
  scope: 'host',
  title: 'A comment behind a value is part of the value',
  severity: 'error',
  files: ['nova'],
  messages: {
    refused: '"{comment}" is part of the value of {key}, which nova refuses: comments need a line of their own',
    taken: '"{comment}" is part of the value of {key}: comments need a line of their own',
  },
  fixes: { above: 'Move the comment to a line of its own', out: 'Comment the whole line out' },
  why: `oslo.config knows no comments behind a value. Typed options refuse the rest of the line, *Valid values are [kvm, lxc, qemu,
parallels], but found 'kvm  # the default'*, and nova-compute does not start; in a text it is passed on, and libvirt is asked to
connect to \`qemu+tcp://compute2/system # plain\`.`,
  sources: ['oslo.config 9.0.0, iniparser.py', 'run with nova-compute 26.2.2'],
  explains: [/but found '[^']* [#;]/, /invalid literal for int\(\) with base 10: '\S+\s+[#;]/],
  preflight: true,
  examples: [
    {
      title: 'behind a number, a choice and a URI',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\nlive_migration_downtime = 500 ⟦# ms⟧\nvirt_type=kvm\t⟦; not qemu⟧\nlive_migration_uri = qemu+tcp://%s/system⟦#plain⟧\n',
      },
      good: {
        'etc/nova/nova.conf':
          '[libvirt]\n# ms\nlive_migration_downtime = 500\n; not qemu\nvirt_type=kvm\n#plain\nlive_migration_uri = qemu+tcp://%s/system\n',
      },
    },
    {
      title: 'behind a path',
      severity: 'warning',
      files: { 'etc/nova/nova.conf': '[DEFAULT]\r\ninstances_path = /srv/nova ⟦# NFS⟧\r\n' },
      good: { 'etc/nova/nova.conf': '[DEFAULT]\r\n# NFS\r\ninstances_path = /srv/nova\r\n' },
    },
    {
      title: 'instead of a value',
      files: { 'etc/nova/nova.conf': '[libvirt]\nlive_migration_downtime = ⟦# 500⟧\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\n#live_migration_downtime = # 500\n' },
      fix: 'out',
    },
    {
      title: 'fragments of addresses, passwords, formats',
      files: {
        'etc/nova/nova.conf':
          '[vnc]\nnovncproxy_base_url = http://proxy/#/vnc_auto.html\n[neutron]\nmetadata_proxy_shared_secret = a #b\npassword = x ;y\n[DEFAULT]\nlogging_default_format_string = %(asctime)s # %(message)s\ntransport_url = rabbit://nova:p#w@host/\n',
      },
    },
  ],
  check(host, report) {
    for (const { item, cut, comment, severity, guess } of faultsOf(host, 'comment')) {
      const { file, entry } = item;
      const text = file.text.slice(comment.start, comment.end);
      const start = wholeLines(file, entry.keySpan).start;
      const top = { start, end: start };
      report({
        file,
        span: comment,
        message: severity === 'error' ? 'refused' : 'taken',
        severity,
        guess,
        values: { comment: text, key: entry.key },
        fixes: [
          cut.start === entry.rawSpan.start
            ? { title: 'out', edits: [replace(file, top, '#')], preferred: false }
            : { title: 'above', edits: [replace(file, top, text + eolOf(file)), replace(file, cut, '')] },
        ],
      });
    }
  },
});
