/** Makes each fault in the lab, looks what livemig finds, takes it back, and looks again. */
import type { Settings } from '../../server/src/settings';
import { checker, type Checker, type Found } from './check';
import type { Fault, Step } from './faults/fault';
import { tls } from './faults/stages';
import type { Lab, LabNode } from './lab';

export interface Outcome {
  readonly fault: Fault;
  /** What livemig said of it, in its own words; undefined when it missed it. */
  readonly found: Found | undefined;
  /** What else appeared with it. */
  readonly beside: readonly Found[];
  /** What was still there, or there anew, when it was taken back. Empty is how it ought to be. */
  readonly left: readonly Found[];
  readonly ms: number;
}

/** Errors and warnings that the lab has without faults: none. */
export async function baseline(lab: Lab, look: Checker): Promise<readonly Found[]> {
  return (await look.check(lab.nodes)).filter(isLoud);
}

export async function run(lab: Lab, faults: readonly Fault[], tell: (o: Outcome) => void): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const stage of [undefined, 'tls'] as const) {
    const wanted = faults.filter((f) => f.stage === stage);
    if (wanted.length === 0) continue;
    if (stage === 'tls') await steps(lab, await tls(lab));
    const look = checker(lab);
    const settings: Settings = { rules: stage === 'tls' ? { 'libvirtd/auth-tcp-none': 'warning' } : {} };
    try {
      const before = await look.check(lab.nodes, settings);
      const loud = before.filter(isLoud);
      if (loud.length > 0)
        throw new Error(`the lab is not silent without a fault: ${JSON.stringify(loud, undefined, 2)}`);
      for (const fault of wanted) {
        const outcome = await one(lab, look, fault, before, settings);
        outcomes.push(outcome);
        tell(outcome);
      }
    } finally {
      look.close();
    }
  }
  return outcomes;
}

async function one(
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
    seen = fresh(await look.check([...touched], settings));
  } finally {
    await steps(lab, fault.undo);
  }
  const left = fresh(await look.check([...touched], settings)).filter((f) => isLoud(f) || f.rule === fault.finds.rule);
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

export async function steps(lab: Lab, list: readonly Step[]): Promise<void> {
  // `@NET` stands for the first two parts of the lab's addresses, which differ from lab to lab.
  const net = lab.address('controller').split('.').slice(0, 2).join('.');
  const own = (word: string) => word.replaceAll('@NET', net);
  for (const { node, argv, input, mayFail } of list) {
    const words = argv.map(own);
    if (mayFail) await lab.run(node, words, input && own(input));
    else await lab.must(node, words, input && own(input));
  }
}

const isLoud = (f: Found) => f.severity !== 'info';
const key = (f: Found) => [f.rule, f.severity, f.node, f.file, f.message].join('\n');
