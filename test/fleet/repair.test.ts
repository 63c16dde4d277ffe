import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, describe, test } from 'node:test';
import { planRepair, runRepair, type Plan, type Repaired } from '../../server/src/fleet/repair';
import { FleetError, type Runner } from '../../server/src/fleet/types';
import { lint } from '../../server/src/lint';
import { Cluster } from '../../server/src/model/cluster';
import type { HostInput } from '../../server/src/model/host';
import { tempFolder } from '../support/temp';
import { hostOf, noNode, startNode, toldHost, type TestNode } from './node';

const { path: folder, remove } = tempFolder();
const started: TestNode[] = [];
after(() => {
  for (const node of started) node.stop();
  remove();
});

async function newNode(script: string): Promise<TestNode> {
  const node = await startNode(folder);
  started.push(node);
  await node.sh(script);
  return node;
}

const inventory = (text: string) =>
  ({ uri: 'file:///livemig.ini', path: 'livemig.ini', kind: 'livemig-ini', text }) as const;
const clusterOf = (hosts: readonly HostInput[], ini = '') =>
  new Cluster({ root: 'file:///', hosts, inventory: inventory(ini) }, { release: 'zed', by: 'test' });

/** Where a rule's only finding on a host stands. */
function findingOf(cluster: Cluster, rule: string, host: string) {
  const found = lint(cluster).findings.filter((f) => f.rule.id === rule && f.host?.name === host);
  assert.ok(found.length > 0, `${rule} finds nothing on ${host}`);
  const { file, span } = found[0]!;
  return { rule, uri: file.uri, line: file.text.slice(0, span.start).split('\n').length - 1 };
}

const silent = (cluster: Cluster, rule: string, host: string) =>
  assert.deepEqual(
    lint(cluster)
      .findings.filter((f) => f.rule.id === rule && f.host?.name === host)
      .map((f) => f.message),
    [],
  );

function run(plan: Plan, node: TestNode, runner: Runner = node.runner): Promise<Repaired> {
  return runRepair(
    plan,
    () => runner,
    () => undefined,
    new AbortController().signal,
    () => node.files,
  );
}

const commands = (plan: Plan) => plan.steps.map((s) => s.command ?? s.title);
const refused = (words: RegExp) => (error: unknown) => {
  assert.ok(error instanceof FleetError, String(error));
  assert.match(error.message, words);
  return true;
};

const INSTANCES = '/var/lib/nova/instances';
const FSTAB = `192.0.2.1:/srv ${INSTANCES} nfs defaults 0 0\n`;
/** A compute node with nova's account, a service that runs as it, files of its own and on shared storage. */
const NOVA = `
sed -i '/^nova:/d' /etc/passwd /etc/group /etc/shadow /etc/gshadow
groupadd -g 64107 nova
useradd -u 64106 -g nova -d /var/lib/nova -s /bin/sh nova
mkdir -p /etc/nova /var/lib/nova/local /var/lib/docker/x ${INSTANCES} /etc/libvirt
printf '[DEFAULT]\\n' >/etc/nova/nova.conf
: >/etc/libvirt/qemu.conf
echo '${FSTAB.trim()}' >/etc/fstab
cp /usr/bin/sleep /opt/nova-compute
mount -t tmpfs share ${INSTANCES}
touch ${INSTANCES}/disk /var/lib/nova/local/own /var/lib/docker/x/foreign "/var/log/a b's
log"
ln -s /etc/passwd /var/lib/nova/local/link
chown -h -R nova:nova /var/lib/nova /var/lib/docker/x /var/log/a* /etc/nova/nova.conf
chown 64206:64207 ${INSTANCES}
chmod 755 /var/lib/nova ${INSTANCES}
cat >/etc/init.d/nova-compute <<'END'
#!/bin/sh
case $1 in
  stop) exec start-stop-daemon --stop --retry 5 --exec /opt/nova-compute ;;
  restart) "$0" stop; exec "$0" start ;;
  start) exec start-stop-daemon --start --background --chuid nova --exec /opt/nova-compute -- 3600 ;;
esac
END
chmod 755 /etc/init.d/nova-compute
/etc/init.d/nova-compute start
`;
const peer = (name: string, uid: number, gid = 64207) =>
  toldHost(name, {
    'etc/passwd': `root:x:0:0::/root:/bin/sh\nnova:x:${uid}:${gid}::/var/lib/nova:/bin/sh\n`,
    'etc/group': `root:x:0:\nnova:x:${gid}:\n`,
    'etc/fstab': FSTAB,
    'etc/nova/nova.conf': '[DEFAULT]\n',
    'etc/libvirt/qemu.conf': '',
  });
