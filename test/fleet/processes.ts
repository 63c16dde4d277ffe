import { readFileSync } from 'node:fs';

/** Whether a process still does something; in a container nobody may be there to bury it. */
export function isRunning(pid: string | number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
