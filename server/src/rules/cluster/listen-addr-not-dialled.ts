import { isAddress, isIpv4, isLoopback, isWildcard, type Cluster } from '../../model/cluster';
import type { Host, Place } from '../../model/host';
import type { LibvirtSetting } from '../../model/libvirt';
import { documentOf } from '../../model/parsed';
import { dialledTransports } from '../../model/transport';
import { setLibvirtKey, setOsloOption, TOP } from '../edits';
import { ownName } from '../hosts/_names';
import { tcpListens, tlsListens } from '../libvirtd/_listening';
import { foreignOwner, isSpecific } from '../nova/_addresses';
import { fileFor, placeOf } from '../nova/_entry';
import { defineRule } from '../rule';

export default defineRule({
  id: 'cluster/listen-addr-not-dialled',
  scope: 'cluster',
  title: 'libvirt listens on one address and is dialled on another',
  severity: 'error',
  files: ['libvirtd'],
  messages: {
    default:
      'listen_addr = "{listen}", and the others dial {dialled}: migrations to {host} end with "Connection refused"; let the two be one',
    name: 'listen_addr = "{listen}", and {source} dials {name}, which is {dialled} there: migrations to {host} end with "Connection refused"',
  },
  fixes: {
    dialled: 'Listen where the others dial: {dialled}',
    all: 'Listen on all addresses: listen_addr = "0.0.0.0"',
    inbound: 'Let the others dial {listen}: live_migration_inbound_addr',
  },
  why: `The source dials what the destination names in live_migration_inbound_addr, and without that its name, which the source
resolves. libvirtd answers on the address in listen_addr only: with one network for management and one for migrations, and the two
settings on different ones, every migration to this host ends with *unable to connect to server at 'HOST:16509': Connection
refused*. Where systemd opens the sockets, listen_addr is ignored.`,
  sources: [
    'virsh migrate --p2p by name, the management network, to libvirtd 9.0.0 with listen_addr on the migration network',
  ],
  explains: [/unable to connect to server at '[^']*:165(09|14)': Connection refused/],
  preflight: true,
  examples: [
    {
      title: 'inbound address and listen_addr differ',
      release: 'zed',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = 10.1.0.1\n',
        'c1/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'c1/etc/libvirt/libvirtd.conf':
          'listen_tls = 0\nlisten_tcp = 1\nauth_tcp = "sasl"\n⟦listen_addr = "10.0.0.1"⟧\n',
      },
      fix: 'dialled',
      good: {
        'c1/etc/libvirt/libvirtd.conf': 'listen_tls = 0\nlisten_tcp = 1\nauth_tcp = "sasl"\nlisten_addr = "10.1.0.1"\n',
      },
    },
    {
      title: 'by name, on the other network',
      release: 'zed',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = tls\n',
        'c1/etc/hosts': '127.0.0.1 localhost\n10.0.0.1 c1\n10.0.0.2 c2\n',
        'c2/etc/nova/nova.conf': '[libvirt]\r\nlive_migration_scheme=tls\r\n',
        'c2/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'c2/etc/libvirt/libvirtd.conf': 'listen_tls = 1\r\n⟦listen_addr = "10.1.0.2"⟧\r\n',
      },
      fix: 'inbound',
      good: {
        'c2/etc/nova/nova.conf': '[libvirt]\r\nlive_migration_scheme=tls\r\nlive_migration_inbound_addr=10.1.0.2\r\n',
      },
    },
    {
      title: 'before there was an inbound address; as measured on the source',
      release: 'grizzly',
      files: {
        'c1/etc/nova/nova.conf': '[DEFAULT]\nlive_migration_uri=qemu+tcp://%s/system\n',
        'c1/facts.json': '{"resolves": {"c2": ["10.0.0.2"]}}',
        'c2/etc/nova/nova.conf': '[DEFAULT]\nlive_migration_uri=qemu+tcp://%s/system\n',
        'c2/etc/default/libvirt-bin': 'libvirtd_opts="-d -l"\n',
        'c2/etc/libvirt/libvirtd.conf':
          'listen_tls = 0\nlisten_tcp = 1\nauth_tcp = "none"\n⟦listen_addr = "10.1.0.2"⟧\n',
      },
      fix: 'all',
      good: {
        'c2/etc/libvirt/libvirtd.conf': 'listen_tls = 0\nlisten_tcp = 1\nauth_tcp = "none"\nlisten_addr = "0.0.0.0"\n',
      },
    },
    {
      title: 'how libvirtd is started is not known: systemd may have the sockets',
      release: 'zed',
      severity: 'warning',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = 10.1.0.1\n',
        'c1/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "sasl"\n⟦listen_addr = "10.0.0.1"⟧\n',
      },
      fix: 'all',
      good: { 'c1/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nauth_tcp = "sasl"\nlisten_addr = "0.0.0.0"\n' },
    },
    {
      title: 'the same address, all addresses, a name with both addresses, DNS',
      release: 'zed',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = 10.1.0.1\n',
        'c1/etc/hosts': '10.0.0.3 c3\n10.1.0.3 c3\n127.0.1.1 c4\n',
        'c1/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'c1/etc/libvirt/libvirtd.conf': 'listen_tls = 0\nlisten_tcp = 1\nlisten_addr = "10.1.0.1"\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = 10.1.0.2\n',
        'c2/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'c2/etc/libvirt/libvirtd.conf': 'listen_tls = 0\nlisten_tcp = 1\nlisten_addr = "0.0.0.0"\n',
        'c3/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'c3/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'c3/etc/libvirt/libvirtd.conf': 'listen_tls = 0\nlisten_tcp = 1\nlisten_addr = "10.1.0.3"\n',
        'c4/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'c4/etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
        'c4/etc/libvirt/libvirtd.conf': 'listen_tls = 0\nlisten_tcp = 1\nlisten_addr = "10.1.0.4"\n',
      },
    },
    {
      title: 'sockets of systemd, SSH, a URI that puts a domain to the name, an address of IPv6',
      release: 'zed',
      files: {
        'c1/etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = 10.1.0.1\n',
        'c1/facts.json': '{"sockets": ["libvirtd.socket", "libvirtd-tcp.socket"]}',
        'c1/etc/libvirt/libvirtd.conf': 'listen_addr = "10.0.0.1"\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nlive_migration_scheme = ssh\nlive_migration_inbound_addr = 10.1.0.2\n',
        'c2/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nlisten_addr = "10.0.0.2"\n',
        'c3/etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+tcp://%s.mig/system\n',
        'c3/etc/hosts': '10.0.0.4 c4\n',
        'c4/etc/nova/nova.conf': '[libvirt]\nlive_migration_uri = qemu+tcp://%s.mig/system\n',
        'c4/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nlisten_addr = "10.1.0.4"\n',
        'c5/etc/nova/nova.conf': '[libvirt]\nlive_migration_inbound_addr = fd00::5\n',
        'c5/etc/libvirt/libvirtd.conf': 'listen_tcp = 1\nlisten_addr = "10.0.0.5"\n',
      },
    },
  ],
  check(cluster, report) {
    const dialled = dialledTransports(cluster);
    /** Destinations that are dialled by a name, by that name in lower case. */
    const named = new Map<string, Target>();
    const say = (target: Target, wrong: Wrong): void => {
      const { host, listen, listens, inbound } = target;
      const { file } = listen.set;
      const home = inbound ? undefined : host.nova.home('live_migration_inbound_addr');
      const novaFile = home && fileFor(host, home);
      report({
        host,
        file,
        span: listen.set.entry.span,
        message: wrong.source ? 'name' : 'default',
        severity: listens ? 'error' : 'warning',
        values: {
          listen: listen.address,
          host: host.name,
          name: target.name,
          dialled: wrong.addresses.join(', '),
          source: wrong.source?.name ?? '',
        },
        related: wrong.place ? [{ ...wrong.place, message: `How ${host.name} is dialled` }] : [],
        fixes: [
          wrong.addresses.length === 1 && isIpv4(wrong.addresses[0]!)
            ? { title: 'dialled', edits: [setLibvirtKey(file, 'listen_addr', `"${wrong.addresses[0]!}"`)] }
            : undefined,
          home && novaFile
            ? { title: 'inbound', edits: [setOsloOption(novaFile, home.group, home.name, listen.address)] }
            : undefined,
          { title: 'all', edits: [setLibvirtKey(file, 'listen_addr', '"0.0.0.0"')], preferred: false },
        ],
      });
    };
    for (const host of cluster.hosts) {
      const transport = dialled(host)?.transport;
      const target = transport === 'tcp' || transport === 'tls' ? targetOf(host, transport) : undefined;
      // An address of another host's is libvirtd/listen-addr-not-own's to tell.
      if (!target || foreignOwner(cluster, host, target.listen.address)) continue;
      if (!isAddress(target.name)) named.set(target.name.toLowerCase(), target);
      else if (isIpv4(target.name) && target.name !== target.listen.address)
        say(target, { addresses: [target.name], place: target.inbound, source: undefined });
    }
    for (const wrong of wrongNames(cluster, named)) say(wrong.target, wrong);
  },
});

