import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { planApply, runApply, type Plan } from '../../server/src/fleet/apply';
import { sequence } from '../../server/src/fleet/apply/commands';
import { isListening, isOpen } from '../../server/src/fleet/apply/listens';
import { hostOf } from '../../server/src/fleet/host';
import { localRunner } from '../../server/src/fleet/shell';
import { FleetError, type Runner } from '../../server/src/fleet/types';
import type { Facts } from '../../server/src/model/facts';
import { readInventory } from '../../server/src/model/inventory';
import { tempFolder } from '../support/temp';

const TIMES = { wait: 500, settle: 50, poll: 20 };

/** A plan for a node of these files and facts. */
function plan(
  files: Readonly<Record<string, string>>,
  facts: Facts,
  paths?: readonly string[],
  ini?: string,
  written?: readonly string[],
): Plan {
  const known =
    ini === undefined
      ? undefined
      : readInventory({ uri: 'file:///livemig.ini', path: 'livemig.ini', kind: 'livemig-ini', text: ini }).nodes[0];
  const list = Object.entries(files).map(([name, text]) => ({
    ...{ path: name, bytes: Buffer.from(text), mode: 0o644, uid: 0, gid: 0 },
  }));
  return planApply(hostOf({ node: 'one', files: list, facts }, known), paths, written);
}

const commands = ({ steps }: Plan): readonly string[] => steps.flatMap((s) => s.command ?? []);
const systemd = (id: string, version: string, more: Facts = {}): Facts => ({
  ...{ init: 'systemd', distribution: { id, version } },
  ...more,
});

