import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, describe, test } from 'node:test';
import { sysctlOf } from '../../server/src/model/sysctl';
import {
  escapePath,
  isMountedByUnit,
  listenAddress,
  socketUnit,
  unitOf,
  unitSettings,
  waitsFor,
} from '../../server/src/model/units';
import { unitWords } from '../../server/src/syntax/unitWords';
import type { UnitAnswer } from '../oracles/compare';
import { ORACLES, Oracle, missing } from '../oracles/driver';
import { clusterOf } from '../support/cluster';

const SYSTEM = 'etc/systemd/system';
const LIB = 'usr/lib/systemd/system';
const WANTS = `${SYSTEM}/sockets.target.wants`;

const hostOf = (files: Readonly<Record<string, string>>) => clusterOf(files).hosts[0]!;

describe('a unit is put together of its files as systemd does', () => {
  test("the administrator's file replaces the package's, drop-ins are added by name, an empty value clears", () => {
    const host = hostOf({
      [`${LIB}/libvirtd-tls.socket`]: '[Socket]\nListenStream=1\n',
      [`lib/systemd/system/libvirtd-tls.socket`]: '[Socket]\nListenStream=2\n',
      [`${SYSTEM}/libvirtd-tls.socket`]: '[Socket]\nListenStream=3\nListenStream=4\n',
      [`${LIB}/libvirtd-tls.socket.d/20.conf`]: '[Socket]\nListenStream=5\n',
      [`${SYSTEM}/libvirtd-tls.socket.d/20.conf`]: '[Socket]\nListenStream=6\n',
      [`${SYSTEM}/libvirtd-tls.socket.d/30.conf`]: '[Socket]\nListenStream=7\n[Socket\nListenStream=8\n',
      [`${LIB}/libvirtd-tls.socket.d/10.conf`]: '[Socket]\nListenStream=\nListenStream=9\n',
    });
    const { list, cleared } = unitSettings(unitOf(host, 'libvirtd-tls.socket')!, 'Socket', 'ListenStream');
    assert.deepEqual(
      list.map((s) => s.entry.value),
      ['9', '6', '7'],
    );
    assert.ok(cleared);
  });

  test('addresses of a drop-in stand beside those of the package, unless it clears them', () => {
    const of = (text: string) =>
      socketUnit(hostOf({ [`${SYSTEM}/libvirtd-tcp.socket.d/o.conf`]: text }), 'tcp')!.listens.map(
        (l) => `${l.address}:${l.port}`,
      );
    assert.deepEqual(of('[Socket]\nListenStream=10.0.0.1:16509\n'), [':16509', '10.0.0.1:16509']);
    assert.deepEqual(of('[Socket]\nListenStream=\nListenStream=[::1]:16509\n'), ['::1:16509']);
    assert.deepEqual(of('[Unit]\nListenStream=\n'), [':16509']);
  });
});

