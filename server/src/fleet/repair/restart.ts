import { planApply } from '../apply';
import { refuse, type Planner } from './plan';

/** Restarts what runs by an older text than the file has: by the plan that *Apply* has for that file. */
export const planRestart: Planner = ({ finding, host }) => {
  const apply = planApply(host, [finding.file.path]);
  if (apply.effects.length === 0) return refuse(apply.notes.join(' '));
  return { title: `Let ${finding.file.path} take effect on ${host.name}`, work: [], notes: apply.notes, apply };
};
