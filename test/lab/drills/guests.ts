/** What the guest asks of the destination. */
import { all, both, C1, C2, made, restarted, step, type Change, type Drill } from './drill';

/** Beside it: QEMU looks for its modules from where it lies. */
const KEPT = '/usr/bin/qemu-real';
const QEMU = '/usr/bin/qemu-system-x86_64';
/** Another program in place of QEMU. */
const qemu = (script: string): Change =>
  restarted(C2, {
    make: [
      step(C2, 'cp', '-a', QEMU, KEPT),
      {
        node: C2,
        argv: ['sh', '-c', `cat >/run/lab/q && chmod 755 /run/lab/q && mv /run/lab/q ${QEMU}`],
        input: script,
      },
    ],
    undo: [step(C2, 'mv', KEPT, QEMU)],
  });
/** Defines a guest on the destination by the description of that of the source. */
const twin = (sed: string, start = false): Change => ({
  make: [
    step(C1, 'sh', '-c', `virsh dumpxml --migratable g1 | sed '${sed}' >/srv/instances/twin.xml`),
    step(C2, 'sh', '-c', `virsh -q define /srv/instances/twin.xml`),
    ...(start ? [step(C2, 'virsh', '-q', 'start', 'g1')] : []),
  ],
  undo: [
    { ...step(C2, 'sh', '-c', 'for n in g1 other; do virsh destroy $n; virsh undefine $n; done'), mayFail: true },
    step(C1, 'rm', '-f', '/srv/instances/twin.xml'),
  ],
});
const OWN_DISK = 's,/var/lib/nova/instances/g1/disk,/run/lab/other.disk,';
const PROCESSOR =
  'libvirt asks QEMU which models it can give, and the stand-in answers like the real one (virsh domcapabilities and hypervisor-cpu-compare say Westmere is fine); where a processor really lacks one, cluster/guest-cpu-missing foretells it';
const kvm = { options: { type: 'kvm' } } as const;

export const guests: readonly Drill[] = [
  {
    ...{ id: 'E1', title: 'the destination’s processor lacks features (a QEMU that gives Penryn)', stage: 'plain' },
    guest: { options: { cpu: "<cpu mode='custom' match='exact'><model fallback='forbid'>Westmere</model></cpu>" } },
    ...qemu(`#!/bin/bash
words=()
while [ $# -gt 0 ]; do
  if [ "$1" = -cpu ]; then words+=(-cpu Penryn); shift 2; else words+=("$1"); shift; fi
done
exec -a ${QEMU} ${KEPT} "\${words[@]}"
`),
    ...{ causes: [], unforeseen: { why: PROCESSOR, message: 'cpu-features' } },
  },
  made('E6', 'plain', { causes: ['cluster/machine-type-missing', 'cluster/guest-machine-missing'] }),
  made('E7', 'plain'),
  {
    ...{ id: 'E8', title: 'the guest’s firmware is not on the destination', stage: 'plain' },
    ...both(
      C2,
      ['mv', '/usr/share/seabios', '/usr/share/seabios.kept'],
      ['mv', '/usr/share/seabios.kept', '/usr/share/seabios'],
    ),
    causes: ['cluster/firmware-missing'],
  },
  {
    ...{ id: 'E11', title: 'the guest’s bridge is missing on the destination', stage: 'plain' },
    guest: {
      before: ['sh', '-c', 'ip link show br-int >/dev/null 2>&1 || ip link add br-int type bridge'],
      devices: `<interface type='bridge'><source bridge='br-int'/><model type='e1000'/></interface>`,
    },
    ...{ make: [], undo: [], causes: ['cluster/guest-bridge-missing'] },
  },
  {
    ...{ id: 'E12', title: 'the guest’s console listens on the address of the source', stage: 'nova' },
    ...{ guest: { options: { vnc: '@NET.0.11' } }, make: [], undo: [], causes: ['cluster/guest-listen-address'] },
  },
  {
    ...{ id: 'E13', title: 'the guest’s console listens on 127.0.0.1', stage: 'nova' },
    ...{ guest: { options: { vnc: '127.0.0.1' } }, make: [], undo: [], causes: [] },
  },
  {
    ...{ id: 'E14', title: 'another guest of that name is on the destination', stage: 'plain' },
    ...{ ...twin('/<uuid>/d'), causes: ['cluster/guest-exists'] },
  },
  {
    ...{ id: 'E15', title: 'the guest is on the destination under another name', stage: 'plain' },
    ...{ ...twin('s,<name>g1<,<name>other<,'), causes: ['cluster/guest-exists'] },
  },
  {
    ...{ id: 'E16', title: 'the guest runs on the destination, too', stage: 'plain' },
    ...all(
      both(
        C2,
        ['qemu-img', 'create', '-q', '-f', 'qcow2', '/run/lab/other.disk', '16M'],
        ['rm', '/run/lab/other.disk'],
      ),
      twin(OWN_DISK, true),
    ),
    causes: ['cluster/guest-exists'],
  },
  {
    ...{ id: 'E17', title: 'the guest is defined on the destination, and shut off', stage: 'plain' },
    ...{ ...twin(''), causes: [] },
  },
  made('E18', 'plain'),
  {
    ...{
      id: 'E4',
      title: 'the guest needs KVM, and the destination has none',
      stage: 'plain',
      guest: kvm,
      needs: 'kvm',
    },
    ...restarted(C2, both(C2, ['mv', '/dev/kvm', '/run/lab/kvm'], ['mv', '/run/lab/kvm', '/dev/kvm'])),
    causes: ['cluster/kvm-missing', 'cluster/guest-kvm-missing'],
  },
  {
    ...{ id: 'F9', title: 'post-copy is to be possible, and the kernel does not let QEMU do it', stage: 'plain' },
    ...{ make: [], undo: [], options: { postCopy: true }, causes: ['cluster/asked-post-copy'] },
  },
];
