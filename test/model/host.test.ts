import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { releaseName } from '../../server/src/knowledge/releases';
import { listens } from '../../server/src/model/daemon';
import { foreignOwner } from '../../server/src/rules/nova/_addresses';
import { clusterOf } from '../support/cluster';
import type { Host } from '../../server/src/model/host';

function hostOf(files: Record<string, string>, release?: string): Host {
  const [host] = clusterOf(files, release).hosts;
  assert.ok(host);
  return host;
}

describe('release', () => {
  const judged = (files: Record<string, string>, release?: string) => {
    const { index, guessed, reason } = hostOf(files, release).release;
    return { name: releaseName(index), guessed, reason };
  };
  test('declared: command line over the node over livemig.ini over the facts', () => {
    const files = {
      'livemig.ini': 'release = zed\n[node a]\nrelease = yoga\n',
      'a/etc/nova/nova.conf': '',
      'a/facts.json': '{"nova":"25.0.0"}',
    };
    assert.deepEqual(judged(files, '2024.1'), { name: '2024.1', guessed: false, reason: 'the test' });
    assert.deepEqual(judged(files), { name: 'yoga', guessed: false, reason: 'livemig.ini, node a' });
    assert.equal(judged({ ...files, 'livemig.ini': 'release = zed\n' }).name, 'zed');
    assert.equal(judged({ 'a/facts.json': '{"nova":"26.2.2"}', 'a/etc/nova/nova.conf': '' }).name, 'zed');
  });
  test('detected from options that only some releases have', () => {
    const old = judged({ 'etc/nova/nova.conf': '[DEFAULT]\nlibvirt_type = kvm\nvncserver_listen = 0.0.0.0\n' });
    assert.equal(old.guessed, true);
    assert.match(old.reason, /libvirt_type/);
    assert.equal(judged({ 'etc/nova/nova.conf': '[libvirt]\nlive_migration_timeout_action = abort\n' }).name, '2026.1');
  });
  test('nothing known: the newest, a guess', () => {
    assert.deepEqual(judged({ 'etc/libvirt/libvirtd.conf': '' }), {
      name: '2026.1',
      guessed: true,
      reason: 'the newest release',
    });
  });
  test('a file that fits no release is judged by the one that fits most of it', () => {
    const mixed = judged({
      'etc/nova/nova.conf':
        '[DEFAULT]\nlibvirt_type = kvm\n[libvirt]\nlive_migration_timeout_action = abort\nlive_migration_scheme = tls\n',
    });
    assert.match(mixed.reason, /no release has all of its options/);
  });
});

describe('platform', () => {
  test('facts, then livemig.ini, then the files, then the era', () => {
    assert.equal(hostOf({ 'etc/init/libvirt-bin.conf': '' }).platform.init, 'upstart');
    assert.equal(hostOf({ 'etc/os-release': 'ID=debian\nVERSION_ID="12"\n' }).platform.init, 'systemd');
    assert.equal(
      hostOf({ 'livemig.ini': '[node a]\ninit = sysvinit\n', 'a/etc/init/libvirt-bin.conf': '' }).platform.init,
      'sysvinit',
    );
    assert.equal(
      hostOf({ 'facts.json': '{"init":"systemd"}', 'etc/init/libvirt-bin.conf': '' }).platform.init,
      'systemd',
    );
    assert.equal(hostOf({ 'etc/nova/nova.conf': '' }, 'zed').platform.init, 'systemd');
    assert.equal(hostOf({ 'etc/nova/nova.conf': '' }, 'grizzly').platform.init, undefined);
  });
  test('facts of a wrong shape are dropped, not trusted', () => {
    const host = hostOf({
      'facts.json': '{"init":7,"sockets":"x","ids":{"nova":{"uid":"1"}},"libvirt":[1]}',
      'etc/nova/nova.conf': '',
    });
    assert.deepEqual(host.facts, { ids: {} });
    assert.equal(hostOf({ 'facts.json': 'no json', 'etc/nova/nova.conf': '' }).facts, undefined);
  });
});

