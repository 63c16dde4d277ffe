import type { ServiceRow } from '../../fleet-protocol';
import type { Facts } from '../../model/facts';
import type { Host } from '../../model/host';
import { documentOf } from '../../model/parsed';
import type { Snapshot } from '../types';

/** What has to run on a node for instances to move there, and what of it does. */
export function servicesOf(host: Host, { facts, failures }: Snapshot): ServiceRow[] {
  const measured = Object.keys(facts).length > 0 && !failures.some(({ what }) => what === 'daemons');
  const rows: ServiceRow[] = [];
  const started = facts.started ?? {};
  const daemon = (name: string, wanted: boolean, ports: readonly string[] = []): void => {
    const since = Object.hasOwn(started, name) ? started[name] : undefined;
    if (since === undefined && !wanted) return;
    const sockets = (facts.sockets ?? []).filter((unit) => unit === `${name}.socket` || unit.startsWith(`${name}-`));
    const detail = [
      listens(facts, ports),
      since === undefined
        ? sockets.length > 0 && `starts with the first connection to ${sockets.join(', ')}`
        : facts.measured !== undefined && `since ${duration(facts.measured - since)}`,
    ].filter((words) => typeof words === 'string' && words !== '');
    const state = since !== undefined ? 'active' : measured ? 'inactive' : 'unknown';
    rows.push({ name, state, ...(detail.length > 0 && { detail: detail.join(', ') }) });
  };
  const compute = host.isCompute;
  const modular = host.platform.daemons === 'modular';
  const tcp = ['tcp_port', 'tls_port'].map((key, i) => host.libvirtd.string(key) ?? ['16509', '16514'][i]!);
  daemon('nova-compute', compute && host.filesOf('nova').length > 0);
  daemon('libvirtd', compute && !modular, modular ? [] : tcp);
  daemon('virtqemud', compute && modular);
  daemon('virtproxyd', compute && modular, tcp);
  daemon('virtlogd', false);
  const served = host.filesOf('exports').some((file) => documentOf(file, 'exports').entries.length > 0);
  const nfs = Object.values(facts.mounts ?? {}).some(({ type }) => type.startsWith('nfs'));
  const port = (name: string, number: string, wanted: boolean): void => {
    const where = listens(facts, [number]);
    if (where === '' && !wanted) return;
    const state = where !== '' ? 'active' : facts.listening ? 'inactive' : 'unknown';
    rows.push({ name, state, ...(where !== '' && { detail: where }) });
  };
  port('nfs-server', '2049', served);
  port('rpcbind', '111', served || nfs);
  return rows;
}

const MOST_SHOWN = 3;

/** `listens on 0.0.0.0:16509`, or nothing. */
function listens({ listening = [] }: Facts, ports: readonly string[]): string {
  const found = listening.filter((socket) => ports.includes(socket.slice(socket.lastIndexOf(':') + 1)));
  if (found.length === 0) return '';
  const more = found.length > MOST_SHOWN ? ` and ${found.length - MOST_SHOWN} more` : '';
  return `listens on ${found.slice(0, MOST_SHOWN).join(', ')}${more}`;
}

/** Seconds in words: `3 hours`. */
export function duration(seconds: number): string {
  const units: readonly (readonly [number, string])[] = [
    [86_400, 'day'],
    [3600, 'hour'],
    [60, 'minute'],
  ];
  for (const [length, name] of units) {
    const count = Math.floor(seconds / length);
    if (count > 0) return `${count} ${name}${count === 1 ? '' : 's'}`;
  }
  return 'less than a minute';
}
