export { planApply } from './plan';
export { runApply, type RunTimes } from './run';
export type { Plan } from './types';
