// What a process and its children cost, from /proc: Linux only, elsewhere 0; and how long this one does not come to its timers.
import { readdirSync, readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Process ids of a process and everything below it. */
function tree(root) {
  const children = new Map();
  const out = [];
  try {
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      const parent = Number(stat(name)?.[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    }
  } catch {
    return out;
  }
  for (const todo = [root]; todo.length > 0;) {
    const pid = todo.pop();
    out.push(pid);
    todo.push(...(children.get(pid) ?? []));
  }
  return out;
}

/** Fields of /proc/PID/stat from the state on; undefined when the process is gone. */
function stat(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** Resident memory now, and at its highest, in MiB. */
export function memory(root) {
  let now = 0;
  let peak = 0;
  for (const pid of tree(root)) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      now += Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0);
      peak += Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0);
    } catch {
      // gone meanwhile
    }
  }
  return { now: rounded(now / 1024), peak: rounded(peak / 1024) };
}

/** User and system time, in ms (of a resolution of 10), with that of its children unless it is wanted alone. */
export function cpu(root, children = true) {
  let ticks = 0;
  for (const pid of children ? tree(root) : [root]) {
    const fields = stat(pid);
    // The last two are those of children that have ended.
    for (const i of children ? [11, 12, 13, 14] : [11, 12]) ticks += fields ? Number(fields[i]) : 0;
  }
  return ticks * 10;
}

/** User and system time of the children of this process that have ended, in ms (of a resolution of 10). */
export function endedCpu() {
  const fields = stat(process.pid);
  return fields ? (Number(fields[13]) + Number(fields[14])) * 10 : 0;
}

/** The value below which a part of all lie; null for none. */
export function quantile(values, part) {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return rounded(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]);
}

/** The median of one figure of each. */
export const medianOf = (all, what) =>
  quantile(
    all.map((one) => one[what]),
    0.5,
  );

export function rounded(value) {
  return Math.round(value * 100) / 100;
}

/** Between two looks at what was spent, in ms. */
const TICK_MS = 5;

/** How long this process is blocked: by the clock, others' work included, and at the most by its own, as its CPU time says. */
export function watchBlocking() {
  const delay = monitorEventLoopDelay({ resolution: 2 });
  const spent = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };
  let [before, busy] = [spent(), 0];
  const timer = setInterval(() => {
    const now = spent();
    busy = Math.max(busy, now - before);
    before = now;
  }, TICK_MS);
  delay.enable();
  return () => {
    clearInterval(timer);
    delay.disable();
    return { blockedMs: rounded(delay.max / 1e6), busyMs: rounded(busy) };
  };
}
