/** Makes faults in the lab, looks what livemig finds, takes them back, and looks again. */
import type { Settings } from '../../server/src/settings';
import { startBench, type Bench } from './bench';
import type { Checker, Found } from './check';
import type { Fault } from './faults/fault';
import type { Lab, LabNode } from './lab';
import { steps } from './steps';

export interface Outcome {
  readonly fault: Fault;
  /** What livemig said of it; undefined when it missed it. */
  readonly found: Found | undefined;
  /** What else appeared with it. */
  readonly beside: readonly Found[];
  /** What was there still, or anew, when it was taken back. Empty is how it ought to be. */
  readonly left: readonly Found[];
  readonly ms: number;
}

export type Try = (fault: Fault) => Promise<Outcome>;

/** A lab of a stage, in which nothing is found at first. @throws Error when something is */
export function bench(stage: Fault['stage']): Promise<Bench<Try>> {
  return startBench(stage, async (lab, look) => {
    const settings: Settings = { rules: stage === 'tls' ? { 'libvirtd/auth-tcp-none': 'warning' } : {} };
    const before = await look.check(lab.nodes, settings);
    const loud = before.filter(isLoud);
    if (loud.length > 0) throw new Error(`found without a fault: ${JSON.stringify(loud, undefined, 2)}`);
    return (fault) => attempt(lab, look, fault, before, settings);
  });
}

async function attempt(
  lab: Lab,
  look: Checker,
  fault: Fault,
  before: readonly Found[],
  settings: Settings,
): Promise<Outcome> {
  const began = performance.now();
  const touched = new Set<LabNode>(fault.looks ?? [...fault.make, ...fault.undo].map((s) => s.node));
  const usual = new Set(before.map(key));
  const fresh = (found: readonly Found[]) => found.filter((f) => !usual.has(key(f)));
  let seen: readonly Found[] = [];
  try {
    await steps(lab, fault.make);
    seen = fresh(await look.check([...touched], settings, fault.shares));
  } finally {
    await steps(lab, fault.undo);
  }
  const left = fresh(await look.check([...touched], settings, fault.shares)).filter(
    (f) => isLoud(f) || f.rule === fault.finds.rule,
  );
  const found = seen.find((f) => answers(f, fault));
  return { fault, found, beside: seen.filter((f) => f !== found), left, ms: Math.round(performance.now() - began) };
}

function answers({ rule, node, file, severity }: Found, { finds }: Fault): boolean {
  return (
    rule === finds.rule &&
    (finds.node === undefined || node === finds.node) &&
    (finds.file === undefined || file === finds.file) &&
    (finds.severity === undefined ? severity !== 'info' : severity === finds.severity)
  );
}

const isLoud = (f: Found) => f.severity !== 'info';
const key = (f: Found) => [f.rule, f.severity, f.node, f.file, f.message].join('\n');

/** Of a finding for people. */
export const inWords = ({ severity, node, file, message, rule }: Found): string =>
  `${severity} ${[node, file].filter(Boolean).join('/')}: ${message} [${rule}]`;
