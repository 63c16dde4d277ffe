/**
 * A real systemd as process 1 of namespaces of its own, with this machine's programs and units and an /etc, /run, /var and
 * network that nobody else sees. What it writes is forgotten with it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { localRunner } from '../../server/src/fleet/shell';
import type { Runner } from '../../server/src/fleet/types';
import { children, kill, sleep } from './sshd';

const SYSTEMD = '/lib/systemd/systemd';

/** Why it cannot run here; false where it can. */
export const noSystemd: string | false = !existsSync(SYSTEMD)
  ? 'systemd is not installed'
  : process.getuid?.() !== 0
    ? 'not root, so there are no namespaces for systemd'
    : false;

/** Hardware, clocks, kernel settings and jobs are the machine's. */
const MASKED = [
  ...['systemd-sysctl', 'systemd-modules-load', 'systemd-remount-fs', 'systemd-timesyncd', 'systemd-resolved'],
  ...['systemd-udevd', 'systemd-udev-trigger', 'systemd-random-seed', 'systemd-machine-id-commit', 'systemd-logind'],
  ...['lvm2-monitor', 'kmod-static-nodes', 'systemd-pstore', 'systemd-boot-system-token', 'systemd-binfmt'],
  ...['modprobe@configfs', 'modprobe@dm_mod', 'modprobe@drm', 'modprobe@efi_pstore', 'modprobe@fuse', 'modprobe@loop'],
]
  .map((name) => `${name}.service`)
  .concat(['timers.target', 'iscsid.socket', 'lvm2-lvmpolld.socket', 'systemd-udevd-kernel.socket'])
  .concat(['systemd-udevd-control.socket', 'dev-hugepages.mount', 'dev-mqueue.mount', 'sys-fs-fuse-connections.mount'])
  .concat(['sys-kernel-config.mount', 'sys-kernel-debug.mount', 'sys-kernel-tracing.mount', 'swap.target']);

export interface Systemd {
  /** Of process 1, as it is seen from here. */
  readonly pid: number;
  /** Runs in it as root. */
  readonly runner: Runner;
  /** A path in it as it is seen from here. */
  at(path: string): string;
  /** For `SshTarget.proxyCommand`: an sshd for one connection, by a configuration that it sees. */
  proxyCommand(config: string): string;
  stop(): Promise<void>;
}

/**
 * @param folder is seen in it under the same path
 * @param init `sysvinit`: process 1 does nothing but bury, and services are Debian's scripts in /etc/init.d
 */
export async function startSystemd(folder: string, init: 'systemd' | 'sysvinit' = 'systemd'): Promise<Systemd> {
  const box = path.join(folder, init);
  mkdirSync(box, { recursive: true });
  const script = path.join(box, 'start.sh');
  writeFileSync(script, SCRIPT);
  const child = spawn(
    'unshare',
    ['-m', '--propagation', 'private', 'sh', '-e', script, box, folder, String(process.pid), init, ...MASKED],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const runner = await ready(child, init, () => said);
  const pid = first(child)!;
  return {
    pid,
    runner,
    at: (name) => `/proc/${pid}/root${name}`,
    proxyCommand: (config) => [...enter(pid), '/usr/sbin/sshd', '-i', '-f', config].join(' '),
    stop: async () => {
      // Process 1 takes all with it; what waits for it then removes the control group.
      kill(pid);
      for (let i = 0; i < 12_000 && child.exitCode === null; i++) await sleep(10);
      child.kill('SIGKILL');
    },
  };
}

/** $1 the folder of the box, $2 one that is seen in it, $3 a number of its own, then units that are off. */
const SCRIPT = `
box=$1 seen=$2 own=$3 init=$4
shift 4
mount -t tmpfs -o mode=755 tmpfs "$box"
mkdir "$box/up" "$box/work" "$box/root" "$box/groups"
mount -t cgroup2 cgroup2 "$box/groups"
group=$box/groups/livemig-test-$own-$$
mkdir "$group"
mount -t overlay overlay -o "lowerdir=/,upperdir=$box/up,workdir=$box/work" "$box/root"
r=$box/root
rm -rf "$r"/etc/systemd/system/*.wants
for unit; do ln -sf /dev/null "$r/etc/systemd/system/$unit"; done
# From here on in namespaces of its own, in which it is process 1.
cat >"$box/inside" <<'END'
box=$1 seen=$2 group=$3 init=$4
r=$box/root
echo $$ >"$group/cgroup.procs"
exec unshare -f -p -C -m -u -i -n --kill-child --propagation private sh -e "$box/first" "$r" "$seen" "$box/seen" "$init"
END
cat >"$box/first" <<'END'
r=$1 seen=$2 behind=$3 init=$4
ip link set lo up
hostname node
mount -t proc proc "$r/proc"
mount --bind "$r/proc/sys" "$r/proc/sys"
mount -o remount,bind,ro "$r/proc/sys"
mount -t sysfs -o ro sysfs "$r/sys"
mount -t cgroup2 cgroup2 "$r/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$r/run"
mount -t tmpfs -o mode=1777 tmpfs "$r/tmp"
mount -t tmpfs -o mode=755 tmpfs "$r/dev"
for d in null zero full random urandom tty kvm; do
  if [ -e "/dev/$d" ]; then : >"$r/dev/$d"; mount --bind "/dev/$d" "$r/dev/$d"; fi
done
mkdir "$r/dev/pts" "$r/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$r/dev/pts"
ln -s pts/ptmx "$r/dev/ptmx"
ln -s /proc/self/fd "$r/dev/fd"
mount -t tmpfs tmpfs "$r/dev/shm"
mkdir -p "$r$seen"
mount --rbind "$behind" "$r$seen"
if [ "$init" = sysvinit ]; then
  exec chroot "$r" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -c 'while :; do sleep 1000 & wait; done'
fi
exec chroot "$r" env -i container=lxc PATH=/usr/sbin:/usr/bin:/sbin:/bin \\
  /lib/systemd/systemd --system --log-target=journal --show-status=no --unit=basic.target
END
# The folder, which the box's own file system covers, by another way.
mkdir "$box/seen"
mount --bind "$seen" "$box/seen"
sh -e "$box/inside" "$box" "$seen" "$group" "$init" || true
find "$group" -depth -type d -exec rmdir {} \\;
`;

function enter(pid: number): string[] {
  return ['nsenter', '-t', String(pid), '-m', '-u', '-i', '-n', '-p', '-C', '-r', '-w', '--'];
}

/** Process 1 below the shells that wait for it, once it runs in its own root. */
function first(child: ChildProcess): number | undefined {
  return children(child.pid!).find((pid) => {
    try {
      const one = /^NSpid:.*\t1$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
      return one && /systemd|sleep 1000/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
    } catch {
      return false;
    }
  });
}

async function ready(child: ChildProcess, init: string, said: () => string): Promise<Runner> {
  const local = localRunner();
  for (let i = 0; i < 2400 && child.exitCode === null; i++) {
    await sleep(50);
    const pid = first(child);
    if (pid === undefined) continue;
    const runner: Runner = { run: (argv, options) => local.run([...enter(pid), ...argv], options) };
    const argv = init === 'systemd' ? ['systemctl', 'is-active', 'basic.target'] : ['echo', 'active'];
    const { stdout } = await runner.run(argv, { timeout: 60_000 });
    if (Buffer.from(stdout).toString().trim() === 'active') return runner;
  }
  child.kill('SIGKILL');
  throw new Error(`systemd did not start: ${said()}`);
}