interface Target {
  readonly host: Host;
  readonly listen: { readonly set: LibvirtSetting; readonly address: string };
  /** Undefined where systemd may have the sockets, and then listen_addr does not count. */
  readonly listens: boolean | undefined;
  /** What the sources put into the URI. */
  readonly name: string;
  /** Where live_migration_inbound_addr says so. */
  readonly inbound: Place | undefined;
}

interface Wrong {
  readonly addresses: readonly string[];
  readonly place: Place | undefined;
  /** The host on which the name leads there; undefined where an address is dialled. */
  readonly source: Host | undefined;
}

function targetOf(host: Host, transport: 'tcp' | 'tls'): Target | undefined {
  const set = host.libvirtd.get('listen_addr');
  const address = host.libvirtd.string('listen_addr') ?? '';
  // Loopback has a rule of its own.
  if (!set || !isIpv4(address) || isLoopback(address) || isWildcard(address)) return undefined;
  if (host.daemon.sockets?.tcp || host.daemon.sockets?.tls) return undefined;
  const listens = transport === 'tcp' ? tcpListens(host) : tlsListens(host);
  if (listens === false) return undefined;
  const inbound = host.nova.get('live_migration_inbound_addr');
  const own = host.nova.get('host');
  const name =
    inbound?.origin === 'set' ? inbound.value : own?.origin === 'set' ? own.value : (ownName(host) ?? host.name);
  if (!name || !isSpecific(name)) return undefined;
  return { host, listen: { set, address }, listens, name, inbound: placeOf(inbound) };
}

