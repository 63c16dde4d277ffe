import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020';
import * as facts from '../../server/src/fleet/collect/facts';
import type { Answer, Output } from '../../server/src/fleet/collect/frames';
import { image, pools } from '../../server/src/fleet/collect/hypervisor';
import { readFacts } from '../../server/src/model/readFacts';

const recorded = (name: string): string => readFileSync(path.join(__dirname, 'recorded', name), 'utf8');
const lines = (...list: string[]): string => `${list.join('\n')}\n`;
const files = (all: Record<string, string>): ReadonlyMap<string, string> => new Map(Object.entries(all));

describe('addresses', () => {
  test('ip, with a bridge, a point-to-point link, a label and what every node has', () => {
    const text = lines(
      '1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever',
      '1: lo    inet6 ::1/128 scope host \\       valid_lft forever preferred_lft forever',
      '2: ens3    inet 192.0.2.11/24 brd 192.0.2.255 scope global ens3\\       valid_lft forever preferred_lft forever',
      '2: ens3    inet 192.0.2.12/24 brd 192.0.2.255 scope global secondary ens3:1\\       valid_lft forever',
      '2: ens3    inet6 2001:db8::11/64 scope global \\       valid_lft forever preferred_lft forever',
      '2: ens3    inet6 fe80::fc:ff:fe00:1/64 scope link \\       valid_lft forever preferred_lft forever',
      '5: br-ex.100    inet 198.51.100.1/24 scope global br-ex.100\\       valid_lft forever preferred_lft forever',
      '6: tun0    inet 10.8.0.2 peer 10.8.0.1/32 scope global tun0\\       valid_lft forever preferred_lft forever',
    );
    assert.deepEqual(facts.addresses(text), {
      ens3: ['192.0.2.11', '192.0.2.12', '2001:db8::11'],
      'br-ex.100': ['198.51.100.1'],
      tun0: ['10.8.0.2'],
    });
  });

  test('ifconfig of busybox and of old distributions, and of newer net-tools', () => {
    const old = lines(
      'eth0      Link encap:Ethernet  HWaddr 02:FC:00:00:00:01  ',
      '          inet addr:192.0.2.2  Bcast:192.0.2.255  Mask:255.255.255.0',
      '          inet6 addr: fe80::fc:ff:fe00:1/64 Scope:Link',
      '          inet6 addr: fd00::2/64 Scope:Global',
      '          UP BROADCAST RUNNING MULTICAST  MTU:1400  Metric:1',
      '',
      'eth0:1    Link encap:Ethernet  HWaddr 02:FC:00:00:00:01  ',
      '          inet addr:192.0.2.3  Bcast:192.0.2.255  Mask:255.255.255.0',
    );
    assert.deepEqual(facts.addresses(old), { eth0: ['192.0.2.2', 'fd00::2', '192.0.2.3'] });
    const newer = lines(
      'lo: flags=73<UP,LOOPBACK,RUNNING>  mtu 65536',
      '        inet 127.0.0.1  netmask 255.0.0.0',
      'ens3: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500',
      '        inet 192.0.2.2  netmask 255.255.255.0  broadcast 192.0.2.255',
      '        inet6 2001:db8::2  prefixlen 64  scopeid 0x0<global>',
    );
    assert.deepEqual(facts.addresses(newer), { ens3: ['192.0.2.2', '2001:db8::2'] });
  });

  test('what is neither says nothing', () => {
    assert.equal(facts.addresses('ip: unknown option -o\n'), undefined);
  });
});

test('what process 1 is', () => {
  assert.equal(facts.init(lines('systemd', '/usr/lib/systemd/systemd', 'systemd')), 'systemd');
  assert.equal(facts.init(lines('/lib/systemd/systemd', 'init')), 'systemd');
  assert.equal(facts.init(lines('/sbin/init', 'init', 'init (upstart 1.5)')), 'upstart');
  assert.equal(facts.init(lines('init', 'init (upstart 0.6.5)')), 'upstart');
  assert.equal(facts.init(lines('/sbin/init', 'init')), 'sysvinit');
  // A container's own.
  assert.equal(facts.init(lines('/usr/bin/dumb-init', 'dumb-init')), undefined);
  assert.equal(facts.init(''), undefined);
});

