/** Migrations in words. */
import { l10n } from 'vscode';
import type { MigrationView } from '../../../server/src/fleet-protocol';
import { measuredText } from './probe';

type Progress = MigrationView['progress'];

export const isOver = ({ outcome }: MigrationView): boolean => outcome !== undefined;

/** It does not converge, as far as somebody watches it. */
export const isStuck = ({ stuck, progress }: MigrationView): boolean => stuck === true && progress.phase === 'memory';

/** Of what has to be sent, memory and disks, 0 to 100; it goes back where the guest writes faster than is sent. */
export function percentOf({ memory, disk }: Progress): number | undefined {
  const total = (memory?.total ?? 0) + (disk?.total ?? 0);
  if (total === 0) return undefined;
  const remaining = (memory?.remaining ?? 0) + (disk?.remaining ?? 0);
  return Math.max(0, Math.min(100, Math.floor((100 * (total - remaining)) / total)));
}

/** `compute1 → compute2`. */
export const wayText = ({ source, destination }: Pick<MigrationView, 'source' | 'destination'>): string =>
  `${source} → ${destination ?? l10n.t('nova’s choice')}`;

export function phaseText(phase: Progress['phase']): string {
  switch (phase) {
    case 'starting':
      return l10n.t('starting');
    case 'memory':
      return l10n.t('sending memory');
    case 'post-copy':
      return l10n.t('post-copy: it runs on the destination');
    case 'completed':
      return l10n.t('completed');
    case 'failed':
      return l10n.t('failed');
    case 'cancelled':
      return l10n.t('aborted');
    case 'lost':
      return l10n.t('nobody answers; what is shown was known last');
  }
}

/** `1.4 GiB`. */
export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let i = 0;
  for (; bytes >= 1000 && i < units.length - 1; i++) bytes /= 1024;
  return `${i === 0 || bytes >= 100 ? Math.round(bytes) : bytes.toFixed(1)} ${units[i]}`;
}

export const rateText = (bytes: number): string => l10n.t('{0}/s', bytesText(bytes));

/** `1:05`, `2:00:07`. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const two = (n: number): string => String(n).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`;
}

/** ms until the end, if it goes on like that; undefined where it does not get nearer. */
export function leftOf({ phase, memory, disk, rate = 0, dirtyRate = 0 }: Progress): number | undefined {
  const remaining = (memory?.remaining ?? 0) + (disk?.remaining ?? 0);
  const gained = phase === 'post-copy' ? rate : rate - dirtyRate;
  return remaining > 0 && gained > 0 ? (1000 * remaining) / gained : undefined;
}

/** How it goes, in a line. */
export function progressText(view: MigrationView): string {
  const { progress, began } = view;
  const percent = percentOf(progress);
  const { phase, memory, rate, dirtyRate, throttle } = progress;
  const parts = [
    phaseText(phase),
    percent === undefined
      ? undefined
      : l10n.t('{0} % of {1}', percent, bytesText((memory?.total ?? 0) + (progress.disk?.total ?? 0))),
    rate === undefined ? undefined : rateText(rate),
    dirtyRate === undefined ? undefined : l10n.t('the guest writes {0}', rateText(dirtyRate)),
    throttle ? l10n.t('slowed down by {0} %', throttle) : undefined,
    isStuck(view) ? l10n.t('does not converge') : undefined,
    durationText(progress.elapsed ?? Date.now() - began),
  ];
  return parts.filter((part) => part).join(' · ');
}

export type Line = readonly [label: string, value: string];

/** All numbers that are known. */
export function linesOf({
  progress,
  source,
  destination,
  began,
  ended,
  uuid,
  outcome,
  probe,
}: MigrationView): readonly Line[] {
  const lines: Line[] = [];
  const add = (label: string, value: string | undefined): void => {
    if (value !== undefined && value !== '') lines.push([label, value]);
  };
  const { memory, disk, rate, dirtyRate, iteration, downtime, throttle } = progress;
  const left = outcome ? undefined : leftOf(progress);
  const percent = outcome ? undefined : percentOf(progress);
  add(l10n.t('Way'), wayText({ source, ...(destination !== undefined && { destination }) }));
  add(l10n.t('Phase'), `${phaseText(progress.phase)}${percent === undefined ? '' : `, ${percent} %`}`);
  add(l10n.t('Message'), outcome?.message);
  add(l10n.t('Now on'), outcome?.broken ? l10n.t('neither node: post-copy broke') : outcome?.on);
  for (const [label, amounts] of [
    [l10n.t('Memory'), memory],
    [l10n.t('Disks'), disk],
  ] as const)
    if (amounts && amounts.total > 0)
      add(
        label,
        l10n.t(
          '{0} in all, {1} sent, {2} left',
          ...([amounts.total, amounts.processed, amounts.remaining].map(bytesText) as [string, string, string]),
        ),
      );
  add(l10n.t('Rate'), rate === undefined ? undefined : rateText(rate));
  add(l10n.t('Guest writes'), dirtyRate === undefined ? undefined : rateText(dirtyRate));
  add(l10n.t('Passes'), iteration === undefined ? undefined : String(iteration));
  add(l10n.t('Slowed down'), throttle ? `${throttle} %` : undefined);
  add(
    outcome ? l10n.t('Downtime') : l10n.t('Expected downtime'),
    downtime === undefined ? undefined : `${downtime} ms`,
  );
  add(l10n.t('Measured downtime'), measuredText({ ...(probe && { probe }) }));
  add(l10n.t('Time left'), left === undefined ? undefined : durationText(left));
  add(l10n.t('Began'), new Date(began).toLocaleString());
  add(l10n.t('Took'), ended === undefined ? undefined : durationText(progress.elapsed ?? ended - began));
  add('UUID', uuid);
  return lines;
}
