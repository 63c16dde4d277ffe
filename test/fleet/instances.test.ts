import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { sections } from '../../server/src/fleet/collect/facts';
import * as hypervisor from '../../server/src/fleet/collect/hypervisor';
import { instances } from '../../server/src/fleet/collect/instances';
import { readXml } from '../../server/src/fleet/collect/xml';
import type { InstanceFacts } from '../../server/src/model/instance';

const recorded = (name: string): string => readFileSync(path.join(__dirname, 'recorded', name), 'utf8');
const virsh = sections(recorded('libvirt-9.0.0-virsh.txt'));
const definitions = sections(recorded('libvirt-9.0.0-dumpxml.txt'));

describe('guests', () => {
  const found = instances(
    definitions,
    virsh.get('list')!,
    new Map([[[...definitions.keys()][0]!, '1795278911\n\n']]),
    new Map(),
  );

  test('one that runs, on the model that libvirt gave it', () => {
    assert.deepEqual(found[0], {
      name: 'g1',
      uuid: 'a309920e-8918-442f-906b-a4fa243fd395',
      state: 'running',
      memory: 128,
      vcpus: 1,
      type: 'qemu',
      emulator: '/usr/bin/qemu-system-x86_64',
      machine: 'pc-i440fx-7.2',
      cpu: { mode: 'custom', model: 'qemu64', requires: ['hypervisor', 'lahf_lm'] },
      disks: [
        { device: 'disk', type: 'file', source: '/var/lib/nova/instances/g1/disk', format: 'qcow2', cache: 'none' },
      ],
      graphics: [{ type: 'vnc', listen: '0.0.0.0' }],
      securityModels: ['dac'],
      snapshots: 1,
    } satisfies InstanceFacts);
  });

  test('one with all that a guest can have', () => {
    const { disks, ...rest } = found[2]!;
    assert.deepEqual(rest, {
      name: 'rich one',
      uuid: '5f3c1d1e-0c0a-4d9a-8f0e-2f9d3b1b7a10',
      title: 'web & mail',
      state: 'shut off',
      memory: 4096,
      vcpus: 4,
      type: 'kvm',
      emulator: '/usr/bin/qemu-system-x86_64',
      machine: 'pc-q35-7.2',
      firmware: '/usr/share/OVMF/OVMF_CODE.fd',
      cpu: { mode: 'custom', model: 'Skylake-Server', requires: ['vmx'], without: ['hle', 'rtm'] },
      graphics: [
        { type: 'vnc', listen: '192.0.2.11' },
        { type: 'spice', listen: '127.0.0.1' },
      ],
      hostDevices: [
        'pci 0000:3b:00.1',
        'mdev 4b20d080-1b54-4048-85b3-a6a62d165c01',
        'usb 046d:c52b',
        'pci 0000:3b:02.1',
      ],
      bridges: ['br-int'],
      hugepages: [2048],
      secrets: ['457eb676-33da-42ec-9a8c-9293d545c337'],
      snapshots: 0,
    } satisfies InstanceFacts);
    assert.deepEqual(disks, [
      { device: 'disk', type: 'network', source: 'rbd:vms/5f3c_disk', format: 'raw', cache: 'writeback' },
      {
        device: 'disk',
        type: 'block',
        source: '/dev/disk/by-path/ip-10.0.0.9:3260-iscsi-iqn.x-lun-1',
        format: 'raw',
        cache: 'none',
      },
      { device: 'disk', type: 'volume', source: 'default/v1' },
      {
        device: 'cdrom',
        type: 'file',
        source: '/var/lib/nova/instances/x/disk.config',
        format: 'raw',
        readonly: true,
      },
    ]);
  });

  test('states, a name with blanks, a migration, a definition that was cut off', () => {
    const xml = (name: string): string => `<domain type='kvm'><name>${name}</name><uuid>u-${name}</uuid></domain>`;
    const list = [
      ' Id   Name     State',
      '---------',
      ' 7    a        in shutdown',
      ' -    b  c     shut off',
      ' 9    d        paused',
      ' 12   e        idle',
    ];
    const some = instances(
      new Map([
        ['1', xml('a')],
        ['2', xml('b  c')],
        ['3', xml('d')],
        ['4', xml('e')],
        ['5', xml('gone')],
        ['6', xml('cut').slice(0, -5)],
        ['7', 'error: failed to get domain'],
      ]),
      list.join('\n'),
      undefined,
      new Map([['3', 'Job type:         Unbounded\nOperation:        Outgoing migration\nTime elapsed:     1 ms\n']]),
    );
    assert.deepEqual(
      some.map((i) => [i.name, i.state, i.migrating, i.snapshots]),
      [
        ['a', 'other', undefined, undefined],
        ['b  c', 'shut off', undefined, undefined],
        ['d', 'paused', true, undefined],
        ['e', 'running', undefined, undefined],
        ['gone', 'other', undefined, undefined],
      ],
    );
  });
});

