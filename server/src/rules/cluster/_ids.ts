import { instancesStorage, type Cluster } from '../../model/cluster';
import { servedMount } from '../../model/exportTable';
import type { Host, Place } from '../../model/host';
import { TOP } from '../edits';

/** Whom the distributions run QEMU as: Debian and Ubuntu, Red Hat and SUSE. */
export const DISTRIBUTION_USERS = ['libvirt-qemu', 'qemu'];

/** An account as a host has it. */
export interface Account {
  readonly host: Host;
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly uidPlace: Place;
  readonly gidPlace: Place;
}

/** From etc/passwd, else from what was measured; undefined where neither is in view. */
export function accountOf(host: Host, name: string): Account | undefined {
  const line = host.account(name);
  if (line) {
    const { file, entry } = line;
    const { uid, gid } = entry;
    return { host, name, uid, gid, uidPlace: { file, span: entry.uidSpan }, gidPlace: { file, span: entry.gidSpan } };
  }
  const measured = host.facts?.ids?.[name];
  const file = host.first('facts');
  const place = file && { file, span: TOP };
  return measured && place ? { host, name, ...measured, uidPlace: place, gidPlace: place } : undefined;
}

/** File systems that map owners by mount options or the server's accounts instead of carrying ids as they are. */
const MAPPED = new Set(['cifs', 'smb3']);

/**
 * The computes that see each other's disks as files, with the same numeric owners: those with instances_path on a network
 * file system, and the one that serves it if it is a compute. `servers` serve it without running guests.
 */
export function sharers(cluster: Cluster): {
  readonly computes: ReadonlySet<Host>;
  readonly servers: ReadonlySet<Host>;
} {
  const computes = new Set<Host>();
  const servers = new Set<Host>();
  for (const host of cluster.hosts) {
    if (!host.isCompute || !keepsFiles(host)) continue;
    const mount = instancesStorage(host);
    if (!mount || MAPPED.has(mount.entry.type.value)) continue;
    // With Kerberos the server goes by names.
    if (mount.entry.optionList.some((o) => o.name === 'sec' && o.value?.startsWith('krb5'))) continue;
    computes.add(host);
    const server = servedMount(cluster, mount)?.table.server;
    if (server) (server.isCompute ? computes : servers).add(server);
  }
  return { computes, servers };
}

function keepsFiles(host: Host): boolean {
  const type = host.nova.get('images_type')?.value;
  return type !== 'rbd' && type !== 'lvm';
}