test('distributions', () => {
  const of = (all: Record<string, string>): unknown => facts.distribution(files(all));
  assert.deepEqual(of({ '/etc/os-release': 'NAME="Ubuntu"\nVERSION_ID="22.04"\nID=ubuntu\nID_LIKE=debian\n' }), {
    id: 'ubuntu',
    version: '22.04',
  });
  assert.deepEqual(of({ '/etc/os-release': 'ID="rhel"\nVERSION_ID="9.2"\n', '/etc/redhat-release': 'x' }), {
    id: 'rhel',
    version: '9.2',
  });
  assert.deepEqual(of({ '/etc/redhat-release': 'CentOS release 6.9 (Final)\n' }), { id: 'centos', version: '6.9' });
  assert.deepEqual(of({ '/etc/redhat-release': 'Red Hat Enterprise Linux Server release 6.5 (Santiago)\n' }), {
    id: 'rhel',
    version: '6.5',
  });
  assert.deepEqual(
    of({
      '/etc/lsb-release': 'DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=12.04\nDISTRIB_CODENAME=precise\n',
      '/etc/debian_version': 'wheezy/sid\n',
    }),
    { id: 'ubuntu', version: '12.04' },
  );
  assert.deepEqual(of({ '/etc/debian_version': '7.11\n' }), { id: 'debian', version: '7.11' });
  assert.equal(of({}), undefined);
});

describe('versions', () => {
  const of = (outputs: Record<string, Output>): ReturnType<typeof facts.factsOf>['facts'] =>
    facts.factsOf(answer(outputs)).facts;

  test('of libvirt and QEMU, from 2012 on', () => {
    for (const [text, version] of [
      ['libvirtd (libvirt) 9.0.0\n', '9.0.0'],
      ['libvirtd (libvirt) 0.9.8\n', '0.9.8'],
      ['/usr/sbin/libvirtd (libvirt) 0.10.2\n', '0.10.2'],
      ['virtqemud (libvirt) 10.0.0\n', '10.0.0'],
    ] as const)
      assert.equal(of({ libvirt: { text, status: 0 } }).libvirt, version);
    for (const [text, version] of [
      ['QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)\nCopyright (c) 2003-2022 …\n', '7.2.22'],
      ['QEMU emulator version 1.0 (qemu-kvm-1.0), Copyright (c) 2003-2008 Fabrice Bellard\n', '1.0.0'],
      ['QEMU PC emulator version 0.12.1 (qemu-kvm-0.12.1.2-2.503.el6), Copyright (c) 2003-2008\n', '0.12.1'],
      ['QEMU emulator version 8.2.0 (qemu-kvm-8.2.0-11.el9)\n', '8.2.0'],
    ] as const)
      assert.equal(of({ qemu: { text, status: 0 } }).qemu, version);
    assert.equal(of({ qemu: { text: 'QEMU emulator version 7.2.22\n', status: 137 } }).qemu, undefined);
  });

  test('of nova, by its package or its own word', () => {
    assert.equal(facts.novaPackage('nova-26.2.2.egg-info\n'), '26.2.2');
    assert.equal(facts.novaPackage('nova-2013.1.5-py2.7.egg-info\n'), '2013.1.5');
    assert.equal(facts.novaPackage('nova-29.2.1.dev12.dist-info\n'), '29.2.1.dev12');
    assert.equal(facts.novaPackage('nova-26.2.2.egg-info\nnova-28.0.0.dist-info\n'), undefined);
    assert.equal(of({ nova: { text: '/usr/lib/python3: DeprecationWarning: x\n26.2.2\n', status: 0 } }).nova, '26.2.2');
    assert.equal(of({ nova: { text: 'Traceback (most recent call last):\n', status: 1 } }).nova, undefined);
  });
});

describe('daemons', () => {
  const PROC = lines(
    'ticks 100',
    'btime 1700000000',
    '== 800 nova-compute 5000',
    '/usr/bin/python3',
    '/usr/bin/nova-compute',
    '== 812 libvirtd 2550',
    '/usr/sbin/libvirtd',
    '--listen',
    '== 9000 libvirtd 99900',
    '/usr/sbin/libvirtd',
  );

  test('the first of a name, with its words and its start', () => {
    const found = facts.daemons(PROC);
    assert.deepEqual(found.started, { 'nova-compute': 1_700_000_050, libvirtd: 1_700_000_025 });
    assert.deepEqual(found.words.get('libvirtd'), ['/usr/sbin/libvirtd', '--listen']);
    assert.deepEqual(facts.daemons('').started, {});
    const more = (line: string) => facts.daemons(PROC.replace('== 800', `${line}\n== 800`)).started['libvirtd'];
    assert.equal(more('now 1700000100.913579000 100.25'), 1_700_000_026.16, 'to the hundredth');
    assert.equal(more('now 1700000100.%N 100.25'), 1_700_000_025, 'a date without fractions');
    assert.equal(more('now 1700000100.913579000 10.25'), 1_700_000_025, 'the uptime of a container');
    const asked =
      '\n== 9 libvirtd 100\n/usr/sbin/libvirtd\n--version\n== 10 virtqemud 100\n== 11 virtqemud 200\nvirtqemud\n-V\n';
    assert.deepEqual(facts.daemons(PROC + asked), found, 'who asks for a version runs no daemon');
  });

  test('which are in charge', () => {
    const of = (daemons: string, sockets?: string): unknown =>
      facts.factsOf(
        answer({
          daemons: { text: daemons, status: 0 },
          ...(sockets !== undefined && { sockets: { text: sockets, status: 0 } }),
        }),
      ).facts.daemons;
    const socket = (name: string): string => `${name} loaded active listening Libvirt socket\n`;
    assert.equal(of(PROC), 'monolithic');
    assert.equal(of('== 1 virtqemud 5\n/usr/sbin/virtqemud\n'), 'modular');
    assert.equal(of('', socket('virtqemud.socket') + socket('virtproxyd.socket')), 'modular');
    assert.equal(of('', socket('libvirtd.socket')), 'monolithic');
    assert.equal(of('', socket('libvirtd.socket') + socket('virtqemud.socket')), undefined);
    assert.equal(of(''), undefined);
  });

  test('socket units that are active, of systemd 219 and of 252', () => {
    const text = lines(
      'dbus.socket                  loaded active running   D-Bus System Message Bus Socket',
      'libvirtd-tcp.socket          loaded active listening Libvirt non-TLS IP socket',
      '● rpcbind.socket             loaded failed failed    RPCbind Server Activation Socket',
      '  virtlogd.socket            loaded active running   Virtual machine log manager socket',
    );
    assert.deepEqual(facts.socketUnits(text), ['dbus.socket', 'libvirtd-tcp.socket', 'virtlogd.socket']);
  });
});

