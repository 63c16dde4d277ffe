import type { ProbeOptions, ProbeView } from '../../fleet-protocol';
import { Probe } from '../../migration/probe';
import { localRunner } from '../shell';
import type { Fleet } from './fleet';

const TELL_MS = 1000;
/** It goes on for so long after the end of the migration: a network learns late where the guest is now. */
const AFTER_MS = 3000;
/** And longer where the guest is silent just then. */
const LONGEST_AFTER_MS = 15_000;

/** Asks a guest of a cluster from now on. */
export function startProbe(fleet: Fleet, cluster: string, options: ProbeOptions): Probe {
  const { node } = options;
  const probe = new Probe(options, {
    run: async (argv, ran) => {
      if (node === undefined) return localRunner(fleet.log).run(argv, ran);
      const connection = await fleet.node({ cluster, node }).connection();
      return connection.run(argv, ran);
    },
  });
  probe.start();
  return probe;
}

/** Tells what it sees about once a second, and once more when it is over, a few seconds after the migration. */
export function tellProbe(probe: Probe, ended: Promise<unknown>, tell: (view: ProbeView) => void): void {
  let end: number | undefined;
  void ended.then(() => (end = Date.now()));
  const timer = setInterval(() => {
    const past = end === undefined ? 0 : Date.now() - end;
    if (past > (probe.isSilent ? LONGEST_AFTER_MS : AFTER_MS)) probe.stop();
    if (probe.isOver) clearInterval(timer);
    tell(probe.view);
  }, TELL_MS);
}
