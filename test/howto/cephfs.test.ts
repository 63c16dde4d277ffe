import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { added, judged, right, type Mistake } from './right';

const files = right('cephfs');
const one = 'stack01/etc';
const two = 'stack02/etc';
const three = 'stack03/etc';
const mount = /^192.*$/m.exec(files[`${three}/fstab`]!)![0];

const MISTAKES: readonly Mistake[] = [
  {
    title: 'state_path written above the old line, which wins',
    wrong: {
      [`${two}/nova/nova.conf`]: ['lock_path=/var/lock/nova\n', 'lock_path=/var/lock/nova\nstate_path=/var/lib/nova\n'],
    },
    found: [
      `${two}/nova/nova.conf:5 warning nova/duplicate-option`,
      `${two}/nova/nova.conf:6 error nova/instances-path-differs`,
    ],
  },
  {
    title: 'state_path left where it was',
    wrong: { [`${two}/nova/nova.conf`]: ['state_path=/mnt/cephfs/nova', 'state_path=/var/lib/nova'] },
    found: [`${two}/nova/nova.conf:6 error nova/instances-path-differs`],
  },
  {
    title: 'the options below a header [QUOTA] instead of a comment',
    wrong: { [`${two}/nova/nova.conf`]: ['# QUOTA\n', '[QUOTA]\n'] },
    found: [54, 55, 56, 57].map((line) => `${two}/nova/nova.conf:${line} warning nova/option-in-wrong-section`),
  },
  {
    title: 'my_ip copied with the file: one image cache for two hosts, and consoles of the other',
    wrong: { [`${three}/nova/nova.conf`]: ['my_ip=192.168.20.13', 'my_ip=192.168.20.11'] },
    found: [`${three}/nova/nova.conf:11 warning nova/my-ip-duplicate`],
  },
  {
    title: 'typographic quotes in libvirtd.conf',
    wrong: { [`${two}/libvirt/libvirtd.conf`]: ['\nauth_tcp = "none"', '\nauth_tcp = “none”'] },
    found: [`${two}/libvirt/libvirtd.conf:70 error libvirtd/typographic-characters`],
  },
  {
    title: 'listen_tls left at its default',
    wrong: { [`${two}/libvirt/libvirtd.conf`]: ['\nlisten_tls = 0', '\n#listen_tls = 0'] },
    found: [`${two}/libvirt/libvirtd.conf:1 error libvirtd/listen-tls-default-no-certs`],
  },
  {
    title: 'listen_tcp left at its default',
    wrong: { [`${two}/libvirt/libvirtd.conf`]: ['\nlisten_tcp = 1', '\n#listen_tcp = 1'] },
    found: [`${two}/libvirt/libvirtd.conf:1 error libvirtd/listen-tcp-off`],
  },
  {
    title: 'auth_tcp left at its default',
    wrong: { [`${two}/libvirt/libvirtd.conf`]: ['\nauth_tcp = "none"', '\n#auth_tcp = "sasl"'] },
    found: [`${two}/libvirt/libvirtd.conf:29 error libvirtd/auth-tcp-absent`],
  },
  {
    title: '-d without -l in the default file',
    wrong: { [`${two}/default/libvirt-bin`]: ['"-d -l"', '"-d"'] },
    found: [`${two}/default/libvirt-bin:8 error defaults/missing-listen-flag`],
  },
  {
    title: 'live_migration_uri with the name of a host',
    wrong: { [`${two}/nova/nova.conf`]: ['qemu+tcp://%s/', 'qemu+tcp://stack01/'] },
    found: [`${two}/nova/nova.conf:54 error nova/uri-no-placeholder`],
  },
  {
    title: 'live_migration_flag without VIR_MIGRATE_LIVE',
    wrong: { [`${two}/nova/nova.conf`]: [',VIR_MIGRATE_LIVE', ''] },
    found: [`${two}/nova/nova.conf:55 warning nova/live-migration-flag-not-live`],
  },
  {
    title: 'live_migration_flag with blanks for commas',
    wrong: { [`${two}/nova/nova.conf`]: ['SOURCE,VIR_MIGRATE_PEER2PEER,VIR', 'SOURCE VIR_MIGRATE_PEER2PEER VIR'] },
    found: [`${two}/nova/nova.conf:55 error nova/live-migration-flag-unknown`],
  },
  {
    title: "vncserver_listen on the host's own address",
    wrong: { [`${two}/nova/nova.conf`]: ['vncserver_listen=0.0.0.0', 'vncserver_listen=$my_ip'] },
    found: [`${two}/nova/nova.conf:45 error nova/vnc-listen-own-ip-old`],
  },
  {
    title: 'vncserver_proxyclient_address=127.0.0.1',
    wrong: {
      [`${two}/nova/nova.conf`]: ['vncserver_proxyclient_address=$my_ip', 'vncserver_proxyclient_address=127.0.0.1'],
    },
    found: [`${two}/nova/nova.conf:44 warning nova/vnc-proxyclient-loopback`],
  },
  {
    title: 'another number for nova on one node',
    wrong: { [`${three}/passwd`]: ['nova:x:108:114:', 'nova:x:110:114:'] },
    found: [`${three}/passwd:17 error cluster/nova-uid-differs`],
  },
  {
    title: 'another number for the group nova on one node',
    wrong: {
      [`${three}/passwd`]: ['nova:x:108:114:', 'nova:x:108:116:'],
      [`${three}/group`]: ['nova:x:114:', 'nova:x:116:'],
    },
    found: [`${three}/passwd:17 warning cluster/nova-uid-differs`],
  },
  {
    title: 'one node does not mount CephFS',
    wrong: { [`${three}/fstab`]: [mount, ''] },
    found: [`${three}/fstab:1 warning nova/instances-path-not-mounted`],
  },
  {
    title: 'CephFS mounted elsewhere on one node',
    wrong: { [`${three}/fstab`]: [' /mnt/cephfs ', ' /mnt/ceph '] },
    found: [`${three}/fstab:14 error fstab/wrong-mountpoint`],
  },
  {
    title: 'CephFS not mounted at boot',
    wrong: { [`${three}/fstab`]: ['noatime,', 'noatime,noauto,'] },
    found: [`${three}/fstab:14 warning fstab/noauto`],
  },
  {
    title: 'CephFS mounted read-only',
    wrong: { [`${three}/fstab`]: ['noatime,', 'noatime,ro,'] },
    found: [`${three}/fstab:14 error fstab/ro`],
  },
  {
    title: 'a peer is not in etc/hosts',
    wrong: { [`${three}/hosts`]: ['192.168.20.12\tstack02\n', ''] },
    found: [`${three}/hosts:6 warning hosts/peer-missing`],
  },
  {
    title: "a peer's address is another one in etc/hosts",
    wrong: { [`${two}/hosts`]: ['192.168.20.13\tstack03', '192.168.20.31\tstack03'] },
    found: [`${two}/hosts:8 warning hosts/peer-conflict`],
  },
  {
    title: 'a peer leads to loopback, with etc/hosts copied from it',
    wrong: { [`${two}/hosts`]: ['127.0.1.1\tstack02', '127.0.1.1\tstack01'] },
    found: [`${two}/hosts:2 error hosts/peer-loopback`],
  },
];

