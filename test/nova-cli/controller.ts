/** A controller for the nova-cli driver: a private sshd, an openrc and the programs that it makes found. */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Snapshot } from '../../server/src/fleet/types';
import type { SshConnection } from '../../server/src/fleet/ssh/connection';
import type { RunningMigration, Site } from '../../server/src/migration/driver';
import { NovaCliDriver } from '../../server/src/migration/nova-cli/driver';
import type { Outcome, Progress } from '../../server/src/migration/types';
import { Cluster } from '../../server/src/model/cluster';
import { sourceOf } from '../../server/src/model/decode';
import { readInventory } from '../../server/src/model/inventory';
import { login } from '../fleet/login';
import { keygen, startSshd, type Sshd } from '../fleet/sshd';

/** What openrc files and our scripts need beside the program under test. */
const TOOLS = ['sh', 'bash', 'env', 'tr', 'cat', 'sed', 'rm'];

export interface TestController {
  readonly log: string[];
  /** @param cloud further lines of `[cloud]` */
  driver(cloud?: string): NovaCliDriver;
  /** An openrc with the given lines; its own search path, where programs are named, holds these alone. @returns its path */
  openrc(name: string, lines: readonly string[], programs?: Readonly<Record<string, string>>): string;
  stop(): Promise<void>;
}

export async function startController(folder: string, nodes = ['compute1', 'compute2']): Promise<TestController> {
  chmodSync(folder, 0o711);
  const sshd: Sshd = await startSshd(folder, { keys: [keygen(path.join(folder, 'id'))] });
  const log: string[] = [];
  const connection: SshConnection = await login(folder, sshd, 'root', (line) => void log.push(line));
  return {
    log,
    driver(cloud = '') {
      const computes = nodes.map((node) => `[node ${node}]\nroles = compute\n`).join('');
      const text = `[cloud]\ndriver = nova-cli\n${cloud}[node ctl]\nroles = controller\n${computes}`;
      const file = sourceOf('file:///livemig.ini', 'livemig.ini', Buffer.from(text))!;
      const site: Site = {
        inventory: readInventory(file),
        nodes: ['ctl', ...nodes],
        end: (node) => ({ node, runner: connection }),
        snapshot: () => Promise.reject(new Error('nothing is read')),
        known: (): readonly Snapshot[] => [],
        model: () => new Cluster({ root: '', hosts: [], inventory: file }),
        password: () => Promise.reject(new Error('nobody is asked')),
        log: (line) => void log.push(line),
      };
      return new NovaCliDriver(site);
    },
    openrc(name, lines, programs) {
      const file = path.join(folder, name);
      const own = programs ? [`export PATH='${binOf(folder, name, programs)}'`] : [];
      writeFileSync(file, [...own, ...lines, ''].join('\n'), { mode: 0o600 });
      return file;
    },
    async stop() {
      connection.close();
      await sshd.stop();
    },
  };
}

/** @param programs by name: a path to link to, or the text of a script */
function binOf(folder: string, name: string, programs: Readonly<Record<string, string>>): string {
  const bin = path.join(folder, `${name}.bin`);
  mkdirSync(bin);
  for (const tool of TOOLS) symlinkSync(tool === 'bash' ? '/bin/bash' : `/usr/bin/${tool}`, path.join(bin, tool));
  for (const [program, is] of Object.entries(programs))
    if (is.startsWith('#!')) writeFileSync(path.join(bin, program), is, { mode: 0o755 });
    else symlinkSync(is, path.join(bin, program));
  return bin;
}

/** All that is told of one to its end. */
export async function toTheEnd(migration: RunningMigration): Promise<{ outcome: Outcome; told: readonly Progress[] }> {
  const told: Progress[] = [];
  const stop = migration.onProgress((progress) => told.push(progress));
  const outcome = await migration.outcome;
  stop();
  return { outcome, told };
}

/** Waits for a state of it. */
export function until(migration: RunningMigration, holds: (migration: RunningMigration) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (!holds(migration)) return;
      stop();
      resolve();
    };
    const stop = migration.onProgress(look);
    void migration.outcome.then((outcome) => reject(new Error(`it ended before: ${JSON.stringify(outcome)}`)));
    look();
  });
}
