import type { FleetFailure } from '../fleet-protocol';
import type { Facts } from '../model/facts';

/** A command that ended on a node. */
export interface Ran {
  /** Exit status; undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: Uint8Array;
  readonly stderr: string;
}

export interface RunOptions {
  /** Written to the command's standard input, which is then closed. */
  readonly input?: string | Uint8Array;
  /** Ends the command and rejects with a `FleetError` of code `timeout`, in ms. */
  readonly timeout: number;
  /** With `sudo -n` where the login is not root; rejects with code `sudo` where that is not allowed. */
  readonly root?: boolean;
  readonly signal?: AbortSignal;
  /** Hears standard output as it comes; `stdout` of the answer is empty then, however long the command runs. */
  readonly heard?: (chunk: Uint8Array) => void;
}

/** Something that runs commands: a node over SSH, or this machine. Words are never read by a shell as anything but words. */
export interface Runner {
  /** Rejects with a `FleetError` when the command could not be run to its end; an exit status other than 0 is no error. */
  run(argv: readonly string[], options: RunOptions): Promise<Ran>;
}

/** Why something on a node could not be done, in words for its user. */
export class FleetError extends Error {
  override readonly name = 'FleetError';
  constructor(
    readonly code: FleetFailure['code'],
    message: string,
    /** What the other side said, word by word. */
    readonly detail?: string,
  ) {
    super(message);
  }
}

/** A file as a snapshot found it. */
export interface CollectedFile {
  /** From the node's root, without the slash at the front: `etc/nova/nova.conf`. */
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Permission bits, and numbers of the owner and group. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** What was read from a node at one time. */
export interface Snapshot {
  /** The node's name in livemig.ini. */
  readonly node: string;
  /** Seconds since 1970, by the clock of the machine that asked. */
  readonly taken: number;
  readonly files: readonly CollectedFile[];
  readonly facts: Facts;
  /** What could not be read, and why, in words. */
  readonly failures: readonly { readonly what: string; readonly why: string }[];
}

/** Asks the user; `undefined` means that there was no answer. Secrets are handed on and never kept here. */
export interface Prompts {
  /** Whether an unknown host key is to be trusted and stored. */
  hostKey(question: HostKeyQuestion): Promise<boolean>;
  passphrase(question: { readonly file: string; readonly again: boolean }): Promise<string | undefined>;
  password(question: {
    readonly user: string;
    readonly host: string;
    readonly again: boolean;
  }): Promise<string | undefined>;
  /** Keyboard-interactive: one answer for each question. */
  answers(question: {
    readonly user: string;
    readonly host: string;
    readonly instructions: string;
    readonly questions: readonly { readonly text: string; readonly echo: boolean }[];
  }): Promise<readonly string[] | undefined>;
}

export interface HostKeyQuestion {
  readonly host: string;
  readonly port: number;
  /** As `ssh-keygen -l` names it: `ED25519`. */
  readonly type: string;
  /** `SHA256:…`. */
  readonly fingerprint: string;
  /** What known_hosts says besides, in words: keys of other types, an authority that signs the host's keys. */
  readonly note?: string;
}

/** Where to and how, after ~/.ssh/config had its say. */
export interface SshTarget {
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
  readonly user: string;
  /** The name by which known_hosts knows it. */
  readonly hostKeyAlias: string | undefined;
  readonly identityFiles: readonly string[];
  readonly identitiesOnly: boolean;
  /** Path of the agent's socket; undefined for none. */
  readonly agent: string | undefined;
  readonly knownHosts: readonly string[];
  /** Hops before it, the first first. */
  readonly jumps: readonly SshTarget[];
  /** A command whose standard input and output are the connection; only in trusted workspaces. */
  readonly proxyCommand: string | undefined;
}

/** One line of the log: what ran where, for how long, with what end. Never a secret, never a file's content. */
export type FleetLog = (line: string) => void;
