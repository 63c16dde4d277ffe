/** A node in namespaces of its own: a root of its own above the machine's programs, its own processes, network and accounts. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { localRunner } from '../../server/src/fleet/shell';
import { takeSnapshot, savedFiles } from '../../server/src/fleet/snapshot';
import { FleetError, type Ran, type Runner } from '../../server/src/fleet/types';
import type { NodeFiles } from '../../server/src/fleet/repair';
import { decode } from '../../server/src/model/decode';
import { kindOf } from '../../server/src/model/files';
import type { HostInput } from '../../server/src/model/host';
import { children, kill } from './sshd';

const UNSHARE = ['unshare', '-m', '-n', '-p', '-f', '--propagation', 'private'];

/** Why there can be none here; false where there can. */
export const noNode: string | false =
  process.getuid?.() !== 0
    ? 'not root, so no namespaces can be made'
    : spawnSync(UNSHARE[0]!, [...UNSHARE.slice(1), 'mount', '-t', 'tmpfs', 'none', '/mnt']).status !== 0
      ? 'no namespaces here'
      : false;

/** Its root: the machine's programs, a copy of its /etc, and nothing else. Bash takes care of the children that others left. */
const ROOT = `
mount -t tmpfs -o mode=755 root "$1"
cd "$1"
mkdir usr etc proc dev run tmp var var/lib var/log opt root upper upper/u upper/w sys
chmod 1777 tmp
mount -t overlay -o lowerdir=/usr,upperdir="$1/upper/u",workdir="$1/upper/w" usr usr
for link in bin sbin lib lib64; do [ ! -L "/$link" ] || cp -a "/$link" .; [ -L "/$link" ] || { [ ! -d "/$link" ] || { mkdir "$link"; mount --bind "/$link" "$link"; }; }; done
# What the machine may have of libvirt is not the node's, and takes the collector its time.
rm -f usr/bin/virsh usr/bin/qemu-system-* usr/bin/kvm usr/sbin/libvirtd usr/sbin/virtqemud
cp -a /etc/. etc
rm -rf etc/nova etc/libvirt etc/exports etc/exports.d etc/init.d/nova-compute etc/iptables
mount -t proc proc proc
mount --rbind /dev dev
mount --make-rslave dev
ip link set lo up
ln -sf /proc/self/mounts etc/mtab
printf 'passwd: files\\ngroup: files\\nshadow: files\\nhosts: files\\n' >etc/nsswitch.conf
echo ready
exec chroot . bash -c 'while :; do sleep 3600 & wait; done'
`;

export interface TestNode {
  readonly runner: Runner;
  readonly files: NodeFiles;
  /** Of its first process, as this machine sees it. */
  readonly pid: number;
  /** Runs a script there as root. @throws Error with what it said when it ends with anything but 0 */
  sh(script: string, ...words: string[]): Promise<string>;
  stop(): void;
}

let nodes = 0;

export async function startNode(folder: string): Promise<TestNode> {
  const root = path.join(folder, `node${nodes++}`);
  mkdirSync(root);
  const child = spawn(UNSHARE[0]!, [...UNSHARE.slice(1), 'sh', '-ec', ROOT, 'sh', root], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => Promise.reject(new Error('no node'))),
  ]);
  const pid = children(child.pid!)[0]!;
  for (let i = 0; i < 12_000 && readFileSync(`/proc/${pid}/comm`, 'utf8').trim() !== 'bash'; i++)
    await new Promise((r) => setTimeout(r, 10));
  const local = localRunner();
  const enter = ['nsenter', '-t', String(pid), '-m', '-n', '-p', '-r', '-w', '--'];
  const runner: Runner = { run: (argv, options) => local.run([...enter, ...argv], options) };
  const said = async (argv: readonly string[], input = ''): Promise<Ran> => {
    const ran = await runner.run(argv, { timeout: 60_000, input });
    if (ran.code !== 0) throw new Error(`${argv.join(' ')}: ${ran.code ?? ran.signal ?? ''}: ${ran.stderr}`);
    return ran;
  };
  return {
    runner,
    pid,
    files: {
      async read(file) {
        const ran = await runner.run(['cat', file], { timeout: 60_000 });
        if (ran.code !== 0) throw new FleetError('not-found', `${file}: ${ran.stderr}`);
        return { bytes: ran.stdout };
      },
      write: (file, bytes) => runner.run(['sh', '-c', 'cat >"$1"', 'sh', file], { timeout: 60_000, input: bytes }),
    },
    sh: async (script, ...words) => Buffer.from((await said(['sh', '-ec', script, 'sh', ...words])).stdout).toString(),
    stop: () => {
      kill(pid);
      child.kill('SIGKILL');
    },
  };
}

/** What the collector brings from it, as a host of a cluster. */
export async function hostOf(node: TestNode, name: string, extra: object = {}): Promise<HostInput> {
  const snapshot = await takeSnapshot(node.runner, { node: name, deadline: 30 });
  const facts = { ...snapshot.facts, ...extra };
  const files = savedFiles({ ...snapshot, facts }).flatMap(({ path: file, bytes }) => {
    const kind = kindOf(file);
    return kind === undefined ? [] : [{ uri: `file:///${name}/${file}`, path: file, kind, text: decode(bytes).text }];
  });
  return { name, folder: `file:///${name}`, files };
}

/** A host that is told of, not read. */
export function toldHost(name: string, files: Readonly<Record<string, string>>): HostInput {
  return {
    name,
    folder: `file:///${name}`,
    files: Object.entries(files).map(([file, text]) => ({
      uri: `file:///${name}/${file}`,
      path: file,
      kind: kindOf(file)!,
      text,
    })),
  };
}
