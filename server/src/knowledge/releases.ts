import { releaseRows } from './tables';

/** A release of OpenStack, as nova counts it. */
export interface Release {
  /** `zed`, `2023.1`; the development branch is `master`. */
  readonly name: string;
  /** Nova's major version: `26`; before liberty the year form, `2015.1`. */
  readonly version: string;
  /** Other names in use: `antelope` of 2023.1. */
  readonly aliases: readonly string[];
}

/** Position in {@link RELEASES}: a greater index is a later release. */
export type ReleaseIndex = number;

/** grizzly (2013.1) to the newest stable release, oldest first, then `master`. */
export const RELEASES: readonly Release[] = releaseRows().map(([name, version, aliases]) => ({
  name,
  version,
  aliases,
}));

/** The newest stable release, not `master`. */
export const NEWEST: ReleaseIndex = RELEASES.length - 2;

const BY_NAME: ReadonlyMap<string, ReleaseIndex> = new Map(
  RELEASES.flatMap((r, i) => [r.name, r.version, ...r.aliases].map((n): [string, ReleaseIndex] => [n, i])),
);

/**
 * The release of a name (`zed`, `Caracal`, `2023.1`), of nova's version (`26`, `26.2.2`, `2015.1.0`), of a package version
 * (`2:26.2.2-1~deb12u3`, `1:17.0.13-1.el7`) or of a branch (`stable/zed`). Undefined for what is none of these.
 */
export function releaseIndex(name: string): ReleaseIndex | undefined {
  const word = name
    .trim()
    .toLowerCase()
    .replace(/^(?:stable|unmaintained)\//, '');
  const named = BY_NAME.get(word);
  if (named !== undefined) return named;
  const version = /^(?:\d+:)?(\d+)(?:\.(\d+))?(?![a-z_])/.exec(word);
  if (!version) return undefined;
  const [, major, minor] = version;
  // 2013.1 to 2015.1 were versions, from 2023.1 they are names; in between and after, the major number alone counts.
  return BY_NAME.get(Number(major) >= 2000 ? `${major!}.${minor ?? ''}` : major!);
}

/** @throws RangeError for an index that is no release */
export function releaseName(i: ReleaseIndex): string {
  const release = RELEASES[i];
  if (!release) throw new RangeError(`no release ${i}`);
  return release.name;
}
