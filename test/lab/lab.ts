/** The lab of lab.sh for tests: nodes with real daemons, removed with the process that started them, however that ends. */
import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const SCRIPT = path.join(import.meta.dirname, 'lab.sh');

/** Why there can be no lab here; false where there can. */
export const noLab: string | false =
  process.platform !== 'linux'
    ? 'not on Linux, so no namespaces'
    : process.getuid?.() !== 0
      ? 'not root, so no namespaces'
      : spawnSync(SCRIPT, ['possible'], { encoding: 'utf8' }).stdout.trim() || false;

export type LabNode = 'controller' | `compute${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9}`;

export interface Done {
  /** Exit status; undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Lab {
  /** Holds livemig.ini, ssh_config, known_hosts, known_hosts.hashed and id, the key that all nodes take. */
  readonly folder: string;
  readonly nodes: readonly LabNode[];
  file(name: string): string;
  /** `10.77.0.11`: where this machine and the nodes reach it. */
  address(node: LabNode): string;
  /** `10.77.1.11`: the nodes' other network, which this machine does not reach. */
  migrationAddress(node: LabNode): string;
  /** Process 1 of the node, as this machine numbers it. Its files lie below /proc/PID/root. */
  pid(node: LabNode): number;
  /** Runs a command in the node as root, by no network. */
  run(node: LabNode, argv: readonly string[], input?: string | Uint8Array): Promise<Done>;
  /** The same for a command that must go well: what it said. */
  must(node: LabNode, argv: readonly string[], input?: string | Uint8Array): Promise<string>;
  /** A file of the node. */
  read(node: LabNode, file: string): string;
  stop(): Promise<void>;
}

/** Starts a lab in a second or two. @throws Error in the lab's words when it does not come up */
export async function startLab(nodes: readonly LabNode[] = ['controller', 'compute1', 'compute2']): Promise<Lab> {
  // Its standard input is this process: when that ends, so does the lab.
  const child = spawn(SCRIPT, ['run', ...nodes], { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = new Promise<void>((resolve) => void child.once('close', () => resolve()));
  const folder = await folderOf(child);
  const file = (name: string): string => path.join(folder, name);
  const number = (name: string): number => Number(readFileSync(file(`${name}.pid`), 'utf8'));
  const host = (node: LabNode): number => (node === 'controller' ? 10 : 10 + Number(node.slice(7)));
  const net = /^address = (\d+\.\d+)\./m.exec(readFileSync(file('livemig.ini'), 'utf8'))![1]!;
  const run: Lab['run'] = (node, argv, input = '') =>
    new Promise((resolve, reject) => {
      const words = ['-t', String(number(node)), '-m', '-u', '-i', '-n', '-p', '-r', '-w', '--', 'env', '-i', ...ENV];
      const options = { encoding: 'utf8', maxBuffer: 1 << 28 } as const;
      const ran = execFile('nsenter', [...words, ...argv], options, (error, stdout, stderr) => {
        if (error && ran.exitCode === null && ran.signalCode === null) reject(new Error(error.message));
        else resolve({ code: ran.exitCode ?? undefined, stdout, stderr });
      });
      // One that reads nothing of it is no error.
      ran.stdin!.on('error', () => undefined).end(input);
    });
  return {
    folder,
    nodes,
    file,
    address: (node) => `${net}.0.${host(node)}`,
    migrationAddress: (node) => `${net}.1.${host(node)}`,
    pid: number,
    run,
    must: async (node, argv, input) => {
      const { code, stdout, stderr } = await run(node, argv, input);
      if (code !== 0) throw new Error(`${node}: ${argv.join(' ')} ended with ${code}: ${stderr || stdout}`);
      return stdout;
    },
    read: (node, name) => readFileSync(`/proc/${number(node)}/root${name}`, 'utf8'),
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

const ENV = ['HOME=/root', 'LANG=C.UTF-8', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'];

/** What the lab says when it is ready. */
function folderOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let out = '';
    let complaint = '';
    child.stderr!.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
    child.stdout!.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      if (out.includes('\n')) resolve(out.trim());
    });
    child.once('close', (code) => reject(new Error(`the lab ended with ${code}: ${complaint}`)));
  });
}
