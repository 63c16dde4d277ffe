import { connect } from 'node:net';
import type { Gaps } from './gaps';
import { ProbeReader } from './reader';

/** Who has not answered by then does not. */
const WAIT_MS = 1000;

/**
 * Connects from a node: its bash can, whatever else is installed there. Says the number of each asking, and `NUMBER MS` for
 * each answer. A refusal is one: the guest has sent it.
 */
export const CONNECTS = `
n=0
while echo "$n"; do
  (
    if said=$(LC_ALL=C timeout 1 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>&1); then ok=1; else
      case $said in
        *refused*) ok=1 ;;
        *[Nn]ame\\ or\\ service*|*resol*|*not\\ known*) echo unknown; exit ;;
        *) exit ;;
      esac
    fi
    echo "$n $(date +%s%3N)"
  ) &
  n=$((n + 1))
  sleep 0.1
done`;

/** Reads what {@link CONNECTS} says as it comes. */
export class ConnectsReader extends ProbeReader {
  /** The name has no address there. */
  unknown = false;

  protected line(line: string): void {
    if (line === 'unknown') this.unknown = true;
    else this.numbered(line);
  }
}

/** The same from this machine, until the signal comes. @throws Error where the name has no address */
export function connectsFromHere(
  { address, port }: { readonly address: string; readonly port: number },
  gaps: Gaps,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let next = 0;
    const ask = (): void => {
      const seq = next++;
      gaps.asked(seq);
      const socket = connect({ host: address, port, timeout: WAIT_MS });
      const answered = (): void => gaps.answered(seq, Date.now());
      socket.once('connect', () => {
        answered();
        socket.destroy();
      });
      socket.once('timeout', () => socket.destroy());
      socket.once('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNREFUSED') answered();
        else if (error.syscall === 'getaddrinfo' && !gaps.any) end(error);
      });
    };
    const timer = setInterval(ask, gaps.interval);
    const end = (error?: Error): void => {
      clearInterval(timer);
      signal.removeEventListener('abort', stop);
      if (error) reject(error);
      else resolve();
    };
    const stop = (): void => end();
    signal.addEventListener('abort', stop);
    ask();
  });
}