describe('effective values of nova', () => {
  test('the last line wins, the new name wins over the old in one file, the later file over the earlier', () => {
    const value = (files: Record<string, string>) => hostOf(files, 'zed').nova.get('instances_path')?.value;
    assert.equal(value({ 'etc/nova/nova.conf': '[DEFAULT]\ninstances_path = /a\ninstances_path = /b\n' }), '/b');
    assert.equal(
      value({
        'etc/nova/nova.conf': '[DEFAULT]\ninstances_path = /a\n',
        'etc/nova/nova-compute.conf': '[DEFAULT]\ninstances_path = /c\n',
      }),
      '/c',
    );
    const cpu = hostOf(
      { 'etc/nova/nova.conf': '[vnc]\nserver_listen = 1.1.1.1\nvncserver_listen = 2.2.2.2\n' },
      'wallaby',
    ).nova.get('vnc_listen');
    assert.equal(cpu?.value, '1.1.1.1');
  });
  test('defaults and references', () => {
    assert.equal(
      hostOf({ 'etc/nova/nova.conf': '[DEFAULT]\nstate_path = /data\n' }, 'zed').instancesPath,
      '/data/instances',
    );
    assert.equal(
      hostOf({ 'etc/nova/nova.conf': '[DEFAULT]\ninstances_path = $nosuch/x\n' }, 'zed').instancesPath,
      undefined,
    );
    assert.equal(
      hostOf({ 'etc/nova/nova.conf': '[DEFAULT]\ninstances_path = $instances_path/x\n' }, 'zed').instancesPath,
      undefined,
    );
    assert.equal(
      hostOf({ 'etc/nova/nova.conf': '[DEFAULT]\ninstances_path = /a$$b/${host}//\nhost = n1\n' }, 'zed').instancesPath,
      '/a$b/n1',
    );
  });
  test('a setting lives where its release has it', () => {
    const home = (release: string) => hostOf({ 'etc/nova/nova.conf': '' }, release).nova.home('vnc_listen');
    assert.deepEqual([home('grizzly')?.group, home('grizzly')?.name], ['DEFAULT', 'vncserver_listen']);
    assert.deepEqual([home('mitaka')?.group, home('mitaka')?.name], ['vnc', 'vncserver_listen']);
    assert.deepEqual([home('zed')?.group, home('zed')?.name], ['vnc', 'server_listen']);
  });
});

describe('the libvirt daemon', () => {
  test('--listen in all its spellings', () => {
    for (const words of ['-l', '-d -l', '-dl', '--listen', '--lis', '-d --listen -v'])
      assert.ok(listens(words.split(' ')), words);
    for (const words of ['-d', '', '--timeout 120', '--log', '-f /etc/l']) assert.ok(!listens(words.split(' ')), words);
  });
  test('the default file overrides the upstart job', () => {
    const job =
      'env libvirtd_opts="-d"\nscript\n\t. /etc/default/libvirt-bin\n\texec /usr/sbin/libvirtd $libvirtd_opts\nend script\n';
    assert.equal(hostOf({ 'etc/init/libvirt-bin.conf': job }).daemon.listen, false);
    assert.equal(
      hostOf({ 'etc/init/libvirt-bin.conf': job, 'etc/default/libvirt-bin': 'libvirtd_opts="-d -l"\n' }).daemon.listen,
      true,
    );
    assert.equal(hostOf({ 'etc/default/libvirt-bin': 'libvirtd_opts="$(cat /x)"\n' }).daemon.listen, undefined);
    assert.equal(hostOf({ 'etc/libvirt/libvirtd.conf': '' }).daemon.listen, undefined);
  });
  test('a default file read in another block of the job changes nothing for the daemon', () => {
    const job =
      'env libvirtd_opts="-d"\npre-start script\n. /etc/default/libvirt-bin\nend script\nexec /usr/sbin/libvirtd $libvirtd_opts\n';
    const { daemon } = hostOf({ 'etc/init/libvirt-bin.conf': job, 'etc/default/libvirt-bin': 'libvirtd_opts="-l"\n' });
    assert.equal(daemon.listen, false);
    assert.deepEqual(daemon.defaults?.words, ['-l']);
  });
});

