import { lint, type Finding } from '../lint';
import { Cluster } from '../model/cluster';
import type { Host } from '../model/host';
import { RULES } from '../rules/index';
import type { Rule } from '../rules/rule';
import type { Settings } from '../settings';
import type { MigrateOptions } from './types';

let ofPreflight: readonly Rule[] | undefined;

/** Those that concern migrations; the same list each time: what they find on a host by itself is kept by it. */
export function preflightRules(): readonly Rule[] {
  return (ofPreflight ??= RULES.filter((r) => r.preflight !== undefined));
}

/**
 * What the rules that concern migrations find when there are no other hosts than these: the same as of all rules those that
 * have a `preflight`. What is found on a host by itself is found once, however many pairs it is of; only what compares hosts
 * is asked anew.
 */
export function pairFindings(
  cluster: Cluster,
  hosts: readonly Host[],
  settings: Settings,
  options: MigrateOptions = {},
): readonly Finding[] {
  return lint(among(cluster, hosts, options), settings, preflightRules()).findings;
}

/** Some hosts of a cluster as if there were no others, and as a migration would be that is moved in that way. */
export function among(
  { root, inventory, declared }: Cluster,
  hosts: readonly Host[],
  { tls, postCopy, storage }: MigrateOptions,
): Cluster {
  const asked = { ...(tls && { tls }), ...(postCopy && { postCopy }), ...(storage === 'copy' && { copy: true }) };
  const input = { root, hosts, inventory: inventory?.file, sharesInventory: true, asked };
  return new Cluster(input, declared, { hosts, inventory, declared });
}
