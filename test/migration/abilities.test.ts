// What drivers take with a migration, and what they refuse in words before anything is begun.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ABILITIES, refuseOptions } from '../../server/src/migration/abilities';
import { driverOf } from '../../server/src/migration/choose';
import type { MigrateOptions } from '../../server/src/migration/types';
import { siteOf } from '../nova/site';

const ALL: Required<MigrateOptions> = {
  ...{ storage: 'copy', postCopy: true, autoConverge: true, bandwidth: 5, downtime: 300, parallel: 2, tls: true },
};
/** What is as if nobody had asked. */
const NOTHING: MigrateOptions = { postCopy: false, bandwidth: 0, parallel: 1, tls: false };
const { signal } = new AbortController();

describe('options of a migration', () => {
  test('libvirt takes all of them', () => refuseOptions(ABILITIES.libvirt, ALL));

  for (const name of ['nova', 'nova-cli'] as const)
    test(`${name} takes where the disks lie; of all else it says where it is set`, async () => {
      const driver = driverOf(siteOf({ text: `[cloud]\ndriver = ${name}\n` }));
      const { can } = driver;
      refuseOptions(can, { ...NOTHING, storage: 'copy' });
      for (const [option, configured] of [
        ['postCopy', 'live_migration_permit_post_copy'],
        ['autoConverge', 'live_migration_permit_auto_converge'],
        ['bandwidth', 'live_migration_bandwidth'],
        ['downtime', 'live_migration_downtime'],
        ['parallel', 'live_migration_parallel_connections'],
        ['tls', 'live_migration_with_native_tls'],
      ] as const) {
        const words = new RegExp(`^nova takes no .*set ${configured} below \\[libvirt\\] in nova\\.conf`);
        assert.throws(() => refuseOptions(can, { [option]: ALL[option] }), { code: 'refused', message: words });
      }
      // Before nova is asked for anything: this one could not be.
      const request = { uuid: '', source: 'compute1', destination: undefined, options: ALL };
      await assert.rejects(driver.migrate(request, signal), { code: 'refused', message: /post-copy, auto-converge, / });
    });
});
