import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Site } from '../../migration/driver';
import type { Fleet } from './fleet';
import type { Asker } from './prompts';
import { clusterOf } from './refreshed';
import { lastRead } from './standing';

/** What a driver may ask of a cluster of the fleet. */
export function siteOf(fleet: Fleet, asker: Asker, id: string): Site {
  const session = fleet.cluster(id);
  return {
    get inventory() {
      return session.read.inventory;
    },
    get nodes() {
      return [...session.read.nodes.keys()];
    },
    end: (name) => ({ node: name, runner: fleet.node({ cluster: id, node: name }).runner() }),
    snapshot: async (name, signal, age) => fleet.node({ cluster: id, node: name }).recent(signal, age),
    known: () => lastRead(session),
    model: (snapshots, partial = false) => clusterOf(id, session.read, snapshots, partial),
    password: (question, signal) =>
      asker.of({ cluster: id, node: question.host }, () => undefined, signal).password(question),
    log: fleet.log,
    env: process.env,
    get folder() {
      return folderOf(session.read.view.uri);
    },
  };
}

/** @returns undefined for what is no file of this machine */
function folderOf(uri: string): string | undefined {
  try {
    return path.dirname(fileURLToPath(uri));
  } catch {
    return undefined;
  }
}