const owner = async (node: TestNode, file: string) => (await node.sh('stat -c %u:%g "$1"', file)).trim();
const running = async (node: TestNode) =>
  (await node.sh('ps -e -o uid=,comm= | sed -n "s/ *\\([0-9]*\\) nova-compute.*/\\1/p"')).trim();

describe('numbers of accounts', { skip: noNode }, () => {
  const RULE = 'cluster/nova-uid-differs';
  const cluster = async (node: TestNode, ...others: HostInput[]) =>
    clusterOf([await hostOf(node, 'c1'), ...others], '[node c1]\ninit = sysvinit\nroles = compute\n');

  test('nova gets the numbers that the others have, and so do its files on the node', async () => {
    const node = await newNode(NOVA);
    await new Promise((r) => setTimeout(r, 300));
    const others = [peer('c2', 64206), peer('c3', 64206)];
    const before = await cluster(node, ...others);
    const plan = planRepair(before, findingOf(before, RULE, 'c1'))!;
    assert.deepEqual(commands(plan), [
      'getent passwd 64206',
      'getent group 64207',
      'service nova-compute stop',
      "ps -o 'pid=,args=' -u 64106".replaceAll("'", ''),
      `unshare -m sh -c 'mount --make-rprivate / && mount -t tmpfs -o ro,mode=755 none "$1" && exec usermod -u "$2" "$3"' sh /var/lib/nova 64206 nova`,
      'groupmod -g 64207 nova',
      ...['-uid 64106 -exec chown -h 64206', '-gid 64107 -exec chgrp -h 64207'].map(
        (what) =>
          `find / -xdev '(' -path /var/lib/docker -o -path /var/lib/containers -o -path /var/lib/lxc -o -path /var/lib/lxd -o -path /var/lib/machines -o -path ${INSTANCES} ')' -prune -o ${what} {} +`,
      ),
      'service nova-compute start',
      'id -u nova',
      'id -g nova',
    ]);
    assert.match(
      plan.notes.join('\n'),
      /shared instances carry its number, 64206[^]*guests go on running[^]*shared with other hosts/,
    );

    const told: string[] = [];
    const result = await runRepair(
      plan,
      () => node.runner,
      (message) => void told.push(message),
      new AbortController().signal,
      () => node.files,
    );
    assert.deepEqual([result.ok, result.why], [true, undefined]);
    assert.equal(told.length, plan.steps.length);
    assert.ok(result.steps.every((s) => s.state === 'done' && s.node === 'c1'));
    assert.equal(await owner(node, '/var/lib/nova/local/own'), '64206:64207');
    assert.equal(await owner(node, '/var/lib/nova/local/link'), '64206:64207');
    assert.equal(await owner(node, "/var/log/a b's\nlog"), '64206:64207');
    assert.equal(await owner(node, '/etc/nova/nova.conf'), '64206:64207');
    assert.equal(await owner(node, '/etc/passwd'), '0:0');
    // What others see, and what containers own, is left.
    assert.equal(await owner(node, `${INSTANCES}/disk`), '64106:64107');
    assert.equal(await owner(node, '/var/lib/docker/x/foreign'), '64106:64107');
    // No mount of the private namespace was left.
    assert.equal((await node.sh('grep -c " /var/lib/nova " /proc/mounts || true')).trim(), '0');
    for (let i = 0; i < 1200 && (await running(node)) !== '64206'; i++) await new Promise((r) => setTimeout(r, 100));
    assert.equal(await running(node), '64206');

    const now = await cluster(node, ...others);
    silent(now, RULE, 'c1');
    assert.equal(planRepair(now, findingOf(before, RULE, 'c1')), undefined);
  });

  test('a process that goes on as nova: nothing is changed, the service is started again', async () => {
    const node = await newNode(
      `${NOVA}\nstart-stop-daemon --start --background --chuid nova --exec /usr/bin/tail -- -f /dev/null`,
    );
    await new Promise((r) => setTimeout(r, 300));
    const before = await cluster(node, peer('c2', 64206), peer('c3', 64206));
    const result = await run(planRepair(before, findingOf(before, RULE, 'c1'))!, node);
    assert.equal(result.ok, false);
    assert.match(
      result.why!,
      /c1: "Does nothing run as nova any more\?".*failed: 1 processes? of nova run: \d+ .*tail -f \/dev\/null/,
    );
    assert.match(result.why!, /Done: c1: Stop nova-compute; c1: Start nova-compute\./);
    assert.match(result.why!, /Not done: .*Give nova number 64206.*Nothing was changed\. End what still runs as nova/);
    assert.deepEqual(
      result.steps.map((s) => s.state),
      ['done', 'done', 'done', 'failed', 'skipped', 'skipped', 'skipped', 'skipped', 'done', 'skipped', 'skipped'],
    );
    assert.equal((await node.sh('id -u nova')).trim(), '64106');
    for (let i = 0; i < 1200 && (await running(node)) === ''; i++) await new Promise((r) => setTimeout(r, 100));
    assert.equal(await running(node), '64106');
  });

  test('usermod fails: what it says is told, the service is started again', async () => {
    const node = await newNode(NOVA);
    await new Promise((r) => setTimeout(r, 300));
    const before = await cluster(node, peer('c2', 64206), peer('c3', 64206));
    const plan = planRepair(before, findingOf(before, RULE, 'c1'))!;
    // As if somebody edited the accounts by vipw: process 1 lives.
    await node.sh('echo 1 >/etc/passwd.lock');
    const result = await run(plan, node);
    assert.equal(result.ok, false);
    assert.match(result.why!, /Give nova number 64206.*failed: .*lock/);
    for (let i = 0; i < 1200 && (await running(node)) === ''; i++) await new Promise((r) => setTimeout(r, 100));
    assert.equal(await running(node), '64106');
    await node.sh('rm /etc/passwd.lock');
    // The next try works.
    const again = await cluster(node, peer('c2', 64206), peer('c3', 64206));
    const second = await run(planRepair(again, findingOf(again, RULE, 'c1'))!, node);
    assert.deepEqual([second.ok, second.why], [true, undefined]);
  });

  test('cancelled in the middle, and a connection that is lost', async () => {
    const node = await newNode(NOVA);
    await new Promise((r) => setTimeout(r, 300));
    const before = await cluster(node, peer('c2', 64206), peer('c3', 64206));
    const plan = planRepair(before, findingOf(before, RULE, 'c1'))!;
    const abort = new AbortController();
    const stopping = (message: string) => {
      if (message.includes('Does nothing run')) abort.abort();
    };
    const result = await runRepair(
      plan,
      () => node.runner,
      stopping,
      abort.signal,
      () => node.files,
    );
    assert.equal(result.ok, false);
    assert.match(result.why!, /cancelled/);
    assert.equal(result.steps[8]!.state, 'done', 'nova-compute was not started again');
    let calls = 0;
    const lost: Runner = {
      run: (argv, options) =>
        ++calls > 3
          ? Promise.reject(new FleetError('lost', 'c1: the connection was lost'))
          : node.runner.run(argv, options),
    };
    const cut = await run(plan, node, lost);
    assert.match(cut.why!, /connection was lost.*Failed as well: Start nova-compute: c1: the connection was lost/);
    assert.equal((await node.sh('id -u nova')).trim(), '64106');
  });

  test('what cannot be done is said before anything is done', () => {
    const c1 = (passwd: string, more: Record<string, string> = {}) =>
      toldHost('c1', {
        'etc/passwd': passwd,
        'etc/fstab': FSTAB,
        'etc/nova/nova.conf': '[DEFAULT]\n',
        'etc/libvirt/qemu.conf': '',
        'facts.json': '{}',
        ...more,
      });
    const plan = (of: Cluster, host = 'c1') => planRepair(of, findingOf(of, RULE, host));
    const taken = clusterOf([
      c1('nova:x:106:107::/:/bin/sh\nntp:x:206:1::/:/bin/sh\n'),
      peer('c2', 206),
      peer('c3', 206),
    ]);
    assert.throws(
      () => plan(taken),
      refused(/Number 206 belongs to ntp on c1: give ntp another one first \(usermod -u/),
    );
    const measured = clusterOf([
      c1('root:x:0:0::/:/bin/sh\n', { 'facts.json': '{"ids": {"nova": {"uid": 106, "gid": 107}}}' }),
      ...[peer('c2', 206), peer('c3', 206)],
    ]);
    assert.throws(() => plan(measured), refused(/not in \/etc\/passwd of c1/));
    const root = clusterOf([c1('nova:x:106:107::/:/bin/sh\n'), peer('c2', 0), peer('c3', 0)]);
    assert.throws(() => plan(root), refused(/0 is no number for an account/));
    const home = c1('nova:x:106:107::/var/lib/nova/../..:/bin/sh\n');
    assert.ok(plan(clusterOf([home, peer('c2', 206), peer('c3', 206)])));
    const carried = (uid: number) =>
      `{"mounts": {"${INSTANCES}": {"source": "192.0.2.1:/srv", "type": "nfs4"}}, "paths": {"${INSTANCES}": {"type": "folder", "mode": 493, "uid": ${uid}, "gid": 107}}}`;
    const two = (uid: number) =>
      clusterOf([c1('nova:x:106:107::/:/bin/sh\n', { 'facts.json': carried(uid) }), peer('c2', 206)]);
    assert.throws(() => plan(two(106)), refused(/shared instances carry number 106, which is that of nova on c1/));
    assert.match(plan(two(206))!.notes[0]!, /c2 is the pattern: the shared instances carry its number, 206/);
    assert.match(plan(two(999))!.notes[0]!, /nothing says which of the two is right/);
  });
});

describe('numbers of QEMU', { skip: noNode }, () => {
  const RULE = 'cluster/qemu-uid-differs';
  const QEMU = `
groupadd -g 64108 kvm2
userdel libvirt-qemu 2>/dev/null || true
useradd -u 64155 -g kvm2 -d /var/lib/libvirt -s /bin/false libvirt-qemu
mkdir -p /etc/nova /etc/libvirt /var/lib/libvirt/images ${INSTANCES}
printf '[DEFAULT]\\n' >/etc/nova/nova.conf
: >/etc/libvirt/qemu.conf
echo '${FSTAB.trim()}' >/etc/fstab
touch /var/lib/libvirt/images/disk
chown libvirt-qemu /var/lib/libvirt/images/disk
`;
  const other = (name: string) =>
    toldHost(name, {
      'etc/passwd': 'libvirt-qemu:x:64255:109::/var/lib/libvirt:/bin/false\n',
      'etc/fstab': FSTAB,
      'etc/nova/nova.conf': '[DEFAULT]\n',
      'etc/libvirt/qemu.conf': '',
    });

  test('refused while a guest runs, done when none does', async () => {
    const node = await newNode(QEMU);
    const cluster = async () => clusterOf([await hostOf(node, 'c1'), other('c2'), other('c3')]);
    const before = await cluster();
    const plan = planRepair(before, findingOf(before, RULE, 'c1'))!;
    await node.sh('setpriv --reuid 64155 --clear-groups sleep 500 >/dev/null 2>&1 & echo $! >/tmp/guest; sleep 0.2');
    const refusedNow = await run(plan, node);
    assert.match(
      refusedNow.why!,
      /1 processes of libvirt-qemu run: .*Nothing was changed\. Guests run as libvirt-qemu: move them away/,
    );
    assert.equal((await node.sh('id -u libvirt-qemu')).trim(), '64155');
    await node.sh('kill "$(cat /tmp/guest)"; sleep 0.2');
    const result = await run(plan, node);
    assert.deepEqual([result.ok, result.why], [true, undefined]);
    assert.equal((await owner(node, '/var/lib/libvirt/images/disk')).split(':')[0], '64255');
    silent(await cluster(), RULE, 'c1');
  });
});

describe('the mount of the instances', { skip: noNode }, () => {
  const RULE = 'nova/instances-path-not-mounted';
  const LINE = `gl1:/vol ${INSTANCES} glusterfs defaults,_netdev 0 0`;
  // mount(8) hands a file system of this type to a program of its own: here one that needs no server.
  const GLUSTER = `
mkdir -p /etc/nova /etc/libvirt ${INSTANCES}
printf '[libvirt]\\nvirt_type = kvm\\n' >/etc/nova/nova.conf
: >/etc/libvirt/qemu.conf
printf 'UUID=1 / ext4 defaults 0 1' >/etc/fstab
cat >/usr/sbin/mount.glusterfs <<'END'
#!/bin/sh
[ ! -e /tmp/down ] || { echo 'Mount failed. Check the log file for more details.' >&2; exit 1; }
exec mount -i -t tmpfs "$1" "$2"
END
chmod 755 /usr/sbin/mount.glusterfs
`;
  const others = [
    toldHost('c2', {
      'etc/fstab': `${LINE}\n`,
      'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
      'etc/libvirt/qemu.conf': '',
    }),
  ];
  const cluster = async (node: TestNode) => clusterOf([await hostOf(node, 'c1'), ...others]);
  const fstab = (node: TestNode) => node.sh('cat /etc/fstab');

  test('is written and done, and not over what lies there', async () => {
    const node = await newNode(GLUSTER);
    const before = await cluster(node);
    const plan = planRepair(before, findingOf(before, RULE, 'c1'))!;
    assert.deepEqual(commands(plan), [
      `find ${INSTANCES} -mindepth 1 -maxdepth 1 -print`,
      `Write into etc/fstab: ${LINE}`,
      `mount ${INSTANCES}`,
      `mountpoint ${INSTANCES}`,
    ]);
    await node.sh(`touch ${INSTANCES}/disk`);
    const full = await run(plan, node);
    assert.match(
      full.why!,
      /it holds \/var\/lib\/nova\/instances\/disk, which a mount would hide.*Nothing was changed/,
    );
    assert.equal(await fstab(node), 'UUID=1 / ext4 defaults 0 1');
    await node.sh(`rm ${INSTANCES}/disk; touch /tmp/down`);

    const down = await run(plan, node);
    assert.match(down.why!, /Mount gl1:\/vol.*failed: Mount failed. Check the log file.*See whether the server/);
    assert.deepEqual(down.steps.at(-1)?.title, 'Put /etc/fstab back');
    assert.equal(await fstab(node), 'UUID=1 / ext4 defaults 0 1');
    await node.sh('rm /tmp/down');

    const result = await run(plan, node);
    assert.deepEqual([result.ok, result.why], [true, undefined]);
    assert.equal(await fstab(node), `UUID=1 / ext4 defaults 0 1\n${LINE}\n`);
    assert.match(await node.sh('cat /proc/mounts'), /^gl1:\/vol \/var\/lib\/nova\/instances tmpfs/m);
    silent(await cluster(node), RULE, 'c1');
  });

  test('hosts that do not agree, and secrets in the line', () => {
    const at = (name: string, line: string) =>
      toldHost(name, {
        'etc/fstab': `${line}\n`,
        'etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'etc/libvirt/qemu.conf': '',
      });
    const bare = at('c1', '/dev/sda1 / ext4 defaults 0 1');
    const plan = (...lines: string[]) => {
      const of = clusterOf([bare, ...lines.map((l, i) => at(`c${i + 2}`, l))]);
      return planRepair(of, findingOf(of, RULE, 'c1'));
    };
    assert.throws(() => plan(LINE, LINE.replace('gl1', 'gl2')), refused(/do not agree.*c2, c3/));
    assert.throws(() => plan(`localhost:/vol ${INSTANCES} glusterfs defaults 0 0`), refused(/from itself/));
    assert.throws(() => plan(`mon:/ ${INSTANCES} ceph name=a,secret=*** 0 0`), refused(/holds a secret/));
  });
});

describe('entries of etc/hosts', { skip: noNode }, () => {
  test('a name that leads nowhere, and a file that was changed meanwhile', async () => {
    const node = await newNode(`
mkdir -p /etc/nova; echo '[libvirt]' >/etc/nova/nova.conf; echo c1 >/etc/hostname
printf '127.0.0.1 localhost\\n192.0.2.1 c1\\n' >/etc/hosts`);
    const c2 = toldHost('c2', { 'etc/hostname': 'c2\n', 'etc/nova/nova-compute.conf': '[libvirt]\nvirt_type=kvm\n' });
    const ini = '[node c1]\nroles = compute\naddress = 192.0.2.1\n[node c2]\naddress = 192.0.2.2\nroles = compute\n';
    const cluster = async (answer: readonly string[]) =>
      clusterOf([await hostOf(node, 'c1', { hostname: 'c1', resolves: { c2: answer } }), c2], ini);
    const before = await cluster([]);
    const finding = findingOf(before, 'hosts/peer-resolves', 'c1');
    const plan = planRepair(before, finding)!;
    assert.deepEqual(commands(plan), ['Write etc/hosts: "192.0.2.2 c2"', 'getent ahosts c2']);
    await node.sh('echo "192.0.2.9 new" >>/etc/hosts');
    assert.match((await run(plan, node)).why!, /changed since the node was read/);
    assert.match(await node.sh('cat /etc/hosts'), /192\.0\.2\.9 new\n$/);
    const again = await cluster([]);
    const result = await run(planRepair(again, findingOf(again, 'hosts/peer-resolves', 'c1'))!, node);
    assert.deepEqual([result.ok, result.why], [true, undefined]);
    assert.match(await node.sh('getent ahosts c2'), /^192\.0\.2\.2 /);
    silent(await cluster(['192.0.2.2']), 'hosts/peer-resolves', 'c1');
  });

  test('several that are missing', () => {
    const ini = ['c1', 'c2', 'c3', 'c4']
      .map((n, i) => `[node ${n}]\nroles = compute\naddress = 192.0.2.${i + 1}\n`)
      .join('');
    const of = clusterOf(
      [
        toldHost('c1', { 'etc/hosts': '127.0.0.1 localhost\r\n192.0.2.2 c2\r\n' }),
        ...['c2', 'c3', 'c4'].map((n) => toldHost(n, { 'etc/hostname': `${n}\n` })),
      ],
      ini,
    );
    const plan = planRepair(of, findingOf(of, 'hosts/peer-missing', 'c1'))!;
    assert.deepEqual(commands(plan), [
      'Write etc/hosts: "192.0.2.3\tc3", "192.0.2.4\tc4"',
      'getent ahosts c3',
      'getent ahosts c4',
    ]);
  });
});

describe('settings of the kernel', { skip: noNode }, () => {
  test('now, and for the next start', async () => {
    // The machine's own setting stays: the kernel's file is hidden behind one of ours.
    const node = await newNode(`
mkdir -p /etc/nova /etc/sysctl.d; printf '[libvirt]\\nlive_migration_permit_post_copy = True\\n' >/etc/nova/nova.conf
rm -f /etc/sysctl.d/*userfault* ; echo 0 >/run/fd; mount --bind /run/fd /proc/sys/vm/unprivileged_userfaultfd`);
    const rule = 'nova/post-copy-needs-userfaultfd';
    const cluster = async () => clusterOf([await hostOf(node, 'c1')], '[node c1]\nroles = compute\n');
    const before = await cluster();
    const plan = planRepair(before, findingOf(before, rule, 'c1'))!;
    assert.deepEqual(commands(plan), [
      'sysctl -w vm.unprivileged_userfaultfd=1',
      'Write etc/sysctl.d/60-livemig.conf: vm.unprivileged_userfaultfd = 1',
      'sysctl -n vm.unprivileged_userfaultfd',
    ]);
    assert.deepEqual((await run(plan, node)).why, undefined);
    assert.equal(await node.sh('cat /etc/sysctl.d/60-livemig.conf'), 'vm.unprivileged_userfaultfd = 1\n');
    silent(await cluster(), rule, 'c1');

    await node.sh(
      'rm /etc/sysctl.d/60-livemig.conf; echo 0 >/run/fd; printf "# no\\nvm/unprivileged_userfaultfd=0\\n" >/etc/sysctl.d/99-x.conf',
    );
    const set = await cluster();
    assert.deepEqual((await run(planRepair(set, findingOf(set, rule, 'c1'))!, node)).why, undefined);
    assert.equal(await node.sh('cat /etc/sysctl.d/99-x.conf'), '# no\nvm.unprivileged_userfaultfd = 1\n');
  });
});

describe('directories above the disks', { skip: noNode }, () => {
  test('QEMU is let through each, and no further', async () => {
    const node = await newNode(`
userdel -f libvirt-qemu 2>/dev/null || true
groupdel libvirt-qemu 2>/dev/null || true
useradd -u 64155 -U -d /var/lib/libvirt -s /bin/false libvirt-qemu
mkdir -p /etc/nova /etc/libvirt "/srv/nova inst"; : >/etc/libvirt/qemu.conf
printf '[DEFAULT]\\ninstances_path = /srv/nova inst\\n' >/etc/nova/nova.conf
chmod 750 /srv; chmod 700 "/srv/nova inst"`);
    const rule = 'cluster/instances-dir-mode';
    const cluster = async () => clusterOf([await hostOf(node, 'c1')], '[node c1]\nroles = compute\n');
    const before = await cluster();
    const plan = planRepair(before, findingOf(before, rule, 'c1'))!;
    assert.deepEqual(
      commands(plan).filter((c) => c.startsWith('chmod')),
      ['chmod o+x /srv', "chmod o+x '/srv/nova inst'"],
    );
    assert.deepEqual((await run(plan, node)).why, undefined);
    assert.equal((await node.sh('stat -c %a /srv "/srv/nova inst"')).trim(), '751\n701');
    await node.sh('setpriv --reuid 64155 --regid 64155 --clear-groups test -x "/srv/nova inst"');
    silent(await cluster(), rule, 'c1');
  });
});

describe('firewalls', { skip: noNode }, () => {
  const rule = 'cluster/firewall-ports';
  const NOVA_CONF = '[libvirt]\nlive_migration_scheme = tls\nvirt_type = kvm\n';

  for (const [tool, shut, facts, saved] of [
    [
      'nft',
      'nft add table inet filter; nft "add chain inet filter input { type filter hook input priority 0; policy drop; }"',
      { tools: ['nft'] },
      '',
    ],
    [
      'iptables',
      'iptables -P INPUT DROP; mkdir -p /etc/iptables; : >/etc/iptables/rules.v4',
      { tools: ['iptables'] },
      '-A INPUT -s 192.0.2.2/32 -p tcp -m tcp --dport 49152:49215 -j ACCEPT',
    ],
  ] as const)
    test(`${tool}: what a migration needs is opened to the other compute node, and nothing else`, async () => {
      const c1 = await newNode(
        `mkdir -p /etc/nova /etc/libvirt; printf '${NOVA_CONF.replaceAll('\n', '\\n')}' >/etc/nova/nova.conf; : >/etc/libvirt/qemu.conf`,
      );
      const c2 = await newNode('true');
      // Only the machine sees both.
      const linked = spawnSync('nsenter', [
        '-t',
        String(c1.pid),
        '-n',
        'ip',
        'link',
        'add',
        'veth1',
        'type',
        'veth',
        'peer',
        'name',
        'veth2',
        'netns',
        String(c2.pid),
      ]);
      assert.equal(linked.status, 0, String(linked.stderr));
      await c1.sh(`ip addr add 192.0.2.1/24 dev veth1; ip link set veth1 up; ${shut}`);
      await c2.sh('ip addr add 192.0.2.2/24 dev veth2; ip link set veth2 up');
      await c1.sh(`python3 -c '
import socket, sys, os
if os.fork(): sys.exit()
os.setsid()
for n in range(3): os.close(n)
ports = [socket.create_server(("0.0.0.0", p)) for p in (49160, 2222)]
import time; time.sleep(600)' ; sleep 0.3`);
      const open = async (port: number) =>
        (
          await c2.runner.run(['timeout', '1', 'bash', '-c', 'exec 3<>"/dev/tcp/192.0.2.1/$0"', String(port)], {
            timeout: 5000,
          })
        ).code === 0;
      assert.deepEqual([await open(49160), await open(2222)], [false, false]);

      const told = toldHost('c2', {
        'etc/nova/nova.conf': NOVA_CONF,
        'etc/libvirt/qemu.conf': '',
        'facts.json': '{"reaches": {\n"192.0.2.1:49160": "filtered"}}',
      });
      const ini = '[node c1]\nroles = compute\naddress = 192.0.2.1\n[node c2]\nroles = compute\naddress = 192.0.2.2\n';
      const cluster = clusterOf([await hostOf(c1, 'c1', { firewall: facts }), told], ini);
      const plan = planRepair(cluster, findingOf(cluster, rule, 'c2'))!;
      assert.ok(plan.steps.every((s) => s.node === 'c1'));
      const result = await run(plan, c1);
      assert.deepEqual([result.ok, result.why], [true, undefined]);
      assert.deepEqual([await open(49160), await open(2222)], [true, false]);
      if (saved !== '') assert.ok((await c1.sh('cat /etc/iptables/rules.v4')).includes(saved));
    });

  test('what a host’s own rules close, to computes and to clients of its exports', () => {
    const ini =
      '[node c1]\nroles = compute\naddress = 192.0.2.1\n[node c2]\nroles = compute\naddress = 192.0.2.2\n[node nas]\nroles = nfs\naddress = 192.0.2.9\n';
    const firewall = { tools: ['iptables'], ipv4: [[{ ports: ['22'], verdict: 'accept' }, { verdict: 'drop' }]] };
    const files = {
      'etc/nova/nova.conf': NOVA_CONF,
      'etc/libvirt/qemu.conf': '',
      'etc/fstab': '192.0.2.9:/srv/i /var/lib/nova/instances nfs4 defaults 0 0\n',
    };
    const of = clusterOf(
      [
        toldHost('c1', { ...files, 'facts.json': JSON.stringify({ firewall, addresses: { e: ['192.0.2.1'] } }) }),
        toldHost('c2', files),
        toldHost('nas', {
          'etc/exports': '/srv/i *(rw,no_root_squash)\n',
          'facts.json': JSON.stringify({ firewall, addresses: { e: ['192.0.2.9'] } }),
        }),
      ],
      ini,
    );
    const opening = (plan: Plan | undefined) => plan?.steps.filter((s) => / -I /.test(s.command ?? ''));
    const computes = planRepair(of, findingOf(of, 'cluster/port-blocked', 'c1'));
    assert.equal(computes?.title, 'Open ports 16514 and 49152 to 49215 to the compute nodes');
    assert.deepEqual(
      opening(computes)?.map(({ node, command }) => [node, command]),
      [
        ['c1', 'iptables -w -I INPUT -p tcp -s 192.0.2.2 --dport 16514 -j ACCEPT'],
        ['c1', 'iptables -w -I INPUT -p tcp -s 192.0.2.2 --dport 49152:49215 -j ACCEPT'],
      ],
    );
    const clients = planRepair(of, findingOf(of, 'exports/port-blocked', 'nas'));
    assert.equal(clients?.title, 'Open port 2049 to the clients');
    assert.deepEqual(
      opening(clients)?.map(({ node, command }) => [node, command]),
      ['192.0.2.1', '192.0.2.2'].map((c) => ['nas', `iptables -w -I INPUT -p tcp -s ${c} --dport 2049 -j ACCEPT`]),
    );
  });

  test('firewalld, ufw, and a host that has none', () => {
    const plan = (firewall: object | undefined) => {
      const host = (name: string, facts: object) =>
        toldHost(name, {
          'etc/nova/nova.conf': NOVA_CONF,
          'etc/libvirt/qemu.conf': '',
          'facts.json': JSON.stringify(facts),
        });
      const of = clusterOf(
        [
          host('c1', { firewall, addresses: { virbr0: ['192.168.122.1'], lo: ['127.0.0.1'] } }),
          host('c2', {
            reaches: { '192.0.2.1:16514': 'filtered' },
            addresses: { virbr0: ['192.168.122.1'], e: ['fe80::1', '2001:db8::2'] },
          }),
        ],
        '[node c1]\nroles = compute\naddress = 192.0.2.1\n[node c2]\nroles = compute\naddress = 192.0.2.2\n',
      );
      return planRepair(of, findingOf(of, rule, 'c2'));
    };
    assert.deepEqual(commands(plan({ tools: ['nft'], manager: 'ufw' })!), [
      'ufw allow proto tcp from 192.0.2.2 to any port 16514',
      'ufw allow proto tcp from 2001:db8::2 to any port 16514',
    ]);
    assert.deepEqual(commands(plan({ tools: ['nft'], manager: 'firewalld' })!).slice(0, 2), [
      `firewall-cmd '--add-rich-rule=rule family="ipv4" source address="192.0.2.2" port port="16514" protocol="tcp" accept'`,
      `firewall-cmd --permanent '--add-rich-rule=rule family="ipv4" source address="192.0.2.2" port port="16514" protocol="tcp" accept'`,
    ]);
    assert.throws(() => plan(undefined), refused(/c1 has no firewall that livemig could see/));
  });
});

describe('daemons that run by an older file', { skip: noNode }, () => {
  test('are restarted by the plan of apply', async () => {
    const node = await newNode(NOVA);
    await new Promise((r) => setTimeout(r, 1500));
    await node.sh('touch -d "+5 seconds" /etc/nova/nova.conf');
    const rule = 'cluster/restart-needed';
    const cluster = async (extra: object) =>
      clusterOf([await hostOf(node, 'c1', extra)], '[node c1]\ninit = sysvinit\nroles = compute\n');
    const look = async () => {
      const modified = Number(await node.sh('stat -c %Y /etc/nova/nova.conf'));
      return { paths: { '/etc/nova/nova.conf': { type: 'file', mode: 420, uid: 0, gid: 0, modified } } };
    };
    const pid = () => node.sh('ps -e -o pid=,comm= | sed -n "s/ nova-compute//p"');
    const old = await pid();
    assert.notEqual(old.trim(), '');
    const before = await cluster(await look());
    const plan = planRepair(before, findingOf(before, rule, 'c1'))!;
    assert.equal(plan.steps[0]!.command, 'service nova-compute restart');
    const result = await run(plan, node);
    assert.deepEqual([result.ok, result.why], [true, undefined]);
    assert.notEqual(await pid(), old);
  });
});
