/** Asks the programs whose files we read: one long-lived process for each, a JSON line per question. */
import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Debian's own interpreter: it is the one that has Debian's python3-oslo.config. */
const PYTHON = process.env['LIVEMIG_PYTHON'] ?? '/usr/bin/python3';

export interface OracleSpec {
  readonly script: string;
  /** Programs that have to be in the PATH (Debian's sbin folders included). */
  readonly programs?: readonly string[];
  /** Python that fails when something is missing. */
  readonly probe?: string;
  /** Needs root: a mount namespace of its own. */
  readonly mounts?: boolean;
  /** A network of its own, too. */
  readonly network?: boolean;
  /** Debian packages, for the message. */
  readonly packages: string;
}

export const ORACLES = {
  oslo: { script: 'oslo.py', probe: 'import oslo_config.cfg', packages: 'python3-oslo.config' },
  libvirt: { script: 'libvirt.py', probe: 'import ctypes; ctypes.CDLL("libvirt.so.0")', packages: 'libvirt0' },
  exports: { script: 'exports.py', programs: ['exportfs', 'unshare'], mounts: true, packages: 'nfs-kernel-server' },
  fstab: {
    script: 'fstab.py',
    programs: ['findmnt'],
    probe: 'import ctypes; ctypes.CDLL("libmount.so.1")',
    packages: 'util-linux libmount1',
  },
  shell: { script: 'shell.py', programs: ['dash'], packages: 'dash' },
  unit: {
    script: 'unit.py',
    programs: ['systemd-analyze'],
    probe:
      'import ctypes, glob; ctypes.CDLL((glob.glob("/usr/lib/*/systemd/libsystemd-shared-*.so") + glob.glob("/usr/lib/systemd/libsystemd-shared-*.so") + glob.glob("/lib/systemd/libsystemd-shared-*.so"))[0])',
    packages: 'systemd',
  },
  hosts: { script: 'hosts.py', programs: ['unshare'], mounts: true, packages: 'util-linux' },
} as const satisfies Record<string, OracleSpec>;

/** Not asked about a text but about whole files: whether the daemon starts with them. */
export const DAEMON: OracleSpec = {
  script: 'daemon.py',
  programs: ['libvirtd', 'openssl', 'ip', 'ss', 'unshare'],
  probe: 'import glob; assert glob.glob("/usr/lib/*/libvirt/connection-driver/libvirt_driver_qemu.so")',
  mounts: true,
  network: true,
  packages: 'libvirt-daemon libvirt-daemon-driver-qemu openssl iproute2 util-linux',
};

/** Asked for its verdict by a lens: a second opinion beside the program that reads the file. */
export const AUGEAS: OracleSpec = {
  script: 'augeas.py',
  probe: `
import ctypes, os
ctypes.CDLL("libaugeas.so.0")
for lens in "dist/exports dist/fstab dist/hosts libvirtd libvirtd_qemu".split():
    os.stat(f"/usr/share/augeas/lenses/{lens}.aug")`,
  packages: 'libaugeas0 augeas-lenses libvirt-daemon libvirt-daemon-driver-qemu',
};

/** Systemd's reading of fstab; apart from the others, since it judges entries and not syntax. */
export const GENERATOR: OracleSpec = {
  script: 'generator.py',
  probe: 'import os; os.stat("/lib/systemd/system-generators/systemd-fstab-generator")',
  packages: 'systemd',
};

const environment = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`, PYTHONUTF8: '1' };

function isInPath(program: string): boolean {
  return environment.PATH.split(':').some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function works(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore', env: environment });
    return true;
  } catch {
    return false;
  }
}

/** What this machine lacks to ask the oracle, or undefined. */
export function missing(spec: OracleSpec): string | undefined {
  if (process.platform !== 'linux') return 'this is not Linux';
  if (!works(PYTHON, ['-c', ''])) return `${PYTHON} is missing`;
  const absent = (spec.programs ?? []).find((program) => !isInPath(program));
  if (absent !== undefined) return `${absent} is missing (packages: ${spec.packages})`;
  if (spec.probe !== undefined && !works(PYTHON, ['-c', spec.probe])) return `missing packages: ${spec.packages}`;
  if (spec.mounts && !works('unshare', [...namespaces(spec), 'true'])) return 'namespaces need root';
  return undefined;
}

function namespaces({ mounts, network }: OracleSpec): string[] {
  return [...(mounts ? ['--mount'] : []), ...(network ? ['--net'] : [])];
}

export class Oracle<Answer> {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void }[] = [];
  #stderr = '';

  constructor(spec: OracleSpec) {
    const script = join(__dirname, spec.script);
    const [command, ...args] = spec.mounts
      ? ['unshare', ...namespaces(spec), PYTHON, '-B', script]
      : [PYTHON, '-B', script];
    this.#process = spawn(command, args, { env: environment });
    createInterface({ input: this.#process.stdout }).on('line', (line) => {
      this.#waiting.shift()?.resolve(JSON.parse(line) as Answer);
    });
    this.#process.stderr.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()));
    this.#process.on('close', () => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error(`${spec.script} ended: ${this.#stderr}`));
    });
  }

  ask(text: string | Uint8Array, more: object = {}): Promise<Answer> {
    const bytes = Buffer.from(text as string).toString('base64');
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#process.stdin.write(`${JSON.stringify({ ...more, bytes })}\n`);
    });
  }

  close(): void {
    this.#process.stdin.end();
  }
}
