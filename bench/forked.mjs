// Measurements that are made in a process of their own: who asks for one, and who makes it.
import { fork } from 'node:child_process';

/** The next message of a child; its end is an error. */
export function message(child, what) {
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`${what} ended with ${code}`)));
  });
}

/**
 * Has a file of this folder measure once.
 * @param {string} file it calls `measures`
 * @param {{ cwd: string, what: string, profile?: string }} options profile: a folder for its CPU profile
 * @throws what the measurement failed of
 */
export async function measured(file, request, { cwd, what, profile }) {
  const host = fork(new URL(file, import.meta.url), {
    execArgv: ['--import', 'tsx', ...(profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [])],
    cwd,
  });
  const answer = message(host, `the measurement of ${what}`);
  host.send(request);
  const { error, ...figures } = await answer;
  if (error) throw new Error(error);
  return figures;
}

/** The other side: measures what is asked for, answers, and ends. */
export function measures(measure) {
  process.once('message', (request) => {
    measure(request).then(
      (figures) => process.send(figures, () => process.exit(0)),
      (error) => process.send({ error: error.stack ?? String(error) }, () => process.exit(1)),
    );
  });
}
