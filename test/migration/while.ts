/** Migrations of the fleet process in the lab, for faults while they run: what is shown must be what the nodes say. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { MigrationView } from '../../server/src/fleet-protocol';
import type { MigrateOptions, Movable } from '../../server/src/migration/types';
import { startFleet, type FleetProcess } from '../fleet/fleet-process';
import { sleep } from '../fleet/sshd';
import { startLab, type Lab, type LabNode } from '../lab/lab';
import { removeGuests } from './guests';

export const cluster = 'Lab';
/** After a fault has ended, what is shown is true within this time, in ms. */
const TRUE_WITHIN_MS = 60_000;

const NODES = ['compute1', 'compute2'] as const;

/** A window: a fleet process that knows the lab. */
export interface Window {
  readonly fleet: FleetProcess;
  readonly told: readonly MigrationView[];
  /** @param from where it runs; it goes to the other one */
  migrate(guest: Movable, options?: MigrateOptions, from?: LabNode): Promise<MigrationView>;
  /** Reads both nodes, as an open view does. */
  read(): Promise<void>;
  /** Its view of the guest's newest migration. */
  view(guest: Movable): Promise<MigrationView | undefined>;
  /** Waits until what is told of it satisfies. */
  until(holds: (view: MigrationView) => boolean): Promise<MigrationView>;
}

/** Where a guest runs, as both nodes say. */
export interface Truth {
  /** Where it is alive, standing still included. */
  readonly on: readonly LabNode[];
  /** It is being sent; libvirt keeps the job of a post-copy that broke, until somebody mends it. */
  readonly moving: boolean;
}

export class Bench {
  lab!: Lab;
  readonly #windows: FleetProcess[] = [];

  async start(): Promise<void> {
    this.lab = await startLab(NODES);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#windows.map((fleet) => fleet.stop()));
    await this.lab.stop();
  }

  tidy(): Promise<void> {
    return removeGuests(this.lab);
  }

  /** QEMU as root: else no post-copy where vm.unprivileged_userfaultfd is 0. */
  async allowPostCopy(): Promise<void> {
    const script = `printf '%s\\n' 'user = "root"' 'group = "root"' 'clear_emulator_capabilities = 0' >>/etc/libvirt/qemu.conf`;
    for (const node of NODES) {
      await this.lab.must(node, ['sh', '-c', script]);
      await this.lab.must(node, ['/run/lab/restart-libvirtd']);
    }
  }

  async window(): Promise<Window> {
    const fleet = startFleet(cluster);
    this.#windows.push(fleet);
    const told: MigrationView[] = [];
    const listeners = new Set<() => void>();
    fleet.client.onNotification('fleet/migration', (view: MigrationView) => {
      told.push(view);
      for (const look of listeners) look();
    });
    const text = `[cloud]\nname = ${cluster}\n${readFileSync(this.lab.file('livemig.ini'), 'utf8')}`;
    const files = [{ uri: 'file:///w/lab/livemig.ini', text }];
    await fleet.ask('inventories', { files, trusted: true, sshConfig: this.lab.file('ssh_config') });
    return {
      ...{ fleet, told },
      migrate: ({ uuid }, options = {}, node = 'compute1') =>
        fleet.ask('migrate', { cluster, node, uuid, destination: NODES.find((n) => n !== node), options }),
      read: async () => {
        await Promise.all(NODES.map((node) => fleet.refresh(node)));
      },
      view: async ({ uuid }) =>
        (await fleet.ask<MigrationView[]>('migrations', {})).filter((view) => view.uuid === uuid).at(-1),
      until: (holds) =>
        new Promise((resolve, reject) => {
          const late = setTimeout(
            () => reject(new Error(`not told: ${JSON.stringify(told.at(-1))}\n${fleet.log.slice(-20).join('\n')}`)),
            240_000,
          );
          const look = (): void => {
            const found = told.find(holds);
            if (!found) return;
            clearTimeout(late);
            listeners.delete(look);
            resolve(found);
          };
          listeners.add(look);
          look();
        }),
    };
  }

  /** Asked of the nodes themselves, by no network. */
  async truth({ uuid }: Movable): Promise<Truth> {
    const asked = await Promise.all(
      NODES.map(async (node) => {
        const ask = async (...words: string[]) => (await this.lab.run(node, ['virsh', '-q', ...words])).stdout;
        const [state, job] = [await ask('domstate', uuid, '--reason'), await ask('domjobinfo', uuid)];
        return {
          node,
          alive: /^(running|paused)/.test(state),
          moving: /^Operation:\s+Outgoing/m.test(job) && !/post-copy failed/.test(state),
        };
      }),
    );
    return { on: asked.filter((a) => a.alive).map((a) => a.node), moving: asked.some((a) => a.moving) };
  }

  /**
   * Waits until a window shows what the nodes say: how it goes, or how it ended.
   * @returns what it shows
   */
  async shownTrue(window: Window, guest: Movable): Promise<MigrationView> {
    const began = Date.now();
    for (;;) {
      const [truth, view] = [await this.truth(guest), await window.view(guest)];
      if (view && isTrue(view, truth)) return view;
      const log = () => window.fleet.log.slice(-30).join('\n');
      if (Date.now() - began > TRUE_WITHIN_MS) assert.fail(`it shows ${JSON.stringify({ view, truth })}\n${log()}`);
      await sleep(100);
    }
  }

  /** Its end, with the cause of a failure, which may take longer than that it is known. */
  async ended(window: Window, guest: Movable): Promise<NonNullable<MigrationView['outcome']>> {
    await this.shownTrue(window, guest);
    const { id } = (await window.view(guest))!;
    return (await window.until((view) => view.id === id && view.outcome !== undefined)).outcome!;
  }

  /** The rule after every fault: it runs once, not twice, and is not lost. */
  async runsOnce(guest: Movable): Promise<LabNode> {
    const { on, moving } = await this.truth(guest);
    assert.deepEqual([on.length, moving], [1, false], `alive on ${on.join(' and ') || 'no node'}`);
    const node = on[0]!;
    assert.match(await this.lab.must(node, ['virsh', '-q', 'domstate', guest.uuid]), /^running/);
    // Nor does a QEMU of it run that libvirt does not know of.
    const found = await Promise.all(
      NODES.map(async (n) => (await this.lab.run(n, ['pgrep', '-fc', `guest=${guest.name},`])).stdout.trim()),
    );
    assert.deepEqual(found.map(Number).sort(), [0, 1], 'QEMUs of it');
    return node;
  }
}

function isTrue({ progress: { phase }, outcome, source, destination }: MigrationView, { on, moving }: Truth): boolean {
  if (moving) return !outcome && ['starting', 'memory', 'post-copy'].includes(phase);
  if (!outcome) return phase === 'failed' && on.length < 2 && on[0] !== destination;
  if (on.length > 1 || outcome.on !== on[0]) return outcome.broken === true && outcome.on === undefined;
  return on[0] === (outcome.phase === 'completed' ? destination : on[0] && source);
}
