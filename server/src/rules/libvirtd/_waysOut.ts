import { lookup, type NovaOption } from '../../knowledge/nova';
import type { Cluster } from '../../model/cluster';
import type { Host } from '../../model/host';
import { dialledTransports, wantedTransport } from '../../model/transport';
import { replace, setLibvirtKey, setLibvirtValue, setOsloOption, setOsloValue } from '../edits';
import { fileFor } from '../nova/_entry';
import { runsGuests } from '../nova/_guests';
import { holdsAtAll, type Edit } from '../rule';
import { isMonolith, tcpListens } from './_listening';

/** Edits to the files of all computes that take a cluster off plain TCP, without an error on the way. */
export interface WaysOut {
  readonly count: number;
  /** Undefined where a host is known to lack what TLS needs. */
  readonly tls: readonly Edit[] | undefined;
  readonly ssh: readonly Edit[];
}

type Transport = 'tls' | 'ssh';

/** Where libvirtd looks for its own certificate, and for its key. */
const TLS_FILES = [
  '/etc/pki/CA/cacert.pem',
  '/etc/pki/libvirt/servercert.pem',
  '/etc/pki/libvirt/private/serverkey.pem',
];

/** Settings of TLS whose trouble a listener on TLS would bring to light. */
const TLS_KEYS = [
  'ca_file',
  'cert_file',
  'key_file',
  'cert_files',
  'key_files',
  'tls_port',
  'tls_allowed_dn_list',
  'tls_no_verify_certificate',
  'tls_no_sanity_certificate',
];

/**
 * The ways out of plain TCP for a whole cluster. A host changed alone could be reached by nobody: undefined unless all
 * computes, two at least, are in view with nova.conf and libvirtd.conf, migrate over plain TCP, and open it by themselves.
 */
export function waysOut(cluster: Cluster): WaysOut | undefined {
  const computes = cluster.hosts.filter((h) => h.isCompute || runsGuests(h));
  if (computes.length < 2 || !allInView(cluster)) return undefined;
  const ssh: Edit[] = [];
  const tls: Edit[] = [];
  let certified = true;
  for (const host of computes) {
    const over = editsOf(host);
    if (!over) return undefined;
    ssh.push(...over.ssh);
    tls.push(...over.tls);
    certified &&= over.certified;
  }
  return { count: computes.length, tls: certified ? tls : undefined, ssh };
}

interface OwnEdits {
  readonly tls: readonly Edit[];
  readonly ssh: readonly Edit[];
  readonly certified: boolean;
}

/** Kept as long as the host's files are the same: a cluster of many is gone through at every keystroke. */
const known = new WeakMap<Host, { readonly edits: OwnEdits | undefined }>();

function editsOf(host: Host): OwnEdits | undefined {
  const memo = known.get(host);
  if (memo) return memo.edits;
  const [tls, ssh] = [editsFor(host, 'tls'), editsFor(host, 'ssh')];
  const edits = tls && ssh && { tls, ssh, certified: mayTls(host) };
  known.set(host, { edits });
  return edits;
}

/** Whether every node of livemig.ini that may be a compute has its files here. */
function allInView(cluster: Cluster): boolean {
  const seen = new Set(cluster.hosts.map((h) => cluster.nodeOf(h)));
  const computes = (cluster.inventory?.nodes ?? []).filter((n) => n.roles.length === 0 || n.roles.includes('compute'));
  return computes.every((n) => seen.has(n));
}

function editsFor(host: Host, transport: Transport): Edit[] | undefined {
  const { file } = host.libvirtd;
  const wanted = wantedTransport(host);
  if (!file || file.defect || !host.nova.whole || host.nova.files.some((f) => f.defect)) return undefined;
  // What systemd has opened no file closes.
  if (wanted?.transport !== 'tcp' || host.daemon.sockets?.tcp || tcpListens(host) === false) return undefined;
  const dial = dialEdit(host, transport);
  const tls = host.libvirtd.get('listen_tls');
  const edits = [dial, setLibvirtKey(file, 'listen_tcp', '0')];
  if (transport === 'tls')
    edits.push(tls ? setLibvirtValue(file, tls.entry, '1') : setLibvirtKey(file, 'listen_tls', '1'));
  // Libvirtd opens TLS unasked, and ends without certificates, now that nothing else is to be opened as before.
  else if (!tls && isMonolith(host)) edits.push(setLibvirtKey(file, 'listen_tls', '0'));
  return dial && edits.filter((e) => e !== undefined);
}

/** Tells nova the transport, where the release has an option for it; undefined where the value is not a plain one. */
function dialEdit(host: Host, transport: Transport): Edit | undefined {
  const uri = host.nova.get('live_migration_uri');
  const scheme = host.nova.get('live_migration_scheme');
  if (uri?.origin === 'set' && uri.value !== '') {
    const { file, entry } = uri;
    // A scheme beside it counts for nothing, and would contradict it then.
    if (!file || !entry || scheme?.origin === 'set') return undefined;
    const start = entry.rawSpan.start + (entry.quote === undefined ? 0 : 1);
    const plain = /^qemu\+tcp:\/\/%s(?::16509)?\/system(?=["']?$)/.exec(file.text.slice(start, entry.rawSpan.end));
    return plain ? replace(file, { start, end: start + plain[0].length }, `qemu+${transport}://%s/system`) : undefined;
  }
  const setting = scheme ?? uri;
  if (!setting || !holdsAtAll(host, (r) => sameOption(setting.option, r, scheme !== undefined))) return undefined;
  const value = scheme ? transport : `qemu+${transport}://%s/system`;
  if (setting.file && setting.entry) return setOsloValue(setting.file, setting.entry, value);
  const file = fileFor(host, setting.option);
  return file && setOsloOption(file, setting.option.group, setting.option.name, value);
}

/** Whether a release has the option here, and the scheme just where it is the scheme that is to be set. */
function sameOption({ group, name }: NovaOption, release: number, scheme: boolean): boolean {
  return (
    lookup(group, name, release).kind === 'option' &&
    (lookup('libvirt', 'live_migration_scheme', release).kind === 'option') === scheme
  );
}

/** No host is known to lack certificates, or to have settings of TLS whose faults would show then. */
function mayTls(host: Host): boolean {
  if (TLS_KEYS.some((key) => host.libvirtd.get(key))) return false;
  const { paths, certificates } = host.facts ?? {};
  if (TLS_FILES.some((path) => paths?.[path] === null)) return false;
  const names = certificates?.[TLS_FILES[1]!]?.names;
  const dialled = host.nova.get('live_migration_inbound_addr')?.value ?? host.facts?.hostname ?? host.name;
  return !names || names.some((name) => name.toLowerCase() === dialled.toLowerCase());
}

/** Whether a host's own libvirt can leave TCP alone: its peers come another way. */
export function peersNeedTcp(cluster: Cluster): (host: Host) => boolean {
  const dialled = dialledTransports(cluster);
  return (host) => dialled(host)?.transport === 'tcp';
}
