import { FleetError } from '../../fleet/types';
import { refuseOptions } from '../../migration/abilities';
import type { Instance } from '../../migration/driver';
import type { ProbeOptions, VerdictView } from '../../fleet-protocol';
import type { MigrateOptions } from '../../migration/types';
import { UsageError } from '../fleet';
import type { Cloud, CloudOptions } from './cloud';
import { Follow } from './follow';
import { findInstance } from './instances';
import { hastened, interruptible, INTERRUPTED } from './interrupt';
import { judgeInstance, verdictJson, verdictLines } from './preflight';
import { command, print, say } from './words';

export interface MigrateCommandOptions extends CloudOptions {
  readonly to: string | undefined;
  /** Until it has ended. */
  readonly wait: boolean;
  /** Whatever pre-flight says. */
  readonly anyway: boolean;
  /** How the guest is asked meanwhile whether it answers; with `wait`. */
  readonly probe: ProbeOptions | undefined;
  readonly options: MigrateOptions;
}

const BEGIN_MS = 180_000;

/**
 * `livemig migrate`: exit code 0 when it has begun, or with `wait` when it is through, 1 when it was refused, failed or was
 * aborted, 2 when a node cannot be reached or the call is wrong, 130 when it goes on unwatched.
 */
export function migrateCommand(word: string, options: MigrateCommandOptions): Promise<number> {
  return command(options, async (cloud) => {
    const { probe } = options;
    if (probe?.node !== undefined) cloud.node(probe.node);
    const instance = await findInstance(cloud, word);
    const { can } = cloud.driver;
    refuseOptions(can, options.options);
    if (options.to === undefined && !can.scheduler)
      throw new UsageError('libvirt has no scheduler that chooses a node: name it by --to');
    const judged = await allowed(cloud, instance, options);
    if (!judged) return 1;
    const { uuid, node } = instance;
    const { storage } = judged.find((verdict) => verdict.node === options.to) ?? {};
    const request = { cluster: cloud.id, node, uuid, options: { ...options.options, ...(storage && { storage }) } };
    const more = { ...(options.to !== undefined && { destination: options.to }), ...(probe && { probe }) };
    const follow = new Follow(cloud, options.json, (view) => view.uuid === uuid);
    const begun = await cloud.migrations.migrate({ ...request, ...more }, AbortSignal.timeout(BEGIN_MS));
    follow.take(begun);
    const { phase } = cloud.migrations.running(begun.id)!.progress;
    const over = phase === 'failed' || phase === 'cancelled' || phase === 'completed';
    if (!options.wait && !over) {
      await follow.close();
      if (!options.json)
        await print(
          `${begun.name}: moves from ${node} to ${begun.destination ?? 'where nova sends it'}; \`livemig watch ${word}\` shows how it goes`,
        );
      return 0;
    }
    const end = follow.end(begun.id).then(({ outcome }) => (outcome?.phase === 'completed' ? 0 : 1));
    const code = await interruptible(end, {
      board: follow.board,
      question: `${begun.name} is on its way.`,
      choices: [{ key: 'a', words: 'abort it', act: () => abort(cloud, begun.id) }],
      left: () =>
        `${begun.name} goes on moving${probe ? ', and is asked no more' : ''}; \`livemig watch ${word}\` shows it, \`livemig abort ${word}\` ends it`,
    });
    // Who does not want to wait until the network has learned where the guest is hears what was measured so far.
    if (code !== INTERRUPTED) await hastened(follow.final(begun.id), () => cloud.migrations.close());
    await follow.close();
    return code;
  });
}

async function abort(cloud: Cloud, id: string): Promise<void> {
  await cloud.migrations.steer({ id, action: 'abort' });
}

/** Says what speaks against it. @returns undefined when it may not be begun */
async function allowed(
  cloud: Cloud,
  instance: Instance,
  options: MigrateCommandOptions,
): Promise<readonly VerdictView[] | undefined> {
  const { to, anyway } = options;
  // Of a node that livemig.ini does not name there is no pre-flight.
  if (!cloud.nodes.includes(instance.node)) {
    say(`${instance.node} is not in livemig.ini: nothing was checked before`);
    return [];
  }
  const judged = await judgeInstance(cloud, instance, options).catch((error: unknown) => {
    if (!(error instanceof FleetError) || cloud.driver.can.asksNodes) throw error;
    // Nova may well reach what we do not.
    if (!anyway)
      throw new FleetError(error.code, `nothing can be checked before (--anyway does without): ${error.message}`);
    say(`nothing was checked before: ${error.message}`);
    return [];
  });
  const open = judged.filter((v) => v.state === 'ready' || v.state === 'warnings');
  if (options.json) for (const v of judged) if (v.state !== 'ready') await print(verdictJson(instance, v));
  if (to !== undefined) for (const v of judged) if (v.state !== 'ready') say(verdictLines(v).trimEnd());
  if (open.length > 0 || judged.length === 0 || anyway) return judged;
  if (to === undefined) say(judged.map(verdictLines).join('').trimEnd());
  say(`${instance.name} was not moved: repair what is named above, or say --anyway`);
  return undefined;
}