describe('which sockets are open, by the units', () => {
  const sockets = (files: Readonly<Record<string, string>>) => hostOf(files).daemon.sockets;
  const cases: readonly (readonly [string, Readonly<Record<string, string>>, ReturnType<typeof sockets>])[] = [
    ['nothing is known', { 'etc/fstab': '' }, undefined],
    ['enabled by links', { [`${WANTS}/libvirtd-tls.socket`]: '' }, { tcp: false, tls: true, local: true }],
    [
      'enabled and masked',
      { [`${WANTS}/libvirtd-tls.socket`]: '', [`${SYSTEM}/libvirtd-tls.socket`]: '', [`${WANTS}/libvirtd.socket`]: '' },
      { tcp: false, tls: false, local: true },
    ],
    ['masked', { [`${SYSTEM}/libvirtd.socket`]: '' }, { tcp: false, tls: false, local: false }],
    ['a unit that is not empty is not masked', { [`${SYSTEM}/libvirtd.socket`]: '[Socket]\n' }, undefined],
    [
      'libvirtd itself masked says nothing of virtproxyd',
      { [`${SYSTEM}/libvirtd.service`]: '', [`${SYSTEM}/libvirtd.socket`]: '' },
      undefined,
    ],
    [
      'modular daemons',
      { [`${WANTS}/virtproxyd-tls.socket`]: '', [`${SYSTEM}/libvirtd.socket`]: '' },
      { tcp: false, tls: true, local: true },
    ],
    [
      'the service asks for it',
      {
        [`${WANTS}/libvirtd.socket`]: '',
        [`${SYSTEM}/libvirtd.service.d/a.conf`]: '[Unit]\nWants=x libvirtd-tcp.socket\n',
      },
      { tcp: true, tls: false, local: true },
    ],
    [
      'facts hold over files',
      { [`${SYSTEM}/libvirtd.socket`]: '', 'facts.json': '{"sockets": ["libvirtd-tcp.socket", "libvirtd.socket"]}' },
      { tcp: true, tls: false, local: true },
    ],
  ];
  for (const [name, files, expected] of cases) test(name, () => assert.deepEqual(sockets(files), expected));

  test('which daemons run', () => {
    const of = (files: Readonly<Record<string, string>>) => hostOf(files).platform.daemons;
    const both = { 'etc/libvirt/libvirtd.conf': '', 'etc/libvirt/virtproxyd.conf': '' };
    assert.equal(of({ ...both, [`${WANTS}/libvirtd.socket`]: '' }), 'monolithic');
    assert.equal(
      of({
        ...both,
        [`${WANTS}/virtqemud.socket`]: '',
        [`${WANTS}/libvirtd-ro.socket`]: '',
        [`${SYSTEM}/libvirtd.service`]: '',
      }),
      'modular',
    );
    assert.equal(of({ 'etc/libvirt/libvirtd.conf': '', [`${WANTS}/virtqemud.socket`]: '' }), 'modular');
  });
});

describe("libvirtd's command line", () => {
  const SERVICE = `${SYSTEM}/libvirtd.service.d/o.conf`;
  const DEFAULT = 'etc/default/libvirtd';
  const debian = { 'etc/os-release': 'ID=debian\nVERSION_ID="12"\n' };
  const of = (files: Readonly<Record<string, string>>) => {
    const { daemon } = hostOf({ ...debian, ...files });
    return [daemon.listen, daemon.arguments?.file.path];
  };
  test('written in the unit', () => {
    const exec = '[Service]\nExecStart=\nExecStart=/usr/sbin/libvirtd --listen $LIBVIRTD_ARGS\n';
    assert.deepEqual(of({ [SERVICE]: exec }), [true, SERVICE]);
    assert.deepEqual(of({ [SERVICE]: exec.replace('--listen', '') }), [undefined, SERVICE]);
    assert.deepEqual(of({ [SERVICE]: exec.replace('--listen $LIBVIRTD_ARGS', '') }), [false, SERVICE]);
    assert.deepEqual(of({ [SERVICE]: exec.replace('--listen', ''), [DEFAULT]: 'LIBVIRTD_ARGS="-l"\n' }), [
      true,
      DEFAULT,
    ]);
  });
  test('in a variable: the default file, which is read last, else Environment=', () => {
    const environment = '[Service]\nEnvironment="LIBVIRTD_ARGS=--listen -v" B=c\n';
    assert.deepEqual(of({ [SERVICE]: environment }), [true, SERVICE]);
    assert.deepEqual(of({ [SERVICE]: environment, [DEFAULT]: '#LIBVIRTD_ARGS=""\n' }), [true, SERVICE]);
    assert.deepEqual(of({ [SERVICE]: environment, [DEFAULT]: 'LIBVIRTD_ARGS="-v"\n' }), [false, DEFAULT]);
    assert.deepEqual(of({ [SERVICE]: `${environment}EnvironmentFile=/etc/own.env\n` }), [undefined, undefined]);
    const cleared = `${environment}EnvironmentFile=\n`;
    assert.deepEqual(of({ [SERVICE]: cleared, [DEFAULT]: 'LIBVIRTD_ARGS="-v"\n' }), [true, SERVICE]);
  });
  test("the package's own Environment= gives way to a default file that nobody collected", () => {
    const unit =
      '[Service]\nEnvironment=LIBVIRTD_ARGS="--timeout 120"\nEnvironmentFile=-/etc/default/libvirtd\nExecStart=/usr/sbin/libvirtd $LIBVIRTD_ARGS\n';
    assert.deepEqual(of({ [`${LIB}/libvirtd.service`]: unit }), [undefined, undefined]);
    assert.deepEqual(of({ [`${LIB}/libvirtd.service`]: unit, [DEFAULT]: '' }), [false, `${LIB}/libvirtd.service`]);
    assert.deepEqual(of({ [`${LIB}/libvirtd.service`]: unit, [DEFAULT]: 'LIBVIRTD_ARGS=-l\n' }), [true, DEFAULT]);
    assert.deepEqual(of({ [`${LIB}/libvirtd.service`]: unit, 'etc/sysconfig/libvirtd': 'LIBVIRTD_ARGS=-l\n' }), [
      undefined,
      undefined,
    ]);
  });
});