test('accounts', () => {
  assert.deepEqual(facts.identity('uid=64055(libvirt-qemu) gid=107(kvm) groups=107(kvm),64055(libvirt-qemu)\n'), {
    ids: { uid: 64055, gid: 107 },
    groups: ['kvm', 'libvirt-qemu'],
  });
  assert.deepEqual(
    facts.identity('uid=0(root) gid=0(root) groups=0(root) context=unconfined_u:unconfined_r:unconfined_t:s0\n')
      ?.groups,
    ['root'],
  );
  assert.deepEqual(facts.identity('uid=162(nova) gid=162(nova)\n'), { ids: { uid: 162, gid: 162 }, groups: ['nova'] });
  assert.equal(facts.identity("id: 'nova': no such user\n"), undefined);
});

test('processors', () => {
  const intel = lines(
    'processor\t: 0',
    'vendor_id\t: GenuineIntel',
    'model\t\t: 85',
    'model name\t: Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz',
    'microcode\t: 0x5003604',
    'flags\t\t: fpu vme de',
  );
  assert.deepEqual(facts.cpu(intel), {
    vendor: 'GenuineIntel',
    model: 'Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz',
    flags: ['fpu', 'vme', 'de'],
    microcode: '0x5003604',
  });
  const arm = 'processor\t: 0\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\n';
  const lscpu = 'Architecture:        aarch64\nVendor ID:           ARM\nModel name:          Neoverse-N1\n';
  assert.deepEqual(facts.cpu(arm, lscpu), { vendor: 'ARM', model: 'Neoverse-N1', flags: ['fp', 'asimd'] });
  assert.equal(facts.cpu(''), undefined);
});

test('machine types, as QEMU 7.2 and the one of 2012 list them', () => {
  assert.deepEqual(
    facts.machines(
      lines(
        'Supported machines are:',
        'microvm              microvm (i386)',
        'pc                   Standard PC (i440FX + PIIX, 1996) (alias of pc-i440fx-7.2)',
        'pc-i440fx-7.2        Standard PC (i440FX + PIIX, 1996) (default)',
      ),
    ),
    { types: ['microvm', 'pc', 'pc-i440fx-7.2'], aliases: { pc: 'pc-i440fx-7.2' } },
  );
  assert.deepEqual(
    facts.machines(
      'Supported machines are:\npc         Standard PC (alias of pc-1.0)\npc-1.0     Standard PC (default)\n',
    ),
    { types: ['pc', 'pc-1.0'], aliases: { pc: 'pc-1.0' } },
  );
  assert.equal(facts.machines('qemu: -machine help: unsupported machine type\n'), undefined);
});

