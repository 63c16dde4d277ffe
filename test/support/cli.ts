import { spawn } from 'node:child_process';
import { chmodSync, cpSync } from 'node:fs';
import path from 'node:path';
import { buildSync } from './bundle';
import { tempFolder } from './temp';

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The bundled command line, as a user has it; run in a folder, with standard input if given. */
export function livemig(
  args: readonly string[],
  options: { cwd?: string; input?: string | Buffer; uid?: number; env?: NodeJS.ProcessEnv } = {},
): Promise<Run> {
  return new Promise((done, fail) => {
    // Somebody else may not be let into the folder of the checkout.
    const apart = options.uid === undefined ? undefined : tempFolder();
    if (apart) {
      cpSync(path.dirname(buildSync()), apart.path, { recursive: true });
      chmodSync(apart.path, 0o755);
    }
    const env = { ...process.env, ...options.env };
    delete env.NO_COLOR;
    delete env.FORCE_COLOR;
    const child = spawn(process.execPath, [apart ? path.join(apart.path, 'cli.js') : buildSync(), ...args], {
      cwd: options.cwd ?? path.resolve(__dirname, '../..'),
      env,
      ...(options.uid !== undefined && { uid: options.uid, gid: options.uid }),
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (d: string) => (stdout += d));
    child.stderr.setEncoding('utf8').on('data', (d: string) => (stderr += d));
    child.on('error', fail);
    child.on('close', (code) => {
      apart?.remove();
      done({ code, stdout, stderr });
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}
