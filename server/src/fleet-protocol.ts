/**
 * What the editor's client and the fleet process (`dist/fleet.js`) say to each other, over vscode-jsonrpc. Types only.
 *
 * A connected node's file is `livemig:///CLUSTER/NODE/etc/nova/nova.conf`, CLUSTER and NODE percent-encoded; what was measured
 * there is `livemig:///CLUSTER/NODE/facts.json`, which is made, read-only, and lies on no disk.
 */
import type { HostKeyQuestion } from './fleet/types';
import type { Abilities } from './migration/abilities';
import type { Action } from './migration/driver';
import type { MigrateOptions, Outcome, Progress } from './migration/types';
import type { InstanceFacts } from './model/instance';

// ---- requests of the client ---------------------------------------------------------------------------------------------

/** `fleet/inventories`: all livemig.ini files there are now; replaces what was told before. Answer: `ClusterView[]`. Dials nothing. */
export interface InventoriesParams {
  readonly files: readonly { readonly uri: string; readonly text: string }[];
  /** The user trusts the workspace. Until then nothing is dialled and no program is started. */
  readonly trusted: boolean;
  /** Instead of ~/.ssh/config and /etc/ssh/ssh_config: a path. */
  readonly sshConfig?: string;
}

export interface ClusterView {
  /** Unique, stable as long as livemig.ini stays where it is: the CLUSTER of URIs. */
  readonly id: string;
  /** `name` of `[cloud]`, else the name of the folder that livemig.ini lies in. */
  readonly name: string;
  /** Of livemig.ini. */
  readonly uri: string;
  readonly nodes: readonly NodeHead[];
}

export interface NodeHead {
  readonly name: string;
  readonly address?: string;
  readonly roles: readonly string[];
  /** Of `[node NAME]` in livemig.ini, 0-based. */
  readonly line: number;
}

/** What most requests begin with. */
export interface NodeParams {
  readonly cluster: string;
  readonly node: string;
}

/** `fleet/refresh`: connects if need be, reads the node. Answer: `Refreshed`. Rejects with `FleetFailure`. */
export interface RefreshParams extends NodeParams {
  /** Somebody pressed *retry*: no waiting for the back-off. */
  readonly now?: boolean;
}

export interface Refreshed {
  readonly view: NodeView;
  /** For the language server, as it is: the parameters of `livemig/live`. */
  readonly live: LiveParams;
}

/** A node as the tree shows it. */
export interface NodeView extends NodeParams {
  /** What can be asked of migrations from it: as livemig.ini says by what they are launched, else by nova where a nova-compute runs. */
  readonly can: Pick<Abilities, 'takes' | 'scheduler'>;
  /** ms since 1970. */
  readonly taken: number;
  /** Name of nova's release and where it is known from; absent where nothing of nova's was found. */
  readonly release?: { readonly name: string; readonly guessed: boolean };
  readonly files: readonly FileRow[];
  readonly services: readonly ServiceRow[];
  readonly instances: readonly InstanceRow[];
  /** Those are all there are: libvirt answered for each. */
  readonly complete: boolean;
  readonly facts: readonly FactRow[];
  /** What could not be read, in words. */
  readonly failures: readonly { readonly what: string; readonly why: string }[];
}

export interface FileRow {
  /** Without the slash at the front: `etc/nova/nova.conf`. */
  readonly path: string;
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
}

export interface ServiceRow {
  /** Unit, job or daemon: `libvirtd`. */
  readonly name: string;
  readonly state: 'active' | 'inactive' | 'failed' | 'unknown';
  /** E.g. `listens on 0.0.0.0:16509`, `since 3 hours`. */
  readonly detail?: string;
}

/** An instance, by what the tree shows of it. */
export type InstanceRow = Pick<InstanceFacts, 'name' | 'uuid' | 'title' | 'state' | 'memory' | 'vcpus' | 'migrating'>;

export interface FactRow {
  readonly label: string;
  readonly value: string;
  /** Name of a codicon. */
  readonly icon?: string;
}

/** `fleet/disconnect` {@link NodeParams}: closes the node's connection. Answer: null. */

// ---- files of nodes -----------------------------------------------------------------------------------------------------

/** Of `fleet/stat` (→ `RemoteStat`), `fleet/list` (→ `RemoteEntry[]`), `fleet/read` (→ `RemoteContent`), `fleet/previous` (→ `RemoteContent | null`). */
export interface UriParams {
  readonly uri: string;
}

