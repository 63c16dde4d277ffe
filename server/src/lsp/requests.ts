import type { WorkspaceEdit } from 'vscode-languageserver/node';
import type { SourceFile } from '../model/files';
import { releaseName } from '../knowledge/releases';
import type { Status, StatusParams, SuppressParams } from '../protocol';
import { suppressionEdit } from '../suppress';
import { nameOf } from '../workspace/source';
import { byFile, workspaceEdit } from './edits';
import type { TextChange } from './pieces';
import { positionOf } from './positions';
import { repair } from './repair';
import { isLive, keyOf } from './uris';
import type { Workspace } from './workspace';

/** `livemig/status` */
export async function status(workspace: Workspace, { uri }: StatusParams): Promise<Status | null> {
  await workspace.settled();
  const key = keyOf(uri);
  const owner = workspace.ownerOf(key);
  const host = owner?.host(key);
  if (!owner || !host) return null;
  const { index, reason, guessed } = host.release;
  return {
    release: releaseName(index),
    reason,
    guessed,
    host: host.name,
    ...(owner.cluster.hosts.length > 1 && { cluster: nameOf(owner.cluster.root) }),
  };
}

/**
 * `livemig/fixWorkspace`: every preferred fix of every file, from what lies on disk now. What lies on nodes is repaired file
 * by file, by somebody who sees it.
 */
export async function fixWorkspace(workspace: Workspace, versioned: boolean): Promise<WorkspaceEdit> {
  workspace.reread();
  await workspace.settled();
  const changes = new Map<SourceFile, readonly TextChange[]>();
  for (const cluster of workspace.clusters()) {
    const { root, inventory } = cluster.input;
    const wish = isLive(root) ? { file: inventory?.uri ?? root } : {};
    for (const [file, list] of repair(cluster, wish)) {
      // A livemig.ini in sight of several clusters is repaired by the one that judges it.
      if (workspace.ownerOf(file.uri) === cluster) changes.set(file, list);
    }
  }
  return workspaceEdit(changes, workspace.open, versioned);
}

/** `livemig/suppress` */
export async function suppress(
  workspace: Workspace,
  { uri, line, rule, reason }: SuppressParams,
  versioned: boolean,
): Promise<WorkspaceEdit | null> {
  await workspace.settled();
  const key = keyOf(uri);
  const findings = workspace.ownerOf(key)?.findings(key) ?? [];
  const finding = findings.find((f) => f.rule.id === rule && positionOf(f.file, f.span.start).line === line);
  const edit = finding && suppressionEdit(finding, reason);
  return edit ? workspaceEdit(byFile([edit]), workspace.open, versioned) : null;
}