describe("libvirt's own words", () => {
  const CAPABILITIES = `<capabilities>
  <host>
    <uuid>1E3B2F0A-5D0C-4C5E-9C42-0F0F0F0F0F0F</uuid>
    <cpu>
      <arch>x86_64</arch>
    </cpu>
  </host>
  <guest>
    <os_type>hvm</os_type>
    <arch name='i686'>
      <emulator>/usr/bin/qemu-system-i386</emulator>
    </arch>
  </guest>
  <guest>
    <os_type>hvm</os_type>
    <arch name='x86_64'>
      <wordsize>64</wordsize>
      <emulator>/usr/bin/qemu-system-x86_64</emulator>
      <domain type='qemu'/>
      <domain type='kvm'>
        <emulator>/usr/bin/kvm</emulator>
      </domain>
    </arch>
  </guest>
</capabilities>
`;
  const DOMAIN =
    '<domainCapabilities>\n  <path>/usr/libexec/qemu-kvm</path>\n  <domain>kvm</domain>\n</domainCapabilities>\n';

  test('the emulator, the UUID, CPU models', () => {
    assert.equal(facts.emulator(DOMAIN, CAPABILITIES), '/usr/libexec/qemu-kvm');
    assert.equal(facts.emulator('', CAPABILITIES), '/usr/bin/kvm');
    assert.equal(
      facts.emulator('', CAPABILITIES.replace(/<domain type='kvm'>[^]*?<\/domain>/, '')),
      '/usr/bin/qemu-system-x86_64',
    );
    assert.equal(facts.emulator('', 'error: failed to connect'), undefined);
    assert.equal(facts.hostUuid(CAPABILITIES), '1e3b2f0a-5d0c-4c5e-9c42-0f0f0f0f0f0f');
    const found = facts.factsOf(answer({ 'cpu-models': { text: '486\npentium\nSkylake-Server-IBRS\n\n', status: 0 } }));
    assert.deepEqual(found.facts.cpuModels, ['486', 'pentium', 'Skylake-Server-IBRS']);
  });

  test('when it does not answer, that is told', () => {
    const found = facts.factsOf(
      answer({
        capabilities: {
          text: 'error: failed to connect to the hypervisor\nerror: Failed to connect socket\n',
          status: 1,
        },
        sockets: { text: '', status: 137 },
      }),
    );
    assert.deepEqual(found.facts, {});
    assert.deepEqual(found.failures, [
      {
        what: 'libvirt (virsh capabilities)',
        why: 'error: failed to connect to the hypervisor; error: Failed to connect socket',
      },
      { what: 'systemd (systemctl list-units)', why: 'did not answer in time' },
    ]);
  });
});

test('memory, before and after the kernel said what is available', () => {
  assert.deepEqual(facts.memory('MemTotal:       24684084 kB\nMemFree:  1024 kB\nMemAvailable:   18754120 kB\n'), {
    total: 24105,
    available: 18314,
  });
  assert.deepEqual(facts.memory('MemTotal: 4096000 kB\nMemFree: 1024000 kB\nBuffers: 102400 kB\nCached: 921600 kB\n'), {
    total: 4000,
    available: 2000,
  });
  assert.equal(facts.memory('MemTotal: many\n'), undefined);
});

test('huge pages and kernel settings', () => {
  assert.deepEqual(
    facts.hugepages(
      files({
        '/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages': '16\n',
        '/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages': '0\n',
      }),
    ),
    { '2048': 0, '1048576': 16 },
  );
  assert.equal(facts.hugepages(files({})), undefined);
  assert.deepEqual(
    facts.sysctls(
      files({
        '/proc/sys/net/ipv4/ip_local_port_range': '32768\t60999\n',
        '/proc/sys/vm/unprivileged_userfaultfd': '0\n',
        '/proc/sys/net/ipv4/ip_local_reserved_ports': '\n',
      }),
    ),
    {
      'net.ipv4.ip_local_port_range': '32768 60999',
      'vm.unprivileged_userfaultfd': '0',
      'net.ipv4.ip_local_reserved_ports': '',
    },
  );
});

test('how far off the clock is', () => {
  const chrony = (line: string, leap = 'Normal'): string =>
    lines('Reference ID    : C0000201 (192.0.2.1)', `System time     : ${line}`, `Leap status     : ${leap}`);
  assert.equal(facts.chrony(chrony('0.000012500 seconds fast of NTP time')), 0.0000125);
  assert.equal(facts.chrony(chrony('151.260000000 seconds slow of NTP time')), -151.26);
  assert.equal(facts.chrony(chrony('0.000000000 seconds slow of NTP time', 'Not synchronised')), undefined);
  assert.equal(facts.chrony('506 Cannot talk to daemon\n'), undefined);
  // They say by how much the servers are ahead.
  const ntp = 'associd=0 status=0615 leap_none, sync_ntp, 1 event, clock_sync,\nstratum=3, precision=-23,\n';
  assert.equal(facts.ntp(`${ntp}offset=250.500, frequency=-12.3, clk_jitter=0.1\n`), -0.2505);
  assert.equal(facts.ntp(`${ntp}offset=-30000, frequency=1\n`), 30);
  assert.equal(facts.ntp('associd=0 status=c016 leap_alarm, sync_unspec,\noffset=0.000\n'), undefined);
  assert.equal(facts.timesync('       Server: 192.0.2.1 (ntp.example.org)\n       Offset: -1min 2.5s\n'), 62.5);
  assert.equal(facts.timesync('       Offset: +847us\n        Delay: 1ms\n'), -0.000847);
  assert.equal(facts.timesync('Failed to query server: no\n'), undefined);
});

