import type { ReleaseIndex } from '../knowledge/releases';
import type { Asked, Cluster } from '../model/cluster';
import type { FileKind, SourceFile } from '../model/files';
import type { Host } from '../model/host';
import type { PlacedSuppression } from '../model/suppressions';
import type { Span } from '../syntax/types';

/** `error`: a migration will fail, or a daemon will not start or listen. `warning`: bites later or on some hosts, or exposes. `info`: worth knowing. */
export type Severity = 'error' | 'warning' | 'info';

/** A stretch of one file to be replaced; an empty span inserts. */
export interface Edit {
  readonly file: SourceFile;
  readonly span: Span;
  readonly text: string;
}

/** A place in another line or file that the finding leans on. */
export interface Related {
  readonly file: SourceFile;
  readonly span: Span;
  readonly message: string;
}

type Values = Readonly<Record<string, string | number>>;

export interface FixDraft<F extends string = string> {
  /** Key of the record's `fixes`. */
  readonly title: F;
  readonly values?: Values;
  readonly edits: readonly Edit[];
  /** The one obvious repair, which "fix all" applies; by default that of a finding with a single fix. */
  readonly preferred?: boolean;
}

/** What a check reports. */
export interface Complaint<M extends string = string, F extends string = string> {
  /** Left out where no host is concerned: in livemig.ini. */
  readonly host?: Host | undefined;
  readonly file: SourceFile;
  readonly span: Span;
  /** Key of the record's `messages`; `default` when left out. */
  readonly message?: M;
  readonly values?: Values;
  readonly related?: readonly Related[];
  readonly fixes?: readonly (FixDraft<F> | undefined)[];
  /** Where it differs from the record's. */
  readonly severity?: Severity;
  /** The same. */
  readonly preflight?: 'source' | 'destination';
  /** The verdict would differ at another release that the host may as well run: at most `info`, and the guess is named. */
  readonly guess?: boolean;
  readonly tags?: readonly ('deprecated' | 'unnecessary')[];
}

export type Report<M extends string = string, F extends string = string> = (complaint: Complaint<M, F>) => void;

/** Files by path: below the host (`etc/nova/nova.conf`), or below the cluster (`compute1/etc/nova/nova.conf`, `livemig.ini`). */
export type ExampleFiles = Readonly<Record<string, string>>;

export interface Example {
  readonly title?: string;
  /** Release they are judged by, newest when left out; `auto` to leave it to detection. */
  readonly release?: string;
  /** Every range that the rule marks stands between ⟦ and ⟧; none of them: the rule is silent here. */
  readonly files: ExampleFiles;
  /** Files after the fix, those that change; all findings of the rule repaired. Left out where the rule has no fix. */
  readonly good?: ExampleFiles;
  /** Key of the fix to apply; by default the preferred one. */
  readonly fix?: string;
  /** Severity expected where it differs from the record's. */
  readonly severity?: Severity;
  /** What a migration between the hosts asks for. */
  readonly asked?: Asked;
}

/** Repairs that are more than an edit of a file. */
export type RepairKind = 'ids' | 'mount' | 'hosts-entry' | 'firewall' | 'restart' | 'directory-mode' | 'sysctl';

interface RecordBase<M extends string, F extends string> {
  readonly id: `${string}/${string}`;
  /** A few words, without a full stop: what is wrong. */
  readonly title: string;
  readonly severity: Severity;
  /** Kinds of file that it marks; `facts` among them where what was measured decides. */
  readonly files: readonly FileKind[];
  /** First and last release it applies to, both included. */
  readonly releases?: { readonly from?: string; readonly to?: string };
  /** What is wrong, what breaks, what to write instead, in about 120 characters; `{name}` stands for a value. */
  readonly messages: Readonly<Record<M, string>>;
  readonly fixes?: Readonly<Record<F, string>>;
  /** What breaks in a live migration, with the program's own words. Markdown. */
  readonly why: string;
  /** Program, file and version, or document, that it was learned from. */
  readonly sources: readonly string[];
  /** Run-time messages that it is the cause of. */
  readonly explains?: readonly RegExp[];
  /** Stops a migration that pre-flight is asked about: on whichever host it stands, or only where that is the one or the other. */
  readonly preflight?: true | 'source' | 'destination';
  /** Opens something to others, which somebody may do on purpose: to accept it, with a reason, is a way out like its fixes. */
  readonly exposure?: boolean;
  /** On connected nodes it can be repaired by commands, too: which planner of `server/src/fleet/repair` knows how. */
  readonly repair?: RepairKind;
  readonly examples: readonly Example[];
}

export interface HostRule<M extends string = string, F extends string = string> extends RecordBase<M, F> {
  readonly scope: 'host';
  /** Sees one host; its findings are kept until one of the host's files changes. */
  readonly check: (host: Host, report: (complaint: Omit<Complaint<M, F>, 'host'>) => void) => void;
}

export interface ClusterRule<M extends string = string, F extends string = string> extends RecordBase<M, F> {
  readonly scope: 'cluster';
  /** Sees all hosts, once; must stay linear in their number. */
  readonly check: (cluster: Cluster, report: Report<M, F>) => void;
}

/** A rule's id in a comment that silences nothing by it. */
export interface NeedlessSuppression extends PlacedSuppression {
  /**
   * `silent`: the rule finds nothing there; `elsewhere`: it never marks this kind of file; `twice`: it is silenced there
   * already; `empty`: the comment names no rule.
   */
  readonly why: 'silent' | 'elsewhere' | 'twice' | 'empty';
  /** Undefined for `empty`. */
  readonly rule: Rule | undefined;
  /** Which of the comment's ids. */
  readonly index: number;
}

/** Judges the comments that silence: runs after all others, once it is known what they found. */
export interface SuppressionRule<M extends string = string, F extends string = string> extends RecordBase<M, F> {
  readonly scope: 'suppressions';
  readonly check: (needless: readonly NeedlessSuppression[], report: Report<M, F>) => void;
}

export type Rule = HostRule | ClusterRule | SuppressionRule;

/** Gives a record its types: keys of messages and fixes are checked where they are reported. */
export function defineRule<const M extends string, const F extends string = never>(
  rule: HostRule<M, F> | ClusterRule<M, F> | SuppressionRule<M, F>,
): Rule {
  return rule;
}

/** Whether something holds at every release that the host may run, not only at the one it is judged by. */
export function holdsAtAll(host: Host, verdict: (release: ReleaseIndex) => boolean): boolean {
  const { from, to } = host.release;
  for (let r = from; r <= to; r++) if (!verdict(r)) return false;
  return true;
}
