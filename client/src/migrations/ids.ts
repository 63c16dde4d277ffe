/** Commands about migrations; package.json has the same. Apart from the rest so that `activate` loads nothing else for them. */
export const migrationCommandIds = [
  'migrations.migrate',
  'migrations.drain',
  'migrations.migrateAll',
  'migrations.matrix',
  'migrations.chart',
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
  'migrations.drainShow',
  'migrations.drainPause',
  'migrations.drainResume',
  'migrations.drainCancel',
] as const;

export type MigrationCommandId = (typeof migrationCommandIds)[number];
export type MigrationCommands = Readonly<Record<MigrationCommandId, (...args: unknown[]) => Promise<unknown>>>;
