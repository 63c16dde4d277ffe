import type { Result, Told } from './bench';
import { ALWAYS, DRILLS, NOT_MADE } from './index';
import { verdictOf } from './verdict';

/** `faults N, predicted N, explained N, successes N, blocked N` */
export function summary(results: readonly Result[]): string {
  const all = results.map(verdictOf);
  const [went, failed] = [all.filter((c) => c.succeeded), all.filter((c) => !c.succeeded)];
  const count = (list: readonly ReturnType<typeof verdictOf>[], key: 'predicted' | 'explained') =>
    list.filter((c) => c[key]).length;
  return [
    `faults ${failed.length}, predicted ${count(failed, 'predicted')}, explained ${count(failed, 'explained')}`,
    `successes ${went.length}, blocked ${went.length - count(went, 'predicted')}`,
  ].join(', ');
}

/** docs/fault-matrix.md out of what was tried. */
export function page(results: readonly Result[]): string {
  const unknown = results.flatMap((r) => verdictOf(r).wrong.map((w) => `- ${r.drill.id}: ${cell(w)}`));
  const unforeseen = results.flatMap(({ drill: { id, title, unforeseen: of } }) =>
    of ? [`- ${id}, ${cell(title)}: ${of.why}.`] : [],
  );
  return [
    '# Live migrations that were run into a fault',
    '',
    'Each fault was made on real nodes (`test/lab/`: sshd, libvirtd, QEMU); pre-flight was asked of a guest and its destination by',
    'fresh snapshots; then the guest was migrated for real by the libvirt driver; and a failure was explained by new snapshots and',
    'the logs of both nodes. Written by `npm run fault-matrix`; `-- --only ID` tries one, `--only tls` a part; `--verbose` shows logs.',
    '',
    '- **predicted**: what pre-flight said, with the rule that is right about it; a warning is asked about, an error stops the start.',
    '- **happened**: how the migration ended, in libvirt’s words.',
    '- **explained**: the message that was recognised, and the finding that is named first as its cause.',
    '- *with nova*: nodes with nova’s configuration; *plain*: libvirt alone; *TLS*: everything over TLS, the stream, too.',
    '',
    summary(results),
    '',
    ...(unknown.length > 0 ? ['## Not as it ought to be', '', ...unknown, ''] : []),
    ...(unforeseen.length > 0 ? ['## Not foreseen, and why', '', ...unforeseen, ''] : []),
    '## Made',
    '',
    '| | nodes | what was made | predicted | happened | explained |',
    '| --- | --- | --- | --- | --- | --- |',
    ...results.map(row),
    '',
    `\`npm test\` makes ${ALWAYS.length} of these ${DRILLS.length}: ${ALWAYS.join(', ')}. The others would take it minutes, and are of the`,
    'same kinds; each finding is held in its rule’s own examples, and most faults in `docs/preflight-matrix.md`.',
    '',
    '## Not made',
    '',
    '| | what it is | why not |',
    '| --- | --- | --- |',
    ...NOT_MADE.map(({ id, title, why }) => `| ${id} | ${cell(title)} | ${cell(why)} |`),
    '',
  ].join('\n');
}

const NODES = { nova: 'with nova', plain: 'plain', tls: 'TLS' } as const;

function row(result: Result): string {
  const { drill, state, reasons, outcome, message, explained } = result;
  const { succeeded, predicted } = verdictOf(result);
  const right = reasons.find((r) => drill.causes.includes(r.rule));
  const foretold = succeeded
    ? predicted
      ? state
      : `**blocked**: ${link(reasons[0])}`
    : right
      ? `${right.severity}: ${link(right)}`
      : 'no';
  const happened =
    outcome.phase === 'completed' ? (succeeded ? 'completed' : 'completed, on the wrong disk') : steady(outcome);
  const [cause] = explained;
  const why =
    outcome.phase === 'completed' ? '' : `${message ?? '**no message**'}: ${cause ? link(cause) : 'no finding'}`;
  return `| ${drill.id} | ${NODES[drill.stage]} | ${cell(drill.title)} | ${foretold} | ${cell(happened)} | ${why} |`;
}

const link = (told: Told | undefined): string => (told ? `[${told.rule}](rules/${told.rule}.md)` : '');
const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/\s+/g, ' ');

/** Without what differs from one run to the next. */
function steady({ message = '' }: Result['outcome']): string {
  return message.replace(/\b10\.\d+\.([01])\.(\d+)\b/g, '10.77.$1.$2').replace(/^compute1: /, '');
}
