import type { Drill, NotMade, Stage } from './drill';
import { guests } from './guests';
import { names } from './names';
import { reach } from './reach';
import { storage } from './storage';
import { stream } from './stream';

/** By what the fault is in. */
const PARTS: Readonly<Record<string, readonly Drill[]>> = { reach, names, stream, storage, guests };
const STAGES: readonly string[] = ['nova', 'plain', 'tls'] satisfies Stage[];

export const DRILLS: readonly Drill[] = Object.values(PARTS).flat();

/** What a drill, or several together, may be called by. */
export const NAMES: readonly string[] = [...Object.keys(PARTS), ...STAGES, ...DRILLS.map((d) => d.id)];

/** Those that are called by a name, in their order; all where no name is given. */
export function drillsOf(names: readonly string[] | undefined): readonly Drill[] {
  const wanted = new Set(names);
  const named = (drill: Drill) =>
    [drill.id, drill.stage].some((n) => wanted.has(n)) || [...wanted].some((n) => PARTS[n]?.includes(drill));
  return names === undefined ? DRILLS : DRILLS.filter(named);
}

/**
 * Those that every run of the tests makes, one of each kind and those that pre-flight or the explainer had missed: all of
 * them take several minutes.
 */
export const ALWAYS: readonly string[] = [
  ...['0-plain', 'A2-plain', 'B7', 'B11', 'B13', 'C2', 'C7-plain', 'D9', 'D12', 'E11', 'E14', 'F9'],
  ...['0', 'A1', 'A9', 'A15', 'A16-right', 'B9-inbound', 'C5', 'D2', 'E12', 'C13', 'C14', 'C15', 'C16'],
];

const WHILE = 'happens while it runs: nothing that could be read beforehand; tried by the tests of running migrations';

export const NOT_MADE: readonly NotMade[] = [
  { id: 'A4', title: '--listen beside systemd’s sockets', why: 'systemd is process 1 of no node here' },
  {
    id: 'B14 (URI)',
    title: 'a wrong --migrateuri',
    why: 'B14 is the same by live_migration_inbound_addr, out of which it is made',
  },
  { id: 'D10', title: 'disks copied although they are shared', why: 'libvirt does it; only nova refuses' },
  {
    id: 'E2, E3',
    title: 'a processor that no host has',
    why: 'such a guest does not start at all: there is nothing to migrate',
  },
  {
    id: 'E5',
    title: '/dev/kvm is there and may not be used',
    why: 'libvirt hands it to QEMU itself; its mode alone is no proof',
  },
  { id: 'E9', title: 'the destination lacks the memory', why: 'nodes share the memory of one machine' },
  {
    id: 'E10',
    title: 'huge pages are missing on the destination',
    why: 'they are set aside for the whole machine, and a guest needs them to start',
  },
  { id: 'E19, E20', title: 'a changed description; flags that exclude each other', why: 'livemig asks for neither' },
  { id: 'F1 to F8, F10 to F14', title: 'aborted, cut, killed, busy, never through', why: WHILE },
];