describe('names and addresses in a cluster', () => {
  test('aliases, hosts files, ambiguity', () => {
    const cluster = clusterOf({
      'livemig.ini': '[node a]\naddress = 10.0.0.1\n',
      'a/etc/hostname': 'alpha.example.org\n',
      'b/etc/nova/nova.conf': '[DEFAULT]\nmy_ip = 10.0.0.2\n',
      'b/etc/hosts': '10.0.0.7 c\n127.0.1.1 b\n',
      'c/etc/hosts': '',
    });
    const [a, b, c] = cluster.hosts;
    assert.equal(cluster.host('alpha'), a);
    assert.equal(cluster.host('ALPHA.example.org'), a);
    assert.equal(cluster.host('10.0.0.1'), a);
    assert.equal(cluster.host('10.0.0.2'), b);
    assert.equal(cluster.host('10.0.0.7'), c);
    assert.equal(cluster.host('127.0.1.1'), undefined);
    assert.equal(cluster.host('10.0.0.9'), undefined);
    const twins = clusterOf({ 'x/etc/hostname': 'same\n', 'y/etc/hostname': 'same\n' });
    assert.equal(twins.host('same'), undefined);
  });

  test("an address that several hosts have, or that loops or ends on one wire, is nobody's", () => {
    const facts = (own: string): string =>
      JSON.stringify({
        addresses: {
          lo: ['127.0.0.1', '::1'],
          virbr0: ['192.168.122.1'],
          docker0: ['172.17.0.1', 'fe80::42:1'],
          eth0: [own, 'fe80::1', '169.254.7.1'],
        },
      });
    const cluster = clusterOf({
      'a/facts.json': facts('10.0.0.1'),
      'b/facts.json': facts('10.0.0.2').replaceAll('fe80::1', 'FE80::2').replace('169.254.7.1', '169.254.7.2'),
      'b/etc/hosts': '172.17.0.1 a\n169.254.7.9 a\n10.0.0.2 b\n10.30.0.1 a\n',
    });
    const [a, b] = cluster.hosts;
    for (const address of [
      '127.0.0.1',
      '::1',
      '192.168.122.1',
      '172.17.0.1',
      'fe80::1',
      'FE80::2',
      '169.254.7.1',
      '169.254.7.9',
    ])
      assert.equal(cluster.hostByAddress(address), undefined, address);
    assert.equal(cluster.hostByAddress('10.0.0.1'), a);
    assert.equal(cluster.hostByAddress('10.0.0.2'), b);
    assert.deepEqual(cluster.addressesOf(a!), ['10.0.0.1', '10.30.0.1']);
    assert.deepEqual(cluster.addressesOf(b!), ['10.0.0.2']);
    // One that has it alone is told by it.
    const one = clusterOf({ 'a/facts.json': facts('10.0.0.1'), 'b/etc/hostname': 'b\n' });
    assert.equal(one.hostByAddress('172.17.0.1'), one.hosts[0]);
    // Nor do rules say whose it is.
    const alone = clusterOf({
      'c/etc/hostname': 'c\n',
      'a/facts.json': facts('10.0.0.1'),
      'b/facts.json': facts('10.0.0.2'),
    });
    const c = alone.hostByName('c')!;
    assert.equal(foreignOwner(alone, c, '172.17.0.1'), undefined);
    assert.equal(foreignOwner(alone, c, 'fe80::1'), undefined);
    assert.equal(foreignOwner(alone, c, '10.0.0.2')?.host.name, 'b');
  });
});
