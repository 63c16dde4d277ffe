/** Commands about migrations; package.json has the same. Apart from the rest so that `activate` loads nothing else for them. */
export const migrationCommandIds = [
  'migrations.migrate',
  'migrations.watch',
  'migrations.abort',
  'migrations.postCopy',
  'migrations.forceComplete',
  'migrations.suspend',
  'migrations.showCause',
  'migrations.details',
  'migrations.copyMessage',
  'migrations.clearFinished',
  'migrations.export',
] as const;

export type MigrationCommandId = (typeof migrationCommandIds)[number];
export type MigrationCommands = Readonly<Record<MigrationCommandId, (...args: unknown[]) => Promise<unknown>>>;