test('what names resolve to', () => {
  const text = lines(
    '192.0.2.12      STREAM c2.example.org',
    '192.0.2.12      DGRAM  ',
    '192.0.2.12      RAW    ',
    '2001:db8::12    STREAM ',
    'fe80::1%eth0    STREAM ',
  );
  assert.deepEqual(facts.resolved({ text, status: 0 }), ['192.0.2.12', '2001:db8::12', 'fe80::1%eth0']);
  assert.deepEqual(facts.resolved({ text: '', status: 2 }), []);
  // The name server did not answer, which is not the same as that there is no such name.
  assert.equal(facts.resolved({ text: '', status: 137 }), undefined);
});

test('what listens, as the kernel says it', () => {
  const text = lines(
    '00000000:407D',
    '0100007F:1F90',
    '0B02000A:C000',
    '00000000000000000000000000000000:407E',
    '00000000000000000000000001000000:0016',
    'B80D0120000000000000000011000000:170C',
    '0000000000000000FFFF00000100007F:0050',
  );
  assert.deepEqual(facts.listening(text), [
    '0.0.0.0:16509',
    '127.0.0.1:8080',
    '10.0.2.11:49152',
    '[::]:16510',
    '[::1]:22',
    '[2001:db8::11]:5900',
    '[::ffff:127.0.0.1]:80',
  ]);
});

test('what became of a probe, in the words of bash, Python and netcat', () => {
  const of = (text: string, status = 1): unknown => facts.reached({ text, status });
  assert.equal(of('', 0), 'open');
  assert.equal(
    of('192.0.2.1: connect: Connection refused\n192.0.2.1: line 1: /dev/tcp/192.0.2.1/1: Connection refused'),
    'refused',
  );
  assert.equal(of('ConnectionRefusedError: [Errno 111] Connection refused'), 'refused');
  assert.equal(of('nc: connect to 192.0.2.1 port 1 (tcp) failed: Connection refused'), 'refused');
  assert.equal(of('', 137), 'filtered');
  assert.equal(of('TimeoutError: timed out'), 'filtered');
  assert.equal(of('nc: connect to 192.0.2.1 port 1 (tcp) timed out: Operation now in progress'), 'filtered');
  assert.equal(of('192.0.2.1: connect: No route to host'), 'filtered');
  assert.equal(of('c9: line 1: c9: Name or service not known'), undefined);
  assert.equal(of('BusyBox v1.21 multi-call binary.\nUsage: nc [OPTIONS] HOST PORT'), undefined);
  assert.equal(of('', 127), undefined);
});

test('paths, by stat of coreutils and busybox, and by ls', () => {
  const found = facts.paths(
    lines(
      '41ed 110 119 1700000000 4096 /var/lib/nova',
      '81a4 0 0 1700000000 12 /srv/a b',
      "stat: cannot statx '/etc/pki/CA': No such file or directory",
      "stat: can't stat '/srv/x': No such file or directory",
      "stat: cannot stat `/srv/y': Not a directory",
      "stat: cannot statx '/root/x': Permission denied",
      'drwxr-x--x 110 119 - 4096 /srv/nova',
      'ls: /srv/z: No such file or directory',
      'srwxrwx--- 0 115 - 0 /run/libvirt/libvirt-sock',
    ),
  );
  assert.deepEqual(Object.fromEntries(found), {
    '/var/lib/nova': { type: 'folder', mode: 0o755, uid: 110, gid: 119, modified: 1_700_000_000 },
    '/srv/a b': { type: 'file', mode: 0o644, uid: 0, gid: 0, modified: 1_700_000_000 },
    '/etc/pki/CA': null,
    '/srv/x': null,
    '/srv/y': null,
    '/srv/nova': { type: 'folder', mode: 0o751, uid: 110, gid: 119 },
    '/srv/z': null,
    '/run/libvirt/libvirt-sock': { type: 'other', mode: 0o770, uid: 0, gid: 115 },
  });
});

test('mounts', () => {
  const text = lines(
    'sysfs /sys sysfs rw 0 0',
    '/dev/vda1 / ext4 rw,relatime 0 0',
    '192.168.3.10:/srv/nova\\040instances /var/lib/nova/instances nfs4 rw,addr=192.168.3.10 0 0',
    '/dev/vdb /srv ext4 rw 0 0',
    'tmpfs /srv tmpfs rw 0 0',
    'hugetlbfs /dev/hugepages hugetlbfs rw 0 0',
    '10.0.0.5:/ /mnt ceph rw,name=nova,secret=AQB,acl 0 0',
  );
  assert.deepEqual(facts.mounts(text), {
    '/': { source: '/dev/vda1', type: 'ext4', options: 'rw,relatime' },
    '/var/lib/nova/instances': {
      source: '192.168.3.10:/srv/nova instances',
      type: 'nfs4',
      options: 'rw,addr=192.168.3.10',
    },
    '/srv': { source: 'tmpfs', type: 'tmpfs', options: 'rw' },
    '/dev/hugepages': { source: 'hugetlbfs', type: 'hugetlbfs', options: 'rw' },
    '/mnt': { source: '10.0.0.5:/', type: 'ceph', options: 'rw,name=nova,secret=***,acl' },
  });
});