test('XML: entities, comments, both quotes; what is none', () => {
  const found = readXml(
    `<?xml version='1.0'?><!-- <x> --><a b="1 &lt; 2" c='"'>t&#228;&#xe4;&amp;<d/><!-- > --></a><e/>`,
  );
  assert.deepEqual(
    [found?.name, [...found!.attributes], found?.text],
    [
      'a',
      [
        ['b', '1 < 2'],
        ['c', '"'],
      ],
      'tää&',
    ],
  );
  for (const text of [
    '',
    'x',
    '<a>',
    '<a></b>',
    '<a b=1/>',
    '<'.repeat(1e5),
    '<a>'.repeat(1e5),
    '</a>',
    '<a><b></a></b>',
  ])
    assert.equal(readXml(text), undefined, text.slice(0, 20));
  assert.equal(readXml('<a>&#99999999999; &nix; &#x110000;</a>')?.text, '&#99999999999; &nix; &#x110000;');
});

describe('what libvirt says of its host', () => {
  test('models that guests can have', () => {
    const cpus = hypervisor.guestCpus(virsh.get('domcapabilities')!);
    assert.deepEqual(
      [cpus?.type, cpus?.usable, cpus?.hostModel],
      ['kvm', ['pentium3', 'pentium2', 'pentium', '486'], 'kvm64'],
    );
    assert.deepEqual(cpus?.unusable?.Westmere, []);
    const newer = `<domainCapabilities><domain>kvm</domain><cpu><mode name='custom' supported='yes'>
      <model usable='yes' vendor='Intel'>Haswell</model><model usable='no' vendor='AMD'>EPYC</model>
      <blockers model='EPYC'><feature name='npt'/><feature name='sha-ni'/></blockers></mode></cpu></domainCapabilities>`;
    assert.deepEqual(hypervisor.guestCpus(newer), {
      type: 'kvm',
      usable: ['Haswell'],
      unusable: { EPYC: ['npt', 'sha-ni'] },
    });
    assert.equal(hypervisor.guestCpus(newer.replace("usable='yes'", "usable='unknown'")), undefined);
    assert.equal(hypervisor.guestCpus('error: this function is not supported'), undefined);
  });

  test('security drivers and secrets', () => {
    assert.deepEqual(hypervisor.securityModels(virsh.get('capabilities')!), ['dac']);
    assert.equal(hypervisor.securityModels('<capabilities>'), undefined);
    assert.deepEqual(hypervisor.secrets(virsh.get('secrets')!), []);
    const table =
      ' UUID                                   Usage\n----\n 457EB676-33da-42ec-9a8c-9293d545c337   ceph client.cinder secret\n';
    assert.deepEqual(hypervisor.secrets(table), ['457eb676-33da-42ec-9a8c-9293d545c337']);
    assert.equal(hypervisor.secrets('error: failed to connect'), undefined);
  });

  test('NFS, as the server tells it', () => {
    const table = [
      '/srv/a  compute2.lab(sync,wdelay,hide,no_subtree_check,sec=sys,ro,root_squash,no_all_squash)',
      '/srv/a  192.0.2.0/24(sync,wdelay,hide,no_subtree_check,sec=sys,rw,no_root_squash,no_all_squash)',
      '/srv/b\\040c  *(sync,wdelay,hide,no_subtree_check,fsid=3,sec=sys,rw,root_squash,no_all_squash)',
      '',
    ];
    assert.deepEqual(hypervisor.exported(table.join('\n')), {
      '/srv/a': [
        'compute2.lab(sync,wdelay,hide,no_subtree_check,sec=sys,ro,root_squash,no_all_squash)',
        '192.0.2.0/24(sync,wdelay,hide,no_subtree_check,sec=sys,rw,no_root_squash,no_all_squash)',
      ],
      '/srv/b c': ['*(sync,wdelay,hide,no_subtree_check,fsid=3,sec=sys,rw,root_squash,no_all_squash)'],
    });
    assert.deepEqual(hypervisor.shown('/srv/b c *\n/srv/a   192.0.2.0/24,198.51.100.7\n'), {
      '/srv/b c': ['*'],
      '/srv/a': ['192.0.2.0/24', '198.51.100.7'],
    });
    const ports =
      '   program vers proto   port  service\n    100000    4   tcp    111  portmapper\n    100005    3   udp  37205  mountd\n    999   1   tcp   5\n';
    assert.deepEqual(hypervisor.rpc(ports), ['portmapper 4 tcp 111', 'mountd 3 udp 37205', '999 1 tcp 5']);
    assert.deepEqual(hypervisor.room('4096 66053021 20023248\n'), { total: 258_019, available: 78_215 });
    assert.equal(hypervisor.room('4096 0 0'), undefined);
  });
});
