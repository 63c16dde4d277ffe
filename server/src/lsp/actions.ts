import {
  CodeActionKind,
  CodeActionTriggerKind,
  type CodeAction,
  type CodeActionParams,
  type Diagnostic,
  type WorkspaceEdit,
} from 'vscode-languageserver/node';
import type { RepairParams } from '../fleet-protocol';
import type { Finding } from '../lint';
import type { InitializationOptions } from '../protocol';
import { inventoryWithOff, offEdit, REASON_PLACEHOLDER, suppressionEdit } from '../suppress';
import { join } from '../workspace/source';
import { FIX_ALL } from './capabilities';
import { byFile, creation, workspaceEdit } from './edits';
import type { Features } from './features';
import type { JudgedCluster } from './judged';
import { offsetOf, positionOf } from './positions';
import { canEdit, repair } from './repair';
import { isLive, isOnDisk, keyOf, liveCluster, type Key } from './uris';
import type { Workspace } from './workspace';

/**
 * What to repair once an action is chosen: of a rule's problems in a file the repair takes several rounds, and the actions
 * are asked for on every move of the cursor.
 */
interface Late {
  readonly file: Key;
  readonly rule: string;
}

/** Code actions of findings: the repair on the nodes, each fix, all of a rule, all of the file, the comment that silences one, the level that silences all. */
export class Actions {
  readonly #workspace: Workspace;
  readonly #features: Features;
  readonly #suppressCommand: string | undefined;
  readonly #repairCommand: string | undefined;

  constructor(workspace: Workspace, features: Features, options: InitializationOptions) {
    this.#workspace = workspace;
    this.#features = features;
    this.#suppressCommand = options.suppressCommand;
    this.#repairCommand = options.repairCommand;
  }

