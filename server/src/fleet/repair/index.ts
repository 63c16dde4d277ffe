import { lint } from '../../lint';
import type { Cluster } from '../../model/cluster';
import { lineIndexOf } from '../../model/parsed';
import { RULES } from '../../rules/index';
import type { RepairKind } from '../../rules/rule';
import { DEFAULT_SETTINGS } from '../../settings';
import { planDirectoryMode } from './directory-mode';
import { planFirewall } from './firewall';
import { planHostsEntry } from './hosts-entry';
import { planIds } from './ids';
import { planMount } from './mount';
import type { Plan, Planner } from './plan';
import { planRestart } from './restart';
import { planSysctl } from './sysctl';

export type { Plan } from './plan';
export { runRepair, type NodeFiles, type Repaired } from './run';

const PLANNERS: Readonly<Record<RepairKind, Planner>> = {
  ids: planIds,
  mount: planMount,
  'hosts-entry': planHostsEntry,
  firewall: planFirewall,
  restart: planRestart,
  'directory-mode': planDirectoryMode,
  sysctl: planSysctl,
};

/**
 * What would repair a finding of connected nodes by commands: by the rule, the file it stands in and its line.
 * @returns undefined where there is no such finding any more, or nothing to be done by commands
 * @throws FleetError of code `refused` where it could be done, but not here and now, in words
 */
export function planRepair(
  cluster: Cluster,
  { rule: id, uri, line }: { readonly rule: string; readonly uri: string; readonly line: number },
): Plan | undefined {
  const rule = RULES.find((r) => r.id === id);
  const planner = rule?.repair && PLANNERS[rule.repair];
  if (!rule || !planner) return undefined;
  const { findings } = lint(cluster, DEFAULT_SETTINGS, [rule]);
  const finding = findings.find(
    (f) => f.file.uri === uri && lineIndexOf(f.file).positionAt(f.span.start).line === line,
  );
  if (!finding?.host) return undefined;
  const plan = planner({ cluster, finding, host: finding.host });
  if (!plan || (plan.work.length === 0 && !plan.apply)) return undefined;
  if (plan.apply) return { ...plan, steps: plan.apply.steps };
  const steps = plan.work.map(({ node, title, command, check }) => ({
    node,
    title,
    ...(command !== undefined && { command }),
    ...(check !== undefined && { check }),
  }));
  return { ...plan, steps };
}
