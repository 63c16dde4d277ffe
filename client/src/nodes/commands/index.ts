import { commands as vscodeCommands, l10n, window, workspace, type LogOutputChannel } from 'vscode';
import { failureOf, isCancelled } from '../failure';
import type { NodeCommandId, NodeCommands } from '../ids';
import type { FleetProcess } from '../process';
import type { Progresses } from '../progress';
import type { Surfaces } from '../register';
import type { NodeStore } from '../store';
import type { Terminals } from '../terminals';
import type { Texts } from '../texts';
import { addNode, importAnsible, importSsh } from './add';
import { applyOn } from './apply';
import { compare } from './compare';
import { repair } from './repair';
import { restorePrevious } from './restore';
import { disconnect, openFacts, openInventory, openTerminal, refresh, refreshAll } from './simple';

/** What commands work with. */
export interface Tools {
  readonly fleet: FleetProcess;
  readonly store: NodeStore;
  readonly log: LogOutputChannel;
  readonly texts: Texts;
  readonly progresses: Progresses;
  readonly terminals: Terminals;
  readonly surfaces: Surfaces;
}

type Command = (tools: Tools, args: readonly unknown[]) => Promise<unknown>;

const all: Readonly<Record<NodeCommandId, Command>> = {
  'nodes.add': addNode,
  'nodes.importSsh': importSsh,
  'nodes.importAnsible': importAnsible,
  'nodes.refresh': (tools, args) => refresh(tools, args, false),
  'nodes.refreshAll': refreshAll,
  'nodes.retry': (tools, args) => refresh(tools, args, true),
  'nodes.disconnect': disconnect,
  'nodes.terminal': openTerminal,
  'nodes.compare': compare,
  'nodes.openInventory': openInventory,
  'nodes.openFacts': openFacts,
  'nodes.apply': applyOn,
  'nodes.restorePrevious': restorePrevious,
  'nodes.showLog': ({ log }) => {
    log.show();
    return Promise.resolve();
  },
  'nodes.runPlan': ({ texts }, [key]) => texts.run(key),
  repair,
};

export function createNodeCommands(tools: Tools): NodeCommands {
  const entries = Object.entries(all) as [NodeCommandId, Command][];
  const guarded = entries.map(([id, command]) => [
    id,
    (...args: unknown[]) => guard(id, tools, () => command(tools, args)),
  ]);
  return Object.fromEntries(guarded) as NodeCommands;
}

/** Nothing is dialled for a folder that is not trusted; what goes wrong is told once, with a way to the log. */
async function guard(id: NodeCommandId, tools: Tools, run: () => Promise<unknown>): Promise<unknown> {
  if (!workspace.isTrusted && id !== 'nodes.showLog') {
    const trust = l10n.t('Manage Workspace Trust');
    const text = l10n.t(
      'Nodes are reached only from a trusted workspace: its livemig.ini chooses the hosts that are dialled.',
    );
    if ((await window.showWarningMessage(text, trust)) === trust)
      await vscodeCommands.executeCommand('workbench.trust.manage');
    return undefined;
  }
  try {
    return await run();
  } catch (error) {
    if (!isCancelled(error)) void tell(error, tools);
    return undefined;
  }
}

async function tell(error: unknown, { log }: Tools): Promise<void> {
  const { message, detail } = failureOf(error);
  log.error(detail === undefined ? message : `${message}\n${detail}`);
  const show = l10n.t('Show Log');
  if ((await window.showErrorMessage(message, show)) === show) log.show();
}