describe('certificates', () => {
  const NAMED = `-----BEGIN CERTIFICATE-----
MIICDTCCAbKgAwIBAgIURjEnOOfTYIus7KiFk777VrI8bx4wCgYIKoZIzj0EAwIw
PjELMAkGA1UEBhMCREUxFjAUBgNVBAoMDUV4YW1wbGUsIEluYy4xFzAVBgNVBAMM
DmMxLmV4YW1wbGUub3JnMCAXDTI2MTEyMTE0MTk0NVoYDzIxMjYxMDI4MTQxOTQ1
WjA+MQswCQYDVQQGEwJERTEWMBQGA1UECgwNRXhhbXBsZSwgSW5jLjEXMBUGA1UE
AwwOYzEuZXhhbXBsZS5vcmcwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAThUnXG
gbQW/jn9d/XSRzMNMeTkOzllKb8A5j2Qeu29oEOX8IlFScpizVjdYtOcrB9Mijt2
If8w75ut955FjvOzo4GLMIGIMB0GA1UdDgQWBBSpktZI56CmTUX3SXV1n8D654Li
CTAfBgNVHSMEGDAWgBSpktZI56CmTUX3SXV1n8D654LiCTAPBgNVHRMBAf8EBTAD
AQH/MDUGA1UdEQQuMCyCDmMxLmV4YW1wbGUub3JnggJDMYcEwAACC4cQIAENuAAA
AAAAAAAAAAAAETAKBggqhkjOPQQDAgNJADBGAiEAgyjt/oFJDDBVkzUM3sIaJXxn
cqhrqlQAPHP5RX8xXL4CIQCmCIDCnEGc6SlwxuvS/6HPJL0T5mWOQh9THUXJMHTH
hQ==
-----END CERTIFICATE-----
`;
  const PLAIN = `-----BEGIN CERTIFICATE-----
MIIBsjCCAVegAwIBAgIUaZ0fgwMxr7/sAIVoe1WESBz81gswCgYIKoZIzj0EAwIw
LTEeMAwGA1UECwwFQ2xvdWQwDgYDVQQKDAdFeGFtcGxlMQswCQYDVQQDDAJjMjAg
Fw0yNjExMjExNDE5NDZaGA8yMTI2MTAyODE0MTk0NlowLTEeMAwGA1UECwwFQ2xv
dWQwDgYDVQQKDAdFeGFtcGxlMQswCQYDVQQDDAJjMjBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABAU/lq1tx3nVYtGAXY5ms5/NjNPJpAiSGSJ9JOpdemoyWZYmugAg
8dq2QRR1iHySYrbgm9KE1LpAROMLPXcRVjijUzBRMB0GA1UdDgQWBBSXy//Rj589
hcfNHt+hRxOmwQxNajAfBgNVHSMEGDAWgBSXy//Rj589hcfNHt+hRxOmwQxNajAP
BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0kAMEYCIQCWYfqjfjBWDiwhDou6
qYQ9Gp7/COWbtq2fzfcj+r8KXQIhAP3JcmBoNl0obdTIsKEpq6qzfVPBZ3wphe7d
GzxehYAb
-----END CERTIFICATE-----
`;
  /** Of certtool, with an elliptic curve. */
  const CURVE = `-----BEGIN CERTIFICATE-----
MIIBrjCCAVSgAwIBAgIUax1fBCIBm7Z+7EtPMveVobop2DUwCgYIKoZIzj0EAwIw
DTELMAkGA1UEAxMCQ0EwIBcNMjYxMTIxMjAxNjExWhgPMjEyNjEwMjgyMDE2MTFa
MA0xCzAJBgNVBAMTAmMzMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEcJOC+zcc
lyVIdPVGP8Y0smRXji9qQk7uBH+2dNw0D5iYLgYpTd8mhVX72zbi+fx2AtS9E/od
Y8zPFe1X82n5EKOBjzCBjDAMBgNVHRMBAf8EAjAAMB0GA1UdJQQWMBQGCCsGAQUF
BwMCBggrBgEFBQcDATANBgNVHREEBjAEggJjMzAOBgNVHQ8BAf8EBAMCB4AwHQYD
VR0OBBYEFKX4M/30gkxJxCYN2dxmoziMJs8/MB8GA1UdIwQYMBaAFIE0YC6vIdJS
7cU28nKNQAh4q6QYMAoGCCqGSM49BAMCA0gAMEUCIQCUXXUxnSOCc9ky2CEqOGvI
YpRZBvr8udy/2WWIlAvlOAIgUn07Cfg6/GDGLAfmJ+vh0cVnKdiWJP9OTadQ6HeP
oGg=
-----END CERTIFICATE-----
`;
  const dates = {
    notBefore: Date.UTC(2026, 10, 21, 14, 19, 45) / 1000,
    notAfter: Date.UTC(2126, 9, 28, 14, 19, 45) / 1000,
  };

  test('as openssl x509 -nameopt RFC2253 says it', () => {
    assert.deepEqual(facts.certificate(NAMED), {
      subject: 'CN=c1.example.org,O=Example\\, Inc.,C=DE',
      names: ['c1.example.org', 'c1', '192.0.2.11', '2001:db8::11'],
      ...dates,
      issuer: 'CN=c1.example.org,O=Example\\, Inc.,C=DE',
      ...{
        keyId: 'a992d648e7a0a64d45f74975759fc0fae782e209',
        authorityKeyId: 'a992d648e7a0a64d45f74975759fc0fae782e209',
      },
    });
  });

  test('of whom it is, and what its key is for', () => {
    const { issuer, keyId, authorityKeyId, keyUsage, several } = facts.certificate(CURVE)!;
    assert.deepEqual(
      [issuer, keyId, authorityKeyId],
      ['CN=CA', 'a5f833fdf4824c49c4260dd9dc66a3388c26cf3f', '8134602eaf21d252edc536f2728d400878aba418'],
    );
    assert.deepEqual([keyUsage, several], [['digitalSignature'], undefined]);
    assert.equal(facts.certificate(CURVE + CURVE)?.several, true);
  });

  test('without names of its own it is good for its common name; what is none is none', () => {
    const found = facts.certificate(PLAIN);
    assert.equal(found?.subject, 'CN=c2,O=Example+OU=Cloud');
    assert.deepEqual(found.names, ['c2']);
    assert.equal(facts.certificate('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'), undefined);
    assert.equal(facts.certificate(''), undefined);
  });
});

