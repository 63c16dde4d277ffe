import { setImmediate } from 'node:timers/promises';
import type { DrainPlanParams } from '../../fleet-protocol';
import { lintSteps } from '../../lint';
import { heldBy, planDrain, type DrainPlan, type Judgement, type Room } from '../../migration/drain/plan';
import { verdictsFrom } from '../../migration/drain/verdicts';
import type { ComputeService, Driver, Instance, NovaRoom } from '../../migration/driver';
import { among, preflightRules } from '../../migration/pair';
import { destinationsOf } from '../../migration/preflight';
import type { MigrateOptions } from '../../migration/types';
import type { Cluster } from '../../model/cluster';
import type { Host } from '../../model/host';
import { DEFAULT_SETTINGS } from '../../settings';
import { FleetError, type Snapshot } from '../types';
import { copiesFrom, withCopiesOf } from './copies';
import type { ClusterSession, Fleet } from './fleet';
import { READ_FOR_NOVA, readNodes } from './fresh';
import type { Migrations } from './migrations';
import type { Asker } from './prompts';
import { siteOf } from './site';
import { lastModel, lastRead } from './standing';
import { withSharedStorage } from './storage';

/** MiB that a node keeps for itself: `reserved_host_memory_mb` of nova, where nothing else is said. */
const RESERVED_MIB = 512;

/** Others get their turn after so long, ms. */
const SLICE_MS = 20;

/** A drain as it is planned. */
export interface Planned {
  readonly driver: Driver;
  readonly plan: DrainPlan;
  readonly service: ComputeService | undefined;
  /** How many at a time, if nobody says otherwise. */
  readonly parallel: number;
  readonly notes: readonly string[];
}

/** @throws FleetError when the node cannot be asked for its instances, or there is no such destination */
export async function planNode(
  fleet: Fleet,
  asker: Asker,
  migrations: Migrations,
  params: DrainPlanParams,
  signal: AbortSignal,
): Promise<Planned> {
  const { node, destination, uuids: some, options } = params;
  const session = fleet.cluster(params.cluster);
  fleet.node(params);
  if (destination === node) throw new FleetError('refused', `${node} cannot be drained to itself`);
  if (destination !== undefined && !session.read.nodes.has(destination))
    throw new FleetError('not-found', `there is no [node ${destination}] in livemig.ini`);
  const site = siteOf(fleet, asker, session.id);
  const unread: string[] = [];
  // Who runs its instances is known of a node that was read; nova may be asked all the same.
  await site.snapshot(node, signal).catch((error: unknown) => {
    if (!(error instanceof FleetError) || migrations.driver(session.id).can.asksNodes) throw error;
    unread.push(`${node} could not be read, so nothing was checked before: ${error.message}`);
  });
  const driver = migrations.driver(session.id);
  const { scheduler } = driver.can;
  const known = scheduler && session.read.nodes.size > READ_FOR_NOVA;
  const asked = driver.instances(signal, node);
  const [all, failures, services = [], room] = await Promise.all([
    asked,
    known ? new Map<string, string>() : unreadNodes(fleet, session, node, signal),
    driver.services?.list(signal),
    // Whoever had to be asked for a password was asked by then.
    asked.then(() => driver.room?.(signal)),
  ]);
  const instances = some ? all.filter(({ uuid }) => some.includes(uuid)) : all;
  // Only now: its instances may have been read anew meanwhile.
  if (!known) await withSharedStorage(fleet, session, node, lastRead(session, failures), signal);
  const nodes = destination === undefined ? undefined : new Set([node, destination]);
  const uuids = instances.flatMap((instance) => (heldBy(instance) === undefined ? instance.uuid : []));
  const copies = { source: node, uuids, nodes, storage: options?.storage };
  const seen = await withCopiesOf(fleet, session, copies, lastRead(session, failures), signal);
  const model = modelOf(session, failures, seen);
  const plan = await planFor(model, { node, instances, to: destination, driver, services, room, options }, signal);
  const service = services.find((s) => s.node === node);
  for (const [name, why] of failures)
    unread.push(
      scheduler ? `${name} could not be read, so nothing was checked of it: ${why}` : `${name} was left out: ${why}`,
    );
  const chooses = scheduler && destination === undefined ? ["Nova's scheduler chooses where each goes."] : [];
  const shut = service?.enabled === false ? [`Nova places nothing on ${node}: its compute service is disabled.`] : [];
  const unknown = room?.unknown === undefined ? [] : [`${room.unknown}.`];
  return {
    driver,
    plan,
    service,
    parallel: parallelOf(model, node),
    notes: [...chooses, ...shut, ...unknown, ...unread],
  };
}

/** @returns other nodes that could not be read, and why */
async function unreadNodes(
  fleet: Fleet,
  session: ClusterSession,
  node: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const { failures } = await readNodes(fleet, session, signal);
  return new Map([...failures].filter(([name]) => name !== node));
}

export interface Model {
  readonly cluster: Cluster;
  readonly unread: ReadonlyMap<string, string>;
}

/** All nodes as they were read last, but for those that could not be read. */
export function modelOf(
  session: ClusterSession,
  unread: ReadonlyMap<string, string>,
  snapshots: readonly Snapshot[],
): Model {
  return { cluster: lastModel(session, snapshots), unread };
}

export interface Wanted {
  readonly node: string;
  readonly instances: readonly Instance[];
  readonly to: string | undefined;
  readonly driver: Driver;
  readonly services?: readonly ComputeService[];
  readonly room?: NovaRoom | undefined;
  readonly options?: MigrateOptions | undefined;
  /** MiB that others will still take, by node. */
  readonly taken?: ReadonlyMap<string, Taken>;
}