describe('what is restarted for which file', () => {
  const compute = { 'etc/libvirt/libvirtd.conf': '', 'etc/nova/nova.conf': '[DEFAULT]\n' };

  test('by the names that distributions and init systems have for it', () => {
    const table: [Facts, string, readonly RegExp[]][] = [
      [
        systemd('debian', '12'),
        'etc/nova/nova.conf',
        [/^systemctl reset-failed nova-compute\.service \|\| true; systemctl restart nova-compute\.service$/],
      ],
      [systemd('rocky', '9'), 'etc/nova/nova.conf', [/systemctl restart openstack-nova-compute\.service/]],
      [systemd('debian', '12'), 'etc/libvirt/libvirtd.conf', [/systemctl restart libvirtd\.service/]],
      [systemd('ubuntu', '16.04'), 'etc/libvirt/libvirtd.conf', [/systemctl restart libvirt-bin\.service/]],
      [systemd('ubuntu', '18.04'), 'etc/libvirt/libvirtd.conf', [/systemctl restart libvirtd\.service/]],
      [
        { init: 'upstart', distribution: { id: 'ubuntu', version: '14.04' } },
        'etc/libvirt/libvirtd.conf',
        [/^stop libvirt-bin \|\| true; start libvirt-bin$/],
      ],
      [
        { init: 'upstart', distribution: { id: 'ubuntu', version: '14.04' } },
        'etc/nova/nova-compute.conf',
        [/^stop nova-compute \|\| true; start nova-compute$/],
      ],
      [
        { init: 'sysvinit', distribution: { id: 'debian', version: '7.11' } },
        'etc/default/libvirt-bin',
        [/^service libvirt-bin restart$/],
      ],
      [
        { init: 'sysvinit', distribution: { id: 'debian', version: '12' } },
        'etc/libvirt/qemu.conf',
        [/^service libvirtd restart$/],
      ],
      [
        { init: 'sysvinit', distribution: { id: 'centos', version: '6.10' } },
        'etc/libvirt/libvirtd.conf',
        [/^service libvirtd restart$/],
      ],
      [
        { init: 'sysvinit', distribution: { id: 'centos', version: '6.10' } },
        'etc/nova/nova.conf',
        [/^service openstack-nova-compute restart$/],
      ],
      [
        systemd('rocky', '9', { daemons: 'modular' }),
        'etc/libvirt/virtproxyd.conf',
        [/systemctl restart virtproxyd\.service/],
      ],
      [
        systemd('rocky', '9', { daemons: 'modular' }),
        'etc/libvirt/qemu.conf',
        [/systemctl restart virtqemud\.service/],
      ],
      [systemd('rocky', '9', { daemons: 'modular' }), 'etc/libvirt/libvirtd.conf', []],
      [systemd('debian', '12', { daemons: 'monolithic' }), 'etc/libvirt/virtqemud.conf', []],
      [systemd('debian', '12'), 'etc/sasl2/libvirt.conf', [/restart libvirtd/]],
      [systemd('debian', '12'), 'etc/sasl2/qemu.conf', []],
      [systemd('debian', '12'), 'etc/exports.d/nova.exports', [/^exportfs -ra$/]],
      [systemd('debian', '12'), 'etc/fstab', [/^systemctl daemon-reload; mount -a$/]],
      [{ init: 'sysvinit', distribution: { id: 'debian', version: '7.11' } }, 'etc/fstab', [/^mount -a$/]],
      [systemd('debian', '12'), 'etc/sysctl.d/60-nova.conf', [/^sysctl -e -p \/etc\/sysctl\.d\/60-nova\.conf$/]],
      [
        systemd('debian', '12'),
        'etc/systemd/system/var-lib-nova-instances.mount',
        [/^systemctl daemon-reload; systemctl start var-lib-nova-instances\.mount$/],
      ],
      [
        systemd('debian', '12'),
        'etc/systemd/system/libvirtd.service.d/args.conf',
        [/^systemctl daemon-reload; .*systemctl restart libvirtd\.service$/],
      ],
      [
        systemd('debian', '12'),
        'etc/systemd/system/nova-compute.service',
        [/^systemctl daemon-reload; .*systemctl restart nova-compute\.service$/],
      ],
      ...['hosts', 'passwd', 'group', 'hostname', 'libvirt/auth.conf', 'kolla/nova-compute/nova.conf', 'motd'].map(
        (name): [Facts, string, readonly RegExp[]] => [systemd('debian', '12'), `etc/${name}`, []],
      ),
    ];
    for (const [facts, file, expected] of table) {
      const planned = plan({ ...compute, [file]: file.includes('systemd') ? '[Unit]\n' : '' }, facts, [file]);
      const where = `${file} on ${facts.distribution?.id} ${facts.distribution?.version}`;
      const found = commands(planned);
      assert.equal(found.length, expected.length, `${where}: ${found.join(' / ')}`);
      for (const [i, pattern] of expected.entries()) assert.match(found[i]!, pattern, where);
      // What is not done is said.
      if (expected.length === 0)
        assert.ok(
          planned.notes.some((n) => n.startsWith(`/${file} `)),
          where,
        );
    }
  });

  test('on a controller all of nova’s services that run, on a compute node its own', () => {
    const all = "systemctl try-restart 'nova-*' 'openstack-nova-*'";
    const files = { 'etc/nova/nova.conf': '[DEFAULT]\n' };
    const debian = systemd('debian', '12');
    assert.deepEqual(commands(plan(files, debian, ['/etc/nova/nova.conf'], '[node one]\nroles = controller\n')), [all]);
    const both = commands(plan(files, debian, ['etc/nova/nova.conf'], '[node one]\nroles = controller, compute\n'));
    assert.equal(both.length, 2);
    assert.equal(both[1], all);
    const own = commands(plan(files, debian, ['etc/nova/nova.conf'], '[node one]\nroles = compute, nfs\n'));
    assert.equal(own.length, 1);
    assert.match(own[0]!, /nova-compute/);
  });

  test('each daemon once, however many of its files changed; mounts before exports before daemons', () => {
    const files = {
      ...compute,
      'etc/libvirt/qemu.conf': '',
      'etc/default/libvirtd': '',
      'etc/fstab': '',
      'etc/exports': '',
    };
    const planned = plan(files, systemd('debian', '12'), Object.keys(files));
    assert.deepEqual(
      commands(planned).map((c) => c.split(' ').at(-1)),
      ['-a', '-ra', 'libvirtd.service', 'nova-compute.service'],
    );
    assert.deepEqual(planned.effects[2]!.files, [
      '/etc/libvirt/libvirtd.conf',
      '/etc/libvirt/qemu.conf',
      '/etc/default/libvirtd',
    ]);
  });

  test('a masked daemon is left alone', () => {
    const files = { ...compute, 'etc/systemd/system/libvirtd.service': '' };
    const planned = plan(files, systemd('debian', '12'), ['etc/libvirt/libvirtd.conf']);
    assert.deepEqual(planned.steps, []);
    assert.match(planned.notes.join('\n'), /masked.*\n.*nothing to restart/);
  });

  test('ports by the configuration, of the daemon that will run and not of the one that does', () => {
    const listen = {
      ...compute,
      'etc/default/libvirtd': 'LIBVIRTD_ARGS="--listen"\n',
      'etc/libvirt/libvirtd.conf': 'listen_tls = 0\nlisten_tcp = 1\ntcp_port = "16510"\n',
    };
    const facts = systemd('debian', '12', { daemonArguments: ['/usr/sbin/libvirtd'], sockets: [] });
    const of = (planned: Plan): unknown => planned.effects[0]!.actions[1]!.check!.ports.map((p) => [p.address, p.port]);
    assert.deepEqual(of(plan(listen, facts, ['etc/libvirt/libvirtd.conf'])), [['', 16510]]);
    const sockets = { ...listen, 'etc/systemd/system/sockets.target.wants/libvirtd-tls.socket': '' };
    const planned = plan(sockets, facts, ['etc/libvirt/libvirtd.conf']);
    assert.deepEqual(of(planned), [['', 16514]]);
    assert.match(
      commands(planned)[0]!,
      /systemctl stop libvirtd\.service .*libvirtd-tls\.socket \|\| true; systemctl start .*libvirtd-tls\.socket; systemctl start libvirtd\.service$/,
    );
  });

  test('what changed since its daemon was started, to the second', () => {
    const facts = systemd('debian', '12', {
      started: { libvirtd: 1000, 'nova-compute': 2000 },
      paths: Object.fromEntries(
        Object.entries({
          '/etc/libvirt/libvirtd.conf': 1001,
          '/etc/libvirt/qemu.conf': 1000,
          '/etc/nova/nova.conf': 1999,
        }).map(([name, modified]) => [name, { type: 'file', mode: 0o644, uid: 0, gid: 0, modified }]),
      ),
    });
    const planned = plan({ ...compute, 'etc/libvirt/qemu.conf': '' }, facts);
    assert.deepEqual(
      planned.effects.map((e) => e.files),
      [['/etc/libvirt/libvirtd.conf']],
    );
    // Exports and mounts have no daemon whose start could tell: what livemig wrote counts, and of the others nothing more.
    const more = {
      ...compute,
      'etc/exports': '/srv *(rw)\n',
      'etc/exports.d/x.exports': '',
      'etc/fstab': '',
      'etc/hosts': '',
    };
    const written = ['/etc/exports', '/etc/fstab', '/etc/hosts', '/etc/nova/nova.conf'];
    assert.deepEqual(
      plan(more, facts, undefined, undefined, written).effects.map((e) => e.files),
      [['/etc/fstab'], ['/etc/exports'], ['/etc/libvirt/libvirtd.conf']],
    );
    assert.match(plan(compute, systemd('debian', '12')).notes.join('\n'), /is not known: name the files/);
  });
});

