import type { ProbeOptions } from '../../fleet-protocol';
import { ProbeReader } from './reader';

/** ms between two logins: each is work for the guest, and its sshd turns away who comes too often. */
export const LOGINS_MS = 1000;

/**
 * Logs in again and again; words: those of ssh. Says the number of each asking, `NUMBER MS` for each command that ended with 0,
 * and `? WORDS` for one that did not: the last line of what was said. At most so many at once as seconds that one may take.
 */
export const LOGINS = `
n=0
while echo "$n"; do
  (
    if said=$(LC_ALL=C timeout 5 ssh "$@" 2>&1 >/dev/null); then
      echo "$n $(date +%s%3N)"
    else
      echo "? $(printf %s "$said" | tail -n 1)"
    fi
  ) &
  n=$((n + 1))
  sleep ${LOGINS_MS / 1000}
done`;

/**
 * The words of ssh. Nobody is asked for anything, nothing is forwarded, and no file is written: neither the key of a guest, which
 * tells no secret to whoever takes its place, nor a connection that others would share.
 */
export function sshWords({ address, port = 22, ssh }: ProbeOptions): string[] {
  const options = [
    ...['BatchMode=yes', 'ConnectTimeout=5', 'LogLevel=ERROR', 'ControlMaster=no', 'ControlPath=none'],
    ...['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'GlobalKnownHostsFile=/dev/null'],
    ...['ForwardAgent=no', 'ForwardX11=no', 'ClearAllForwardings=yes', 'PermitLocalCommand=no'],
  ];
  return [
    ...['-n', '-T', ...options.flatMap((option) => ['-o', option]), '-p', String(port)],
    ...(ssh?.user === undefined ? [] : ['-l', ssh.user]),
    ...['--', address, ssh!.command],
  ];
}

/** Who says so says so to everybody who asks, however often. */
const FOR_GOOD =
  /Permission denied \(|Too many authentication failures|Could not resolve|failed to run command|can't execute/i;

/** Reads what {@link LOGINS} says as it comes. */
export class LoginsReader extends ProbeReader {
  /** Why the last one that failed did. */
  last: string | undefined;

  protected line(line: string): void {
    if (line.startsWith('? ')) this.last = line.slice(2).trim();
    else this.numbered(line);
  }

  /** There is no point in asking again: nobody was ever let in, and that will not change. */
  get isHopeless(): boolean {
    return !this.gaps.any && FOR_GOOD.test(this.last ?? '');
  }
}
