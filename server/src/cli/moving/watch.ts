import type { MigrationView } from '../../fleet-protocol';
import { readNodes } from '../../fleet/process/fresh';
import { UsageError } from '../fleet';
import type { Cloud, CloudOptions } from './cloud';
import { Follow } from './follow';
import { interruptible } from './interrupt';
import { command, complain, print } from './words';

const READ_MS = 120_000;
const TRIES = 2;

/** `livemig watch`: exit code 0 when all that ran is through, or nothing ran, 1 when one failed or was aborted, 130 when it is left. */
export function watchCommand(word: string | undefined, options: CloudOptions): Promise<number> {
  return command(options, async (cloud) => {
    const running = await runningNow(cloud, word);
    if (running.length === 0) {
      if (!options.json) await print(`${word ?? 'nothing'} is ${word === undefined ? '' : 'not '}being migrated`);
      return word === undefined ? 0 : 1;
    }
    const ids = new Set(running.map((view) => view.id));
    const follow = new Follow(cloud, options.json, (view) => ids.has(view.id));
    const all = Promise.all([...ids].map((id) => follow.end(id)));
    const work = all.then((views) => (views.every((v) => v.outcome?.phase === 'completed') ? 0 : 1));
    const names = running.map((view) => view.name).join(', ');
    const code = await interruptible(work, {
      board: follow.board,
      question: `${names}: on the way.`,
      choices: [
        {
          key: 'a',
          words: running.length > 1 ? 'abort all of them' : 'abort it',
          act: async () => {
            for (const id of ids) if (isOpen(cloud, id)) await cloud.migrations.steer({ id, action: 'abort' });
          },
        },
      ],
      left: () => `what runs goes on: ${names}`,
    });
    await follow.close();
    return code;
  });
}

/** `livemig abort`: exit code 0 when the instance stays where it was, 1 when it is not being migrated, or was through already. */
export function abortCommand(word: string, options: CloudOptions): Promise<number> {
  return command(options, async (cloud) => {
    const [view, ...others] = await runningNow(cloud, word);
    if (!view) {
      if (options.json) return 1;
      await print(`${word} is not being migrated`);
      return 1;
    }
    if (others.length > 0) {
      const list = [view, ...others].map((v) => `  ${v.uuid}  ${v.name}, ${v.source} → ${v.destination ?? '?'}`);
      throw new UsageError(`several are called ${word}; name one by its UUID:\n${list.join('\n')}`);
    }
    const { id, name, source } = view;
    const ended = new Promise<MigrationView>((resolve) => {
      const stop = cloud.onMigration((now) => {
        if (now.id !== id || !now.outcome) return;
        stop();
        resolve(now);
      });
    });
    await cloud.migrations.steer({ id, action: 'abort' });
    const end = await ended;
    if (options.json) await print(JSON.stringify({ kind: 'migration', ...end }));
    const { phase, on } = end.outcome!;
    const stayed = phase !== 'completed' && (on ?? source) === source && end.outcome?.broken !== true;
    if (!options.json)
      await print(
        stayed
          ? `${name}: was aborted, and runs on, on ${source}`
          : `${name}: was through already: it is on ${on ?? 'another node'}`,
      );
    return stayed ? 0 : 1;
  });
}

function isOpen(cloud: Cloud, id: string): boolean {
  return cloud.migrations.list().some((v) => v.id === id && !v.outcome);
}

/** What runs now, whoever began it. @param word name or UUID of an instance, if it is only that one */
async function runningNow(cloud: Cloud, word: string | undefined): Promise<MigrationView[]> {
  // Nova knows by itself; libvirt's nodes have to be read.
  if (cloud.site.inventory.driver === undefined || cloud.driver.can.asksNodes) {
    const { failures } = await readNodes(cloud.fleet, cloud.fleet.cluster(cloud.id), AbortSignal.timeout(READ_MS));
    complain(failures);
  }
  await cloud.migrations.find(cloud.id);
  // A node that is very busy may not have told of its jobs in time.
  for (let i = 0; i < TRIES && untold(cloud).length > 0; i++) {
    await Promise.all(untold(cloud).map((node) => cloud.site.snapshot(node, AbortSignal.timeout(READ_MS), 0)));
    await cloud.migrations.find(cloud.id);
  }
  const all = cloud.migrations.list().filter((view) => !view.outcome);
  if (word === undefined) return all;
  const facts = cloud.site.known().flatMap((s) => s.facts.instances ?? []);
  const uuids = new Set(facts.filter((i) => i.name === word || i.title === word).map((i) => i.uuid));
  return all.filter((v) => v.uuid.toLowerCase() === word.toLowerCase() || v.name === word || uuids.has(v.uuid));
}

/** Nodes with a guest that waits on another, and of which no migration is known. */
function untold({ site, migrations }: Cloud): string[] {
  const known = new Set(migrations.list().flatMap((view) => (view.outcome ? [] : view.uuid)));
  const all = site.known().flatMap(({ node, facts }) => (facts.instances ?? []).map((i) => ({ node, ...i })));
  const waiting = new Set(all.filter((i) => i.state === 'paused').map((i) => i.uuid));
  const left = all.filter((i) => i.state === 'running' && waiting.has(i.uuid) && !known.has(i.uuid));
  return [...new Set(left.map((i) => i.node))];
}