describe('what listens', () => {
  const table = [
    '  sl  local_address rem_address   st tx_queue',
    '   0: 0100007F:407D 00000000:0000 0A 00000000:00000000',
    '   1: 0A01A8C0:0016 0101A8C0:C350 01 00000000:00000000',
    '   2: 00000000000000000000000000000000:4082 00000000000000000000000000000000:0000 0A 0',
  ].join('\n');
  test('as the kernel lists it', () => {
    assert.equal(isListening(table, { port: 16509, address: '' }), true);
    assert.equal(isListening(table, { port: 16509, address: '127.0.0.1' }), true);
    assert.equal(isListening(table, { port: 16509, address: '192.168.1.10' }), false);
    assert.equal(isListening(table, { port: 16514, address: '192.168.1.10' }), true);
    assert.equal(isListening(table, { port: 22, address: '' }), false);
    const unix =
      '00000000fe621e1c: 00000002 00000000 00010000 0001 01 2942139 /run/libvirt/libvirt-sock\n00000000fe621e1d: 00000003 00000000 00000000 0001 03 2942140 /run/other\n';
    assert.equal(isOpen(unix, ['/var/run/libvirt/libvirt-sock', '/run/libvirt/libvirt-sock']), true);
    assert.equal(isOpen(unix, ['/run/other']), false);
  });
});

