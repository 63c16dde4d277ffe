import { l10n, Uri, window, workspace } from 'vscode';
import type { MigrationView } from '../../../server/src/fleet-protocol';

/** Writes the history to a file that is asked for; its ending chooses JSON or CSV. */
export async function exportHistory(views: readonly MigrationView[]): Promise<void> {
  if (views.length === 0) {
    void window.showInformationMessage(l10n.t('There are no migrations to export yet.'));
    return;
  }
  const folder = workspace.workspaceFolders?.[0]?.uri;
  const target = await window.showSaveDialog({
    title: l10n.t('Export Migrations'),
    filters: { JSON: ['json'], CSV: ['csv'] },
    ...(folder && { defaultUri: Uri.joinPath(folder, 'migrations.json') }),
  });
  if (!target) return;
  const text = target.path.toLowerCase().endsWith('.csv') ? csvOf(views) : `${JSON.stringify(views, undefined, 2)}\n`;
  await workspace.fs.writeFile(target, new TextEncoder().encode(text));
  const open = l10n.t('Open');
  const answer = await window.showInformationMessage(l10n.t('{0} migrations were exported.', views.length), open);
  if (answer === open) await window.showTextDocument(target);
}

const COLUMNS: readonly (readonly [string, (view: MigrationView) => string | number | undefined])[] = [
  ['began', (v) => new Date(v.began).toISOString()],
  ['ended', (v) => (v.ended === undefined ? undefined : new Date(v.ended).toISOString())],
  ['cluster', (v) => v.cluster],
  ['instance', (v) => v.name],
  ['uuid', (v) => v.uuid],
  ['source', (v) => v.source],
  ['destination', (v) => v.destination],
  ['phase', (v) => v.progress.phase],
  ['on', (v) => v.outcome?.on],
  ['elapsed_ms', (v) => v.progress.elapsed],
  ['downtime_ms', (v) => v.progress.downtime],
  ['measured_downtime_ms', (v) => (v.probe?.failed === undefined ? v.probe?.longest : undefined)],
  ['memory_total_bytes', (v) => v.progress.memory?.total],
  ['memory_sent_bytes', (v) => v.progress.memory?.processed],
  ['message', (v) => v.outcome?.message],
  ['cause', (v) => v.explanation?.found[0]?.rule],
];

/** As RFC 4180 has it. What a spreadsheet would take for a formula is kept from being one. */
function csvOf(views: readonly MigrationView[]): string {
  const cell = (value: string | number | undefined): string => {
    const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value ?? '');
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const rows = [COLUMNS.map(([name]) => name), ...views.map((view) => COLUMNS.map(([, of]) => of(view)))];
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}
