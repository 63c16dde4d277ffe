import { FileSystemError, l10n, type Uri } from 'vscode';
import type { FleetFailure } from '../../../server/src/fleet-protocol';

/** Why a request to the fleet process failed; the message is for the user. */
export class FleetFailed extends Error {
  override readonly name = 'FleetFailed';
  constructor(
    /** `gone`: the process itself ended. */
    readonly code: FleetFailure['code'] | 'gone' | 'unknown',
    message: string,
    /** What the other side said, word by word. */
    readonly detail?: string,
  ) {
    super(message);
  }
}

/** Of whatever a request was rejected with. */
export function failureOf(error: unknown): FleetFailed {
  if (error instanceof FleetFailed) return error;
  const { message, data } = (error ?? {}) as { message?: unknown; data?: unknown };
  const { code, detail } = (data ?? {}) as Partial<FleetFailure>;
  return new FleetFailed(code ?? 'unknown', typeof message === 'string' ? message : String(error), detail);
}

/** Whether nobody needs to be told: the user ended it himself. */
export const isCancelled = (error: unknown): boolean => failureOf(error).code === 'cancelled';

/** The same in the words that VS Code's files know; the message stays. */
export function fileError(error: unknown, uri: Uri): FileSystemError {
  const { code, message } = failureOf(error);
  switch (code) {
    case 'not-found':
      // VS Code probes for files that need not be there; its own words for that are better than ours.
      return FileSystemError.FileNotFound(uri);
    case 'exists':
      return FileSystemError.FileExists(message);
    case 'is-folder':
      return FileSystemError.FileIsADirectory(message);
    case 'no-permission':
    case 'read-only':
    case 'sudo':
      return FileSystemError.NoPermissions(message);
    case 'unreachable':
    case 'lost':
    case 'timeout':
    case 'host-key':
    case 'authentication':
    case 'negotiation':
    case 'refused':
    case 'cancelled':
    case 'untrusted':
    case 'gone':
      return FileSystemError.Unavailable(message);
    default:
      return new FileSystemError(message);
  }
}

/** The same for a save: what has become of the text, and what to do. */
export function saveError(error: unknown, uri: Uri): FileSystemError {
  const { code, message } = failureOf(error);
  const said = /[.!?]$/.test(message) ? message : `${message}.`;
  const kept = l10n.t('Your text is kept in the editor.');
  switch (code) {
    case 'unreachable':
    case 'lost':
    case 'timeout':
    case 'gone':
      return FileSystemError.Unavailable(
        `${said} ${kept} ${l10n.t('Save again when the node can be reached; its file is as it was.')}`,
      );
    case 'conflict':
      return FileSystemError.Unavailable(`${said} ${kept}`);
    case 'no-space':
      return new FileSystemError(`${said} ${kept}`);
    default:
      return fileError(error, uri);
  }
}
