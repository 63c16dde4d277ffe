/** Makes faults in the lab, asks pre-flight, migrates a guest for real, has a failure explained, and takes the fault back. */
import { setTimeout } from 'node:timers/promises';
import { copiedFiles, withCopies } from '../../../server/src/fleet/copy-probe';
import { FleetError, type Runner } from '../../../server/src/fleet/types';
import { lint } from '../../../server/src/lint';
import type { RunningMigration, Site } from '../../../server/src/migration/driver';
import { inDirection, whyFailed, type Why } from '../../../server/src/migration/explain';
import { LibvirtDriver } from '../../../server/src/migration/libvirt/driver';
import { LibvirtMigration } from '../../../server/src/migration/libvirt/migration';
import { among } from '../../../server/src/migration/pair';
import { judge, type Verdict } from '../../../server/src/migration/preflight';
import type { Movable, Outcome } from '../../../server/src/migration/types';
import type { Cluster } from '../../../server/src/model/cluster';
import { RULES } from '../../../server/src/rules/index';
import { QUIET, removeGuests, startGuest } from '../../migration/guests';
import { startBench, type Bench } from '../bench';
import type { Checker } from '../check';
import type { Lab, LabNode } from '../lab';
import { steps } from '../steps';
import { C1, C2, type Drill, type Guest, type Stage } from './drill';

/** No migration of these takes as long, ms. */
const HUNG_MS = 180_000;

export interface Told {
  readonly rule: string;
  readonly severity: string;
  readonly node: string | undefined;
  readonly message: string;
}

export interface Result {
  readonly drill: Drill;
  readonly state: Verdict['state'];
  /** What pre-flight said, errors first. */
  readonly reasons: readonly Told[];
  readonly outcome: Outcome;
  /** Id of the message that was recognised in what libvirt said or in the logs. */
  readonly message: string | undefined;
  /** Findings that the explainer takes for the cause, the likeliest first. */
  readonly explained: readonly Told[];
  readonly log: readonly string[];
  readonly ms: number;
}

export type Try = (drill: Drill) => Promise<Result>;

/** A lab of a stage. @throws Error when it cannot be had */
export function bench(stage: Stage): Promise<Bench<Try>> {
  return startBench(stage === 'tls' ? 'tls' : undefined, async (lab, look) => {
    if (stage === 'plain') await plain(lab);
    // A port that is dropped is given up after seconds, not after minutes.
    for (const node of [C1, C2] as const) await lab.must(node, ['sysctl', '-qw', 'net.ipv4.tcp_syn_retries=1']);
    await look.read();
    const guests = new Guests(lab);
    return (drill) => attempt(lab, look, guests, drill);
  });
}

/** No nova was ever there. */
async function plain(lab: Lab): Promise<void> {
  for (const node of [C1, C2] as const)
    await lab.must(node, ['sh', '-c', 'rm -rf /etc/nova /usr/lib/python3/dist-packages/nova-*']);
}

/** The guest stays for as many drills as it survives on the source. */
class Guests {
  #key: string | undefined;
  #guest: Movable | undefined;

  constructor(private readonly lab: Lab) {}

  async get(wanted: Guest = {}): Promise<Movable> {
    const key = JSON.stringify(wanted);
    if (this.#guest && this.#key === key && (await this.#runs(this.#guest))) return this.#guest;
    await removeGuests(this.lab);
    // Of the one before it owner and mode may be left.
    await this.lab.must(C1, ['rm', '-rf', '/var/lib/nova/instances/g1', '/var/lib/libvirt/images/g1']);
    const { before, devices = '' } = wanted;
    if (before) await this.lab.must(C1, before);
    const net = this.lab.address(C1).replace(/\.0\.11$/, '');
    const options = Object.entries(wanted.options ?? {}).map(([k, v]) => [k, String(v).replace('@NET', net)] as const);
    const guest = await startGuest(this.lab, C1, 'g1', { ...QUIET, ...Object.fromEntries(options) });
    if (devices !== '') await this.#redefine(guest, devices);
    [this.#key, this.#guest] = [key, guest];
    return guest;
  }

  async #runs({ uuid }: Movable): Promise<boolean> {
    const states = await Promise.all(
      ([C1, C2] as const).map((node) => this.lab.run(node, ['virsh', '-q', 'domstate', '--domain', uuid])),
    );
    return states[0]!.stdout.trim() === 'running' && states[1]!.code !== 0;
  }

  async #redefine({ uuid }: Movable, devices: string): Promise<void> {
    const xml = await this.lab.must(C1, ['virsh', 'dumpxml', '--inactive', uuid]);
    const changed = xml.replace('</devices>', `${devices}</devices>`);
    await this.lab.must(C1, ['virsh', '-q', 'destroy', uuid]);
    await this.lab.must(C1, ['tee', '/run/lab/changed.xml'], changed);
    await this.lab.must(C1, ['virsh', '-q', 'define', '/run/lab/changed.xml']);
    await this.lab.must(C1, ['virsh', '-q', 'start', uuid]);
  }
}

