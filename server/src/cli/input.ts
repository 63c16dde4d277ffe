import { realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Cluster, type ClusterInput, type DeclaredRelease } from '../model/cluster';
import { decode } from '../model/decode';
import { lint } from '../lint';
import { RULES } from '../rules/index';
import type { Settings } from '../settings';
import type { Report } from '../report/item';
import { discover, hostFolderOf, reasonOf, type Load } from '../workspace/discover';
import { diskSource } from '../workspace/disk';
import { loadFile, singleFile } from '../workspace/load';
import { nameOf, type Failure } from '../workspace/source';
import { kindOf, type SourceFile } from '../model/files';
import { SILENT, type Progress } from './progress';

export interface Input {
  readonly clusters: readonly Cluster[];
  readonly failures: readonly Failure[];
  /** URI of the first PATH that is a folder, else of the current one: what paths are shown relative to. */
  readonly base: string;
}

/** Reads every PATH: a file, a host's folder, a folder of hosts. What cannot be read is told, the rest goes on. */
export async function readPaths(
  paths: readonly string[],
  declared: DeclaredRelease | undefined,
  progress: Progress = SILENT,
): Promise<Input> {
  const source = diskSource();
  let read = 0;
  const load: Load = async (uri, below, kind) => {
    const file = await loadFile(source, uri, below, kind);
    progress.at('Reading files:', ++read);
    return file;
  };
  const clusters: Cluster[] = [];
  const failures: Failure[] = [];
  let base: string | undefined;
  for (const given of paths) {
    const uri = uriOf(given);
    try {
      if (statSync(fileURLToPath(uri)).isDirectory()) {
        base ??= uri;
        const found = await discover(source, uri, load);
        failures.push(...found.failures);
        const wanted = found.clusters.filter((c) => c.hosts.length > 0 || c.inventory);
        if (wanted.length === 0 && found.failures.length === 0)
          failures.push({
            uri,
            reason: 'holds no file that livemig knows (nova.conf, libvirtd.conf, qemu.conf, etc/exports, etc/fstab …)',
          });
        clusters.push(...wanted.map((c) => new Cluster(c, declared)));
        continue;
      }
      const input = await singleFile(uri, load);
      if (input) clusters.push(new Cluster(input, declared));
      else
        failures.push({
          uri,
          reason: 'is no file that livemig knows: its name tells the kind (nova.conf, libvirtd.conf, etc/fstab …)',
        });
    } catch (error) {
      failures.push({ uri, reason: reasonOf(error) });
    }
  }
  return { clusters, failures, base: base ?? uriOf('.') };
}

/** Standard input, judged as the file of the given name. */
export async function readStandardInput(filename: string, declared: DeclaredRelease | undefined): Promise<Input> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  const uri = uriOf(filename);
  const { folder, path: below } = hostFolderOf(uri);
  const kind = kindOf(below, true);
  if (kind === undefined)
    return { clusters: [], failures: [{ uri, reason: 'is no name that livemig knows' }], base: uriOf('.') };
  const { text, defect } = decode(Buffer.concat(chunks));
  const file = { uri, path: below, kind, text, ...(defect && { defect }) };
  const input: ClusterInput =
    kind === 'livemig-ini'
      ? { root: folder, hosts: [], inventory: file, partial: true }
      : { root: folder, hosts: [{ name: nameOf(folder), folder, files: [file] }], inventory: undefined, partial: true };
  return { clusters: [new Cluster(input, declared)], failures: [], base: uriOf('.') };
}

/**
 * Whether a cluster answers for a file: a livemig.ini above several clusters is that of the first which has hosts, or all
 * that is wrong in it would be told, and repaired, once for each.
 */
export function answersFor(clusters: readonly Cluster[]): (cluster: Cluster, file: SourceFile) => boolean {
  const owners = new Map<string, Cluster>();
  for (const cluster of [...clusters].sort((a, b) => Number(b.hosts.length > 0) - Number(a.hosts.length > 0))) {
    const uri = cluster.inventory?.file.uri;
    if (uri !== undefined && !owners.has(uri)) owners.set(uri, cluster);
  }
  return (cluster, file) => (owners.get(file.uri) ?? cluster) === cluster;
}

/** Lints all clusters into one report. */
export function reportOf(input: Input, settings: Settings, progress: Progress = SILENT): Report {
  const own = answersFor(input.clusters);
  const hosts = input.clusters.reduce((sum, cluster) => sum + cluster.hosts.length, 0);
  let done = 0;
  const judged = (): void => progress.at('Judging hosts', ++done, hosts);
  const results = input.clusters.map((cluster) => {
    const { findings, hidden } = lint(cluster, settings, RULES, judged);
    return {
      findings: findings.filter((f) => own(cluster, f.file)),
      hidden: [...hidden].filter(([file]) => own(cluster, file)),
    };
  });
  const prefix = input.base.endsWith('/') ? input.base : `${input.base}/`;
  return {
    findings: results.flatMap((r) => r.findings),
    hidden: new Map(results.flatMap((r) => r.hidden)),
    failures: input.failures,
    show: (uri) =>
      uri === input.base ? '.' : uri.startsWith(prefix) ? decodeURIComponent(uri.slice(prefix.length)) : uri,
  };
}

/** The `file:` URI of a path, without a slash at the end. */
export function uriOf(given: string): string {
  const absolute = path.resolve(given);
  return pathToFileURL(absolute).href.replace(/(?<=[^/])\/$/, '');
}

/** Where a file really lies, for replacing it under its link. */
export function targetOf(uri: string): string {
  return realpathSync(fileURLToPath(uri));
}
