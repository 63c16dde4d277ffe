import { NEWEST, releaseIndex } from '../../knowledge/releases';
import { isAddress, type Cluster } from '../../model/cluster';
import type { SourceFile } from '../../model/files';
import type { Host, Place } from '../../model/host';
import type { Effective, Setting } from '../../model/nova';
import type { OsloEntry } from '../../syntax/types';
import { setOsloValue } from '../edits';
import type { Report, Severity } from '../rule';
import { foreignOwner, isComputed, isSpecific, surelyOwns } from './_addresses';
import { placeOf, written } from './_entry';
import { computesOf, isTrue, runsGuests } from './_guests';

/** Screens of guests, which nova gives each guest by one server of QEMU; both are set up in the same words. */
export type Console = 'vnc' | 'spice';

interface Settings {
  readonly enabled: Setting;
  readonly listen: Setting;
  readonly client: Setting;
}

export const CONSOLES: Readonly<Record<Console, Settings>> = {
  vnc: { enabled: 'vnc_enabled', listen: 'vnc_listen', client: 'vnc_proxyclient' },
  spice: { enabled: 'spice_enabled', listen: 'spice_listen', client: 'spice_proxyclient' },
};

/** An address that is set in a file. */
export interface SetAddress {
  readonly host: Host;
  readonly setting: Effective;
  readonly file: SourceFile;
  readonly entry: OsloEntry;
  readonly place: Place;
  /** `$name` replaced. */
  readonly value: string;
}

export function setAddress(host: Host, name: Setting): SetAddress | undefined {
  const setting = host.nova.get(name);
  const place = placeOf(setting);
  if (!setting?.entry || !place || setting.value === undefined) return undefined;
  return { host, setting, file: place.file, entry: setting.entry, place, value: setting.value };
}

/** Every address of the family of this one. */
export const anyOf = (address: string): string => (address.includes(':') ? '::' : '0.0.0.0');

export const hasConsole = (host: Host, console: Console): boolean =>
  isTrue(host.nova.get(CONSOLES[console].enabled)?.value);

/** `$my_ip (10.0.0.31)`: the reference alone would tell nobody what is wrong. */
export function shown({ setting, value }: SetAddress): string {
  const text = written(setting);
  return text.includes('$') ? `${text} (${value})` : value;
}

/** Reports hosts whose console listens on one address of theirs: neither all, nor loopback, nor known to be another host's. */
export function reportOwnAddress(
  console: Console,
  cluster: Cluster,
  report: Report<'default', 'any'>,
  severityOf?: (host: Host) => Severity,
): void {
  for (const host of cluster.hosts) {
    const listen = setAddress(host, CONSOLES[console].listen);
    if (!listen || (!isSpecific(listen.value) && !isComputed(listen.value))) continue;
    if (!runsGuests(host) || !hasConsole(host, console)) continue;
    // Another host's address breaks more than migrations and is reported as such.
    if (foreignOwner(cluster, host, listen.value)) continue;
    const any = anyOf(listen.value);
    const severity = severityOf?.(host);
    report({
      host,
      ...listen.place,
      ...(severity && { severity }),
      values: { key: listen.entry.key, value: written(listen.setting), any },
      fixes: [{ title: 'any', values: { any }, edits: [setOsloValue(listen.file, listen.entry, any)] }],
    });
  }
}

const ICEHOUSE = releaseIndex('icehouse') ?? 0;
const OCATA = releaseIndex('ocata') ?? NEWEST;

/** Reports hosts whose console listens on an address of another host, or on one that several hosts claim. */
export function reportForeignAddress(
  console: Console,
  cluster: Cluster,
  report: Report<'default' | 'shared', 'any' | 'own'>,
): void {
  const unowned = new Map<string, SetAddress[]>();
  for (const host of computesOf(cluster)) {
    const listen = setAddress(host, CONSOLES[console].listen);
    if (!listen || !isSpecific(listen.value) || !hasConsole(host, console)) continue;
    const { place, entry, value } = listen;
    const owner = foreignOwner(cluster, host, value);
    const any = anyOf(value);
    const own = host.node?.address;
    if (owner) {
      report({
        host,
        ...place,
        values: { key: entry.key, value: shown(listen), other: owner.host.name, host: host.name },
        related: owner.related,
        fixes: [
          { title: 'any', values: { any }, edits: [setOsloValue(place.file, entry, any)] },
          // Before, its own address would be complained of next.
          owner.inventory && own && host.release.index >= OCATA
            ? { title: 'own', values: { host: host.name, own }, edits: [setOsloValue(place.file, entry, own)] }
            : undefined,
        ],
      });
      continue;
    }
    // Addresses that every host has (a bridge of its own), and releases where any single address is already reported.
    if (!isAddress(value) || surelyOwns(cluster, host, value) || host.release.index <= ICEHOUSE) continue;
    const same = unowned.get(value);
    if (same) same.push(listen);
    else unowned.set(value, [listen]);
  }
  for (const [value, listeners] of unowned) {
    if (listeners.length < 2) continue;
    const any = anyOf(value);
    for (const listen of listeners) {
      const { host, place, entry } = listen;
      const other = listeners[0] === listen ? listeners[1]! : listeners[0]!;
      report({
        host,
        ...place,
        message: 'shared',
        values: { key: entry.key, value: shown(listen), other: other.host.name },
        related: [{ ...other.place, message: `${other.host.name} listens on ${value} too` }],
        fixes: [{ title: 'any', values: { any }, edits: [setOsloValue(place.file, entry, any)], preferred: false }],
      });
    }
  }
}
