import { whenIdle } from '../idle';
import { lint } from '../lint';
import { Cluster } from '../model/cluster';
import type { SourceFile } from '../model/files';
import type { Converter } from './convert';

/** After the start: what the editor asks first is answered first. */
const DELAY = 300;
/** Nobody has typed or opened anything for this long. */
const IDLE = 200;
const TOTAL = 250;
const STRETCH = 10;
const GAP = 10;

/**
 * Lints a made-up host while nothing else is to do. An engine runs code slowly until it has run it often: without this
 * the first twenty key presses in a large nova.conf take three times as long as those that follow.
 */
export async function warmUp(converter: Converter, lastActivity: () => number, stopped: () => boolean): Promise<void> {
  let known: Cluster | undefined;
  let round = 0;
  const step = (): boolean => {
    known = oneKeyPress(round++, known, converter);
    return true;
  };
  await whenIdle({ step, lastActivity, stopped, delay: DELAY, idle: IDLE, total: TOTAL, stretch: STRETCH, gap: GAP });
}

/** What an edit costs: a new text, a new host, all findings, and what is sent of them. */
function oneKeyPress(round: number, known: Cluster | undefined, converter: Converter): Cluster {
  const files = known?.hosts[0]?.files.slice(1) ?? OTHERS;
  const cluster = new Cluster(
    { root: ROOT, hosts: [{ name: 'warm', folder: ROOT, files: [nova(round), ...files] }], inventory: undefined },
    undefined,
    known,
  );
  JSON.stringify(lint(cluster).findings.map((f) => converter.diagnostic(f)));
  return cluster;
}

const ROOT = 'livemig-warm:///warm';

function file(path: string, kind: SourceFile['kind'], text: string): SourceFile {
  return { uri: `${ROOT}/${path}`, path, kind, text };
}

/** A large nova.conf in small: comments, options that are known, unknown or wrong, and a line that comes and goes. */
function nova(round: number): SourceFile {
  const section = (name: string, i: number): string =>
    `[${name}]\n# What option ${i} does and when to change it.\n#option = <None>\n\nunknown_${i % 50} = value\nvirt_type = kvm\n`;
  const body = Array.from({ length: 60 }, (_, i) => section(['DEFAULT', 'libvirt', 'vnc', 'own'][i % 4]!, i));
  if (round % 2 === 1) body.splice(30, 0, 'half a line\n');
  return file('etc/nova/nova.conf', 'nova', body.join(''));
}

const OTHERS: readonly SourceFile[] = [
  file('etc/libvirt/libvirtd.conf', 'libvirtd', '# Listen\nlisten_tls = 0\nlisten_tcp = 1\nauth_tcp = "sasl"\n'),
  file('etc/exports', 'exports', '# Shares\n/srv 192.0.2.0/24(rw,sync,no_subtree_check)\n'),
  file('etc/fstab', 'fstab', '# Disks\nUUID=1 / ext4 defaults 0 1\n192.0.2.1:/srv /srv nfs rw,hard 0 0\n'),
];
