import type { DrainPlanView, DrainView } from '../../fleet-protocol';
import { refuseOptions } from '../../migration/abilities';
import type { MigrateOptions } from '../../migration/types';
import { confirmed } from '../ask';
import { UsageError } from '../fleet';
import type { Cloud, CloudOptions } from './cloud';
import { Follow } from './follow';
import { interruptible, INTERRUPTED } from './interrupt';
import { command, COPIED, print, reasonLines, say } from './words';

export interface DrainCommandOptions extends CloudOptions {
  /** Only tell what would be done. */
  readonly plan: boolean;
  readonly to: string | undefined;
  /** Undefined: as nova.conf of the node has it. */
  readonly parallel: number | undefined;
  /** Disable nova's compute service first, with this reason. */
  readonly disable: string | undefined;
  /** After one that fails nothing more is begun. */
  readonly stopOnFailure: boolean;
  /** Ask nobody. */
  readonly yes: boolean;
  readonly options: MigrateOptions;
}

const PLAN_MS = 300_000;

/**
 * `livemig drain`: exit code 0 when nothing is left on the node, or would be by the plan, 1 when something is, 2 when a node
 * cannot be reached or the call is wrong, 130 when it is left alone: what runs goes on then, and nothing more is begun.
 */
export function drainCommand(name: string, options: DrainCommandOptions): Promise<number> {
  return command(options, async (cloud) => {
    const node = cloud.node(name);
    const to = options.to === undefined ? {} : { destination: cloud.node(options.to) };
    const plan = await cloud.drains.plan(
      { cluster: cloud.id, node, options: options.options, ...to },
      AbortSignal.timeout(PLAN_MS),
    );
    refuseOptions(cloud.driver.can, options.options);
    await print(options.json ? JSON.stringify({ kind: 'plan', ...plan }) : planLines(plan, options.parallel));
    const stays = plan.stay.length > 0 ? 1 : 0;
    if (options.plan || plan.moves.length === 0) return stays;
    if (!options.yes && !(await confirmed(`Drain ${node}? [yes/no] `))) {
      if (!process.stdin.isTTY) throw new UsageError('nobody can be asked whether to do this: say --yes');
      await print('Nothing was done.');
      return 1;
    }
    return Math.max(stays, await carryOut(cloud, plan, options));
  });
}

async function carryOut(cloud: Cloud, plan: DrainPlanView, options: DrainCommandOptions): Promise<number> {
  const { id, node } = plan;
  const mine = new Set(plan.moves.map((m) => m.uuid));
  const follow = new Follow(cloud, options.json, (view) => mine.has(view.uuid) && view.source === node);
  let last: DrainView | undefined;
  let over: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (over = resolve));
  const seen = new Set<string>();
  cloud.onDrain((view) => {
    last = view;
    if (options.json) follow.tell({ kind: 'drain', ...view });
    else {
      follow.heads([headOf(view)]);
      for (const { uuid, name, progress, migration, why = '', reasons } of view.moves) {
        // What has a migration tells its end itself.
        if (migration !== undefined || seen.has(uuid) || !['left', 'failed', 'cancelled'].includes(progress)) continue;
        seen.add(uuid);
        const against =
          progress === 'left'
            ? `
${reasonLines(reasons, '  ')}`.trimEnd()
            : '';
        follow.line(`${name}: ${progress === 'left' ? 'was left out' : progress}: ${why}${against}`, true);
      }
    }
    if (view.state === 'running' || view.state === 'paused') return;
    if (!view.moves.some((m) => m.progress === 'running' || m.progress === 'waiting')) over();
  });
  const { parallel, disable, stopOnFailure } = options;
  await cloud.drains.begin(
    {
      ...{ id, options: options.options, onFailure: stopOnFailure ? 'stop' : 'continue' },
      ...(parallel !== undefined && { parallel }),
      ...(disable !== undefined && { disable }),
    },
    AbortSignal.timeout(PLAN_MS),
  );
  const work = ended.then(async () => {
    // Their ends are told, with the causes, a moment later than the drain's.
    const begun = last!.moves.flatMap((m) => m.migration ?? []);
    await Promise.all(begun.map((migration) => follow.end(migration)));
    return last!.state === 'done' ? 0 : 1;
  });
  const cancel = (): Promise<void> => {
    cloud.drains.steer({ id, action: 'cancel' });
    return Promise.resolve();
  };
  const code = await interruptible(work, {
    board: follow.board,
    question: `${node} is being drained.`,
    choices: [
      { key: 'c', words: 'begin no more, and wait for what runs', act: cancel },
      {
        key: 'a',
        words: 'abort what runs, and begin no more',
        act: async () => {
          await cancel();
          for (const { migration, progress } of last?.moves ?? [])
            if (migration !== undefined && progress === 'running')
              await cloud.migrations.steer({ id: migration, action: 'abort' });
        },
      },
    ],
    left: () => leftWords(node, last),
  });
  await follow.close();
  if (last?.disabled && code !== INTERRUPTED) await offerEnable(cloud, node);
  return code;
}

function planLines({ node, moves, stay, notes, parallel }: DrainPlanView, wanted: number | undefined): string {
  const goes = moves.map(({ name, destination, memory, storage, state, reasons }, i) => {
    const size = memory === undefined ? '' : ` (${memory} MiB)`;
    const where = destination === undefined ? '' : ` → ${destination}`;
    const copied = storage === 'copy' ? COPIED : '';
    const warned = state === 'warnings' ? ', with warnings' : '';
    return `  ${i + 1}. ${name}${size}${where}${copied}${warned}\n${reasonLines(reasons, '       ')}`;
  });
  const stays = stay.map(({ name, why, reasons }) => `  ${name} stays: ${why}\n${reasonLines(reasons, '    ')}`);
  const several = moves.length > 1 ? `, ${wanted ?? parallel} at a time` : '';
  const head = moves.length === 0 ? 'nothing moves' : `${moves.length} to move${several}`;
  return `${node}: ${head}\n${[...goes, ...stays, ...notes.map((n) => `  ${n}\n`)].join('')}`.trimEnd();
}

function headOf({ node, state, moves }: DrainView): string {
  const done = moves.filter((m) => m.progress === 'completed').length;
  return `${node}: ${done} of ${moves.length} moved${state === 'paused' || state === 'cancelled' ? `, ${state}` : ''}`;
}

function leftWords(node: string, view: DrainView | undefined): string {
  const waiting = view?.moves.filter((m) => m.progress === 'waiting').length ?? 0;
  const service = view?.disabled ? `; its compute service stays disabled` : '';
  return `what runs goes on (\`livemig watch\`), ${waiting} were not begun: \`livemig drain ${node}\` goes on with them${service}`;
}

/** It was disabled by us. */
async function offerEnable(cloud: Cloud, node: string): Promise<void> {
  if (!(await confirmed(`Enable the compute service of ${node} again? [yes/no] `))) {
    say(`the compute service of ${node} stays disabled: openstack compute service set --enable ${node} nova-compute`);
    return;
  }
  await cloud.drains.enable({ cluster: cloud.id, node }, AbortSignal.timeout(PLAN_MS));
  say(`nova places instances on ${node} again`);
}
