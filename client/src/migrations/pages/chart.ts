/** The live chart of a migration. */
import { l10n } from 'vscode';
import type { MigrationId, MigrationView, Sample, SteerParams } from '../../../../server/src/fleet-protocol';
import type { ChartPage } from '../../../webview/messages';
import { guard } from '../../nodes/commands/guard';
import type { MigrationStore } from '../store';
import { askedText } from '../probe';
import { steer } from '../watch';
import { isOver, isStuck, phaseText, progressText, rateText, wayText } from '../words';
import { Panel } from './panel';
import type { PageTools } from './matrix';

export interface ChartTools extends PageTools {
  readonly store: MigrationStore;
}

/** Reports that come closer change the numbers in the text alone, ms. */
const APART_MS = 900;
/** As the fleet process keeps them. */
const MOST = 3600;

const panels = new Map<string, Panel>();

export async function showChart(tools: ChartTools, { id }: MigrationView): Promise<void> {
  const open = panels.get(id);
  if (open) {
    open.reveal();
    return;
  }
  let samples = await samplesOf(tools, id);
  const { store, context, fleet, log } = tools;
  const first = store.get(id);
  if (!first) return;
  const panel = new Panel({
    context,
    title: l10n.t('Migration of {0}', first.name),
    script: 'webview-chart',
    page: () => {
      const view = store.get(id);
      return view && { kind: 'chart', page: pageOf(view, samples) };
    },
    said: (message) =>
      void guard(log, async () => {
        const view = store.get(id);
        const action = message.kind === 'action' ? view?.actions.find((a) => a === message.action) : undefined;
        if (view && action) await steer(fleet, view, action);
      }),
    closed: () => {
      listener.dispose();
      panels.delete(id);
    },
  });
  const listener = store.onDidChange((view) => {
    if (view?.id !== id) return;
    if (isOver(view))
      // The last of them, and what a page that came later has missed.
      void samplesOf(tools, id).then((all) => {
        if (all.length >= samples.length) samples = all;
        panel.update();
      });
    else samples = more(samples, view);
    panel.update();
  });
  panels.set(id, panel);
}

const samplesOf = ({ fleet, log }: ChartTools, id: string): Promise<readonly Sample[]> =>
  fleet.request<readonly Sample[]>('fleet/samples', { id } satisfies MigrationId).catch((error: unknown) => {
    log.warn(String(error));
    return [];
  });

function more(samples: readonly Sample[], { progress }: MigrationView): readonly Sample[] {
  const { phase, memory, disk, rate, dirtyRate, throttle } = progress;
  const at = Date.now();
  if (phase === 'lost' || at - (samples.at(-1)?.at ?? 0) < APART_MS) return samples;
  const remaining = memory || disk ? (memory?.remaining ?? 0) + (disk?.remaining ?? 0) : undefined;
  const sample: Sample = {
    at,
    ...(remaining !== undefined && { remaining }),
    ...(rate !== undefined && { rate }),
    ...(dirtyRate !== undefined && { dirtyRate }),
    ...(throttle !== undefined && { throttle }),
  };
  return [...samples.slice(-MOST + 1), sample];
}

function pageOf(view: MigrationView, samples: readonly Sample[]): ChartPage {
  const { name, progress, actions, outcome, probe } = view;
  const labels: Readonly<Record<SteerParams['action'], string>> = {
    'post-copy': l10n.t('Switch to Post-Copy'),
    'force-complete': l10n.t('Force to Complete'),
    suspend: l10n.t('Pause the Guest'),
    abort: l10n.t('Abort the Migration'),
  };
  const order = ['post-copy', 'force-complete', 'suspend', 'abort'] as const;
  const downtime = progress.downtime === undefined ? undefined : l10n.t('downtime {0} ms', progress.downtime);
  return {
    title: `${name}, ${wayText(view)}`,
    over: isOver(view),
    status: outcome
      ? [phaseText(progress.phase), outcome.phase === 'completed' ? downtime : outcome.message]
          .filter((part) => part)
          .join(' · ')
      : progressText(view),
    ...(isStuck(view) && {
      stuck: l10n.t(
        'It does not converge: the guest writes {0}, and {1} are sent. It ends only if the guest is slowed down, paused, or switched to post-copy.',
        rateText(progress.dirtyRate ?? 0),
        rateText(progress.rate ?? 0),
      ),
    }),
    actions: order.filter((action) => actions.includes(action)).map((id) => ({ id, label: labels[id] })),
    samples,
    began: Math.min(view.began, samples[0]?.at ?? view.began),
    ...(probe && { gaps: probe.gaps, probe: askedText(probe) }),
    words: {
      memory: l10n.t('Still to be sent'),
      rates: samples.some(({ dirtyRate }) => dirtyRate !== undefined)
        ? l10n.t('Bandwidth and what the guest writes')
        : l10n.t('Bandwidth'),
      slowed: l10n.t('Guest slowed down'),
      remaining: l10n.t('Left'),
      rate: l10n.t('Sent'),
      dirty: l10n.t('Written by the guest'),
      throttle: l10n.t('Slowed down'),
      gaps: l10n.t('Guest does not answer'),
      time: l10n.t('Time'),
      numbers: l10n.t('The numbers as a table'),
      none: l10n.t('No numbers were kept of this migration.'),
    },
  };
}