  async at({ textDocument, range, context }: CodeActionParams): Promise<CodeAction[]> {
    const only = context.only;
    const quick = !only || only.some((kind) => includes(kind, CodeActionKind.QuickFix));
    // On every move of the cursor the repair of a whole file is too much: it is made when somebody asks for actions.
    const all = only
      ? only.some((kind) => includes(kind, FIX_ALL))
      : context.triggerKind !== CodeActionTriggerKind.Automatic;
    if (!this.#features.codeActions || (!quick && !all)) return [];
    await this.#workspace.settled();
    const key = keyOf(textDocument.uri);
    const owner = this.#workspace.ownerOf(key);
    const file = owner?.file(key);
    if (!owner || !file || file.defect) return [];
    const actions: CodeAction[] = [];
    if (quick) {
      const [from, to] = [offsetOf(file, range.start), offsetOf(file, range.end)];
      const here = owner.findings(key).filter((f) => f.span.start <= to && from <= f.span.end);
      const shown = here.map((finding) => ({ finding, diagnostics: diagnosticsOf(finding, context.diagnostics) }));
      for (const { finding, diagnostics } of shown) {
        actions.push(...this.#onNodes(finding, diagnostics), ...this.#fixes(finding, diagnostics));
        if (finding.rule.exposure) actions.push(...this.#suppress(finding, diagnostics));
      }
      actions.push(...this.#allOfRule(owner, here));
      for (const { finding, diagnostics } of shown)
        if (!finding.rule.exposure) actions.push(...this.#suppress(finding, diagnostics));
      for (const rule of new Set(here.map((f) => f.rule.id)))
        actions.push(
          ...this.#off(
            owner,
            rule,
            shown.filter((s) => s.finding.rule.id === rule).flatMap((s) => s.diagnostics),
          ),
        );
    }
    if (all) actions.push(...this.#fixAll(owner, key));
    return actions;
  }

  /** Makes the edit of an action that was handed out without one, for the text as it is now. */
  async resolve(action: CodeAction): Promise<CodeAction> {
    const wish = lateOf(action.data);
    if (!wish) return action;
    await this.#workspace.settled();
    const owner = this.#workspace.ownerOf(wish.file);
    const changes = owner && repair(owner, wish);
    return changes && changes.size > 0 ? { ...action, edit: this.#edit(changes) } : action;
  }

  /** Of connected nodes, what is more than a file: commands, which the client shows before it runs them. */
  #onNodes(finding: Finding, diagnostics: Diagnostic[]): CodeAction[] {
    const { rule, file, span, fixes } = finding;
    if (this.#repairCommand === undefined || rule.repair === undefined || !isLive(file.uri)) return [];
    const uri = this.#workspace.open.spell(file.uri);
    const { line } = positionOf(file, span.start);
    const params: RepairParams = { cluster: liveCluster(file.uri), rule: rule.id, uri, line };
    const title = 'Repair on the nodes… (shows the plan first)';
    // An editor runs the one preferred action without asking which: an edit, where there is one, can be undone.
    const preferred = this.#features.preferred && !fixes.some((f) => f.preferred && canEdit(f.edits));
    const command = { title, command: this.#repairCommand, arguments: [params] };
    return [{ title, kind: CodeActionKind.QuickFix, diagnostics, ...(preferred && { isPreferred: true }), command }];
  }

  #fixes(finding: Finding, diagnostics: Diagnostic[]): CodeAction[] {
    return finding.fixes
      .filter((fix) => canEdit(fix.edits))
      .map((fix) => ({
        title: fix.title,
        kind: CodeActionKind.QuickFix,
        diagnostics,
        ...(fix.preferred && this.#features.preferred && { isPreferred: true }),
        edit: this.#edit(byFile(fix.edits)),
      }));
  }

  /** For each rule at hand that has more to repair in the file than the one finding. */
  #allOfRule(owner: JudgedCluster, here: readonly Finding[]): CodeAction[] {
    const rules = new Set(here.filter(repairable).map((f) => f.rule.id));
    return [...rules].flatMap((rule): CodeAction[] => {
      const file = here[0]!.file.uri;
      if (owner.findings(file).filter((f) => f.rule.id === rule && repairable(f)).length < 2) return [];
      const action = { title: `Fix all '${rule}' problems in this file`, kind: CodeActionKind.QuickFix };
      if (this.#features.lateEdits) return [{ ...action, data: { file, rule } satisfies Late }];
      const changes = repair(owner, { file, rule });
      return changes.size === 0 ? [] : [{ ...action, edit: this.#edit(changes) }];
    });
  }

  #fixAll(owner: JudgedCluster, key: string): CodeAction[] {
    const changes = repair(owner, { file: key });
    if (changes.size === 0) return [];
    return [{ title: 'Fix all livemig problems in this file', kind: FIX_ALL, edit: this.#edit(changes) }];
  }

  #suppress(finding: Finding, diagnostics: Diagnostic[]): CodeAction[] {
    const edit = suppressionEdit(finding, REASON_PLACEHOLDER);
    if (!edit) return [];
    const { id, exposure } = finding.rule;
    const asks = this.#suppressCommand === undefined ? '' : '…';
    const title = exposure ? `Accept ${id} with a reason${asks}` : `Ignore ${id} here, with a reason${asks}`;
    const action = { title, kind: CodeActionKind.QuickFix, diagnostics };
    if (this.#suppressCommand === undefined) return [{ ...action, edit: this.#edit(byFile([edit])) }];
    const uri = this.#workspace.open.spell(finding.file.uri);
    const { line } = positionOf(finding.file, finding.span.start);
    return [{ ...action, command: { title, command: this.#suppressCommand, arguments: [uri, line, id] } }];
  }

  /** Switches the rule off for the whole cluster, where livemig.ini has the last word. */
  #off(owner: JudgedCluster, rule: string, diagnostics: Diagnostic[]): CodeAction[] {
    if (owner.settings.lint.rules[rule] !== undefined) return [];
    const { inventory, root } = owner.cluster;
    const action = (made: boolean, edit: WorkspaceEdit): CodeAction[] => [
      {
        title: `Switch ${rule} off for all hosts, in ${made ? 'a new ' : ''}livemig.ini`,
        kind: CodeActionKind.QuickFix,
        diagnostics,
        edit,
      },
    ];
    if (inventory) {
      const edit = offEdit(inventory.file, rule);
      return edit && canEdit([edit]) ? action(false, this.#edit(byFile([edit]))) : [];
    }
    // Beside a file that was opened alone it may be the wrong place, and elsewhere than on disk it is not looked for.
    if (!this.#features.createFiles || owner.cluster.partial || !isOnDisk(root)) return [];
    return action(true, creation(join(root, 'livemig.ini'), inventoryWithOff(rule)));
  }

  #edit(changes: Parameters<typeof workspaceEdit>[0]): ReturnType<typeof workspaceEdit> {
    return workspaceEdit(changes, this.#workspace.open, this.#features.documentChanges);
  }
}

function lateOf(data: unknown): Late | undefined {
  const { file, rule } = (typeof data === 'object' && data !== null ? data : {}) as Record<string, unknown>;
  return typeof file === 'string' && typeof rule === 'string' ? { file, rule } : undefined;
}

function repairable(finding: Finding): boolean {
  return finding.fixes.some((f) => f.preferred && canEdit(f.edits));
}

/** Whether a kind of action asked for covers one of ours: `source` covers `source.fixAll`. */
function includes(asked: string, ours: string): boolean {
  return asked === '' || ours === asked || ours.startsWith(`${asked}.`);
}

/** Those of the client's diagnostics that show the finding. */
function diagnosticsOf(finding: Finding, diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const start = positionOf(finding.file, finding.span.start);
  const end = positionOf(finding.file, finding.span.end);
  return diagnostics.filter(
    ({ code, source, range }) =>
      code === finding.rule.id &&
      source === 'livemig' &&
      range.start.line === start.line &&
      range.start.character === start.character &&
      range.end.line === end.line &&
      range.end.character === end.character,
  );
}
