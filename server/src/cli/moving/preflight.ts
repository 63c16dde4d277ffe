import type { VerdictView } from '../../fleet-protocol';
import { verdicts } from '../../fleet/process/verdicts';
import { refuseOptions } from '../../migration/abilities';
import type { Instance } from '../../migration/driver';
import type { MigrateOptions } from '../../migration/types';
import { UsageError } from '../fleet';
import type { Cloud, CloudOptions } from './cloud';
import { findInstance } from './instances';
import { command, COPIED, print, reasonLines } from './words';

export interface PreflightOptions extends CloudOptions {
  /** Undefined: all nodes that run guests. */
  readonly to: string | undefined;
  /** How it is to be moved. */
  readonly options: MigrateOptions;
}

/** Reading a node takes no longer than that, in ms. */
const READ_MS = 120_000;

/** `livemig preflight`: exit code 0 when it may go, 1 when that is blocked (on all nodes, if none is named), 2 when nobody knows. */
export function preflightCommand(word: string, options: PreflightOptions): Promise<number> {
  return command(options, async (cloud) => {
    const instance = await findInstance(cloud, word);
    refuseOptions(cloud.driver.can, options.options);
    const judged = await judgeInstance(cloud, instance, options);
    const { uuid, name, node } = instance;
    if (options.json) for (const verdict of judged) await print(verdictJson(instance, verdict));
    else if (judged.length === 0) await print(`${name} (${uuid}) on ${node}: there is no other node that runs guests`);
    else await print(`${name} (${uuid}) on ${node}\n${judged.map(verdictLines).join('')}`.trimEnd());
    if (judged.some((v) => v.state === 'ready' || v.state === 'warnings')) return 0;
    return judged.some((v) => v.state === 'unknown') ? 2 : 1;
  });
}

/** A line of `--json`. */
export function verdictJson(
  { uuid, name, node: source }: Instance,
  { node: destination, ...rest }: VerdictView,
): string {
  return JSON.stringify({ kind: 'verdict', uuid, name, source, destination, ...rest });
}

export function verdictLines({ node, state, why, unread, reasons, storage }: VerdictView): string {
  const not = unread === true ? 'not read: name it by --to to have it judged' : `could not be read: ${why ?? ''}`;
  const known = `${state}${storage === 'copy' ? COPIED : ''}${why === undefined ? '' : `: ${why}`}`;
  const said = state === 'unknown' ? not : known;
  return `  ${node}: ${said}\n${reasonLines(reasons, '    ')}`;
}

/** @throws UsageError for a destination that is none; FleetError when the instance's own node cannot be read */
export async function judgeInstance(
  cloud: Cloud,
  { uuid, name, node }: Instance,
  { to, options }: Pick<PreflightOptions, 'to' | 'options'>,
): Promise<VerdictView[]> {
  if (to !== undefined && cloud.node(to) === node) throw new UsageError(`${name} is on ${node} already`);
  if (!cloud.nodes.includes(node))
    throw new UsageError(
      `${name} is on ${node}, of which livemig.ini knows nothing: write a [node ${node}] to check it`,
    );
  const params = { cluster: cloud.id, node, uuid, options, ...(to !== undefined && { destination: to }) };
  const all = await verdicts(cloud.fleet, params, AbortSignal.timeout(READ_MS), () => cloud.driver);
  if (to === undefined) return all;
  const wanted = all.filter((v) => v.node === to);
  if (wanted.length === 0) throw new UsageError(`${to} runs no guests: it has neither QEMU nor a nova-compute`);
  return wanted;
}
