import type { LogOutputChannel } from 'vscode';
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
import { guard } from './guard';
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
    (...args: unknown[]) => guard(tools.log, () => command(tools, args), id === 'nodes.showLog'),
  ]);
  return Object.fromEntries(guarded) as NodeCommands;
}
