import { basename } from '../../model/files';
import type { Host, Place } from '../../model/host';
import type { SourceFile } from '../../model/files';
import { TOP } from '../edits';

/** Whether the daemon whose file is `host.libvirtd` is libvirtd, which listens only with `--listen`. */
export function isMonolith(host: Host): boolean {
  return host.libvirtd.file !== undefined && basename(host.libvirtd.file.path) === 'libvirtd.conf';
}

/** Whether libvirt accepts plain TCP here; undefined where the configuration says so, but not whether it is heeded. */
export function tcpListens(host: Host): boolean | undefined {
  if (host.daemon.sockets?.tcp) return true;
  return heeded(host, host.libvirtd.number('listen_tcp') === 1);
}

/** The same for TLS, which libvirtd opens by default and virtproxyd does not. */
export function tlsListens(host: Host): boolean | undefined {
  if (host.daemon.sockets?.tls) return true;
  const set = host.libvirtd.get('listen_tls');
  if (set) return heeded(host, host.libvirtd.number('listen_tls') === 1);
  return isMonolith(host) && host.daemon.listen === true && host.daemon.sockets?.local !== true;
}

function heeded(host: Host, wanted: boolean): boolean | undefined {
  if (!wanted || host.daemon.sockets?.local) return false;
  return isMonolith(host) ? host.daemon.listen : true;
}

/** Where a finding about an absent key stands: at the entry that makes it needed, else at the top of the file. */
export function placeOr(file: SourceFile, place: Place | undefined): Place {
  return place ?? { file, span: TOP };
}