export interface RemoteStat {
  readonly type: 'file' | 'folder';
  readonly size: number;
  /** ms since 1970. Grows with every change of the content that was seen, be it within one tick of the node's clock. */
  readonly mtime: number;
  readonly readonly: boolean;
}

export interface RemoteEntry {
  readonly name: string;
  readonly type: 'file' | 'folder';
}

export interface RemoteContent {
  readonly base64: string;
  /** ms since 1970: when it was put away; of a previous version only. */
  readonly saved?: number;
}

/**
 * `fleet/write`: replaces a file whole or not at all, keeps its mode and owner, and keeps the version before. Rejects with
 * `conflict` when the node's file is not the one that was last told by `fleet/read`, or by a `fleet/stat` that told another
 * size than before: a change of the same size, of which only `mtime` tells, an editor may not have noticed. Answer: `RemoteStat`.
 */
export interface WriteParams extends UriParams {
  readonly base64: string;
  readonly create: boolean;
  readonly overwrite: boolean;
}

/** `fleet/restore` {@link UriParams}: puts the previous version back. Answer: `RemoteStat`; null: livemig had made the file, and it is gone now. */

// ---- apply --------------------------------------------------------------------------------------------------------------

/** `fleet/applyPlan` (→ `ApplyPlan`) and `fleet/apply` (→ `ApplyResult`). */
export interface ApplyParams extends NodeParams {
  /** Files whose change is to take effect, `etc/…`; none: all that changed since the daemons were started or livemig wrote. */
  readonly paths?: readonly string[];
  /** Of `fleet/progress`. */
  readonly token?: string;
}

export interface StepView {
  readonly node: string;
  /** What it does, in words. */
  readonly title: string;
  /** The exact command, for reading. */
  readonly command?: string;
  /** It is only looked whether it holds. */
  readonly check?: boolean;
}

export interface ApplyPlan {
  readonly steps: readonly StepView[];
  /** What the user ought to know before: guests are not touched, the cloud's API is away for a moment. */
  readonly notes: readonly string[];
}

export interface StepDone {
  readonly title: string;
  readonly state: 'done' | 'failed' | 'skipped';
  readonly ms: number;
  /** The daemon's own words. */
  readonly said?: string;
}

export interface ApplyResult {
  readonly ok: boolean;
  readonly steps: readonly StepDone[];
  /** Files that were put back because the daemon did not come up. */
  readonly restored: readonly string[];
  /** Why not, in words, with what to do. */
  readonly why?: string;
}

// ---- repairs that are more than a file ------------------------------------------------------------------------------------

/** `fleet/repairPlan`: for a finding of a connected node. Answer: `RepairPlan`. */
export interface RepairParams {
  readonly cluster: string;
  readonly rule: string;
  /** Of the file that the finding stands in. */
  readonly uri: string;
  /** 0-based. */
  readonly line: number;
}

export interface RepairPlan {
  /** For `fleet/repair`; good for ten minutes, and only while the snapshots that it was made of are the newest. */
  readonly id: string;
  readonly title: string;
  readonly steps: readonly StepView[];
  readonly notes: readonly string[];
}

/** `fleet/repair`: runs a plan step by step, stops at the first failure, reads the nodes again. Answer: `RepairResult`. */
export interface RunRepairParams {
  readonly id: string;
  readonly token?: string;
}

export interface RepairResult {
  /** Every step was done, and the finding is gone from a new snapshot. */
  readonly ok: boolean;
  readonly steps: readonly (StepDone & { readonly node: string })[];
  readonly why?: string;
  /** The nodes as they are now. */
  readonly refreshed: readonly Refreshed[];
}

// ---- migrations -----------------------------------------------------------------------------------------------------------

/** An instance on its node, which is the source of a migration. */
export interface InstanceParams extends NodeParams {
  readonly uuid: string;
}

/**
 * `fleet/verdicts`: where the instance could be moved to. Nodes whose facts are older than a minute are read first, all of them
 * at once; where nova's scheduler chooses among very many, only the source and the destination that is meant, and what is known
 * of the others has to do. Answer: `VerdictView[]`, those that are ready first.
 */
export interface VerdictsParams extends InstanceParams {
  /** The one that is meant already. */
  readonly destination?: string;
  /** How it is to be moved, as far as that is known. */
  readonly options?: MigrateOptions;
}