test('of a whole node: as the schema and facts.json have it', () => {
  const { facts: found, failures } = facts.factsOf(answer(NODE));
  assert.deepEqual(failures, []);
  assert.deepEqual(readFacts(JSON.stringify(found)), found);
  const schema = JSON.parse(readFileSync(path.join(__dirname, '../../docs/facts.schema.json'), 'utf8')) as object;
  const valid = new Ajv2020({ strict: false }).compile(schema);
  assert.ok(valid(found), JSON.stringify(valid.errors));
  const names = Object.keys((schema as { properties: object }).properties).sort();
  const measured = names.filter((name) => !ELSEWHERE.has(name));
  assert.deepEqual(Object.keys(found).sort(), measured, 'every field there is, and no other');
});

/** Fields that are not made of one node's answer. */
const ELSEWHERE = new Set(['sharesInstances', 'images', 'pools']);

function answer(outputs: Record<string, Output>): Answer {
  const look = { type: 'file', mode: 0o640, uid: 0, gid: 109, modified: 1_700_000_100 } as const;
  const looked =
    Object.keys(outputs).length > 10 ? [{ path: 'etc/nova/nova.conf', bytes: new Uint8Array(), look }] : [];
  return { files: looked, outputs: new Map(Object.entries(outputs)), failures: [], whole: true, begun: true };
}

const said = (text: string, status = 0): Output => ({ text, status });