describe("the CephFS guide's configuration at grizzly", () => {
  test('once right, nothing but the exposure that it prescribes', () => {
    assert.deepEqual(
      judged(files),
      [one, two, three].map((host) => `${host}/libvirt/libvirtd.conf:70 warning libvirtd/auth-tcp-none`),
    );
  });

  for (const { title, wrong, found } of MISTAKES) test(title, () => assert.deepEqual(added(files, wrong), found));

  test('one image cache for all hosts, which the guide shuns, is no warning', () => {
    for (const line of ['', 'base_dir_name=_base\n', 'base_dir_name=_base_$host\n']) {
      const shared: Record<string, string> = {};
      for (const [file, text] of Object.entries(files))
        shared[file] = text.replace('base_dir_name=_base_$my_ip\n', line);
      assert.deepEqual(
        judged(shared).map((f) => f.replace(/:\d+ /, ' ')),
        judged(files).map((f) => f.replace(/:\d+ /, ' ')),
      );
    }
  });

  test('the mount left to something else than fstab, or by the FUSE client, is no warning', () => {
    const hosts = [one, two, three];
    const changed = (to: string): Record<string, string> =>
      Object.fromEntries(hosts.map((h) => [`${h}/fstab`, files[`${h}/fstab`]!.replace(mount, to)]));
    for (const entry of ['', 'id=admin,conf=/etc/ceph/ceph.conf /mnt/cephfs fuse.ceph noatime,_netdev 0 0'])
      assert.deepEqual(judged({ ...files, ...changed(entry) }), judged(files));
  });
});
