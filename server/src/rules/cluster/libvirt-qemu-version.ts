import { releaseIndex, releaseName, type ReleaseIndex } from '../../knowledge/releases';
import { compareVersions } from '../../model/platform';
import { defineRule, holdsAtAll } from '../rule';
import { versionOf } from './_versions';

/** The oldest libvirt and QEMU that nova-compute starts with, by the release that began to ask for them; newest first. */
const OLDEST = [
  { since: '2025.1', libvirt: [8, 0, 0], qemu: [6, 2, 0] },
  { since: '2023.2', libvirt: [7, 0, 0], qemu: [5, 2, 0] },
  { since: 'wallaby', libvirt: [6, 0, 0], qemu: [4, 2, 0] },
  { since: 'victoria', libvirt: [5, 0, 0], qemu: [4, 0, 0] },
  { since: 'ussuri', libvirt: [4, 0, 0], qemu: [2, 11, 0] },
  { since: 'stein', libvirt: [3, 0, 0], qemu: [2, 8, 0] },
  { since: 'rocky', libvirt: [1, 3, 1], qemu: [2, 5, 0] },
  { since: 'pike', libvirt: [1, 2, 9], qemu: [2, 1, 0] },
  { since: 'newton', libvirt: [1, 2, 1], qemu: [1, 5, 3] },
].map((row) => ({ ...row, since: releaseIndex(row.since) ?? Infinity }));

const NAMES = { libvirt: 'libvirt', qemu: 'QEMU' } as const;

export default defineRule({
  id: 'cluster/libvirt-qemu-version',
  scope: 'cluster',
  title: 'libvirt or QEMU is older than nova takes',
  severity: 'error',
  files: ['facts', 'livemig-ini'],
  releases: { from: 'newton' },
  messages: {
    default:
      '{program} is {version} here, nova of {release} asks for {wanted}: nova-compute does not start; upgrade {program} first',
  },
  why: `Before it serves anything nova-compute asks libvirt for its own version and QEMU's, and ends with *Nova requires libvirt
version 8.0.0 or greater.* or *Nova requires QEMU version 6.2.0 or greater.* when they are older than its release takes. No guest can
come to the host, and none can leave it. It happens to nodes that were left behind by an upgrade of the others.`,
  sources: [
    'MIN_LIBVIRT_VERSION and MIN_QEMU_VERSION in nova/virt/libvirt/driver.py, 14.0.0 to 33.0.0',
    'Libvirt virt driver OS distribution support matrix, nova reference',
  ],
  explains: [/Nova requires (libvirt|QEMU) version \S+ or greater/],
  preflight: true,
  examples: [
    {
      title: 'as measured',
      release: 'zed',
      files: {
        'etc/libvirt/qemu.conf': '',
        'facts.json': '{"libvirt": ⟦"5.0.0"⟧,\n "qemu": ⟦"3.1.0"⟧}\n',
      },
    },
    {
      title: 'as livemig.ini has it; its neighbour is new enough',
      release: '2025.1',
      files: {
        'livemig.ini':
          '[node c1]\nroles = compute\nqemu = ⟦5.2⟧\n[node c2]\nroles = compute\nqemu = 6.2\nlibvirt = 8.0.0\n',
        'c1/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
      },
    },
    {
      title: 'too old for the newest release, which is a guess',
      release: 'auto',
      severity: 'info',
      files: {
        'etc/libvirt/qemu.conf': '',
        'etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.1\n',
        'facts.json': '{"libvirt": ⟦"6.0.0"⟧, "qemu": "6.2.0"}',
      },
    },
    {
      title: 'the release is measured too; what a distribution appends does not count',
      release: 'auto',
      files: {
        'c1/etc/libvirt/qemu.conf': '',
        'c1/facts.json': '{"nova": "19.3.2", "libvirt": "3.0.0", "qemu": "2.8.1(Debian 1:2.8+dfsg-6+deb9u17)"}',
        'c2/etc/libvirt/qemu.conf': '',
        'c2/facts.json': '{"nova": "21.2.4", "libvirt": ⟦"3.0.0"⟧, "qemu": "2.11.1"}',
      },
    },
    {
      title: 'new enough, and before Newton, when nova only said so in its log',
      release: 'liberty',
      files: { 'etc/libvirt/qemu.conf': '', 'facts.json': '{"libvirt": "0.9.8", "qemu": "1.0.0"}' },
    },
    {
      title: 'a controller, LXC, and a host with another hypervisor',
      release: 'zed',
      files: {
        'livemig.ini': '[node ctl]\nroles = controller\n[node lxc]\nroles = compute\n[node vm]\nroles = compute\n',
        'ctl/facts.json': '{"libvirt": "5.0.0"}',
        'lxc/etc/nova/nova.conf': '[libvirt]\nvirt_type = lxc\n',
        'lxc/facts.json': '{"libvirt": "6.0.0", "qemu": "2.0.0"}',
        'vm/etc/nova/nova.conf': '[DEFAULT]\ncompute_driver = vmwareapi.VMwareVCDriver\n',
        'vm/facts.json': '{"libvirt": "1.0.0"}',
      },
    },
  ],
  check(cluster, report) {
    for (const host of cluster.hosts) {
      if (!host.isCompute) continue;
      const hypervisor = host.nova.get('virt_type')?.value ?? 'kvm';
      for (const program of ['libvirt', 'qemu'] as const) {
        if (program === 'qemu' && hypervisor !== 'kvm' && hypervisor !== 'qemu') continue;
        const version = versionOf(cluster, host, program);
        if (!version) continue;
        const tooOld = (release: ReleaseIndex): boolean => {
          const wanted = oldest(release)?.[program];
          return wanted !== undefined && compareVersions(version.numbers, wanted) < 0;
        };
        if (!tooOld(host.release.index)) continue;
        report({
          host,
          ...version.place,
          guess: !holdsAtAll(host, tooOld),
          values: {
            program: NAMES[program],
            version: version.text,
            release: releaseName(host.release.index),
            wanted: oldest(host.release.index)![program].join('.'),
          },
        });
      }
    }
  },
});

function oldest(release: ReleaseIndex): (typeof OLDEST)[number] | undefined {
  return OLDEST.find((row) => release >= row.since);
}
