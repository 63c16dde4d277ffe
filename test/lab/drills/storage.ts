/** Where the disks lie, and who may use them. */
import { all, both, C1, C2, libvirt, made, restarted, step, type Change, type Drill, type Step } from './drill';

const INSTANCES = '/var/lib/nova/instances';
const unmounted = both(
  C2,
  ['umount', '-l', INSTANCES],
  ['bindfs', '-o', 'allow_other,fsname=controller:/srv/instances,subtype=glusterfs', '/srv/instances', INSTANCES],
);
const LOCAL = '/var/lib/libvirt/images/g1';
const image = (size: string): Change => ({
  make: [step(C2, 'mkdir', '-p', LOCAL), step(C2, 'qemu-img', 'create', '-q', '-f', 'qcow2', `${LOCAL}/disk`, size)],
  undo: [step(C2, 'rm', '-rf', LOCAL)],
});
/** A pool of the destination's, where the guest's disk lies on the source. */
const pool = (...then: readonly Step[]): Change => ({
  make: [
    step(C2, 'mkdir', '-p', LOCAL),
    step(C2, 'virsh', '-q', 'pool-define-as', 'lab', 'dir', '--target', LOCAL),
    step(C2, 'virsh', '-q', 'pool-start', 'lab'),
    ...then,
  ],
  undo: [
    { ...step(C2, 'virsh', '-q', 'pool-destroy', 'lab'), mayFail: true },
    step(C2, 'virsh', '-q', 'pool-undefine', 'lab'),
    step(C2, 'rm', '-rf', LOCAL),
  ],
});
const local = { options: { disk: 'local' } } as const;
const copy = { options: { storage: 'copy' } } as const;
const otherNumber = both(
  C2,
  ['sed', '-i', 's/^\\(libvirt-qemu:x:\\)64055/\\164099/', '/etc/passwd'],
  ['sed', '-i', 's/^\\(libvirt-qemu:x:\\)64099/\\164055/', '/etc/passwd'],
);
const NOT_SHARED = ['cluster/storage-differs', 'cluster/guest-disk-local'];

