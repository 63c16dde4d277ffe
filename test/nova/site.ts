/** What a driver is told of a cluster in these tests: nodes that nobody reaches, and a folder with a clouds.yaml. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { FleetError } from '../../server/src/fleet/types';
import type { Site } from '../../server/src/migration/driver';
import { Cluster } from '../../server/src/model/cluster';
import { readInventory } from '../../server/src/model/inventory';

export interface Given {
  readonly folder?: string;
  readonly env?: Site['env'];
  /** Of livemig.ini. */
  readonly text?: string;
  readonly nodes?: readonly string[];
  readonly password?: Site['password'];
  readonly log?: string[];
}

export function siteOf(given: Given): Site {
  const { folder, env = {}, text = '[cloud]\ndriver = nova\nname = lab\n', nodes = ['compute1', 'compute2'] } = given;
  const inventory = readInventory({ uri: 'file:///w/livemig.ini', path: 'livemig.ini', kind: 'livemig-ini', text });
  const unreachable = (): never => {
    throw new FleetError('unreachable', 'nobody reaches a node in this test');
  };
  return {
    ...{ inventory, nodes, folder },
    // What the user who runs the test has is no matter.
    env: { HOME: folder, ...env },
    end: unreachable,
    snapshot: () => Promise.reject(new FleetError('unreachable', 'nobody reaches a node in this test')),
    known: () => [],
    model: () => new Cluster({ root: 'livemig:///lab', hosts: [], inventory: inventory.file }),
    password: given.password ?? (() => Promise.resolve(undefined)),
    log: (line) => void given.log?.push(line),
  };
}

/** @returns a folder with that clouds.yaml */
export function cloudsFolder(clouds: object, secure?: object): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'livemig-clouds-'));
  writeFileSync(path.join(folder, 'clouds.yaml'), stringify({ clouds }));
  if (secure) writeFileSync(path.join(folder, 'secure.yaml'), stringify({ clouds: secure }));
  return folder;
}
