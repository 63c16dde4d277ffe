import type { Severity } from '../../../server/src/rules/rule';
import type { LabNode } from '../lab';

export type { LabNode };

/** One command in a node: its words, and what goes to its standard input. */
export interface Step {
  readonly node: LabNode;
  readonly argv: readonly string[];
  readonly input?: string;
  /** It may fail: a daemon that does not come up is what is wanted. */
  readonly mayFail?: boolean;
}

/** Something that is done to nodes, and how it is taken back. */
export interface Change {
  readonly make: readonly Step[];
  readonly undo: readonly Step[];
}

export interface Fault extends Change {
  readonly id: string;
  /** What was made, in words. */
  readonly title: string;
  /** What the cluster is before it; as lab.sh makes it if not given. */
  readonly stage?: 'tls';
  readonly finds: {
    readonly rule: string;
    /** Where it is told; undefined where any node of two may be the one that is blamed. */
    readonly node?: LabNode;
    /** facts.json if it is about what was measured. */
    readonly file?: string;
    /** A warning or an error if not given. */
    readonly severity?: Severity;
  };
  /** Numbers of the pre-flight checks that it is about. */
  readonly checks?: readonly number[];
  /** Whether the computes share their instances is to be tried by a file, as before a migration. */
  readonly shares?: true;
  /** Nodes that are looked at anew; if not given, those that something was done to. */
  readonly looks?: readonly LabNode[];
}

/** A check that this lab cannot provoke, and why. */
export interface Unprovoked {
  readonly id: string;
  readonly title: string;
  readonly why: string;
  readonly checks?: readonly number[];
}

export const C0 = 'controller';
export const C1 = 'compute1';
export const C2 = 'compute2';

export const step = (node: LabNode, ...argv: string[]): Step => ({ node, argv });

/** Changes one after the other; taken back from the last to the first. */
export function all(...changes: readonly Change[]): Change {
  return {
    make: changes.flatMap((c) => c.make),
    undo: [...changes].reverse().flatMap((c) => c.undo),
  };
}

/** Commands that do it and undo it. */
export const both = (node: LabNode, make: readonly string[], undo: readonly string[]): Change => ({
  make: [{ node, argv: make }],
  undo: [{ node, argv: undo }],
});

/** Changes a file by sed; it comes back as it was, with its time. */
let edits = 0;
export const edit = (node: LabNode, file: string, ...expressions: string[]): Change => {
  // A name of its own for each: several changes of one file are taken back one after the other.
  const kept = `/run/lab/kept${edits++}`;
  return {
    make: [step(node, 'cp', '-a', file, kept), step(node, 'sed', '-i', ...expressions.flatMap((e) => ['-e', e]), file)],
    undo: [step(node, 'cp', '-a', kept, file)],
  };
};

/** Sets a key of libvirtd.conf or qemu.conf, which must not stand there twice. */
export const libvirt = (node: LabNode, name: 'libvirtd' | 'qemu', key: string, value: string): Change =>
  edit(node, `/etc/libvirt/${name}.conf`, `/^${key} *=/d`, `$a${key} = ${value}`);

/** Sets an option of nova.conf; undefined takes it out. */
export const nova = (node: LabNode, section: string, key: string, value: string | undefined): Change =>
  edit(
    node,
    '/etc/nova/nova.conf',
    `/^${key} *=/d`,
    ...(value === undefined ? [] : [`/^\\[${section}\\]/a${key} = ${value}`]),
  );

/** Writes a file that is not there. */
export const write = (node: LabNode, file: string, text: string, mode = '644'): Change => ({
  make: [
    { node, argv: ['sh', '-c', 'mkdir -p "${1%/*}" && cat >"$1" && chmod "$2" "$1"', 'sh', file, mode], input: text },
  ],
  undo: [step(node, 'rm', '-f', file)],
});

/** Restarts libvirtd after a change, and after that was taken back. */
export const restarted = (node: LabNode, change: Change): Change => {
  const restart: Step = { node, argv: ['/run/lab/restart-libvirtd'], mayFail: true };
  return { make: [...change.make, restart], undo: [...change.undo, restart] };
};
