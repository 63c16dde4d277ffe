/** What the client and the language server say to each other beyond the protocol's own messages. Types only. */

/** What a client may pass as `initializationOptions`; all of it optional, any editor can do without. */
export interface InitializationOptions {
  /** Where a rule's page is: `{id}` stands for the rule's id. The link behind a finding's code; none without it. */
  readonly ruleUri?: string;
  /**
   * A command of the client that asks for a reason and then sends `livemig/suppress`; its arguments are
   * `[uri, line, rule]`, the line 0-based. Without it the action puts in a comment with a placeholder.
   */
  readonly suppressCommand?: string;
  /**
   * A command of the client that shows the plan of a repair on the nodes, and runs it when told to; its arguments are
   * `[RepairParams]`, of fleet-protocol.ts. Without it there is no such action.
   */
  readonly repairCommand?: string;
  /** The client sends `workspace/didChangeWatchedFiles` by itself: the server need not ask for it. */
  readonly watchesFiles?: boolean;
  /** The client shows `livemig/alert`, with a way to the log; others get `window/showMessage`. */
  readonly showsAlerts?: boolean;
  /** Settings for clients that do not answer `workspace/configuration`. */
  readonly settings?: ServerSettings;
}

/** The section `livemig` of the settings, for a folder or in general. Whatever does not fit is ignored. */
export interface ServerSettings {
  /** Name of a release, or `auto`. */
  readonly release?: string;
  /** Severity by rule id: `off`, `info`, `warning`, `error`. */
  readonly rules?: Readonly<Record<string, string>>;
}

/** Parameters of the notification `livemig/alert`: something to tell the user that belongs to no file. */
export interface AlertParams {
  readonly message: string;
}

/** Parameters of `livemig/status`. */
export interface StatusParams {
  readonly uri: string;
}

/** Answer to `livemig/status`: what the file is judged by; null when it belongs to no host. */
export interface Status {
  /** Name of the release. */
  readonly release: string;
  /** In words: where the release was taken from. */
  readonly reason: string;
  /** Nobody said the release: findings that lean on it are at most informational. */
  readonly guessed: boolean;
  /** Name of the host. */
  readonly host: string;
  /** Name of the folder that holds the hosts, where there are several. */
  readonly cluster?: string;
}

/** Parameters of `livemig/suppress`, whose answer is a workspace edit, or null when that line has no such finding. */
export interface SuppressParams {
  readonly uri: string;
  /** 0-based. */
  readonly line: number;
  readonly rule: string;
  readonly reason: string;
}
