import { eolOf, replace, wholeLines } from '../edits';
import { defineRule, type Edit } from '../rule';
import { faultsOf, type ValueFault } from './_values';

export default defineRule({
  id: 'nova/swallowed-line',
  scope: 'host',
  title: 'An indented line has become part of the value above it',
  severity: 'error',
  files: ['nova'],
  messages: {
    broken:
      'The indented "{line}" is part of the value of {key}, which nova then refuses: it does not start; remove the indentation',
    eaten: 'The indented "{line}" is part of the value of {key} and has no effect of its own: remove the indentation',
  },
  fixes: { dedent: 'Remove the indentation', above: 'Move the comment above {key}' },
  why: `To oslo.config a line that starts with a blank or a tab continues the value of the line above, whatever it says: option,
header or comment. The option above then has a line break and a foreign word in its value – *Valid values are [kvm, lxc, qemu,
parallels], but found 'kvm\\ncpu_mode = none'* – and the indented one keeps its default, without a word in the log where the
value above may be any text.`,
  sources: ['oslo.config 9.0.0, iniparser.py', 'run with nova-compute 26.2.2'],
  explains: [/but found '[^']*\\n/],
  preflight: true,
  examples: [
    {
      title: 'an option below one with fixed choices',
      files: { 'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n  ⟦cpu_mode = none⟧\n' },
      good: { 'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\ncpu_mode = none\n' },
    },
    {
      title: 'a comment below a number, another option below that',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\r\nlive_migration_downtime = 500\r\n\t⟦# ms\r\n\tlive_migration_bandwidth = 0⟧\r\nvirt_type = kvm\r\n',
      },
      good: {
        'etc/nova/nova.conf':
          '[libvirt]\r\nlive_migration_downtime = 500\r\n# ms\r\nlive_migration_bandwidth = 0\r\nvirt_type = kvm\r\n',
      },
    },
    {
      title: 'a header, below a value that may be any text',
      severity: 'warning',
      files: { 'etc/nova/nova.conf': '[DEFAULT]\ninstances_path = /srv/nova\n  ⟦[libvirt]\n  virt_type = kvm⟧\n' },
      good: { 'etc/nova/nova.conf': '[DEFAULT]\ninstances_path = /srv/nova\n[libvirt]\nvirt_type = kvm\n' },
    },
    {
      title: 'a comment between the items of a list',
      severity: 'warning',
      files: {
        'etc/nova/nova.conf':
          '[filter_scheduler]\nenabled_filters = ComputeFilter,\n  ⟦# AffinityFilter,⟧\n  NUMATopologyFilter\n',
      },
      good: {
        'etc/nova/nova.conf':
          '[filter_scheduler]\n# AffinityFilter,\nenabled_filters = ComputeFilter,\n  NUMATopologyFilter\n',
      },
    },
    {
      title: 'a comment behind a tab, between the items of a list',
      severity: 'warning',
      files: {
        'etc/nova/nova.conf':
          '[filter_scheduler]\nenabled_filters = ComputeFilter,\n\t⟦# AffinityFilter,⟧\n  NUMATopologyFilter\n',
      },
      good: {
        'etc/nova/nova.conf':
          '[filter_scheduler]\n# AffinityFilter,\nenabled_filters = ComputeFilter,\n  NUMATopologyFilter\n',
      },
    },
    {
      title: 'lists over several lines, with and without an equals sign',
      files: {
        'etc/nova/nova.conf':
          '[DEFAULT]\ndefault_log_levels = amqp=WARN,\n  amqplib=WARN,\n  host=INFO\n[filter_scheduler]\nenabled_filters =\n  ComputeFilter,\n  NUMATopologyFilter\n',
      },
    },
  ],
  check(host, report) {
    for (const fault of faultsOf(host, 'swallowed')) {
      const { item, lines, severity } = fault;
      const first = lines[0]!.span;
      const above = commentInside(fault);
      report({
        file: item.file,
        span: { start: first.start, end: lines.at(-1)!.span.end },
        message: severity === 'error' ? 'broken' : 'eaten',
        severity,
        values: { line: item.file.text.slice(first.start, first.end), key: item.entry.key },
        related: [{ file: item.file, span: item.entry.keySpan, message: 'The value that goes on' }],
        fixes: [
          above
            ? { title: 'above', edits: moveAbove(fault) }
            : {
                title: 'dedent',
                edits: lines.map(({ span }) =>
                  replace(item.file, { start: wholeLines(item.file, span).start, end: span.start }, ''),
                ),
              },
        ],
      });
    }
  },
});

type Fault = Extract<ValueFault, { kind: 'swallowed' }>;

/** Only comments are eaten, and true continuation lines follow them: begun at column 0 they would cut the value in two. */
function commentInside({ item, lines }: Fault): boolean {
  return lines.every((l) => l.kind === 'comment') && lines[0]!.index < item.entry.continuations.length - lines.length;
}

function moveAbove({ item, lines }: Fault): Edit[] {
  const { file, entry } = item;
  const at = wholeLines(file, entry.keySpan).start;
  const eol = eolOf(file);
  const text = lines.map(({ span }) => file.text.slice(span.start, span.end) + eol).join('');
  const removals = lines.map(({ span }) => {
    const whole = wholeLines(file, span);
    // The last line of a file may lack its break: then that of the line before goes.
    return replace(file, whole, '');
  });
  return [replace(file, { start: at, end: at }, text), ...removals];
}
