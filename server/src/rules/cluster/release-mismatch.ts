import { releaseIndex, releaseName, type ReleaseIndex } from '../../knowledge/releases';
import type { Cluster } from '../../model/cluster';
import { factPlace, inventoryPlace } from '../../model/factPlace';
import type { Host, Place } from '../../model/host';
import { outliers } from '../nova/_groups';
import { computesOf } from '../nova/_guests';
import { defineRule } from '../rule';

export default defineRule({
  id: 'cluster/release-mismatch',
  scope: 'cluster',
  title: 'The hosts run releases of nova that do not go together',
  severity: 'warning',
  files: ['facts', 'livemig-ini'],
  messages: {
    default:
      'Nova is of {release} here and of {other} on {host}, more than one upgrade apart: they do not understand each other; upgrade in steps',
  },
  why: `Computes talk to each other by RPC, and what a release sends is understood by the next one only; from 2023.1 on by the next
two, between the releases of each spring (2023.1 and 2024.1). A migration across a wider gap ends with *Endpoint does not support RPC
version …* in one of the logs. Services of the newer release log *Current Nova version does not support computes older than …*, or do
not start.`,
  sources: [
    'Upgrades, nova administration guide: N-1 and, from 2023.1 on, skip-level upgrades',
    'nova/objects/service.py, OLDEST_SUPPORTED_SERVICE_VERSION',
  ],
  explains: [/Current Nova version does not support computes older than/],
  examples: [
    {
      title: 'as measured',
      release: 'auto',
      files: {
        'c1/etc/nova/nova-compute.conf': '',
        'c1/facts.json': '{"nova": "26.2.2"}',
        'c2/etc/nova/nova-compute.conf': '',
        'c2/facts.json': '{"nova": "26.1.0"}',
        'c3/etc/nova/nova-compute.conf': '',
        'c3/facts.json': '{"nova": ⟦"23.2.0"⟧}',
      },
    },
    {
      title: 'as livemig.ini has it; two releases, but not those of two springs',
      release: 'auto',
      files: {
        'livemig.ini':
          '[node c1]\nroles = compute\nrelease = ⟦2023.2⟧\n[node c2]\nroles = compute\nrelease = ⟦2024.2⟧\n',
        'c1/etc/nova/nova.conf': '',
        'c2/etc/nova/nova.conf': '',
      },
    },
    {
      title: 'one apart, two springs apart, guessed, and a controller',
      release: 'auto',
      files: {
        'livemig.ini':
          '[node c1]\nroles = compute\nrelease = 2024.1\n[node c2]\nroles = compute\n[node c3]\nroles = compute\nrelease = 2024.2\n[node c4]\nroles = compute\n[node ctl]\nroles = controller\nrelease = zed\n',
        'c1/etc/nova/nova.conf': '',
        'c2/etc/nova/nova.conf': '',
        'c2/facts.json': '{"nova": "27.5.1"}',
        'c3/etc/nova/nova.conf': '',
        'c4/etc/nova/nova.conf': '[DEFAULT]\nrpc_backend = rabbit\n',
        'ctl/etc/nova/nova.conf': '',
      },
    },
    {
      title: 'one release is declared for all',
      release: 'zed',
      files: {
        'c1/etc/nova/nova-compute.conf': '',
        'c1/facts.json': '{"nova": "26.2.2"}',
        'c2/etc/nova/nova-compute.conf': '',
        'c2/facts.json': '{"nova": "20.0.0"}',
      },
    },
  ],
  check(cluster, report) {
    const known = computesOf(cluster).filter((h) => !h.release.guessed);
    for (const { item, other } of outliers(known, (h) => String(h.release.index))) {
      const place = placeOf(cluster, item);
      if (!place || understood(item.release.index, other.release.index)) continue;
      const theirs = placeOf(cluster, other);
      report({
        host: item,
        ...place,
        values: {
          release: releaseName(item.release.index),
          other: releaseName(other.release.index),
          host: other.name,
        },
        related: theirs ? [{ ...theirs, message: `The release of ${other.name}` }] : [],
      });
    }
  },
});

/** Next to each other, or the releases of two springs in a row. */
function understood(one: ReleaseIndex, other: ReleaseIndex): boolean {
  const [older, newer] = [Math.min(one, other), Math.max(one, other)];
  if (newer - older <= 1) return true;
  return newer - older === 2 && /^20\d\d\.1$/.test(releaseName(older)) && /^20\d\d\.1$/.test(releaseName(newer));
}

function placeOf(cluster: Cluster, host: Host): Place | undefined {
  const declared = inventoryPlace(cluster, host, 'release');
  if (declared) return declared;
  const { nova } = host.facts ?? {};
  return nova !== undefined && releaseIndex(nova) === host.release.index ? factPlace(host, ['nova']) : undefined;
}