async function attempt(lab: Lab, look: Checker, guests: Guests, drill: Drill): Promise<Result> {
  const began = performance.now();
  const guest = await guests.get(drill.guest);
  try {
    await steps(lab, drill.make);
  } catch (error) {
    await steps(
      lab,
      drill.undo.map((s) => ({ ...s, mayFail: true })),
    );
    throw error;
  }
  try {
    const cluster = await seen(look, [C1, C2, 'controller'], drill, guest.uuid);
    const host = (name: string) => cluster.hosts.find((h) => h.name === name)!;
    const { options = {} } = drill;
    const { state, reasons } = judge({ cluster, source: host(C1), uuid: guest.uuid, options }, host(C2));
    const since = Date.now();
    const site = await siteOf(lab, look, drill);
    const driver = new LibvirtDriver(site);
    const { outcome, migration } = await migrate(driver, site, guest, drill);
    const log =
      outcome.phase === 'completed' || !migration
        ? []
        : await driver.reasons(migration, since, AbortSignal.timeout(60_000));
    const said = [outcome.message ?? '', ...log];
    const why = outcome.phase === 'completed' ? undefined : await explained(look, said, drill, guest.uuid);
    return {
      ...{ drill, state, outcome, log },
      reasons: reasons.map(({ severity, finding }) => ({ ...told(finding), severity })),
      message: why?.explanation.message.id,
      explained: (why?.found ?? []).map(told),
      ms: Math.round(performance.now() - began),
    };
  } finally {
    await steps(lab, drill.undo);
    await settled(lab);
  }
}

/** Nodes as they are now; where disks are to be copied with what lies where they would. */
async function seen(look: Checker, nodes: readonly LabNode[], drill: Drill, uuid: string): Promise<Cluster> {
  const cluster = await look.read(nodes, drill.shares);
  if (drill.options?.storage !== 'copy') return cluster;
  const snapshots = look.inventory.nodes.flatMap(({ name }) => look.snapshot(name as LabNode) ?? []);
  const guest = snapshots.find((s) => s.node === C1)?.facts.instances?.find((i) => i.uuid === uuid);
  const runners = new Map<string, Promise<Runner>>(([C1, C2] as const).map((name) => [name, look.runner(name)]));
  const runnerOf = (node: string): Runner => ({
    run: async (argv, options) => (await runners.get(node)!).run(argv, options),
  });
  const both = snapshots.filter(({ node }) => runners.has(node));
  const now = await withCopies(both, guest ? copiedFiles(guest) : [], runnerOf);
  return look.model(snapshots.map((s) => now.find((n) => n.node === s.node) ?? s));
}

/** libvirtd is there again on both. */
async function settled(lab: Lab): Promise<void> {
  for (const node of [C1, C2] as const) {
    const { code } = await lab.run(node, ['virsh', '-q', '-c', 'qemu:///system', 'list']);
    if (code !== 0) await lab.must(node, ['/run/lab/restart-libvirtd']);
  }
}

/** @throws Error when no end is told of it */
async function ended(outcome: Promise<Outcome>): Promise<Outcome> {
  const end = await Promise.race([outcome, setTimeout(HUNG_MS, undefined, { ref: false })]);
  if (!end) throw new Error('no end of its migration was told');
  return end;
}

interface Ended {
  readonly outcome: Outcome;
  readonly migration: RunningMigration | undefined;
}

async function migrate(driver: LibvirtDriver, site: Site, guest: Movable, drill: Drill): Promise<Ended> {
  const { options = {}, uri } = drill;
  try {
    if (uri !== undefined) {
      const ends = { source: site.end(C1), destination: site.end(C2) };
      const started = await LibvirtMigration.start({ instance: guest, ...ends, way: { uri }, options });
      return { outcome: await ended(started.outcome), migration: driver.follow(started, guest) };
    }
    const request = { uuid: guest.uuid, source: C1, destination: C2, options };
    const migration = await driver.migrate(request, AbortSignal.timeout(120_000));
    return { outcome: await ended(migration.outcome), migration };
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    return { outcome: { phase: 'failed', message: error.message }, migration: undefined };
  }
}

async function siteOf(lab: Lab, look: Checker, { user }: Drill): Promise<Site> {
  const runners = new Map<string, Runner>();
  for (const node of [C1, C2] as const) {
    const runner = await look.runner(node);
    const as: Runner = { run: (argv, options) => runner.run(['runuser', '-u', user!, '--', ...argv], options) };
    runners.set(node, user && node === C1 ? as : runner);
  }
  return {
    inventory: look.inventory,
    nodes: lab.nodes,
    end: (node) => ({ node, runner: runners.get(node)! }),
    snapshot: (node) => Promise.resolve(look.snapshot(node as LabNode)!),
    known: () => lab.nodes.map((n) => look.snapshot(n)!),
    model: (snapshots, partial) => look.model(snapshots, partial),
    password: () => Promise.resolve(undefined),
    log: () => undefined,
  };
}

async function explained(look: Checker, said: readonly string[], drill: Drill, uuid: string): Promise<Why | undefined> {
  const cluster = await seen(look, [C1, C2], drill, uuid);
  const { findings } = lint(among(cluster, cluster.hosts, { tls: true, postCopy: true, storage: 'copy' }));
  return whyFailed(said, inDirection(findings, C1, C2), RULES);
}

type Finding = ReturnType<typeof lint>['findings'][number];

const told = ({ rule, severity, host, message }: Finding): Told => ({
  ...{ rule: rule.id, severity, node: host?.name, message },
});
