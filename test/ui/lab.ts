// The demo cluster's machines as nodes: a private sshd for each, which has the demo's files for its /etc.
import { chmodSync, cpSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePort, keygen, startSshd, type Sshd } from '../fleet/sshd';
import { tempFolder } from '../support/temp';

const root = path.resolve(__dirname, '../..');
const demo = path.join(root, 'test/demo/nfs');
/** Of this machine, and nothing that a node needs. */
const LEFT_OUT = /^\/etc\/(ssh|ssl|ca-certificates|X11|fonts|chromium|java.*)(\/|$)/;

export interface LabNode {
  readonly name: string;
  readonly sshd: Sshd;
  /** What the node has at /etc, seen from here. */
  readonly etc: string;
}

export class Lab {
  readonly #temp = tempFolder();
  readonly nodes = new Map<string, LabNode>();
  #key = '';
  #gone = 0;

  async start(names: readonly string[]): Promise<void> {
    chmodSync(this.#temp.path, 0o711); // accounts of sshd look for their keys in it
    this.#key = keygen(this.file('id'));
    this.#gone = await freePort();
    writeFileSync(
      this.sshConfig,
      `UserKnownHostsFile ${this.file('known_hosts')}\nIdentityFile ${this.file('id')}\nIdentityAgent none\n`,
    );
    for (const name of names) {
      const etc = this.file(`${name}-etc`);
      cpSync('/etc', etc, {
        recursive: true,
        verbatimSymlinks: true,
        filter: (from) =>
          !LEFT_OUT.test(from) &&
          (lstatSync(from).isFile() || lstatSync(from).isDirectory() || lstatSync(from).isSymbolicLink()),
      });
      rmSync(path.join(etc, 'os-release'), { force: true }); // a link out of /etc
      cpSync(path.join(demo, name, 'etc'), etc, { recursive: true });
      const sshd = await startSshd(this.#temp.path, { keys: [this.#key], mounts: [['--bind', etc, '/etc']] });
      this.nodes.set(name, { name, sshd, etc });
    }
  }

  async stop(): Promise<void> {
    for (const { sshd } of this.nodes.values()) await sshd.stop();
    this.#temp.remove();
  }

  file(name: string): string {
    return path.join(this.#temp.path, name);
  }

  get sshConfig(): string {
    return this.file('ssh_config');
  }

  /** A port that nobody listens on, where livemig.ini has a node. */
  get goneAt(): number {
    return this.#gone;
  }

  /** What logs in everywhere. */
  get key(): string {
    return this.#key;
  }

  get knownHosts(): string {
    return readFileSync(this.file('known_hosts'), 'utf8');
  }

  /** Host keys of some nodes are known already. */
  trust(...names: readonly string[]): void {
    const lines = names.map((name) => this.nodes.get(name)!.sshd).map((s) => `[127.0.0.1]:${s.port} ${s.hostKey}\n`);
    writeFileSync(this.file('known_hosts'), lines.join(''));
  }

  /** livemig.ini of the demo with the addresses of this lab, and a node that nobody answers for. */
  fill(folder: string): void {
    let text = readFileSync(path.join(demo, 'livemig.ini'), 'utf8');
    for (const { name, sshd } of this.nodes.values())
      text = text.replace(new RegExp(`(\\[node ${name}\\]\\naddress = ).*`), `$1127.0.0.1\nport = ${sshd.port}`);
    text += `\n[node jovi-compute4]\naddress = 127.0.0.1\nport = ${this.#gone}\nuser = root\nroles = compute\n`;
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'livemig.ini'), text);
  }

  /** A file of a node as it lies there. */
  read(name: string, file: string): string {
    return readFileSync(path.join(this.nodes.get(name)!.etc, file), 'utf8');
  }

  /** As somebody else on the node would. */
  write(name: string, file: string, text: string): void {
    writeFileSync(path.join(this.nodes.get(name)!.etc, file), text);
  }
}
