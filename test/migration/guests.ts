/** Guests of the lab, and nodes of it as ends of a migration. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { resolveTarget } from '../../server/src/fleet/ssh/config';
import { connect } from '../../server/src/fleet/ssh/connect';
import type { SshConnection } from '../../server/src/fleet/ssh/connection';
import type { Prompts } from '../../server/src/fleet/types';
import type { Movable } from '../../server/src/migration/types';
import type { Lab, LabNode } from '../lab/lab';

/** Where `listen_tcp` stands. */
export const LIBVIRTD = '/etc/libvirt/libvirtd.conf';

/** Nobody is there to be asked: the lab's key and known_hosts have to do. */
export const NOBODY: Prompts = {
  hostKey: () => Promise.resolve(false),
  passphrase: () => Promise.resolve(undefined),
  password: () => Promise.resolve(undefined),
  answers: () => Promise.resolve(undefined),
};

/** Options of a guest that writes a few hundred KiB a second, in 16 MiB: it fits through a narrow way, on a busy machine, too. */
export const QUIET = { dirty: 16, delay: 60_000 } as const;
/** Of one that writes faster than 1 MiB/s carries: it never arrives by itself. */
export const BUSY = { dirty: 64, delay: 1000 } as const;

/** Starts a guest that writes its memory. @param options as of `lab.sh guest` */
export async function startGuest(
  lab: Lab,
  node: LabNode,
  name: string,
  options: Readonly<Record<string, string | number>> = {},
): Promise<Movable> {
  const words = Object.entries(options).map(([key, value]) => `${key}=${value}`);
  const ran = spawnSync(path.join(import.meta.dirname, '../lab/lab.sh'), ['guest', node, name, ...words], {
    encoding: 'utf8',
    env: { ...process.env, LAB_DIR: lab.folder },
  });
  if (ran.status !== 0) throw new Error(`no guest ${name}: ${ran.stderr}`);
  return { name, uuid: (await lab.must(node, ['virsh', 'domuuid', name])).trim() };
}

/** Takes away all guests of the compute nodes, running or defined, with their disks: the next of that name gets its own. */
export async function removeGuests(lab: Lab): Promise<void> {
  for (const node of lab.nodes.filter((n) => n !== 'controller'))
    for (const line of (await lab.must(node, ['virsh', '-q', 'list', '--all', '--uuid', '--name'])).split('\n')) {
      const [uuid, name] = line.trim().split(/\s+/);
      if (!uuid || !name) continue;
      await lab.run(node, ['virsh', 'destroy', uuid]);
      await lab.run(node, ['virsh', 'undefine', uuid]);
      await lab.run(node, ['rm', '-rf', `/var/lib/nova/instances/${name}`, `/var/lib/libvirt/images/${name}`]);
    }
}

/** While libvirtd of a node does not listen: a migration to it fails, as its libvirtd.conf foretells. */
export async function withoutListening<T>(lab: Lab, node: LabNode, work: () => Promise<T>): Promise<T> {
  const listening = async (value: 0 | 1): Promise<void> => {
    await lab.must(node, ['sed', '-i', `s/^listen_tcp.*/listen_tcp = ${value}/`, LIBVIRTD]);
    await lab.must(node, ['/run/lab/restart-libvirtd']);
  };
  await listening(0);
  try {
    return await work();
  } finally {
    await listening(1);
  }
}

/** A connection of its own to a node. */
export async function connectTo(lab: Lab, node: LabNode, user = 'root'): Promise<SshConnection> {
  const target = await resolveTarget(
    { name: node, address: lab.address(node), values: { user } },
    { nodes: [], configFile: lab.file('ssh_config') },
  );
  return connect(target, NOBODY, () => undefined, undefined, { trusted: true });
}

/** State and reason of a guest on a node, as virsh says them; undefined where it is not. */
export async function stateOn(lab: Lab, node: LabNode, { uuid }: Movable): Promise<string | undefined> {
  const { code, stdout } = await lab.run(node, ['virsh', '-q', 'domstate', '--domain', uuid, '--reason']);
  return code === 0 ? stdout.trim() : undefined;
}