/** What pre-flight says of one instance and one destination. */
export interface VerdictView {
  /** The destination. */
  readonly node: string;
  /** `unknown`: it could not be read, and `why` says so. `blocked` may have a `why` that is nobody's finding: nova takes nothing there, or has no room. */
  readonly state: 'ready' | 'warnings' | 'blocked' | 'unknown';
  /** Errors first. */
  readonly reasons: readonly ReasonView[];
  readonly why?: string;
  /** Its disks are files of its own node alone, and it can go there only with a copy of them: `storage` of the options. */
  readonly storage?: 'copy';
  /** Nobody tried to read it: it is asked for as the `destination` that is meant. */
  readonly unread?: boolean;
}

/** A finding that speaks against a migration, or that was the cause of its failure. */
export interface ReasonView {
  readonly severity: 'error' | 'warning' | 'info';
  readonly rule: string;
  readonly message: string;
  /** Of the file that it stands in. */
  readonly uri: string;
  /** 0-based. */
  readonly line: number;
  readonly character: number;
  /** Name of the host. */
  readonly host?: string;
}

/** `fleet/migrate`: begins it, and answers with a `MigrationView` when it has begun or failed. `fleet/migration` tells the rest. */
export interface MigrateParams extends InstanceParams {
  /** Left out: nova's scheduler chooses. */
  readonly destination?: string;
  readonly options: MigrateOptions;
  readonly probe?: ProbeOptions;
}

/** `fleet/migrations`: those that run, and those that ended since the process was started. Answer: `MigrationView[]`. */

/** `fleet/steer`. Answer: null. Rejects with libvirt's or nova's words. */
export interface SteerParams {
  readonly id: string;
  readonly action: Action;
}

/** Notification `fleet/migration`, about once a second as long as it runs, and at its end. */
export interface MigrationView {
  readonly id: string;
  readonly cluster: string;
  readonly uuid: string;
  /** Name that nova gave the instance, else libvirt's. */
  readonly name: string;
  readonly source: string;
  /** Absent as long as nova's scheduler has not chosen. */
  readonly destination?: string;
  /** ms since 1970; when it was first seen, where somebody else began it. */
  readonly began: number;
  readonly ended?: number;
  readonly progress: Progress;
  /** It does not converge: for two passes in a row the guest wrote as much as was sent. */
  readonly stuck?: boolean;
  /** What can be done to it now. */
  readonly actions: readonly Action[];
  readonly probe?: ProbeView;
  readonly outcome?: Outcome;
  /** Why it failed. */
  readonly explanation?: {
    /** What the message means, in a sentence. */
    readonly means: string;
    /** Findings of the two nodes, read anew, that are the cause. */
    readonly found: readonly ReasonView[];
    /** Causes in words, with what to do, where nothing was found. */
    readonly causes: readonly { readonly text: string; readonly remedy?: string }[];
  };
}

/** `fleet/samples` {@link MigrationId}: what was measured of it once a second, the oldest first, at most the last hour. Answer: `Sample[]`. */
export interface MigrationId {
  readonly id: string;
}

/** A migration at one time. */
export interface Sample {
  /** ms since 1970. */
  readonly at: number;
  /** Bytes of memory and of disks that are still to be sent. */
  readonly remaining?: number;
  /** Bytes/s. */
  readonly rate?: number;
  readonly dirtyRate?: number;
  /** Per cent. */
  readonly throttle?: number;
}

/** How the guest is asked whether it answers: ten times a second, by ssh once. */
export interface ProbeOptions {
  /** Where from; this machine if it is not given. */
  readonly node?: string;
  /** An address of the guest, or a name. */
  readonly address: string;
  /** TCP port; ICMP if it is not given, and 22 for `ssh`. */
  readonly port?: number;
  /** Runs a command in the guest, over ssh and with the keys of whoever asks, once a second: an answer is that it ended with 0. */
  readonly ssh?: { readonly command: string; readonly user?: string };
}

/** What the probe saw so far. */
export interface ProbeView {
  readonly address: string;
  readonly sent: number;
  readonly lost: number;
  /** Times without an answer, ms since 1970; the last one may be going on. */
  readonly gaps: readonly { readonly from: number; readonly to: number }[];
  /** ms: the measured downtime. */
  readonly longest: number;
  /** Some are lost, and none had an answer: there is no time between answers either. */
  readonly unheard?: true;
  /** It still asks: also for a few seconds after the end of the migration, of which it is told once more then. */
  readonly going?: boolean;
  /** Why there is none, in words. */
  readonly failed?: string;
}

// ---- draining a node ------------------------------------------------------------------------------------------------------

