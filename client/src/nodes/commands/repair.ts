import { l10n, window } from 'vscode';
import type { RepairParams, RepairPlan, RepairResult } from '../../../../server/src/fleet-protocol';
import { confirm, tellFailed } from '../plan';
import type { Tools } from './index';

/** Repairs a finding on the nodes themselves: the plan first, then step by step, then the nodes are read again. */
export async function repair(tools: Tools, [params]: readonly unknown[]): Promise<void> {
  if (!isRepairParams(params)) return;
  const plan = await tools.fleet.request<RepairPlan>('fleet/repairPlan', params);
  await confirm({ ...plan, verb: l10n.t('Repair') }, tools.texts, () => run(tools, plan));
}

async function run({ fleet, progresses, store, texts }: Tools, { id, title }: RepairPlan): Promise<void> {
  const result = await progresses.show(title, (token, cancel) =>
    fleet.request<RepairResult>('fleet/repair', { id, token }, cancel),
  );
  for (const refreshed of result.refreshed) store.take(refreshed);
  if (result.ok) {
    void window.showInformationMessage(l10n.t('Done: {0}. The finding is gone.', title));
    return;
  }
  const message = l10n.t('Not done: {0}. {1}', title, result.why ?? '');
  void tellFailed(message, { ...result, title: message }, texts);
}

const isRepairParams = (params: unknown): params is RepairParams => {
  const { cluster, rule, uri, line } = (params ?? {}) as Partial<Record<keyof RepairParams, unknown>>;
  return [cluster, rule, uri].every((part) => typeof part === 'string') && typeof line === 'number';
};
