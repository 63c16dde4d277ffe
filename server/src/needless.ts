import type { Cluster } from './model/cluster';
import type { Host } from './model/host';
import { parsed } from './model/parsed';
import { suppressionsOf } from './model/suppressions';
import type { NeedlessSuppression, Rule } from './rules/rule';
import { isRepeated, type SuppressionUse } from './suppress';
import { releaseIndex } from './knowledge/releases';

/**
 * What suppressions name and silence nothing by. A rule that is not known to have looked at everything it may need is
 * given the benefit of the doubt: its finding may come back with the file that is not in view.
 *
 * @param use what each suppression silenced
 * @param judged a rule by its id, if it was run and its findings would be shown
 * @param applies whether a rule applies to a host's release
 */
export function needlessSuppressions(
  cluster: Cluster,
  use: SuppressionUse,
  judged: (id: string) => Rule | undefined,
  applies: (rule: Rule, host: Host) => boolean,
): NeedlessSuppression[] {
  const out: NeedlessSuppression[] = [];
  const placed = suppressionsOf(cluster);
  if (placed.length === 0) return out;
  const sight = new Sight(cluster);
  for (const one of placed) {
    const { ids } = one.suppression;
    if (ids.length === 0) out.push({ ...one, why: 'empty', rule: undefined, index: 0 });
    const used = use.get(one.suppression);
    const seen = new Set<string>();
    ids.forEach(({ id }, index) => {
      const rule = judged(id);
      const again = seen.has(id);
      seen.add(id);
      if (!rule) return;
      const say = (why: NeedlessSuppression['why']): unknown => out.push({ ...one, why, rule, index });
      if (again) say('twice');
      else if (used?.has(id)) return;
      else if (!rule.files.includes(one.file.kind)) say('elsewhere');
      else if (isRepeated(one.file, one.suppression, id)) say('twice');
      else if (sight.sees(rule, one.host) && (!one.host || applies(rule, one.host))) say('silent');
    });
  }
  return out;
}

/** What of the cluster is in view, and so what the silence of a rule proves. */
class Sight {
  readonly #cluster: Cluster;
  readonly #hosts = new Map<Host, boolean>();
  #all: boolean | undefined;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Whether a rule has looked at all that it could need to find something on a host. */
  sees(rule: Rule, host: Host | undefined): boolean {
    if (this.#cluster.partial) return false;
    if (rule.files.every((kind) => kind === 'livemig-ini')) return true;
    if (rule.files.includes('facts') && !(rule.scope === 'host' ? [host] : this.#cluster.hosts).every((h) => h?.facts))
      return false;
    return (!host || this.#host(host)) && (rule.scope === 'host' || this.#everything());
  }

  #host(host: Host): boolean {
    let seen = this.#hosts.get(host);
    if (seen === undefined) this.#hosts.set(host, (seen = isReadable(host) && this.#isOfItsRelease(host)));
    return seen;
  }

  /** Every node of the inventory is here; where it names none, hosts side by side are taken for the whole. */
  #everything(): boolean {
    return (this.#all ??= this.#everyNode() && this.#cluster.hosts.every((h) => this.#host(h)));
  }

  #everyNode(): boolean {
    const { hosts, inventory } = this.#cluster;
    const nodes = inventory?.nodes ?? [];
    if (nodes.length === 0) return hosts.length > 1;
    const here = new Set(hosts.map((h) => this.#cluster.nodeOf(h)));
    return nodes.every((n) => here.has(n));
  }

  /** Neither guessed nor said from outside, against the inventory, to see what another release would bring. */
  #isOfItsRelease({ release, node }: Host): boolean {
    if (release.guessed) return false;
    const own = node?.values.release ?? this.#cluster.inventory?.release;
    const index = own === undefined ? undefined : releaseIndex(own);
    return index === undefined || index === release.index;
  }
}

/** While a line is half typed the rules that lean on it are silent, which proves nothing. */
function isReadable(host: Host): boolean {
  return host.files.every((f) => !f.defect && (parsed(f)?.problems.length ?? 0) === 0);
}