describe('commands that belong together', () => {
  const { path: folder, remove } = tempFolder();
  after(remove);
  const run = (...list: [readonly string[], boolean?][]) => {
    const { argv, timeout } = sequence(list.map(([words, may = false]) => ({ argv: words, may, timeout: 1000 })));
    assert.equal(timeout, list.length * 1000);
    return localRunner().run(argv, { timeout: 10_000 });
  };

  test('run one after the other, by words, up to the first that fails and may not', async () => {
    const print = (...words: string[]): readonly string[] => ['printf', '%s\n', ...words];
    const strange = ['$HOME', '`id`', "it's", 'a b', '*', '\\', '"', '', ';', 'line\nbreak', '${1}', '-n'];
    const all = await run([print(...strange)], [['false'], true], [print('on')]);
    assert.equal(Buffer.from(all.stdout).toString(), `${strange.join('\n')}\non\n`);
    assert.equal(all.code, 0);
    const failed = await run([['sh', '-c', 'exit 7']], [print('never')]);
    assert.deepEqual([failed.code, failed.stdout.length], [7, 0]);
    const many = await run([['true'], true], [print(...Array.from({ length: 12 }, (_, i) => String(i)))]);
    assert.equal(Buffer.from(many.stdout).toString().split('\n').length, 13);
  });

  test('under upstart: a stand-in for its three programs tells the order', async () => {
    const bin = path.join(folder, 'bin');
    mkdirSync(bin);
    for (const name of ['start', 'stop', 'status']) {
      const script = `#!/bin/sh\necho "${name} $*" >>${folder}/ran\ncase ${name} in stop) echo 'stop: Unknown instance:' >&2; exit 1 ;; status) echo "$1 start/running, process 17" ;; esac\n`;
      writeFileSync(path.join(bin, name), script);
      chmodSync(path.join(bin, name), 0o755);
    }
    const facts: Facts = { init: 'upstart', distribution: { id: 'ubuntu', version: '14.04' } };
    const planned = plan({ 'etc/nova/nova-compute.conf': '' }, facts, ['etc/nova/nova-compute.conf']);
    const local = localRunner();
    const runner: Runner = {
      run: (argv, options) =>
        local.run(['env', `PATH=${bin}:${process.env.PATH}`, ...argv], { ...options, root: false }),
    };
    const told: [string, number | undefined][] = [];
    const result = await runApply(planned, runner, undefined, (m, n) => told.push([m, n]), undefined, TIMES);
    assert.equal(result.ok, true, JSON.stringify(result));
    assert.deepEqual(
      told.map(([, n]) => n),
      [50, 50],
    );
    const ran = readFileSync(path.join(folder, 'ran'), 'utf8').split('\n');
    assert.deepEqual(ran.slice(0, 3), ['stop nova-compute', 'start nova-compute', 'status nova-compute']);
  });

  test('a node that is lost, or lets nobody do anything, is told in words, and nothing is taken back', async () => {
    const planned = plan({ 'etc/exports': '' }, systemd('debian', '12'), ['etc/exports']);
    for (const code of ['lost', 'sudo'] as const) {
      const runner: Runner = { run: () => Promise.reject(new FleetError(code, `one: ${code}`, 'its own words')) };
      const result = await runApply(planned, runner, undefined, () => undefined, undefined, TIMES);
      assert.deepEqual(
        [result.ok, result.restored, result.steps.map((s) => [s.state, s.said])],
        [false, [], [['failed', 'its own words']]],
      );
      assert.match(result.why!, new RegExp(`one: ${code}.*stay as they were written`));
    }
    const nothing = await runApply(
      { ...planned, steps: [], effects: [] },
      localRunner(),
      undefined,
      () => undefined,
      undefined,
    );
    assert.deepEqual(nothing, { ok: true, steps: [], restored: [] });
  });
});
