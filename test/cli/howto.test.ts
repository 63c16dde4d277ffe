import assert from 'node:assert/strict';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, test } from 'node:test';
import { repair } from '../../server/src/cli/fix';
import { withEdits } from '../../server/src/fixes';
import { lint, type Finding } from '../../server/src/lint';
import { Cluster } from '../../server/src/model/cluster';
import type { Edit } from '../../server/src/rules/rule';
import { discover } from '../../server/src/workspace/discover';
import { diskSource } from '../../server/src/workspace/disk';
import { loadFile } from '../../server/src/workspace/load';

const GRIZZLY = { release: 'grizzly', by: 'the test' };
async function demoCluster(name: string): Promise<Cluster> {
  const source = diskSource();
  const root = pathToFileURL(path.resolve(__dirname, '../demo', name)).href;
  const { clusters } = await discover(source, root, (uri, below, kind) => loadFile(source, uri, below, kind));
  assert.equal(clusters.length, 1);
  return new Cluster(clusters[0]!, GRIZZLY);
}

function edited(cluster: Cluster, edits: readonly Edit[]): Cluster {
  const byFile = new Map(edits.map((e) => [e.file, edits.filter((other) => other.file === e.file)]));
  return withEdits(cluster, byFile);
}

const at = (f: Finding): string => `${f.host?.name ?? ''} ${f.file.path} ${f.rule.id}`;
const serious = (cluster: Cluster): Finding[] => lint(cluster).findings.filter((f) => f.severity !== 'info');

interface Demo {
  /** Every mistake that it makes after its guide, where it stands. */
  readonly mistakes: readonly string[];
  /** Where the operator has to choose, how the guide does. */
  readonly decisions: readonly RegExp[];
  /** What the guide prescribes, and exposes the hosts. */
  readonly exposures: readonly string[];
}

const DEMOS: Readonly<Record<string, Demo>> = {
  nfs: {
    mistakes: [
      'jovi-compute1 etc/passwd cluster/nova-uid-differs',
      'jovi-compute1 etc/nova/nova.conf nova/live-migration-flag-not-live',
      'jovi-compute1 etc/nova/nova.conf nova/vnc-proxyclient-loopback',
      'jovi-compute1 etc/nova/nova.conf nova/option-in-wrong-section',
      'jovi-compute1 etc/libvirt/qemu.conf qemu/typographic-characters',
      'jovi-compute1 etc/default/libvirt-bin defaults/missing-listen-flag',
      'jovi-compute1 etc/init/libvirt-bin.conf defaults/upstart-listen-flag',
      'jovi-compute3 etc/nova/nova.conf nova/instances-path-differs',
      'jovi-compute3 etc/nova/nova.conf nova/uri-no-placeholder',
      'jovi-compute3 etc/nova/nova.conf nova/unknown-option',
      'jovi-compute3 etc/nova/nova.conf nova/vnc-listen-own-ip-old',
      'jovi-compute3 etc/libvirt/libvirtd.conf libvirtd/listen-tcp-off',
      'jovi-compute3 etc/libvirt/libvirtd.conf libvirtd/listen-tls-default-no-certs',
      'jovi-compute3 etc/fstab fstab/wrong-mountpoint',
      'jovi-compute3 etc/fstab fstab/soft',
      'jovi-compute3 etc/fstab fstab/noauto',
      'jovi-compute3 etc/fstab fstab/ro',
      'jovi-compute3 etc/hosts hosts/peer-loopback',
      'jovi-controller etc/exports exports/fsid0-path',
      'jovi-controller etc/exports exports/space-before-options',
      'jovi-controller etc/exports exports/not-rw',
      'jovi-controller etc/exports exports/root-squash',
    ],
    // One number for nova, and nobody asked for a password over TCP.
    decisions: [/^Write uid 108 /, /^Write gid 114 /, /^Ask nobody: auth_tcp = "none"/],
    exposures: [
      'jovi-compute1 etc/libvirt/libvirtd.conf libvirtd/auth-tcp-none',
      'jovi-compute3 etc/libvirt/libvirtd.conf libvirtd/auth-tcp-none',
      'jovi-controller etc/exports exports/world',
    ],
  },
  cephfs: {
    mistakes: [
      'stack02 etc/nova/nova.conf nova/duplicate-option',
      'stack02 etc/nova/nova.conf nova/instances-path-differs',
      'stack02 etc/nova/nova.conf nova/option-in-wrong-section',
      'stack02 etc/libvirt/libvirtd.conf libvirtd/typographic-characters',
      'stack02 etc/default/libvirt-bin defaults/missing-listen-flag',
      'stack02 etc/hosts hosts/peer-conflict',
      'stack03 etc/nova/nova.conf nova/my-ip-duplicate',
      'stack03 etc/nova/nova.conf nova/live-migration-flag-unknown',
      'stack03 etc/libvirt/libvirtd.conf libvirtd/listen-tls-default-no-certs',
      'stack03 etc/passwd cluster/nova-uid-differs',
      'stack03 etc/hosts hosts/peer-missing',
      'stack03 etc/fstab fstab/noauto',
    ],
    decisions: [/^Write uid 108 /, /^Write gid 114 /],
    exposures: ['stack01', 'stack02', 'stack03'].map((h) => `${h} etc/libvirt/libvirtd.conf libvirtd/auth-tcp-none`),
  },
};

for (const [name, { mistakes, decisions, exposures }] of Object.entries(DEMOS))
  describe(`the hosts of the guide to ${name} at grizzly`, () => {
    test('each mistake is found', async () => {
      const found = new Set(serious(await demoCluster(name)).map(at));
      assert.deepEqual(
        mistakes.filter((m) => !found.has(m)),
        [],
      );
    });

    test('repaired and decided as the guide decides, nothing is left but the exposures that it prescribes', async () => {
      let cluster = repair(await demoCluster(name), { rules: {} });
      for (const title of decisions) {
        for (let round = 0; round < 5; round++) {
          const fix = lint(cluster)
            .findings.flatMap((f) => f.fixes)
            .find((f) => title.test(f.title));
          if (!fix) break;
          cluster = edited(cluster, fix.edits);
        }
      }
      assert.deepEqual(lint(cluster).findings.map(at).sort(), exposures);
      for (const finding of lint(cluster).findings) assert.equal(finding.severity, 'warning');
    });

    test('every problem but the exposures has a repair to choose', async () => {
      for (const f of serious(await demoCluster(name))) assert.ok(f.fixes.length > 0, at(f));
    });
  });