/** `fleet/drainPlan`: what draining a node would do; nothing is begun. Answer: `DrainPlanView`. */
export interface DrainPlanParams extends NodeParams {
  /** Where all are to go; chosen for each if it is not given. */
  readonly destination?: string;
  /** Of those alone. */
  readonly uuids?: readonly string[];
  /** How they are to be moved, as far as that is known. */
  readonly options?: MigrateOptions;
}

export interface DrainPlanView extends NodeParams {
  /** For `fleet/drain`; good for ten minutes. */
  readonly id: string;
  /** In the order in which they go. */
  readonly moves: readonly DrainMove[];
  /** What stays where it is, and why. */
  readonly stay: readonly {
    readonly uuid: string;
    readonly name: string;
    readonly why: string;
    readonly reasons: readonly ReasonView[];
  }[];
  /** Options that its migrations take. */
  readonly takes: Abilities['takes'];
  /** Nova's compute service can be disabled first, so that nothing new is placed there. */
  readonly service?: { readonly enabled: boolean };
  /** How many at a time, if nobody says otherwise. */
  readonly parallel: number;
  readonly notes: readonly string[];
}

export interface DrainMove {
  readonly uuid: string;
  readonly name: string;
  /** Absent: nova's scheduler chooses. */
  readonly destination?: string;
  /** MiB. */
  readonly memory?: number;
  /** Its disks are copied along: somebody said so, or it can go only so. */
  readonly storage?: 'copy';
  readonly state: 'ready' | 'warnings';
  readonly reasons: readonly ReasonView[];
}

/**
 * `fleet/drain`: begins a plan. Answer: `DrainView`, of the plan's id; `fleet/drainState` tells the rest. Each instance is looked
 * at once more just before it goes.
 */
export interface DrainParams {
  readonly id: string;
  readonly options: MigrateOptions;
  /** 1 or more. */
  readonly parallel?: number;
  /** What a failure means for those that wait; `continue` unless given, since one that failed stays where it was. */
  readonly onFailure?: 'continue' | 'stop';
  /** Disables nova's compute service first, with this reason. */
  readonly disable?: string;
}

/** `fleet/drainSteer`. Answer: null. `cancel`: what runs goes on, nothing more is begun. */
export interface DrainSteerParams {
  readonly id: string;
  readonly action: 'pause' | 'resume' | 'cancel';
}

/** Notification `fleet/drainState`. */
export interface DrainView extends NodeParams {
  readonly id: string;
  /** `done`: nothing is left that was to go. `failed`: something is, and nothing runs any more. */
  readonly state: 'running' | 'paused' | 'cancelled' | 'done' | 'failed';
  readonly moves: readonly (DrainMove & {
    /** `left`: nothing was begun, and `why` says why. */
    readonly progress: 'waiting' | 'running' | 'completed' | 'failed' | 'cancelled' | 'left';
    /** Id of its migration. */
    readonly migration?: string;
    readonly why?: string;
  })[];
  /** It was disabled by this drain: to be enabled after. */
  readonly disabled?: boolean;
}

/** `fleet/serviceEnable` {@link NodeParams}: nova places instances there again. Answer: null. */

// ---- the matrix of a cluster ----------------------------------------------------------------------------------------------

/**
 * `fleet/matrix`: which node could send its guests to which, by the rules over each pair. Nodes that are equal in all that the
 * rules look at are one row and one column.
 */
export interface MatrixParams {
  readonly cluster: string;
}

export interface MatrixView {
  readonly cluster: string;
  /** ms since 1970. */
  readonly taken: number;
  readonly groups: readonly { readonly nodes: readonly string[] }[];
  /** By the index of the source's group, then of the destination's. Within a group of one node: null. */
  readonly cells: readonly (readonly (MatrixCell | null)[])[];
  /** What the cells speak of. */
  readonly reasons: readonly ReasonView[];
  /** Nodes that could not be read, and why. */
  readonly unread: readonly { readonly node: string; readonly why: string }[];
}

export interface MatrixCell {
  readonly state: 'ready' | 'warnings' | 'blocked';
  /** Indices into `reasons`, errors first. */
  readonly reasons: readonly number[];
}

// ---- inventory ------------------------------------------------------------------------------------------------------------

/** A node to be put into livemig.ini. */
export interface NodeDraft {
  readonly name: string;
  readonly address?: string;
  readonly user?: string;
  readonly port?: number;
  readonly identity?: string;
  readonly jump?: string;
  readonly roles?: readonly string[];
  /** For reading, in a list to choose from: what ssh or Ansible says of the host. Is not written. */
  readonly detail?: string;
}

