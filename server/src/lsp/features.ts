import type { DiagnosticTag, InitializeParams } from 'vscode-languageserver/node';
import type { InitializationOptions } from '../protocol';

/** What the client can do, as far as we make use of it. */
export interface Features {
  /** Asks for diagnostics; it is never pushed to, then. */
  readonly pull: boolean;
  /** Can be told to ask again. */
  readonly refresh: boolean;
  readonly configuration: boolean;
  readonly registerConfiguration: boolean;
  readonly registerWatchedFiles: boolean;
  readonly relatedInformation: boolean;
  readonly codeDescription: boolean;
  /** Wants the version with pushed diagnostics. */
  readonly version: boolean;
  readonly tags: ReadonlySet<DiagnosticTag>;
  /** Takes code actions as objects; one that takes only commands gets none. */
  readonly codeActions: boolean;
  readonly preferred: boolean;
  /** Takes a code action without its edit, and asks for that when it is chosen. */
  readonly lateEdits: boolean;
  readonly documentChanges: boolean;
  /** An edit may make a file. */
  readonly createFiles: boolean;
  readonly utf16: boolean;
}

export function featuresOf({ capabilities }: InitializeParams): Features {
  const { textDocument, workspace, general } = capabilities;
  // The pull model came with its own set of these; older clients say them for pushed diagnostics only.
  const of = { ...textDocument?.publishDiagnostics, ...textDocument?.diagnostic };
  return {
    pull: textDocument?.diagnostic !== undefined,
    refresh: workspace?.diagnostics?.refreshSupport === true,
    configuration: workspace?.configuration === true,
    registerConfiguration: workspace?.didChangeConfiguration?.dynamicRegistration === true,
    registerWatchedFiles: workspace?.didChangeWatchedFiles?.dynamicRegistration === true,
    relatedInformation: of.relatedInformation === true,
    codeDescription: of.codeDescriptionSupport === true,
    version: textDocument?.publishDiagnostics?.versionSupport === true,
    tags: new Set(of.tagSupport?.valueSet ?? []),
    codeActions: textDocument?.codeAction?.codeActionLiteralSupport !== undefined,
    preferred: textDocument?.codeAction?.isPreferredSupport === true,
    lateEdits:
      textDocument?.codeAction?.dataSupport === true &&
      textDocument.codeAction.resolveSupport?.properties.includes('edit') === true,
    documentChanges: workspace?.workspaceEdit?.documentChanges === true,
    createFiles:
      workspace?.workspaceEdit?.documentChanges === true &&
      workspace.workspaceEdit.resourceOperations?.includes('create') === true,
    utf16: general?.positionEncodings?.includes('utf-16') === true,
  };
}

/** The options, each taken only if it has the right type. */
export function optionsOf(raw: unknown): InitializationOptions {
  const { ruleUri, suppressCommand, repairCommand, watchesFiles, showsAlerts, settings } = (
    typeof raw === 'object' && raw !== null ? raw : {}
  ) as Record<string, unknown>;
  return {
    ...(typeof ruleUri === 'string' && ruleUri !== '' && { ruleUri }),
    ...(typeof suppressCommand === 'string' && suppressCommand !== '' && { suppressCommand }),
    ...(typeof repairCommand === 'string' && repairCommand !== '' && { repairCommand }),
    ...(watchesFiles === true && { watchesFiles }),
    ...(showsAlerts === true && { showsAlerts }),
    ...(typeof settings === 'object' && settings !== null && { settings }),
  };
}
