import { FAULTS, UNPROVOKED } from './faults/index';
import type { Outcome } from './matrix';

/** docs/preflight-matrix.md out of what was tried. */
export function page(outcomes: readonly Outcome[]): string {
  const silent = outcomes.filter((o) => o.left.length === 0).length;
  const found = outcomes.filter((o) => o.found).length;
  return [
    '# Faults that were made, and what livemig said',
    '',
    'Each fault was made on real nodes (`test/lab/`: sshd, libvirtd, QEMU, rpcbind, nfs-ganesha), found over SSH as `livemig check`',
    'does it, taken back, and looked for again. Written by `npm run preflight-matrix`; `-- --only ID` tries one.',
    '',
    `checks ${outcomes.length}, found ${found}, silent ${silent}`,
    '',
    '| | what was made | pre-flight check | rule | what livemig said |',
    '| --- | --- | --- | --- | --- |',
    ...outcomes.map(({ fault, found }) => {
      const words = found
        ? `${found.severity}, ${where(found.node, found.file)}: ${steady(found.message)}`
        : '**missed**';
      const { rule } = fault.finds;
      const checks = fault.checks?.join(', ') ?? '';
      return `| ${fault.id} | ${cell(fault.title)} | ${checks} | [${rule}](rules/${rule}.md) | ${cell(words)} |`;
    }),
    '',
    '## Not made',
    '',
    '| | what it is | pre-flight check | why not |',
    '| --- | --- | --- | --- |',
    ...UNPROVOKED.map(
      ({ id, title, checks, why }) => `| ${id} | ${cell(title)} | ${checks?.join(', ') ?? ''} | ${cell(why)} |`,
    ),
    '',
    '## Pre-flight checks',
    '',
    '| | check | made above |',
    '| --- | --- | --- |',
    ...CHECKS.map((text, i) => {
      const ids = [...FAULTS, ...UNPROVOKED].filter((f) => f.checks?.includes(i + 1)).map((f) => f.id);
      return `| ${i + 1} | ${cell(text)} | ${ids.length > 0 ? ids.join(', ') : '–'} |`;
    }),
    '',
  ].join('\n');
}

const where = (node: string | undefined, file: string) => [node, file].filter(Boolean).join('/');
const cell = (text: string) => text.replaceAll('|', '\\|');

/** Without what differs from one run to the next. */
function steady(message: string): string {
  return message
    .replace(/\b10\.\d+\.([01])\.(\d+)\b/g, '10.77.$1.$2')
    .replace(/Changed \d+ seconds/, 'Changed 2 seconds');
}

/** What an operator goes through before a live migration. */
const CHECKS = [
  'both compute services are up, the target is enabled',
  'the server is active or paused, and nothing is done to it',
  'no other migration of it runs',
  'it is not locked',
  'nova is of one release, or one apart',
  'libvirt and QEMU are new enough, on the target no older',
  'the target offers the guest’s processor',
  'processors and microcode are alike',
  'nova, libvirt-qemu, kvm and libvirt have the same numbers',
  'the instances path is the same mount, writable and hard',
  'a file written on one is seen on the other',
  'the instances path lets others in, and is nova’s',
  'nova may write there, QEMU may read the disk',
  'the export is writable, without root_squash, for all hosts',
  'there is room enough',
  'names of the hosts lead to their addresses, both ways',
  'the target is not called localhost',
  'the port of libvirt is open',
  'the ports of QEMU are open',
  'root of the source gets in at the target',
  'certificates are valid, and for the target’s name',
  'a TLS connection verifies',
  'daemons and sockets are what the configuration wants',
  'libvirt listens on the right address',
  'clocks agree',
  'the target has memory for the guest',
  'the guest has nothing that cannot move',
  'it has no snapshots',
  'secrets for its volumes are there',
  'the network agent is alive',
  'the kernel lets QEMU do post-copy',
  'huge pages are there',
  'security modules agree',
  'its ports can move',
  'no job runs on it',
  'the network is fast enough',
  'nova’s own checks are clean',
  'the hosts have UUIDs of their own',
];
