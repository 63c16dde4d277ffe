import { ProgressLocation, window, type CancellationToken, type Progress } from 'vscode';
import type { ProgressParams } from '../../../server/src/fleet-protocol';

type Reports = Progress<{ message?: string; increment?: number }>;

/** Shows what the fleet process tells of its steps. */
export class Progresses {
  readonly #shown = new Map<string, Reports>();
  #made = 0;

  tell({ token, message, increment }: ProgressParams): void {
    this.#shown.get(token)?.report({ message, ...(increment === undefined ? {} : { increment }) });
  }

  /** A notification with a bar and *Cancel*; what is cancelled ends between two steps. */
  show<T>(title: string, work: (token: string, cancel: CancellationToken) => Promise<T>): Thenable<T> {
    const options = { location: ProgressLocation.Notification, title, cancellable: true };
    return window.withProgress(options, async (progress, cancel) => {
      const token = String(++this.#made);
      this.#shown.set(token, progress);
      try {
        return await work(token, cancel);
      } finally {
        this.#shown.delete(token);
      }
    });
  }
}