/** `fleet/sshHosts`: hosts of ~/.ssh/config, patterns left out. Answer: `NodeDraft[]`. Parameters: `{ sshConfig?: string }`. */
/** `fleet/ansibleHosts`: hosts of an Ansible INI inventory. Answer: `NodeDraft[]`. Parameters: `{ text: string }`. */

/** `fleet/addNodes`: livemig.ini with the nodes in it, all else as it was. Answer: `{ text: string }`. */
export interface AddNodesParams {
  readonly text: string;
  readonly nodes: readonly NodeDraft[];
}

// ---- terminals ------------------------------------------------------------------------------------------------------------

/** `fleet/terminal`: a login shell over the node's connection. Answer: `{ id: number }`. */
export interface TerminalParams extends NodeParams {
  readonly columns: number;
  readonly rows: number;
}

/** Notification `fleet/terminalInput`, and `fleet/terminalData` the other way. */
export interface TerminalData {
  readonly id: number;
  readonly data: string;
}

/** Notification `fleet/terminalResize`. */
export interface TerminalSize {
  readonly id: number;
  readonly columns: number;
  readonly rows: number;
}

/** Notification `fleet/terminalClose`, and `fleet/terminalClosed` the other way. */
export interface TerminalClosed {
  readonly id: number;
  readonly why?: string;
}

// ---- what the fleet process tells -----------------------------------------------------------------------------------------

/** Notification `fleet/state`. */
export interface NodeState extends NodeParams {
  /** `ready`: connected and read; `unreachable`: dialling failed; `lost`: it was connected. */
  readonly kind: 'idle' | 'connecting' | 'reading' | 'ready' | 'unreachable' | 'lost';
  readonly why?: string;
  readonly detail?: string;
  /** ms since 1970: when it is dialled again; absent where only people can help. */
  readonly retry?: number;
}

/** Notification `fleet/refreshed` {@link Refreshed}: a node that came back by itself, or of which more is known than was read. */

/** Notification `fleet/log`: without secrets, in their order, and before the answer to what they tell of. */
export interface LogParams {
  readonly lines: readonly string[];
}

/** Notification `fleet/progress`. */
export interface ProgressParams {
  readonly token: string;
  readonly message: string;
  /** Per cent that this step adds. */
  readonly increment?: number;
}

// ---- what the fleet process asks ------------------------------------------------------------------------------------------

/** `prompt/hostKey` → boolean. */
export interface HostKeyPrompt extends NodeParams, HostKeyQuestion {}

/** `prompt/passphrase` → string | null. `again`: the one before was wrong. */
export interface PassphrasePrompt extends NodeParams {
  readonly file: string;
  readonly again: boolean;
}

/** `prompt/password` → string | null. */
export interface PasswordPrompt extends NodeParams {
  readonly user: string;
  readonly host: string;
  readonly again: boolean;
}

/** `prompt/answers` → string[] | null. */
export interface AnswersPrompt extends NodeParams {
  readonly user: string;
  readonly host: string;
  readonly instructions: string;
  readonly questions: readonly { readonly text: string; readonly echo: boolean }[];
}

// ---- failures -------------------------------------------------------------------------------------------------------------

/** `data` of the error that a request is rejected with; its message is for the user. */
export interface FleetFailure {
  readonly code:
    | 'unreachable'
    | 'timeout'
    | 'host-key'
    | 'authentication'
    | 'negotiation'
    | 'sudo'
    | 'lost'
    | 'refused'
    | 'conflict'
    | 'cancelled'
    | 'untrusted'
    | 'not-found'
    | 'no-permission'
    | 'exists'
    | 'is-folder'
    | 'no-space'
    | 'read-only';
  /** What the other side said, word by word. */
  readonly detail?: string;
}

// ---- client and language server -------------------------------------------------------------------------------------------

/**
 * Notification `livemig/live`, from the client to the language server: the files of a connected node, all of them; they
 * replace what was told before. `facts.json` is one of them. The cluster's inventory is the livemig.ini at `inventory`.
 */
export interface LiveParams extends NodeParams {
  readonly inventory: string;
  /** Null: the node is no more, or nothing is known of it any more. */
  readonly files: readonly LiveFile[] | null;
}

export interface LiveFile {
  readonly path: string;
  readonly base64: string;
}
