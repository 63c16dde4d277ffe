import type { StepView } from '../../fleet-protocol';
import type { Finding } from '../../lint';
import { isAddress, type Cluster } from '../../model/cluster';
import type { Host } from '../../model/host';
import type { Plan as ApplyPlan } from '../apply';
import { FleetError, type Ran } from '../types';

/** One step of a repair, with what it takes to do it: a command, or a file to be written. */
export interface Step extends StepView {
  /** A command, run as root. */
  readonly argv?: readonly string[];
  /** How long the command may take, in ms; a minute if it is not given. */
  readonly timeout?: number;
  /** What is wrong with how the command ended, in words; undefined when nothing is. By default, any end but 0. */
  readonly judge?: (ran: Ran) => string | undefined;
  readonly write?: FileChange;
  /** It makes up for that step: it is done, too, when a later step failed after that one was begun. */
  readonly undoes?: Step;
  /** How to go on by hand where this step fails. */
  readonly hint?: string;
}

export interface FileChange {
  /** On the node: `/etc/hosts`. */
  readonly path: string;
  /**
   * @param text what the file holds now; undefined where there is none
   * @throws FleetError of code `conflict` where it is no longer what the plan was made for
   */
  readonly change: (text: string | undefined) => string;
  /** Put the file back as it was when a later step fails. */
  readonly revert?: boolean;
}

export interface Plan {
  readonly title: string;
  /** For reading. */
  readonly steps: readonly StepView[];
  /** What the user ought to know before. */
  readonly notes: readonly string[];
  /** For `runRepair`, one for each of `steps`. */
  readonly work: readonly Step[];
  /** In place of steps of its own: what *Apply* does for the file. */
  readonly apply?: ApplyPlan;
}

/** What a planner is given: a finding on a host. */
export interface Task {
  readonly cluster: Cluster;
  readonly finding: Finding;
  readonly host: Host;
}

/** @returns undefined where there is nothing to do. @throws FleetError of code `refused`: it cannot be done by commands, in words */
export type Planner = (task: Task) => Omit<Plan, 'steps'> | undefined;

/** A command of a plan. */
export function command(
  host: Host,
  title: string,
  argv: readonly string[],
  more: Omit<Step, 'node' | 'title' | 'argv' | 'command'> = {},
): Step {
  return { node: host.name, title, argv, command: readable(argv), ...more };
}

/** The words of a command as somebody would type them into a shell; for reading, nobody runs it. */
export function readable(argv: readonly string[]): string {
  return argv
    .map((w) => (/^[\w./:=,@%+-]+$/.test(w) ? w : w === '{}' ? '{}' : `'${w.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}

export function refuse(why: string): never {
  throw new FleetError('refused', why);
}

/** What a command said, on one line or two. */
export function saidBy(ran: Ran): string {
  const words = ran.stderr.trim() || new TextDecoder().decode(ran.stdout).trim();
  return words === '' ? `ended with ${ran.code ?? ran.signal ?? 'no status'}` : words.slice(0, 2000);
}

// ---- what came from files and nodes, before it becomes a word of a command ------------------------------------------------

export function accountWord(name: string): string {
  return /^[a-z_][a-z0-9_-]{0,30}$/i.test(name)
    ? name
    : refuse(`${JSON.stringify(name)} is no name of an account here`);
}

/** An absolute path without `.`, `..` and control characters. */
export function pathWord(path: string): string {
  const parts = path.split('/').slice(1);
  if (
    !path.startsWith('/') ||
    /[\x00-\x1f\x7f]/.test(path) ||
    path.length > 4000 ||
    parts.some((p) => /^\.\.?$/.test(p))
  )
    refuse(`${JSON.stringify(path)} is no path that a repair would touch`);
  return path;
}

/** A number of an account or a group: never that of root, nor those with a meaning of their own. */
export function idWord(id: number): string {
  return Number.isInteger(id) && id > 0 && id < 65534 * 65536 && id !== 65534 && id !== 65535
    ? String(id)
    : refuse(`${id} is no number for an account`);
}

export function addressWord(address: string): string {
  return isAddress(address) ? address : refuse(`${JSON.stringify(address)} is no address`);
}