export const storage: readonly Drill[] = [
  {
    ...{ id: 'D1', title: 'a guest’s disk lies on its host alone', stage: 'plain', guest: local },
    ...{ make: [], undo: [], causes: ['cluster/guest-disk-local'] },
  },
  {
    ...{ id: 'D1-mount', title: 'the guests’ folder is a bind mount, which libvirt takes for local', stage: 'plain' },
    guest: { options: { disk: '/srv/instances/bound' } },
    ...{ make: [], undo: [], causes: ['cluster/guest-disk-local'] },
  },
  {
    ...{ id: 'D2', title: 'the instances are not mounted on the destination', stage: 'nova', shares: true },
    ...{ ...unmounted, causes: NOT_SHARED },
  },
  {
    ...{
      id: 'D2-plain',
      title: 'the same without nova',
      stage: 'plain',
      shares: true,
      ...unmounted,
      causes: NOT_SHARED,
    },
  },
  {
    ...{
      id: 'D3',
      title: 'not mounted, and another file of that name is there: it moves to the wrong disk',
      stage: 'plain',
    },
    ...all(unmounted, {
      make: [
        step(C2, 'mkdir', '-p', `${INSTANCES}/g1`),
        step(C2, 'qemu-img', 'create', '-q', '-f', 'qcow2', `${INSTANCES}/g1/disk`, '16M'),
      ],
      undo: [{ ...step(C2, 'virsh', '-q', 'destroy', 'g1'), mayFail: true }, step(C2, 'rm', '-rf', `${INSTANCES}/g1`)],
    }),
    ...{ shares: true, spoils: true, causes: ['cluster/storage-differs'] },
  },
  {
    ...{ id: 'D4', title: 'a disc in the guest’s drive lies on its host alone', stage: 'nova' },
    guest: {
      before: ['sh', '-c', 'echo disc >/var/tmp/cd.iso'],
      devices: `<disk type='file' device='cdrom'><source file='/var/tmp/cd.iso'/><target dev='hdb'/><readonly/></disk>`,
    },
    ...{ make: [], undo: [], causes: ['cluster/guest-disk-local'] },
  },
  {
    ...{
      id: 'D5',
      guest: { before: ['true'] },
      title: 'libvirt-qemu has another number, and libvirt leaves the owners alone',
      stage: 'plain',
    },
    ...all(
      restarted(C1, libvirt(C1, 'qemu', 'dynamic_ownership', '0')),
      both(
        C1,
        ['sh', '-c', `chown libvirt-qemu ${INSTANCES}/g1/disk && chmod 600 ${INSTANCES}/g1/disk && sleep 1.5`],
        ['chmod', '644', `${INSTANCES}/g1/disk`],
      ),
      restarted(C2, all(otherNumber, libvirt(C2, 'qemu', 'dynamic_ownership', '0'))),
    ),
    causes: ['cluster/qemu-uid-differs'],
  },
  {
    ...{
      id: 'D6',
      guest: { before: ['true', 'again'] },
      title: 'libvirt-qemu has another number, and libvirt changes the owners',
      stage: 'plain',
    },
    ...all(
      both(C1, ['sh', '-c', `chmod 600 ${INSTANCES}/g1/disk && sleep 1.5`], ['chmod', '644', `${INSTANCES}/g1/disk`]),
      restarted(C2, otherNumber),
    ),
    causes: ['cluster/qemu-uid-differs'],
  },
  made('D7-mount', 'nova'),
  made('D7-mount', 'plain', {
    id: 'D7-plain',
    title: 'the same without nova',
    causes: ['cluster/guest-disk-read-only'],
  }),
  {
    ...{
      id: 'D8',
      title: 'disks are to be copied, and the destination has no pool there',
      stage: 'plain',
      guest: local,
    },
    ...{ make: [], undo: [], ...copy, causes: ['cluster/asked-copy-no-pool'] },
  },
  {
    ...{ id: 'D8-pool', title: 'disks are to be copied, and the destination has a pool there', stage: 'plain' },
    guest: local,
    ...pool(),
    ...{ ...copy, causes: [] },
  },
  {
    ...{ id: 'D8-off', title: 'disks are to be copied, and the pool of the destination is not active', stage: 'plain' },
    guest: local,
    ...pool(step(C2, 'virsh', '-q', 'pool-destroy', 'lab')),
    ...{ ...copy, causes: ['cluster/asked-copy-no-pool'] },
  },
  {
    ...{ id: 'D9', title: 'disks are to be copied to a file of another size', stage: 'plain', guest: local },
    ...{ ...image('8M'), ...copy, causes: ['cluster/asked-copy-other-size'] },
  },
  {
    ...{ id: 'D9-larger', title: 'disks are to be copied to a larger file', stage: 'plain', guest: local },
    ...{ ...image('32M'), ...copy, causes: ['cluster/asked-copy-other-size'] },
  },
  {
    ...{ id: 'D9-right', title: 'disks are copied to a file of the right size', stage: 'plain', guest: local },
    ...{ ...image('16M'), ...copy, causes: [] },
  },
  {
    ...{ id: 'D11', title: 'the disk is cached (writeback) on shared storage', stage: 'plain', causes: [] },
    ...{ guest: { options: { cache: 'writeback' } }, make: [], undo: [] },
  },
  {
    ...{ id: 'D12', title: 'the guest has snapshots of libvirt’s', stage: 'plain' },
    ...both(C1, ['virsh', '-q', 'snapshot-create-as', 'g1', 's1'], ['virsh', '-q', 'snapshot-delete', 'g1', 's1']),
    causes: ['cluster/guest-snapshots'],
  },
  made('X6', 'nova', { causes: [] }),
];
