import type { Command, Service } from './types';

/** A daemon has as long to stop and to start as systemd gives it (90 s), and both may follow each other. */
const RESTART_MS = 200_000;
const SHORT_MS = 30_000;

export function command(argv: readonly string[], timeout = SHORT_MS): Command {
  return { argv, timeout };
}

/** What failed too often is not started any more, however good its file is by now. */
export function forgive({ name, socket }: Service): Command {
  const units = socket === undefined ? [name] : [name, socket];
  return { ...command(['systemctl', 'reset-failed', ...units]), may: true };
}

/**
 * Upstart reads a job's file anew only when the job is started, not when it is restarted.
 */
export function restart(service: Service): Command[] {
  const { init, name } = service;
  switch (init) {
    case 'systemd':
      return [forgive(service), command(['systemctl', 'restart', name], RESTART_MS)];
    case 'upstart':
      return [{ ...command(['stop', name], RESTART_MS), may: true }, command(['start', name], RESTART_MS)];
    case 'sysvinit':
      return [command(['service', name, 'restart'], RESTART_MS)];
  }
}

export function systemctl(verb: string, ...units: string[]): Command {
  return command(['systemctl', verb, ...units], RESTART_MS);
}

/** For reading, as one would type it; what is run is run by words. */
export function shown(commands: readonly Command[]): string {
  const word = (w: string): string => (/^[\w./:=@%+,-]+$/.test(w) ? w : `'${w.replaceAll("'", `'\\''`)}'`);
  return commands.map(({ argv, may }) => argv.map(word).join(' ') + (may ? ' || true' : '')).join('; ');
}

/**
 * Runs commands one after the other, each given as `COUNT WORD…` or, where it may fail, `?COUNT WORD…`: as one command, so
 * that a connection that is cut leaves no daemon stopped. Words are words: eval reads their numbers alone.
 */
const SEQUENCE = [
  'PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin',
  'export PATH',
  'while [ $# -gt 0 ]; do',
  "n=${1#'?'} may=$1",
  'shift',
  "line='' i=1",
  'while [ "$i" -le "$n" ]; do line="$line \\"\\${$i}\\"" i=$((i + 1)); done',
  'eval "$line" </dev/null || { status=$?; case $may in "?"*) ;; *) exit "$status" ;; esac; }',
  'shift "$n"',
  'done',
].join('\n');

/** The commands as one, by words, and the time for all of them in ms. */
export function sequence(commands: readonly Command[]): { readonly argv: readonly string[]; readonly timeout: number } {
  const words = commands.flatMap(({ argv, may }) => [`${may ? '?' : ''}${argv.length}`, ...argv]);
  return {
    argv: ['sh', '-c', SEQUENCE, 'livemig-apply', ...words],
    timeout: commands.reduce((sum, c) => sum + c.timeout, 0),
  };
}