test('mounts and what waits for them', () => {
  const host = hostOf({
    [`${SYSTEM}/var-lib-nova.mount`]: '[Mount]\n',
    [`${SYSTEM}/srv.mount`]: '',
    [`${SYSTEM}/nova-compute.service.d/o.conf`]: '[Unit]\nRequiresMountsFor=/var/lib/nova/instances\n',
  });
  assert.ok(isMountedByUnit(host, '/var/lib/nova/instances'));
  assert.ok(!isMountedByUnit(host, '/srv'));
  assert.ok(!isMountedByUnit(host, '/var/lib'));
  assert.ok(waitsFor(host, '/var/lib/nova'));
  assert.ok(!waitsFor(host, '/srv'));
});

test('kernel settings: what was measured, else the last line that sets it', () => {
  const name = 'vm.unprivileged_userfaultfd';
  const value = (files: Readonly<Record<string, string>>) => sysctlOf(hostOf(files), name)?.value;
  assert.equal(value({ 'etc/sysctl.conf': '#vm.unprivileged_userfaultfd = 1\n' }), undefined);
  const files = {
    'etc/sysctl.d/10-a.conf': 'vm.unprivileged_userfaultfd = 0\r\n',
    'etc/sysctl.d/60-b.conf': 'vm/unprivileged_userfaultfd=1\n',
  };
  assert.equal(value(files), '1');
  assert.equal(value({ ...files, 'etc/sysctl.conf': '-vm.unprivileged_userfaultfd = 0\n' }), '0');
  assert.equal(value({ ...files, 'facts.json': '{"sysctls": {"vm.unprivileged_userfaultfd": "2"}}' }), '2');
});

test('words', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['a  b\tc', ['a', 'b', 'c']],
    ['"A=b c" D="e f"\'g\'', ['A=b c', 'D=e fg']],
    ['\'a"b\' "" x\\ y', ['a"b', '', 'x y']],
    ['"open', ['open']],
    ['', []],
  ];
  for (const [value, words] of cases) assert.deepEqual(unitWords(value), words);
});

const lacking = missing(ORACLES.unit);
describe('against systemd', lacking !== undefined && !process.env['CI'] ? { skip: `unit: ${lacking}` } : {}, () => {
  if (lacking !== undefined && !process.env['CI']) return;
  const oracle = new Oracle<UnitAnswer>(ORACLES.unit);
  after(() => oracle.close());

  test('what is an address', async () => {
    const values =
      '16509 65535 65536 0 1.2.3.4:1 1.2.3.4 1.2.3:4 01.2.3.4:5 1.2.3.256:5 [::1]:5 ::1:5 [1.2.3.4]:5 *:5 localhost:5 1.2.3.4:0 1.2.3.4:99999 tcp://1.2.3.4:5 run/x [::ffff:1.2.3.4]:5 [::]:5 [::1] :5 [1::2::3]:4 5s 1.2.3.4:5x 1.2.3.4:'.split(
        ' ',
      );
    const text = `[Socket]\n${values.map((v) => `ListenStream=${v}\n`).join('')}`;
    const { verify = [] } = await oracle.ask(text, { verify: true });
    const bad = new Set(
      verify.filter(([, words]) => words.startsWith('Failed to parse address')).map(([line]) => line),
    );
    for (const [i, value] of values.entries()) assert.equal(listenAddress(value) === 'bad', bad.has(i + 2), value);
    for (const value of ['/run/x', '@x', 'vsock::5', '%t/x', '0x10', '+5'])
      assert.equal(listenAddress(value), undefined);
  });

  test('names of mounts', () => {
    for (const path of ['/var/lib/nova/instances', '/a-b/.c', '/.x', '/a b//c/', '/é', '/a:b_c.d', '/a\\b'])
      assert.equal(escapePath(path), execFileSync('systemd-escape', ['--path', path]).toString().trim());
  });
});
