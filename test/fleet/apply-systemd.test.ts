import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { ApplyResult } from '../../server/src/fleet-protocol';
import { planApply, runApply, type Plan } from '../../server/src/fleet/apply';
import type { Snapshot } from '../../server/src/fleet/types';
import { kindOf } from '../../server/src/model/files';
import { PreviousVersions } from '../../server/src/fleet/files/previous';
import { RemoteFiles } from '../../server/src/fleet/files/remote';
import { hostOf } from '../../server/src/fleet/host';
import { takeSnapshot } from '../../server/src/fleet/snapshot';
import { connect } from '../../server/src/fleet/ssh/connect';
import type { SshConnection } from '../../server/src/fleet/ssh/connection';
import { livemig, type Run } from '../support/cli';
import { tempFolder } from '../support/temp';
import { answering, keygen, PLAIN_SHELL, targetOf } from './sshd';
import { noSystemd, startSystemd, type Systemd } from './systemd';

const { path: folder, remove } = tempFolder();
chmodSync(folder, 0o711);
after(remove);
const file = (name: string): string => path.join(folder, name);

const TIMES = { wait: 8000, settle: 400, poll: 100 };
const CONF = '/etc/libvirt/libvirtd.conf';
const FAMILY = ['', '-ro', '-admin', '-tcp', '-tls'].map((end) => `libvirtd${end}.socket`);

const without =
  noSystemd || (!existsSync('/lib/systemd/system/libvirtd.service') && 'libvirt-daemon-system is not installed');