/** MiB that others will still take of a node. */
export interface Taken {
  readonly memory: number;
  /** By file system. */
  readonly disks: ReadonlyMap<string, number>;
}

/**
 * Where instances of a node can go, by what is known. Others get their turn meanwhile.
 * @throws FleetError of code `cancelled`
 */
export async function planFor({ cluster, unread }: Model, wanted: Wanted, signal?: AbortSignal): Promise<DrainPlan> {
  const { node, instances, to, driver, services = [], room, options = {}, taken } = wanted;
  const source = cluster.hosts.find((h) => h.name === node);
  const closed = new Set(services.filter((s) => !s.enabled || !s.up).map((s) => s.node));
  const others = source ? destinationsOf({ cluster, source }) : cluster.hosts.filter((h) => h.isCompute);
  const { scheduler } = driver.can;
  const open = others.filter((h) => to !== undefined || !scheduler || !closed.has(h.name));
  const rooms = open.map((host) => roomOn(host, taken?.get(host.name)));
  // Nova makes the files itself.
  const copies = source && driver.name === 'libvirt' ? copiesFrom(source, options.storage) : () => undefined;
  const as = source && verdictsFrom(cluster, source, options);
  const copied = source && verdictsFrom(cluster, source, { ...options, storage: 'copy' });
  const verdict = (uuid: string, destination: Host): Judgement | undefined => {
    const takes = copies(uuid, destination);
    const said = (takes ? copied : as)?.(uuid, destination);
    return said && { ...said, copied: takes };
  };
  // What is found once is kept, of each node and then of each pair; only finding it takes long.
  const asked = open.filter(({ name }) => to === undefined || name === to);
  const hosts = [...(source ? [source] : []), ...asked];
  const steps = lintSteps(among(cluster, hosts, options), DEFAULT_SETTINGS, preflightRules());
  const finding = hosts.map(() => () => steps.next());
  const judging = asked.flatMap((host) =>
    instances.map(
      ({ uuid }) =>
        () =>
          verdict(uuid, host),
    ),
  );
  await inSlices([...finding, ...judging], signal);
  const hostOf = new Map(cluster.hosts.map((h) => [h.name, h]));
  const guests = new Map((source?.facts?.instances ?? []).map((i) => [i.uuid, i]));
  const known = new Set([...hostOf.keys(), ...unread.keys()]);
  // Nova may well have nodes of which livemig.ini does not speak.
  const strangers = services.filter((s) => !known.has(s.node) && !closed.has(s.node));
  return planDrain({
    ...{ node, instances, rooms, scheduler, to },
    placement: new Map(
      services.filter((s) => s.enabled && s.up).map((s) => [s.node, room?.free.get(s.node) ?? Infinity]),
    ),
    verdict: ({ uuid }, name) => {
      const destination = hostOf.get(name);
      // Of a guest that libvirt does not tell of, what is found of the two nodes counts.
      return destination && verdict(uuid, destination);
    },
    // Huge pages are set aside already.
    need: ({ uuid, memory }) => (guests.get(uuid)?.hugepages?.some((size) => size > 0) ? 0 : memory),
    unread: new Map([
      ...[...unread].filter(([name]) => !closed.has(name)),
      ...strangers.map((s) => [s.node, 'it is not in livemig.ini'] as const),
    ]),
    nowhere: closedTo(services, node, to),
  });
}

let turn = Promise.resolve();

/** One after the other, however many plans are made at once, with what else is to be done between. */
async function inSlices(work: readonly (() => unknown)[], signal: AbortSignal | undefined): Promise<void> {
  let until = 0;
  for (const step of work) {
    if (performance.now() >= until) {
      await (turn = turn.then(() => setImmediate()));
      if (signal?.aborted) throw new FleetError('cancelled', 'cancelled');
      until = performance.now() + SLICE_MS;
    }
    step();
  }
}

/** Why nova takes nothing from a node, or nothing to where it is to go, whatever it is. */
export function closedTo(
  services: readonly ComputeService[],
  node: string,
  to: string | undefined,
): string | undefined {
  if (services.length === 0) return undefined;
  const of = (name: string) => services.find((s) => s.node === name);
  if (of(node)?.up === false) return `nova-compute is down on ${node}: nova moves nothing live from there`;
  if (to === undefined)
    return services.some((s) => s.node !== node && s.enabled && s.up)
      ? undefined
      : 'nova has no other compute host that is enabled and up';
  const target = of(to);
  if (!target) return `nova has no compute host ${to}`;
  if (!target.up) return `nova-compute is down on ${to}`;
  const why = target.reason === undefined ? '' : ` (${target.reason})`;
  return target.enabled ? undefined : `nova places nothing on ${to}: its compute service is disabled${why}`;
}

function roomOn({ name, facts = {} }: Host, taken?: Taken): Room {
  const { memory, space = {} } = facts;
  const free = memory && memory.available - RESERVED_MIB - (taken?.memory ?? 0);
  const disks = Object.entries(space).map(([on, { available }]): [string, number] => [
    on,
    available - (taken?.disks.get(on) ?? 0),
  ]);
  return { node: name, free, disks: new Map(disks) };
}

/** As nova would have it: 0 is no limit there. */
function parallelOf({ cluster }: Model, node: string): number {
  const value = cluster.hosts.find((h) => h.name === node)?.nova.get('max_concurrent_live_migrations')?.value;
  if (value === undefined || !/^-?\d+$/.test(value)) return 1;
  return Number(value) > 0 ? Number(value) : UNLIMITED;
}

/** Nova's own answer to too many at once is a queue; ours is to begin no more. */
const UNLIMITED = 10;
