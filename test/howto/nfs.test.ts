import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { tempFolder } from '../support/temp';
import { added, judged, right, withMistake, type Mistake } from './right';

const files = right('nfs');
const one = 'jovi-compute1/etc';
const three = 'jovi-compute3/etc';
const server = 'jovi-controller/etc';

const JOB_READS_DEFAULTS = /\nscript\n\t\[ -r [^\n]*\n\texec ([^\n]*)\nend script\n/;
const job = files[`${one}/init/libvirt-bin.conf`]!;

const MISTAKES: readonly Mistake[] = [
  {
    title: 'typographic quotes in qemu.conf',
    wrong: { [`${one}/libvirt/qemu.conf`]: ['vnc_listen = "0.0.0.0"', 'vnc_listen = “0.0.0.0″'] },
    found: [`${one}/libvirt/qemu.conf:12 error qemu/typographic-characters`],
  },
  ...(
    [
      ['listen_tls', 22, 'listen_tls = 0', 'listen_tls = “0”'],
      ['listen_tcp', 29, 'listen_tcp = 1', 'listen_tcp = “1”'],
      ['auth_tcp', 74, 'auth_tcp="none"', 'auth_tcp=“none”'],
    ] as const
  ).map(([key, line, good, bad]): Mistake => ({
    title: `typographic quotes in libvirtd.conf, ${key}`,
    wrong: { [`${one}/libvirt/libvirtd.conf`]: [`\n${good}`, `\n${bad}`] },
    found: [`${one}/libvirt/libvirtd.conf:${line} error libvirtd/typographic-characters`],
  })),
  {
    title: 'typographic quotes in the default file',
    wrong: { [`${one}/default/libvirt-bin`]: ['"-d -l"', '“-d -l”'] },
    found: [`${one}/default/libvirt-bin:8 error defaults/typographic-characters`],
  },
  {
    title: 'typographic quotes in nova.conf',
    wrong: { [`${one}/nova/nova.conf`]: ['vncserver_listen=0.0.0.0', 'vncserver_listen=“0.0.0.0″'] },
    found: [`${one}/nova/nova.conf:42 error nova/typographic-characters`],
  },
  {
    title: '-d without -l in the default file, which overrides the job',
    wrong: { [`${one}/default/libvirt-bin`]: ['"-d -l"', '"-d"'] },
    found: [`${one}/default/libvirt-bin:8 error defaults/missing-listen-flag`],
  },
  {
    title: '-d without -l in the job, which does not hand on the default file',
    wrong: {
      [`${one}/init/libvirt-bin.conf`]: [
        job,
        job.replace('"-d -l"\n', '"-d"\n').replace(JOB_READS_DEFAULTS, '\nexec $1\n'),
      ],
    },
    found: [`${one}/init/libvirt-bin.conf:11 error defaults/upstart-listen-flag`],
  },
  {
    title: '-d without -l in the job, which the default file overrides: it listens',
    wrong: { [`${one}/init/libvirt-bin.conf`]: ['"-d -l"\n#', '"-d"\n#'] },
    found: [],
  },
  {
    title: '-d without -l in both',
    wrong: {
      [`${one}/default/libvirt-bin`]: ['"-d -l"', '"-d"'],
      [`${one}/init/libvirt-bin.conf`]: ['"-d -l"\n#', '"-d"\n#'],
    },
    found: [
      `${one}/default/libvirt-bin:8 error defaults/missing-listen-flag`,
      `${one}/init/libvirt-bin.conf:11 warning defaults/upstart-listen-flag`,
    ],
  },
  {
    title: 'listen_tls left at its default',
    wrong: { [`${one}/libvirt/libvirtd.conf`]: ['\nlisten_tls = 0', '\n#listen_tls = 0'] },
    found: [`${one}/libvirt/libvirtd.conf:1 error libvirtd/listen-tls-default-no-certs`],
  },
  {
    title: 'listen_tcp left at its default',
    wrong: { [`${one}/libvirt/libvirtd.conf`]: ['\nlisten_tcp = 1', '\n#listen_tcp = 1'] },
    found: [`${one}/libvirt/libvirtd.conf:1 error libvirtd/listen-tcp-off`],
  },
  {
    title: 'auth_tcp left at its default',
    wrong: { [`${one}/libvirt/libvirtd.conf`]: ['\nauth_tcp="none"', '\n#auth_tcp="none"'] },
    found: [`${one}/libvirt/libvirtd.conf:29 error libvirtd/auth-tcp-absent`],
  },
  {
    title: "vncserver_listen on the host's own address",
    wrong: { [`${three}/nova/nova.conf`]: ['vncserver_listen=0.0.0.0', 'vncserver_listen=192.168.3.14'] },
    found: [`${three}/nova/nova.conf:42 error nova/vnc-listen-own-ip-old`],
  },
  {
    title: "vncserver_listen on another host's address, copied with the file",
    wrong: { [`${three}/nova/nova.conf`]: ['vncserver_listen=0.0.0.0', 'vncserver_listen=192.168.3.12'] },
    found: [`${three}/nova/nova.conf:42 error nova/vnc-listen-foreign-ip`],
  },
  {
    title: 'vncserver_listen left at its default, 127.0.0.1',
    wrong: { [`${three}/nova/nova.conf`]: ['vncserver_listen=0.0.0.0\n', ''] },
    found: [`${three}/nova/nova.conf:1 warning nova/vnc-listen-loopback`],
  },
  {
    title: 'vncserver_listen appended below another section',
    wrong: {
      [`${one}/nova/nova.conf`]: ['vncserver_listen=0.0.0.0', '\n[spice]\nenabled=False\nvncserver_listen=0.0.0.0'],
    },
    found: [
      `${one}/nova/nova.conf:1 warning nova/vnc-listen-loopback`,
      `${one}/nova/nova.conf:45 warning nova/option-in-wrong-section`,
    ],
  },
  {
    title: 'vncserver_proxyclient_address=127.0.0.1 on a compute node',
    wrong: {
      [`${one}/nova/nova.conf`]: [
        'vncserver_proxyclient_address=192.168.3.12',
        'vncserver_proxyclient_address=127.0.0.1',
      ],
    },
    found: [`${one}/nova/nova.conf:41 warning nova/vnc-proxyclient-loopback`],
  },
  {
    title: 'fsid=0 with the full path, which the clients then mount by NFSv3 without a word',
    wrong: { [`${server}/exports`]: ['rw,sync,no_root_squash', 'rw,sync,fsid=0,no_root_squash'] },
    found: [`${server}/exports:12 warning exports/fsid0-silent-v3`],
  },
  {
    title: 'fsid=0 with the full path, and a client that wants NFSv4',
    wrong: {
      [`${server}/exports`]: ['rw,sync,no_root_squash', 'rw,sync,fsid=0,no_root_squash'],
      [`${one}/fstab`]: [' nfs defaults', ' nfs4 defaults'],
    },
    found: [`${server}/exports:12 error exports/fsid0-path`, `${server}/exports:12 warning exports/fsid0-silent-v3`],
  },
  {
    title: 'a blank before the options of the export',
    wrong: { [`${server}/exports`]: ['*(rw', '192.168.3.0/24 (rw'] },
    found: [`${server}/exports:12 error exports/space-before-options`],
  },
  {
    title: 'live_migration_flag without VIR_MIGRATE_LIVE',
    wrong: { [`${one}/nova/nova.conf`]: [',VIR_MIGRATE_LIVE', ''] },
    found: [`${one}/nova/nova.conf:37 warning nova/live-migration-flag-not-live`],
  },
  {
    title: 'live_migration_flag without VIR_MIGRATE_PEER2PEER',
    wrong: { [`${one}/nova/nova.conf`]: [',VIR_MIGRATE_PEER2PEER', ''] },
    found: [`${one}/nova/nova.conf:37 error nova/live-migration-flag-missing-peer2peer`],
  },
  {
    title: 'live_migration_uri with the name of a host',
    wrong: { [`${one}/nova/nova.conf`]: ['qemu+tcp://%s/', 'qemu+tcp://jovi-compute3/'] },
    found: [`${one}/nova/nova.conf:36 error nova/uri-no-placeholder`],
  },
  {
    title: 'live_migration_uri over TLS, on which nobody listens',
    wrong: { [`${one}/nova/nova.conf`]: ['qemu+tcp://%s/', 'qemu+tls://%s/'] },
    found: [`${three}/libvirt/libvirtd.conf:22 error cluster/transport-mismatch`],
  },
  {
    title: 'another number for nova on one node',
    wrong: {
      [`${three}/passwd`]: ['nova:x:108:114:', 'nova:x:107:114:'],
    },
    found: [`${three}/passwd:17 error cluster/nova-uid-differs`],
  },
  {
    title: 'another number for the group nova on one node',
    wrong: {
      [`${three}/passwd`]: ['nova:x:108:114:', 'nova:x:108:107:'],
      [`${three}/group`]: ['nova:x:114:', 'nova:x:107:'],
    },
    found: [`${three}/passwd:17 warning cluster/nova-uid-differs`],
  },
  {
    title: 'one node does not mount the share',
    wrong: { [`${three}/fstab`]: [/^192.*$/m.exec(files[`${three}/fstab`]!)![0], ''] },
    found: [`${three}/fstab:1 warning nova/instances-path-not-mounted`],
  },
  {
    title: 'the share mounted elsewhere on one node',
    wrong: { [`${three}/fstab`]: [' /var/lib/nova/instances nfs', ' /mnt/nova nfs'] },
    found: [`${three}/fstab:15 error fstab/wrong-mountpoint`],
  },
  {
    title: 'the name of a peer leads to loopback, with etc/hosts copied from it',
    wrong: { [`${three}/hosts`]: ['127.0.1.1\tjovi-compute3', '127.0.1.1\tjovi-compute1'] },
    found: [`${three}/hosts:2 error hosts/peer-loopback`],
  },
];

describe("the NFS guide's configuration at grizzly", () => {
  test('once right, nothing but the exposures that it prescribes', () => {
    assert.deepEqual(judged(files), [
      `${one}/libvirt/libvirtd.conf:74 warning libvirtd/auth-tcp-none`,
      `${three}/libvirt/libvirtd.conf:74 warning libvirtd/auth-tcp-none`,
      `${server}/exports:12 warning exports/world`,
    ]);
  });

  for (const { title, wrong, found } of MISTAKES) test(title, () => assert.deepEqual(added(files, wrong), found));

  test("the guide's own commands match nothing in the stock files: -d stays alone in both places", () => {
    const stock = withMistake(files, {
      [`${one}/default/libvirt-bin`]: ['"-d -l"', '"-d"'],
      [`${one}/init/libvirt-bin.conf`]: ['"-d -l"\n#', '"-d"\n#'],
      [`${one}/libvirt/qemu.conf`]: ['\nvnc_listen = "0.0.0.0"', '\n#vnc_listen = "0.0.0.0"'],
    });
    const places = ['default/libvirt-bin', 'init/libvirt-bin.conf', 'libvirt/qemu.conf'].map((p) => `${one}/${p}`);
    const folder = tempFolder(Object.fromEntries(places.map((p) => [p, stock[p]!])));
    const sed = (expression: string, file: string): void =>
      void execFileSync('sed', ['-i', expression, path.join(folder.path, file)]);
    sed('s/libvirtd_opts=" -d"/libvirtd_opts=" -d -l"/g', places[0]!);
    sed('s/env libvirtd_opts="-d "/env libvirtd_opts="-d -l"/g', places[1]!);
    sed('s/#vnc_listen = “0.0.0.0″/vnc_listen = “0.0.0.0″/g', places[2]!);
    const after = {
      ...stock,
      ...Object.fromEntries(places.map((p) => [p, readFileSync(path.join(folder.path, p), 'utf8')])),
    };
    folder.remove();
    assert.deepEqual(after, stock);
    const before = judged(files);
    assert.deepEqual(
      judged(after).filter((line) => !before.includes(line)),
      [
        `${one}/default/libvirt-bin:8 error defaults/missing-listen-flag`,
        `${one}/init/libvirt-bin.conf:11 warning defaults/upstart-listen-flag`,
      ],
    );
  });

  describe('what is believed and does no harm is no warning', () => {
    const unharmed = (changed: Record<string, string>): void =>
      assert.deepEqual(judged({ ...files, ...changed }), judged(files));

    test('hosts of different size', () => {
      const facts = (total: number, flags: string[]): string =>
        JSON.stringify({
          cpu: { vendor: 'GenuineIntel', model: 'Intel Xeon E5', flags },
          memory: { total, available: total - 500 },
        });
      unharmed({
        'jovi-compute1/facts.json': facts(8192, ['sse4_2', 'aes']),
        'jovi-compute3/facts.json': facts(4096, ['sse4_2', 'aes']),
        [`${one}/nova/nova.conf`]: files[`${one}/nova/nova.conf`]!.replace(
          '# Consoles\n',
          'cpu_allocation_ratio=4.0\nram_allocation_ratio=1.0\nreserved_host_memory_mb=512\n\n# Consoles\n',
        ),
      });
    });

    test('an image cache that all hosts share', () => {
      for (const name of ['_base', '_base_shared'])
        unharmed(
          Object.fromEntries(
            [one, three].map((host) => [
              `${host}/nova/nova.conf`,
              files[`${host}/nova/nova.conf`]!.replace('# Consoles\n', `base_dir_name=${name}\n\n# Consoles\n`),
            ]),
          ),
        );
    });

    test("127.0.1.1 for the host's own name, or not", () => {
      const hosts = files[`${one}/hosts`]!;
      assert.match(hosts, /^127\.0\.1\.1\tjovi-compute1$/m);
      unharmed({ [`${one}/hosts`]: hosts.replace('127.0.1.1\tjovi-compute1\n', '') });
    });
  });
});
