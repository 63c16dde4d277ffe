import type {
  AddNodesParams,
  ApplyParams,
  ApplyPlan,
  ApplyResult,
  ClusterView,
  DrainParams,
  DrainPlanParams,
  DrainPlanView,
  DrainSteerParams,
  DrainView,
  InventoriesParams,
  MatrixParams,
  MatrixView,
  MigrateParams,
  MigrationId,
  MigrationView,
  NodeDraft,
  NodeParams,
  RefreshParams,
  Refreshed,
  RemoteContent,
  RemoteEntry,
  RemoteStat,
  RepairParams,
  RepairPlan,
  RepairResult,
  RunRepairParams,
  Sample,
  SteerParams,
  TerminalParams,
  UriParams,
  VerdictsParams,
  VerdictView,
  WriteParams,
} from '../../fleet-protocol';

/** All requests of the client, by what follows `fleet/`: parameters and answer. */
export interface Requests {
  inventories: [InventoriesParams, readonly ClusterView[]];
  refresh: [RefreshParams, Refreshed];
  disconnect: [NodeParams, null];
  stat: [UriParams, RemoteStat];
  list: [UriParams, readonly RemoteEntry[]];
  read: [UriParams, RemoteContent];
  write: [WriteParams, RemoteStat];
  previous: [UriParams, RemoteContent | null];
  restore: [UriParams, RemoteStat | null];
  applyPlan: [ApplyParams, ApplyPlan];
  apply: [ApplyParams, ApplyResult];
  repairPlan: [RepairParams, RepairPlan];
  repair: [RunRepairParams, RepairResult];
  verdicts: [VerdictsParams, readonly VerdictView[]];
  migrate: [MigrateParams, MigrationView];
  migrations: [Record<string, never>, readonly MigrationView[]];
  steer: [SteerParams, null];
  drainPlan: [DrainPlanParams, DrainPlanView];
  drain: [DrainParams, DrainView];
  drainSteer: [DrainSteerParams, null];
  serviceEnable: [NodeParams, null];
  samples: [MigrationId, readonly Sample[]];
  matrix: [MatrixParams, MatrixView];
  sshHosts: [{ readonly sshConfig?: string }, readonly NodeDraft[]];
  ansibleHosts: [{ readonly text: string }, readonly NodeDraft[]];
  addNodes: [AddNodesParams, { readonly text: string }];
  terminal: [TerminalParams, { readonly id: number }];
}

/** What answers them; an error that is thrown becomes a failure. */
export type Answers = {
  readonly [K in keyof Requests]: (
    params: Requests[K][0],
    signal: AbortSignal,
  ) => Promise<Requests[K][1]> | Requests[K][1];
};
