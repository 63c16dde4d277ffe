import { LSPErrorCodes, ResponseError, type CancellationToken } from 'vscode-languageserver/node';
import { giveWay } from './slices';

export interface Log {
  error(message: string): void;
  warn(message: string): void;
  info(message: string): void;
  /** For what the user has to know, and no file can show: never the same twice. */
  alert(message: string): void;
}

/** Runs a handler so that no fault of ours reaches the client as one: it is logged, and the client gets `fallback`. */
export async function safe<T>(log: Log, name: string, fallback: T, task: () => T | Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    log.error(`${name}: ${describe(error)}`);
    return fallback;
  }
}

/** As `safe`, for requests that may be withdrawn: a cancelled one is answered as such. */
export async function safeRequest<T>(
  log: Log,
  name: string,
  fallback: T,
  token: CancellationToken,
  task: () => T | Promise<T>,
): Promise<T | ResponseError<never>> {
  giveWay();
  const answer = await safe(log, name, fallback, () => (token.isCancellationRequested ? fallback : task()));
  return token.isCancellationRequested
    ? new ResponseError<never>(LSPErrorCodes.RequestCancelled, 'The request was cancelled.')
    : answer;
}

export function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