/** For each destination the first source on which its name leads elsewhere; in linear time. */
function wrongNames(cluster: Cluster, named: ReadonlyMap<string, Target>): (Wrong & { readonly target: Target })[] {
  const found = new Map<Target, Wrong & { readonly target: Target }>();
  if (named.size === 0) return [];
  for (const source of cluster.hosts) {
    if (!source.isCompute && source.nova.files.length === 0) continue;
    const uri = source.nova.get('live_migration_uri');
    if (uri?.value && !/:\/\/(?:[^@/]*@)?%s(?::\d+)?(?:[/?]|$)/.test(uri.value)) continue;
    for (const [target, { addresses, place }] of resolved(source, named)) {
      if (target.host === source || found.has(target) || addresses.includes(target.listen.address)) continue;
      // A peer's name on loopback has a rule of its own.
      if (addresses.every(isLoopback)) continue;
      found.set(target, { target, addresses, place, source });
    }
  }
  return [...found.values()];
}

/** To what the names lead on a host: as measured, else by its etc/hosts. What is left to DNS is not known. */
function resolved(
  source: Host,
  named: ReadonlyMap<string, Target>,
): Map<Target, { readonly addresses: string[]; readonly place: Place }> {
  const all = new Map<Target, { addresses: string[]; place: Place }>();
  const file = source.first('hosts');
  for (const entry of file ? documentOf(file, 'hosts').entries : []) {
    if (!isAddress(entry.address)) continue;
    for (const word of entry.names) {
      const target = named.get(word.name.toLowerCase());
      const known = target && all.get(target);
      if (known) known.addresses.push(entry.address);
      else if (target) all.set(target, { addresses: [entry.address], place: { file: file!, span: entry.span } });
    }
  }
  const facts = source.first('facts');
  for (const [name, addresses] of facts ? Object.entries(source.facts?.resolves ?? {}) : []) {
    const target = named.get(name.toLowerCase());
    if (target && addresses.length > 0)
      all.set(target, { addresses: [...addresses], place: { file: facts!, span: TOP } });
  }
  return all;
}
