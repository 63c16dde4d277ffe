/** What livemig finds in the lab, the way `livemig check` goes: SSH, the collector, the rules. Connections stay open. */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { dial, type Dialled, type DialNode } from '../../server/src/fleet/dial';
import { KeyStore } from '../../server/src/fleet/ssh/keys';
import { savedFiles, takeSnapshot } from '../../server/src/fleet/snapshot';
import { probeStorage } from '../../server/src/fleet/storage-probe';
import type { FleetLog, Snapshot } from '../../server/src/fleet/types';
import { lint } from '../../server/src/lint';
import { Cluster } from '../../server/src/model/cluster';
import { decode } from '../../server/src/model/decode';
import { kindOf, type SourceFile } from '../../server/src/model/files';
import type { HostInput } from '../../server/src/model/host';
import { readInventory } from '../../server/src/model/inventory';
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
  snapshot(node: LabNode): Snapshot | undefined;
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
  const take = async (node: DialNode): Promise<void> => {
    const others = nodes.filter((n) => n.name !== node.name);
    let to = dialled.get(node.name);
    if (!to) dialled.set(node.name, (to = await connect(node)));
    const computes = others.filter((n) => n.name !== 'controller');
    const request = {
      node: node.name,
      peers: others.map((n) => n.name),
      probes: computes.flatMap((n) => PROBED.map((port) => `${n.address}:${port}`)),
      deadline: 60,
    };
    snapshots.set(node.name, await takeSnapshot(to.runner, request, log));
  };
  const computes = () =>
    nodes.flatMap(({ name }) => {
      const to = dialled.get(name);
      return to && name !== 'controller' ? [{ node: name, runner: to.runner, path: INSTANCES }] : [];
    });
  return {
    check: async (wanted = lab.nodes, settings, shares = false) => {
      await Promise.all(nodes.filter((n) => wanted.includes(n.name as LabNode)).map(take));
      const probed = shares ? await probeStorage(computes(), log) : undefined;
      const hosts = nodes.flatMap((n) => {
        const taken = snapshots.get(n.name);
        const sharesInstances = probed?.shares.get(n.name);
        return (
          hostInput(
            lab,
            taken && { ...taken, facts: { ...taken.facts, ...(sharesInstances && { sharesInstances }) } },
          ) ?? []
        );
      });
      const cluster = new Cluster({ root: pathToFileURL(lab.folder).href, hosts, inventory });
      return lint(cluster, settings).findings.map(({ rule, severity, host, file, message }) => ({
        ...{ rule: rule.id, severity, node: host?.name, file: file.path, message },
      }));
    },
    snapshot: (node) => snapshots.get(node),
    close: () => {
      for (const { close } of dialled.values()) close();
    },
  };
}

function hostInput(lab: Lab, snapshot: Snapshot | undefined): HostInput | undefined {
  if (!snapshot) return undefined;
  const folder = `${pathToFileURL(lab.folder).href}/${snapshot.node}`;
  const files = savedFiles(snapshot).flatMap(({ path, bytes }): SourceFile[] => {
    const kind = kindOf(path);
    if (kind === undefined) return [];
    const { text, defect } = decode(bytes);
    return [{ uri: `${folder}/${path}`, path, kind, text: kind === 'wants' ? '' : text, ...(defect && { defect }) }];
  });
  return { name: snapshot.node, folder, files };
}