describe('apply, under a real systemd', { skip: without }, () => {
  let systemd: Systemd;
  let ssh: SshConnection;
  let files: RemoteFiles;
  const log: string[] = [];

  before(async () => {
    systemd = await startSystemd(folder);
    const key = keygen(file('id'));
    keygen(file('host_key'));
    writeFileSync(file('authorized_keys'), `${key}\n`);
    writeFileSync(
      file('sshd_config'),
      [
        ...[`HostKey ${file('host_key')}`, `AuthorizedKeysFile ${file('authorized_keys')}`, 'StrictModes no'],
        ...['UsePAM no', 'PermitRootLogin yes', 'Subsystem sftp internal-sftp', PLAIN_SHELL, ''],
      ].join('\n'),
    );
    mkdirSync(systemd.at('/run/sshd'));
    const hostKey = readFileSync(file('host_key.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
    writeFileSync(file('known_hosts'), `node ${hostKey}\n`);
    const target = targetOf(folder, 22, {
      ...{ host: 'node', identityFiles: [file('id')], proxyCommand: systemd.proxyCommand(file('sshd_config')) },
    });
    ssh = await connect(target, answering({}), (line) => log.push(line), undefined, { trusted: true });
    files = new RemoteFiles(() => Promise.resolve(ssh), 'node', new PreviousVersions(file('keep')));
    // As the package leaves a node: sockets on, nothing over the network.
    await sh(`systemctl enable libvirtd.service libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket`);
    await sh('rm -rf /etc/libvirt/qemu/networks/autostart; systemctl start libvirtd.service');
    await measure();
  });
  after(async () => {
    ssh.close();
    await systemd.stop();
  });

  async function sh(script: string, ...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await systemd.runner.run(['sh', '-c', script, 'sh', ...words], {
      timeout: 120_000,
    });
    assert.equal(code, 0, `${script}: ${stderr}`);
    return Buffer.from(stdout).toString().trim();
  }

  async function edit(name: string, change: (text: string) => string): Promise<void> {
    const before = existsSync(systemd.at(name)) ? Buffer.from((await files.read(name)).bytes).toString() : '';
    await files.write(name, Buffer.from(change(before)), { create: true, overwrite: true });
  }

  /** What the collector measured last. The files that tests change are read anew each time. */
  let last: Snapshot;
  async function measure(): Promise<void> {
    last = await takeSnapshot(ssh, { node: 'node' });
  }

  const READ = [
    'etc/libvirt',
    'etc/default',
    'etc/systemd/system',
    'etc/nova',
    'etc/sysctl.d',
    'etc/exports',
    'etc/fstab',
  ];

  function plan(...paths: string[]): Plan {
    const names = READ.flatMap((name) => {
      const at = systemd.at(`/${name}`);
      if (!existsSync(at)) return [];
      return statSync(at).isDirectory()
        ? readdirSync(at, { recursive: true }).map((n) => `${name}/${String(n)}`)
        : [name];
    });
    const now = names.flatMap((name) => {
      if (kindOf(name) === undefined) return [];
      // A link to /dev/null, and one that leads out of here.
      const at = lstatSync(systemd.at(`/${name}`));
      const bytes = at.isSymbolicLink() ? Buffer.alloc(0) : readFileSync(systemd.at(`/${name}`));
      return [{ path: name, bytes, mode: 0o644, uid: 0, gid: 0 }];
    });
    const rest = last.files.filter((f) => !READ.some((r) => f.path.startsWith(r)));
    return planApply(hostOf({ ...last, files: [...now, ...rest] }), paths.length > 0 ? paths : undefined);
  }

  async function apply(planned: Plan, settle = TIMES.settle): Promise<ApplyResult & { told: string[] }> {
    const told: string[] = [];
    const result = await runApply(planned, ssh, files, (message) => told.push(message), undefined, {
      ...TIMES,
      settle,
    });
    return { ...result, told };
  }

  const listens = async (port: number): Promise<boolean> =>
    (await sh('cat /proc/net/tcp /proc/net/tcp6')).includes(`:${port.toString(16).toUpperCase()} 0`);

  const commands = ({ steps }: Plan): string => steps.map((s) => s.command ?? '').join('\n');

  test('a good change: restarted, up, and the next failure goes no further back', async () => {
    const pid = await sh('systemctl show -p MainPID --value libvirtd.service');
    await edit(CONF, (text) => `${text}\nmax_clients = 4000\n`);
    const planned = plan('etc/libvirt/libvirtd.conf');
    assert.match(commands(planned), /systemctl restart libvirtd\.service/);
    assert.doesNotMatch(commands(planned), /systemctl stop|daemon-reload/);
    assert.ok(planned.notes.some((n) => /Guests keep running/.test(n)));
    const result = await apply(planned);
    assert.deepEqual(
      { ok: result.ok, restored: result.restored, why: result.why },
      { ok: true, restored: [], why: undefined },
    );
    assert.deepEqual(
      result.steps.map((s) => s.state),
      ['done', 'done'],
    );
    assert.deepEqual(
      result.told,
      planned.steps.map((s) => s.title),
    );
    assert.notEqual(await sh('systemctl show -p MainPID --value libvirtd.service'), pid);
  });

  test('a daemon that does not come up: its file is put back, it is up again, and says why', async () => {
    const good = readFileSync(systemd.at(CONF), 'utf8');
    // Two saves before Apply: what ran is older than the previous version.
    await edit(CONF, (text) => `${text}max_workers = "many"\n`);
    await edit(CONF, (text) => `${text}# and more\n`);
    const result = await apply(plan('/etc/libvirt/libvirtd.conf'));
    assert.equal(result.ok, false);
    assert.deepEqual(result.restored, ['etc/libvirt/libvirtd.conf']);
    assert.match(result.why!, /put back as before, and with that all is up again/);
    assert.match(result.steps[0]!.said!, /max_workers/);
    assert.deepEqual(
      result.steps.map((s) => s.state),
      ['failed', 'done', 'done', 'done', 'skipped'],
    );
    assert.equal(readFileSync(systemd.at(CONF), 'utf8'), good);
    assert.equal(await sh('systemctl is-active libvirtd.service'), 'active');
    // What was written is not lost: it is the previous version now.
    assert.match(Buffer.from((await files.previous(CONF))!.bytes).toString(), /and more/);
  });

  test('without files to put back it says so, and leaves the daemon as it is', async () => {
    const good = readFileSync(systemd.at(CONF), 'utf8');
    writeFileSync(systemd.at(CONF), `${good}max_workers = "many"\n`);
    const planned = plan('etc/libvirt/libvirtd.conf');
    const result = await runApply(planned, ssh, undefined, () => undefined, undefined, TIMES);
    assert.equal(result.ok, false);
    assert.deepEqual(result.restored, []);
    // Somebody else's change is nothing that livemig takes back.
    const own = await apply(planned);
    assert.match(own.why!, /not what livemig wrote/);
    assert.match(readFileSync(systemd.at(CONF), 'utf8'), /many/);
    writeFileSync(systemd.at(CONF), good);
    assert.equal((await apply(planned)).ok, true);
  });

  test('a socket that is enabled is opened, which needs the daemon stopped', async () => {
    await sh('systemctl enable libvirtd-tcp.socket');
    await edit(CONF, (text) => `${text}auth_tcp = "none"\n`);
    const planned = plan('etc/libvirt/libvirtd.conf');
    assert.match(commands(planned), /systemctl stop libvirtd\.service .*; systemctl start .*libvirtd-tcp\.socket/);
    assert.equal(await listens(16509), false);
    const result = await apply(planned);
    assert.equal(result.why, undefined);
    assert.equal(await listens(16509), true);
    assert.match(planned.steps[1]!.title, /listens on port 16509/);
    // Nothing is to be opened anew the next time.
    await measure();
    assert.doesNotMatch(commands(plan('etc/libvirt/libvirtd.conf')), /systemctl stop/);
  });

  test('a socket unit with another port', async () => {
    const dropIn = '/etc/systemd/system/libvirtd-tcp.socket.d/port.conf';
    mkdirSync(path.dirname(systemd.at(dropIn)));
    await edit(dropIn, () => '[Socket]\nListenStream=\nListenStream=127.0.0.1:16599\n');
    const result = await apply(plan(dropIn));
    assert.equal(result.why, undefined);
    assert.deepEqual([await listens(16599), await listens(16509)], [true, false]);
    // One that cannot be opened goes with what made it.
    await edit(dropIn, () => '[Socket]\nListenStream=\nListenStream=192.0.2.1:16599\n');
    const bad = await apply(plan(dropIn));
    assert.deepEqual(bad.restored, ['etc/systemd/system/libvirtd-tcp.socket.d/port.conf']);
    assert.match(bad.steps[0]!.said!, /libvirtd-tcp\.socket/);
    assert.deepEqual([await listens(16599), await sh('systemctl is-active libvirtd.service')], [true, 'active']);
    rmSync(path.dirname(systemd.at(dropIn)), { recursive: true });
    await sh('systemctl disable libvirtd-tcp.socket');
  });

  test('from systemd’s sockets to --listen, and a port that is taken', async () => {
    for (const unit of FAMILY) symlinkSync('/dev/null', systemd.at(`/etc/systemd/system/${unit}`));
    await edit('/etc/default/libvirtd', (text) => `${text}\nLIBVIRTD_ARGS="--listen"\n`);
    await edit(CONF, (text) => `${text}listen_tls = 0\nlisten_tcp = 1\n`);
    const planned = plan('etc/libvirt/libvirtd.conf', 'etc/default/libvirtd', 'etc/systemd/system/libvirtd.socket');
    assert.match(commands(planned), /daemon-reload/);
    const result = await apply(planned);
    assert.equal(result.why, undefined, JSON.stringify(result.steps, null, 1));
    assert.deepEqual(
      [await listens(16509), await sh('systemctl is-active libvirtd.socket || true')],
      [true, 'inactive'],
    );
    assert.match(planned.steps[1]!.title, /port 16509/);

    await sh(
      'systemd-run -q --unit=taker python3 -c "$1"',
      ['import socket, time; s = socket.socket(); s.bind(("0.0.0.0", 16588)); s.listen(); time.sleep(600)'].join('\n'),
    );
    while (!(await listens(16588))) await sh('sleep 0.1');
    await edit(CONF, (text) => `${text}tcp_port = "16588"\nlisten_addr = "0.0.0.0"\n`);
    const taken = await apply(plan('etc/libvirt/libvirtd.conf'));
    assert.equal(taken.ok, false);
    assert.match(taken.steps.map((s) => s.said ?? '').join('\n'), /Address already in use/);
    assert.deepEqual(taken.restored, ['etc/libvirt/libvirtd.conf']);
    assert.equal(await listens(16509), true);
  });

  test('what is younger than its daemon is found without being named', async () => {
    await measure();
    assert.deepEqual(plan().steps, []);
    assert.match(plan().notes.join('\n'), /nothing to restart/);
    // The daemon was started in this very second, perhaps.
    await sh('sleep 1.1; touch /etc/libvirt/qemu.conf');
    await measure();
    assert.match(commands(plan()), /restart libvirtd\.service/);
  });

  test('nova-compute, which dies seconds after it was started', async () => {
    // A stand-in for nova-compute, under the real systemd: it reads its file and ends as nova does.
    writeFileSync(
      systemd.at('/usr/local/bin/nova-compute'),
      '#!/bin/sh\nsleep 0.7\nif grep -q broken /etc/nova/nova.conf; then echo "Failed to parse /etc/nova/nova.conf" >&2; exit 1; fi\nexec sleep 1000\n',
      { mode: 0o755 },
    );
    mkdirSync(systemd.at('/etc/nova'), { recursive: true });
    writeFileSync(systemd.at('/etc/nova/nova.conf'), '[DEFAULT]\n');
    writeFileSync(
      systemd.at('/etc/systemd/system/nova-compute.service'),
      '[Service]\nExecStart=/usr/local/bin/nova-compute\nRestart=on-failure\nRestartSec=300ms\n[Install]\nWantedBy=multi-user.target\n',
    );
    await sh('systemctl daemon-reload; systemctl start nova-compute');
    await edit('/etc/nova/nova.conf', (text) => `${text}broken\n`);
    const result = await apply(plan('etc/nova/nova.conf'), 1500);
    assert.equal(result.ok, false);
    // Systemd said that it started; it took a look to see that it does not stay.
    assert.deepEqual(
      result.steps.slice(0, 2).map((s) => s.state),
      ['done', 'failed'],
    );
    assert.match(result.steps[1]!.said!, /Failed to parse/);
    assert.deepEqual(result.restored, ['etc/nova/nova.conf']);
    assert.equal(await sh('systemctl is-active nova-compute'), 'active');
    await edit('/etc/nova/nova.conf', (text) => `${text}debug = true\n`);
    assert.equal((await apply(plan('etc/nova/nova.conf'))).why, undefined);
  });

  test('fstab: mounted, never unmounted; what cannot be mounted is put back', async () => {
    mkdirSync(systemd.at('/srv/a'), { recursive: true });
    await edit('/etc/fstab', () => 'livemig-a /srv/a tmpfs size=64k 0 0\n');
    assert.equal((await apply(plan('etc/fstab'))).why, undefined);
    await sh('mountpoint -q /srv/a');
    await edit('/etc/fstab', (text) => `${text}livemig-b /srv/missing tmpfs size=64k 0 0\n`);
    const result = await apply(plan('etc/fstab'));
    assert.match(result.why!, /\/srv\/missing/);
    assert.deepEqual(result.restored, ['etc/fstab']);
    assert.equal(readFileSync(systemd.at('/etc/fstab'), 'utf8'), 'livemig-a /srv/a tmpfs size=64k 0 0\n');
    await edit('/etc/fstab', () => '');
    assert.equal((await apply(plan('etc/fstab'))).why, undefined);
    await sh('mountpoint -q /srv/a');
    // Kernel settings are read-only there.
    mkdirSync(systemd.at('/etc/sysctl.d'), { recursive: true });
    await edit('/etc/sysctl.d/90-livemig.conf', () => 'vm.swappiness = 59\n');
    const sysctl = await apply(plan('etc/sysctl.d/90-livemig.conf'));
    assert.match(sysctl.why!, /swappiness/);
    assert.equal(existsSync(systemd.at('/etc/sysctl.d/90-livemig.conf')), false);
  });

  test('exports: exported anew, and a line that exportfs refuses is put back', async () => {
    mkdirSync(systemd.at('/srv/instances'), { recursive: true });
    await edit('/etc/exports', () => '/srv/instances 192.0.2.0/24(rw,sync,no_subtree_check,no_root_squash,fsid=0)\n');
    const result = await apply(plan('etc/exports'));
    assert.equal(result.why, undefined, JSON.stringify(result.steps));
    assert.match(await sh('cat /var/lib/nfs/etab'), /^\/srv\/instances\s+192\.0\.2\.0\/24/m);
    await edit('/etc/exports', (text) => `${text}/srv/instances 192.0.2.1(rw,nonsense)\n`);
    const bad = await apply(plan('etc/exports'));
    assert.match(bad.why!, /exports/);
    assert.deepEqual(bad.restored, ['etc/exports']);
    assert.doesNotMatch(await sh('cat /etc/exports'), /nonsense/);
  });

  test('cancelled between two effects: nothing is left stopped, the rest is named', async () => {
    const stop = new AbortController();
    const planned = plan('etc/exports', 'etc/libvirt/libvirtd.conf');
    assert.equal(planned.steps.length, 3);
    const pid = await sh('systemctl show -p MainPID --value libvirtd.service');
    const result = await runApply(planned, ssh, files, () => stop.abort(), stop.signal, TIMES);
    assert.deepEqual(
      result.steps.map((s) => s.state),
      ['done', 'skipped', 'skipped'],
    );
    assert.match(result.why!, /libvirtd\.conf did not take effect/);
    assert.equal(await sh('systemctl show -p MainPID --value libvirtd.service'), pid);
  });

  describe('livemig apply', () => {
    const run = (...args: string[]): Promise<Run> =>
      livemig(['apply', '--ssh-config', file('ssh_config'), ...args], {
        cwd: folder,
        env: { XDG_STATE_HOME: file('state') },
      });
    before(async () => {
      const proxy = systemd.proxyCommand(file('sshd_config'));
      writeFileSync(
        file('ssh_config'),
        `UserKnownHostsFile ${file('known_hosts')}\nIdentityFile ${file('id')}\nIdentityAgent none\nProxyCommand ${proxy}\n`,
      );
      writeFileSync(file('livemig.ini'), '[node node]\nuser = root\nroles = compute\n[node other]\n');
      writeFileSync(
        systemd.at('/etc/nova/nova.conf'),
        '[DEFAULT]\n[database]\nconnection = mysql://nova:s3cret@db/nova\n',
      );
      await sh('systemctl restart nova-compute libvirtd');
      const saved = await livemig(['snapshot', 'node', '--out', 'saved', '--ssh-config', file('ssh_config')], {
        cwd: folder,
      });
      assert.equal(saved.code, 0, saved.stderr);
    });
    const saved = (name: string): string => file(`saved/node/${name}`);

    test('plans, asks, writes what was edited, and restarts', async () => {
      const good = readFileSync(systemd.at(CONF), 'utf8');
      const nothing = await run('--from', 'saved', '--yes');
      assert.deepEqual([nothing.code, nothing.stderr], [0, '']);
      assert.match(nothing.stdout, /There is nothing to restart/);
      writeFileSync(saved('etc/libvirt/libvirtd.conf'), `${good}max_queued_clients = 500\n`);
      const planned = await run('--from', 'saved', '--plan');
      assert.equal(planned.code, 0, planned.stderr);
      assert.match(
        planned.stdout,
        /^node\n {2}1\. write \/etc\/libvirt\/libvirtd\.conf\n {2}2\. Restart libvirtd\.service\n/,
      );
      const nobody = await run('--from', 'saved');
      assert.equal(nobody.code, 2);
      assert.match(nobody.stderr, /say --yes/);
      assert.equal(readFileSync(systemd.at(CONF), 'utf8'), good);
      const pid = await sh('systemctl show -p MainPID --value libvirtd.service');
      const done = await run('node', '--from', 'saved', '--yes');
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout, /^1 of 1 applied$/m);
      assert.match(readFileSync(systemd.at(CONF), 'utf8'), /max_queued_clients = 500/);
      assert.notEqual(await sh('systemctl show -p MainPID --value libvirtd.service'), pid);
    });

    test('puts back what does not come up, with the daemon’s words and exit code 1', async () => {
      const good = readFileSync(systemd.at(CONF), 'utf8');
      writeFileSync(saved('etc/libvirt/libvirtd.conf'), `${good}max_workers = "many"\n`);
      // It was written by livemig since the snapshot was taken: so says the time, and a new snapshot would.
      rmSync(saved('facts.json'));
      const bad = await run('--from', 'saved', '--yes');
      assert.equal(bad.code, 1);
      assert.match(bad.stderr, /max_workers/);
      assert.match(bad.stderr, /libvirtd\.conf was put back as before, and with that all is up again/);
      assert.equal(readFileSync(systemd.at(CONF), 'utf8'), good);
      writeFileSync(saved('etc/libvirt/libvirtd.conf'), good);
    });

    test('never writes the mark of a secret, nor over what was changed since', async () => {
      const nova = readFileSync(saved('etc/nova/nova.conf'), 'utf8');
      assert.doesNotMatch(nova, /s3cret/);
      writeFileSync(saved('etc/nova/nova.conf'), `${nova}[libvirt]\n`);
      const marked = await run('--from', 'saved', '--yes');
      assert.equal(marked.code, 2);
      assert.match(marked.stderr, /nova\.conf:3: \*\*\* stands in place of a secret/);
      writeFileSync(saved('etc/nova/nova.conf'), nova);
      writeFileSync(saved('facts.json'), '{"measured": 1000}');
      writeFileSync(saved('etc/hosts'), '127.0.0.1 localhost\n');
      const late = await run('--from', 'saved', '--yes');
      assert.equal(late.code, 2);
      assert.match(late.stderr, /\/etc\/hosts was changed on the node since the snapshot was taken/);
      assert.match(readFileSync(systemd.at('/etc/nova/nova.conf'), 'utf8'), /s3cret/);
      const missing = await run('other', '--from', 'saved', '--yes');
      assert.equal(missing.code, 2);
    });
  });
});