/** A compute node of Ubuntu 22.04. */
const NODE: Record<string, Output> = {
  now: said('1700000000\n'),
  kernel: said('== /proc/sys/kernel/hostname\nc1\n== /proc/sys/kernel/osrelease\n5.15.0-91-generic\n'),
  fqdn: said('c1.example.org\n'),
  addresses: said('2: ens3    inet 192.0.2.11/24 brd 192.0.2.255 scope global ens3\n'),
  init: said('systemd\n/usr/lib/systemd/systemd\nsystemd\n'),
  release: said('== /etc/os-release\nID=ubuntu\nVERSION_ID="22.04"\n== /etc/debian_version\nbookworm/sid\n'),
  libvirt: said('libvirtd (libvirt) 8.0.0\n'),
  qemu: said('QEMU emulator version 6.2.0 (Debian 1:6.2+dfsg-2ubuntu6.16)\n'),
  'nova-package': said('nova-25.2.1.egg-info\n'),
  sockets: said('libvirtd.socket loaded active running Libvirt local socket\n'),
  daemons: said('ticks 100\nbtime 1700000000\n== 812 libvirtd 2550\n/usr/sbin/libvirtd\n'),
  'id nova': said('uid=64060(nova) gid=64060(nova) groups=64060(nova),115(libvirt)\n'),
  'id qemu': said("id: 'qemu': no such user\n", 1),
  cpuinfo: said('vendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC\nflags\t\t: fpu\nmicrocode\t: 0x1000065\n'),
  machines: said('Supported machines are:\npc                   Standard PC (alias of pc-i440fx-jammy)\n'),
  meminfo: said('== /proc/meminfo\nMemTotal:       24684084 kB\nMemAvailable:   18754120 kB\n'),
  hugepages: said('== /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages\n512\n'),
  sysctls: said('== /proc/sys/vm/swappiness\n60\n'),
  chrony: said('System time     : 0.000012500 seconds fast of NTP time\nLeap status     : Normal\n'),
  'peer c2': said('192.0.2.12      STREAM c2\n'),
  listening: said('00000000:407D\n'),
  'probe 192.0.2.12:16509': said('', 137),
  'paths /var/lib/nova/instances': said('41ed 64060 64060 1700000000 4096 /var/lib/nova/instances\n'),
  mounts: said('== /proc/self/mounts\n/dev/vda1 / ext4 rw 0 0\n'),
  security: said(
    '== /sys/fs/selinux/enforce\n1\n== /sys/fs/selinux/booleans/virt_use_nfs\n0 0\n\n== /sys/module/apparmor/parameters/enabled\nY\n== /sys/class/dmi/id/product_uuid\n1E3B2F0A-5D0C-4C5E-9C42-0F0F0F0F0F0E\n',
  ),
  interfaces: said('br-int\nens3\nlo\n'),
  nft: said('{"nftables": []}\n'),
  exported: said('/srv  192.0.2.0/24(sync,wdelay,hide,no_subtree_check,sec=sys,rw,root_squash,no_all_squash)\n'),
  shown: said('/srv 192.0.2.0/24\n'),
  ssh: said('home root /root\n/etc/ssh/ssh_host_rsa_key.pub ssh-rsa AAAA\n'),
  rpc: said('   program vers proto   port  service\n    100005    3   tcp  20048  mountd\n'),
  'room /var/lib/nova/instances': said('4096 66053021 20023248\n'),
  'writer nova /var/lib/nova/instances': said('', 1),
  virsh: said(recorded('libvirt-9.0.0-virsh.txt')),
  instances: said(recorded('libvirt-9.0.0-dumpxml.txt')),
  'certificate /etc/pki/libvirt/servercert.pem': said(
    '-----BEGIN CERTIFICATE-----\nMIIBsjCCAVegAwIBAgIUaZ0fgwMxr7/sAIVoe1WESBz81gswCgYIKoZIzj0EAwIwLTEeMAwGA1UECwwFQ2xvdWQwDgYDVQQKDAdFeGFtcGxlMQswCQYDVQQDDAJjMjAgFw0yNjExMjExNDE5NDZaGA8yMTI2MTAyODE0MTk0NlowLTEeMAwGA1UECwwFQ2xvdWQwDgYDVQQKDAdFeGFtcGxlMQswCQYDVQQDDAJjMjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABAU/lq1tx3nVYtGAXY5ms5/NjNPJpAiSGSJ9JOpdemoyWZYmugAg8dq2QRR1iHySYrbgm9KE1LpAROMLPXcRVjijUzBRMB0GA1UdDgQWBBSXy//Rj589hcfNHt+hRxOmwQxNajAfBgNVHSMEGDAWgBSXy//Rj589hcfNHt+hRxOmwQxNajAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0kAMEYCIQCWYfqjfjBWDiwhDou6qYQ9Gp7/COWbtq2fzfcj+r8KXQIhAP3JcmBoNl0obdTIsKEpq6qzfVPBZ3wphe7dGzxehYAb\n-----END CERTIFICATE-----\n',
  ),
};

test('where a disk lies: its size in qcow2’s header, another file, nothing, not seen', () => {
  const header = ' 51 46 49 fb 00 00 00 03 00 00 00 00 00 00 00 00\n 00 00 00 00 00 00 00 10 00 00 00 00 01 00 00 00\n';
  const look = '81a4 0 0 1700000000 196616 /i/a disk\n';
  assert.deepEqual(image(look + header), { qcow2: 16_777_216 });
  assert.deepEqual(image(look + header.replace('51', '52')), {});
  assert.deepEqual(image(look), {});
  assert.deepEqual(image(`${look}${header}192\t/i/a disk\n\n`), { qcow2: 16_777_216, used: 196_608 });
  assert.deepEqual(image(`${look} 00 00\n4       /i/1 /x\n`), { used: 4096 });
  assert.equal(image("stat: cannot statx '/i/a': No such file or directory\n"), null);
  assert.equal(image('41ed 0 0 1700000000 4096 /i/a\n'), undefined);
  assert.equal(image("stat: cannot statx '/i/a': Permission denied\n"), undefined);
  assert.equal(image(''), undefined);
});

test('folders of storage pools', () => {
  const pool = (folder: string): string =>
    `<pool type='dir'>\n  <name>a</name>\n  <source>\n  </source>\n  <target>\n    <path>${folder}</path>\n  </target>\n</pool>\n\n`;
  assert.deepEqual(pools(pool('/i') + pool('/a&amp;b')), ['/i', '/a&b']);
  assert.deepEqual(pools("<pool type='rbd'>\n  <source>\n    <name>vms</name>\n  </source>\n</pool>\n"), []);
});
