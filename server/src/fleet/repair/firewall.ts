import { isIpv6 } from '../../addresses';
import { isAddress, isLoopback, type Cluster } from '../../model/cluster';
import { factPlace } from '../../model/factPlace';
import type { Host } from '../../model/host';
import { blockedFrom } from '../../rules/cluster/_ports';
import { shutPorts } from '../../rules/cluster/_shut';
import { shutOut } from '../../rules/exports/_clients';
import { addressWord, command, refuse, saidBy, type Planner, type Step, type Task } from './plan';

/** Ports of a host that are to be opened, and to whom. */
interface Opening {
  readonly host: Host;
  /** `16509`, `49152-49215` */
  readonly ports: readonly string[];
  /** The other computes where they are not named. */
  readonly to?: readonly Host[];
}

/** Opens what a migration needs on the hosts that shut it, to those alone who need it, in the tool that is in charge there. */
export const planFirewall: Planner = (task) => {
  const notes: string[] = [];
  const openings = openingsFor(task, notes);
  if (!openings) return undefined;
  const work: Step[] = [];
  for (const { host, ports, to = computesBeside(task.cluster, host) } of openings) {
    const peers = addressesOf(task.cluster, to);
    if (peers.length === 0) refuse(`No address of another node is known to which ${host.name} could be opened`);
    for (const port of ports) {
      const { steps, said } = opened(host, port, peers);
      work.push(...steps);
      notes.push(...said.filter((s) => !notes.includes(s)));
    }
  }
  if (work.length === 0) return refuse(notes.join(' '));
  const all = [...new Set(openings.flatMap(({ ports }) => ports))];
  const words = `port${all.length > 1 || all[0]?.includes('-') === true ? 's' : ''} ${all.map((p) => p.replace('-', ' to ')).join(' and ')}`;
  return { title: `Open ${words} to the ${openings[0]?.to ? 'clients' : 'compute nodes'}`, work, notes };
};

/** By the rule: what a host's own rules close, or what another was seen to be kept out of. */
function openingsFor({ cluster, finding, host }: Task, notes: string[]): readonly Opening[] | undefined {
  if (finding.rule.id === 'exports/port-blocked') {
    const to = shutOut(cluster).get(host);
    return to && [{ host, ports: ['2049'], to: [...to] }];
  }
  if (finding.rule.id === 'cluster/port-blocked') {
    const ports = shutPorts(cluster)(host).map(({ port, range }) => range?.replace(' to ', '-') ?? String(port));
    return ports.length > 0 ? [{ host, ports }] : undefined;
  }
  const all = blockedFrom(cluster, host);
  const found = all.find(({ key }) => {
    const place = factPlace(host, ['reaches', key]);
    return place?.file === finding.file && place.span.start === finding.span.start;
  });
  if (!found) return undefined;
  const same = all.filter((b) => (found.control ? b.control && b.port === found.port : b.range === found.range));
  const strange = same.filter((b) => !b.peer).map((b) => b.name);
  if (strange.length > 0) notes.push(`${strange.join(', ')}: no node of livemig.ini, and left as it is.`);
  const ports = [found.control ? String(found.port) : found.range.replace(' to ', '-')];
  return [...new Set(same.map((b) => b.peer))].flatMap((peer) => (peer ? [{ host: peer, ports }] : []));
}

const computesBeside = (cluster: Cluster, host: Host): readonly Host[] =>
  cluster.hosts.filter((h) => h !== host && h.isCompute);

/** Addresses of hosts: none that several have, such as those of bridges of their own. */
function addressesOf(cluster: Cluster, hosts: readonly Host[]): readonly string[] {
  const known = new Map(cluster.hosts.map((h) => [h, new Set([...h.addresses, ...cluster.addressesOf(h)])]));
  const count = new Map<string, number>();
  for (const own of known.values()) for (const a of own) count.set(a, (count.get(a) ?? 0) + 1);
  return hosts
    .flatMap((h) => [...(known.get(h) ?? [])])
    .filter((a) => isAddress(a) && !isLoopback(a) && !/^fe[89ab]/i.test(a) && count.get(a) === 1);
}

