import type { Site } from '../driver';

/** Where nova-compute writes: Debian and RDO, Kolla. */
const LOGS = ['/var/log/nova/nova-compute.log', '/var/log/kolla/nova/nova-compute.log'];
const TIMEOUT_MS = 20_000;
/** Bytes at the end of a log that are looked through, and lines that are told. */
const TAIL = 4_000_000;
const LINES = 20;

/** Words: the request, then the logs. */
const SCRIPT = `request=$1; shift
for log; do [ -r "$log" ] && tail -c ${TAIL} "$log"; done | grep -a -F -e "$request" | grep -a -e ' ERROR ' -e ' WARNING ' | tail -n ${LINES}`;

/** What nova-compute on a node wrote of a request when it failed; nothing where that cannot be read. */
export async function readLogs(
  site: Site,
  node: string,
  request: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    const argv = ['sh', '-c', SCRIPT, 'sh', request, ...LOGS];
    const { stdout } = await site.end(node).runner.run(argv, { root: true, timeout: TIMEOUT_MS, signal });
    return Buffer.from(stdout)
      .toString()
      .split('\n')
      .filter((line) => line.trim() !== '');
  } catch (error) {
    site.log(`${node}: nova-compute.log: ${error instanceof Error ? error.message : 'cannot be read'}`);
    return [];
  }
}
