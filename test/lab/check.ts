/** What livemig finds in the lab, the way `livemig check` goes: SSH, the collector, the rules. Connections stay open. */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { dial, type Dialled, type DialNode } from '../../server/src/fleet/dial';
import { KeyStore } from '../../server/src/fleet/ssh/keys';
import { savedFiles, takeSnapshot } from '../../server/src/fleet/snapshot';
import { probeStorage } from '../../server/src/fleet/storage-probe';
import type { FleetLog, Runner, Snapshot } from '../../server/src/fleet/types';
import { lint } from '../../server/src/lint';
import { Cluster } from '../../server/src/model/cluster';
import { decode } from '../../server/src/model/decode';
import { kindOf, type SourceFile } from '../../server/src/model/files';
import type { HostInput } from '../../server/src/model/host';
import { readInventory, type Inventory } from '../../server/src/model/inventory';
import type { Severity } from '../../server/src/rules/rule';
import type { Settings } from '../../server/src/settings';
import { answering } from '../fleet/sshd';
import type { Lab, LabNode } from './lab';

export interface Found {
  readonly rule: string;
  readonly severity: Severity;
  /** Undefined for what livemig.ini itself is blamed for. */
  readonly node: string | undefined;
  /** From the node's root: `etc/nova/nova.conf`, or `facts.json`. */
  readonly file: string;
  readonly message: string;
}

export interface Checker {
  /**
   * Reads these nodes anew, or all, and judges them beside what is known of the others.
   * @param shares tries by a file whether the computes share their instances
   */
  check(nodes?: readonly LabNode[], settings?: Settings, shares?: boolean): Promise<readonly Found[]>;
  /** The same without judging: the model of all that is known then. */
  read(nodes?: readonly LabNode[], shares?: boolean): Promise<Cluster>;
  /** The model of some snapshots. */
  model(snapshots: readonly Snapshot[], partial?: boolean): Cluster;
  snapshot(node: LabNode): Snapshot | undefined;
  /** Where commands run on a node: the connection over which it was read. */
  runner(node: LabNode): Promise<Runner>;
  readonly inventory: Inventory;
  close(): void;
}

const INSTANCES = '/var/lib/nova/instances';

/** Ports that each node tries on the others: libvirt's, and the first of QEMU's. */
const PROBED = [16509, 16514, 49152];

export function checker(lab: Lab, log: FleetLog = () => undefined): Checker {
  const text = readFileSync(lab.file('livemig.ini'), 'utf8');
  const inventory: SourceFile = {
    ...{ uri: pathToFileURL(lab.file('livemig.ini')).href, path: 'livemig.ini', kind: 'livemig-ini' },
    text,
  };
  const nodes: readonly DialNode[] = readInventory(inventory).nodes;
  const keys = new KeyStore();
  const dialled = new Map<string, Dialled>();
  const snapshots = new Map<string, Snapshot>();
  const connect = (node: DialNode): Promise<Dialled> => {
    const configFile = lab.file('ssh_config');
    return dial(node, { prompts: answering({}), keys, nodes, configFile, log });
  };
  const runner = async (name: string): Promise<Runner> => {
    let to = dialled.get(name);
    if (!to) dialled.set(name, (to = await connect(nodes.find((n) => n.name === name)!)));
    return to.runner;
  };
  const take = async (node: DialNode): Promise<void> => {
    const others = nodes.filter((n) => n.name !== node.name);
    const computes = others.filter((n) => n.name !== 'controller');
    const request = {
      node: node.name,
      peers: others.map((n) => n.name),
      probes: computes.flatMap((n) => PROBED.map((port) => `${n.address}:${port}`)),
      deadline: 60,
    };
    snapshots.set(node.name, await takeSnapshot(await runner(node.name), request, log));
  };
  const computes = () =>
    nodes.flatMap(({ name }) => {
      const to = dialled.get(name);
      return to && name !== 'controller' ? [{ node: name, runner: to.runner, path: INSTANCES }] : [];
    });
  const model: Checker['model'] = (list, partial = false) => {
    const hosts = list.flatMap((snapshot) => hostInput(lab, snapshot));
    const root = pathToFileURL(lab.folder).href;
    return new Cluster({ root, hosts, inventory, ...(partial && { partial }) });
  };
  const read: Checker['read'] = async (wanted = lab.nodes, shares = false) => {
    await Promise.all(nodes.filter((n) => wanted.includes(n.name as LabNode)).map(take));
    const probed = shares ? await probeStorage(computes(), log) : undefined;
    return model(
      nodes.flatMap((n) => {
        const taken = snapshots.get(n.name);
        const sharesInstances = probed?.shares.get(n.name);
        if (!taken) return [];
        return [{ ...taken, facts: { ...taken.facts, ...(sharesInstances && { sharesInstances }) } }];
      }),
    );
  };
  return {
    ...{ read, model, runner, inventory: readInventory(inventory) },
    check: async (wanted, settings, shares) =>
      lint(await read(wanted, shares), settings).findings.map(({ rule, severity, host, file, message }) => ({
        ...{ rule: rule.id, severity, node: host?.name, file: file.path, message },
      })),
    snapshot: (node) => snapshots.get(node),
    close: () => {
      for (const { close } of dialled.values()) close();
    },
  };
}

function hostInput(lab: Lab, snapshot: Snapshot): HostInput {
  const folder = `${pathToFileURL(lab.folder).href}/${snapshot.node}`;
  const files = savedFiles(snapshot).flatMap(({ path, bytes }): SourceFile[] => {
    const kind = kindOf(path);
    if (kind === undefined) return [];
    const { text, defect } = decode(bytes);
    return [{ uri: `${folder}/${path}`, path, kind, text: kind === 'wants' ? '' : text, ...(defect && { defect }) }];
  });
  return { name: snapshot.node, folder, files };
}
