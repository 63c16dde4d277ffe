/** Commands about nodes; package.json has the same. Apart from the rest so that `activate` loads nothing else for them. */
export const nodeCommandIds = [
  'nodes.add',
  'nodes.importSsh',
  'nodes.importAnsible',
  'nodes.refresh',
  'nodes.refreshAll',
  'nodes.retry',
  'nodes.disconnect',
  'nodes.terminal',
  'nodes.compare',
  'nodes.openInventory',
  'nodes.openFacts',
  'nodes.apply',
  'nodes.restorePrevious',
  'nodes.showLog',
] as const;

/** Reached by code actions and by buttons in documents only. */
export const innerNodeCommandIds = ['repair', 'nodes.runPlan'] as const;

export type NodeCommandId = (typeof nodeCommandIds)[number] | (typeof innerNodeCommandIds)[number];
export type NodeCommands = Readonly<Record<NodeCommandId, (...args: unknown[]) => Promise<unknown>>>;
