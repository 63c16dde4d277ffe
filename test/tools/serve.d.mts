export interface CodeServer {
  readonly url: string;
  readonly port: number;
  /** Settings, logs and state: all that VS Code writes. */
  readonly profile: string;
  /** What it has printed so far. */
  log(): string;
  /** Ends it and removes its profile. */
  stop(): Promise<void>;
}

export function startCodeServer(options?: {
  /** Extension packages to install first. */
  vsix?: string[];
  /** User settings on top of the quiet ones. */
  settings?: Readonly<Record<string, unknown>>;
  /** Further arguments of code-server. */
  args?: string[];
  /** Environment of the server and its extension host. */
  env?: Record<string, string>;
  /** Folders are not trusted before somebody says so. */
  trust?: boolean;
}): Promise<CodeServer>;