function opened(
  host: Host,
  ports: string,
  peers: readonly string[],
): { readonly steps: readonly Step[]; readonly said: readonly string[] } {
  const firewall = host.facts?.firewall;
  if (!/^\d{1,5}(?:-\d{1,5})?$/.test(ports)) refuse(`${JSON.stringify(ports)} are no ports`);
  if (!firewall || (firewall.tools.length === 0 && !firewall.manager))
    return refuse(`${host.name} has no firewall that livemig could see: what shuts port ${ports} is on the way`);
  const words = peers.map(addressWord);
  if (firewall.manager === 'firewalld') {
    const steps = words.flatMap((peer) => {
      const rule = `rule family="${isIpv6(peer) ? 'ipv6' : 'ipv4'}" source address="${peer}" port port="${ports}" protocol="tcp" accept`;
      // Both now and for good: a reload would drop what others, libvirt among them, added for now.
      return ['', ' for good'].map((how) =>
        command(host, `Let ${peer} in${how}`, [
          'firewall-cmd',
          ...(how === '' ? [] : ['--permanent']),
          `--add-rich-rule=${rule}`,
        ]),
      );
    });
    return { steps, said: [`${host.name}: in firewalld's default zone.`] };
  }
  if (firewall.manager === 'ufw') {
    const steps = words.map((peer) =>
      command(host, `Let ${peer} in`, [
        'ufw',
        'allow',
        'proto',
        'tcp',
        'from',
        peer,
        'to',
        'any',
        'port',
        ports.replace('-', ':'),
      ]),
    );
    return { steps, said: [`${host.name}: behind ufw's other rules; one before them that denies still does.`] };
  }
  return firewall.tools.includes('iptables') || firewall.tools.includes('iptables-legacy')
    ? byIptables(host, ports, words)
    : byNft(host, ports, words);
}

/** Saves what the kernel has into the file that the distribution loads at its start, where there is one. */
const SAVE =
  'if [ -e "$2" ]; then "$1" >"$2.livemig" && mv "$2.livemig" "$2"; else echo "$2 is not there: the rule is gone after the next start" >&2; fi';

function byIptables(host: Host, ports: string, peers: readonly string[]) {
  const family = (peer: string) => (isIpv6(peer) ? 'ip6tables' : 'iptables');
  const rule = (peer: string) => ['INPUT', '-p', 'tcp', '-s', peer, '--dport', ports.replace('-', ':'), '-j', 'ACCEPT'];
  const steps = peers.flatMap((peer) => [
    command(host, `Let ${peer} in`, [family(peer), '-w', '-I', ...rule(peer)]),
    command(host, `Is ${peer} let in?`, [family(peer), '-w', '-C', ...rule(peer)], { check: true }),
  ]);
  const redHat = /^(?:rhel|centos|rocky|almalinux|ol|fedora|scientific)$/i.test(host.facts?.distribution?.id ?? '');
  for (const tool of new Set(peers.map(family))) {
    const file = redHat ? `/etc/sysconfig/${tool}` : `/etc/iptables/rules.${tool === 'iptables' ? 'v4' : 'v6'}`;
    steps.push(
      command(host, `Save it in ${file}, where that is there`, ['sh', '-c', SAVE, 'sh', `${tool}-save`, file]),
    );
  }
  return {
    steps,
    said: [`${host.name}: before all other rules of iptables; for good only where its rules are saved in a file.`],
  };
}

/** The table that Debian's and Red Hat's own nftables.conf have. */
const CHAIN = ['inet', 'filter', 'input'] as const;

function byNft(host: Host, ports: string, peers: readonly string[]) {
  const steps = [
    command(host, `Is there a chain ${CHAIN.join(' ')}?`, ['nft', 'list', 'chain', ...CHAIN], {
      check: true,
      judge: (ran) => {
        if (ran.code !== 0) return saidBy(ran);
        return new TextDecoder().decode(ran.stdout).includes('hook input')
          ? undefined
          : 'it is not one that packets pass first';
      },
      hint: `Nothing was changed. Let tcp dport ${ports} in by hand, where the rules of ${host.name} say so.`,
    }),
    ...peers.map((peer) =>
      command(host, `Let ${peer} in`, [
        ...['nft', 'insert', 'rule', ...CHAIN, isIpv6(peer) ? 'ip6' : 'ip', 'saddr', peer],
        ...['tcp', 'dport', ports, 'accept'],
      ]),
    ),
  ];
  return {
    steps,
    said: [`${host.name}: until its next start. Write the same rules into /etc/nftables.conf to keep them.`],
  };
}
