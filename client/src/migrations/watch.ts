/** A notification for as long as a migration runs. */
import { l10n, ProgressLocation, window } from 'vscode';
import type { MigrationView, SteerParams } from '../../../server/src/fleet-protocol';
import { failureOf } from '../nodes/failure';
import type { Requests } from '../nodes/store';
import type { MigrationStore } from './store';
import { isOver, progressText, wayText } from './words';

/** Those that have a notification now. */
const watched = new Set<string>();

/** Shows how it goes, to its end or until it is no longer watched. */
export async function watch(
  id: string,
  tools: { readonly store: MigrationStore; readonly fleet: Requests },
): Promise<void> {
  if (watched.has(id)) return;
  watched.add(id);
  try {
    while ((await show(id, tools)) === 'cancelled') {
      const view = tools.store.get(id);
      if (!view || isOver(view)) return;
      const answer = await askAbort(view);
      if (answer === 'abort') await abort(id, tools);
      if (answer === 'stop') return;
    }
  } finally {
    watched.delete(id);
  }
}

function show(id: string, { store }: { readonly store: MigrationStore }): Thenable<'ended' | 'cancelled'> {
  const view = store.get(id);
  if (!view || isOver(view)) return Promise.resolve('ended');
  // A title stays as it is; where nova chooses is learned on the way.
  const isChosen = view.destination !== undefined;
  const title = isChosen ? `${view.name}, ${wayText(view)}` : view.name;
  return window.withProgress(
    { location: ProgressLocation.Notification, title, cancellable: true },
    (progress, cancel) =>
      new Promise((resolve) => {
        const end = (how: 'ended' | 'cancelled'): void => {
          listener.dispose();
          cancelled.dispose();
          resolve(how);
        };
        const tell = (): void => {
          const now = store.get(id);
          if (!now || isOver(now)) end('ended');
          else progress.report({ message: (isChosen ? '' : `${wayText(now)} · `) + progressText(now) });
        };
        const listener = store.onDidChange((changed) => {
          if (!changed || changed.id === id) tell();
        });
        const cancelled = cancel.onCancellationRequested(() => end('cancelled'));
        tell();
      }),
  );
}

/** One that begins can only be aborted once nova has it on its list. What is refused is told, and it is watched on. */
async function abort(id: string, { store, fleet }: { readonly store: MigrationStore; readonly fleet: Requests }) {
  const isEarly = (): boolean => {
    const view = store.get(id);
    return view?.progress.phase === 'starting' && !isOver(view) && !view.actions.includes('abort');
  };
  if (isEarly()) {
    const title = l10n.t('Aborting the migration of {0} as soon as it can be aborted…', store.get(id)?.name ?? '');
    await window.withProgress(
      { location: ProgressLocation.Notification, title },
      () =>
        new Promise<void>((resolve) => {
          const listener = store.onDidChange(() => {
            if (isEarly()) return;
            listener.dispose();
            resolve();
          });
        }),
    );
  }
  const view = store.get(id);
  if (!view || isOver(view)) return;
  try {
    await steer(fleet, view, 'abort');
  } catch (error) {
    void window.showErrorMessage(failureOf(error).message);
  }
}

async function askAbort({ name, source, progress }: MigrationView): Promise<'abort' | 'stop' | undefined> {
  const [abort, stop] = [l10n.t('Abort the Migration'), l10n.t('Only Stop Watching')];
  const answer = await window.showWarningMessage(
    l10n.t('Abort the migration of {0}?', name),
    {
      modal: true,
      detail:
        progress.phase === 'post-copy'
          ? l10n.t('It runs on its destination already and needs the rest of its memory: there is no way back.')
          : l10n.t('The guest runs on, on {0}. The view "Migrations" shows a migration that goes on.', source),
    },
    ...(progress.phase === 'post-copy' ? [stop] : [abort, stop]),
  );
  return answer === abort ? 'abort' : answer === stop ? 'stop' : undefined;
}

/** One that ended meanwhile needs no steering any more. @throws FleetFailed with libvirt's words */
export async function steer(fleet: Requests, { id }: MigrationView, action: SteerParams['action']): Promise<void> {
  await fleet.request('fleet/steer', { id, action } satisfies SteerParams);
}
