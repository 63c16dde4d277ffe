import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { matrixOf, type Matrix } from '../../server/src/migration/matrix';
import { judge, type Verdict } from '../../server/src/migration/preflight';
import { Cluster } from '../../server/src/model/cluster';
import type { SourceFile } from '../../server/src/model/files';
import type { HostInput } from '../../server/src/model/host';
import { fileOf } from '../support/cluster';

interface Node {
  readonly name: string;
  readonly ip: string;
  /** Which of the faults below it has. */
  readonly faults: readonly string[];
}

const FAULTS = [
  ...['no-listen', 'uid', 'foreign-my-ip', 'host-name', 'no-peers', 'wrong-peer', 'cpu', 'clock', 'restart', 'expired'],
  ...[
    'blocked',
    'unresolved',
    'other-storage',
    'not-exported',
    'firewall',
    'qemu',
    'wild',
    'auth',
    'loopback',
    'scheme',
  ],
  // Of another node's name: to nobody's address, and to its own.
  ...['misled', 'crossed'],
  // Over SSH: right, without the next node's host key, with a key that nobody takes.
  ...['ssh', 'ssh-unknown', 'ssh-refused'],
] as const;

/** A small cluster that a deployment tool wrote, with faults here and there. */
function clusterOf(nodes: readonly Node[]): { readonly hosts: HostInput[]; readonly inventory: SourceFile } {
  const all = [...nodes, { name: 'filer', ip: '10.0.9.9', faults: [] as readonly string[] }];
  const hosts = all.map(({ name, ip, faults }, self): HostInput => {
    const has = (fault: (typeof FAULTS)[number]): boolean => faults.includes(fault);
    const next = nodes[(self + 1) % nodes.length]!;
    const peers = all.map((p) => {
      const wrong = has('wrong-peer') && p === next;
      return has('no-peers') && p === next ? '' : `${wrong ? '10.0.0.250' : p.ip} ${p.name}.example.net ${p.name}\n`;
    });
    const nextAt = has('unresolved') ? [] : [has('misled') ? '10.0.0.250' : has('crossed') ? ip : next.ip];
    const facts = {
      measured: 1_700_000_000 + self * 17,
      hostname: name,
      fqdn: `${name}.example.net`,
      addresses: { eth0: [ip, `fe80::${self + 1}`], virbr0: ['192.168.122.1'] },
      libvirt: '9.0.0',
      qemu: has('qemu') ? '5.2.0' : '7.2.0',
      nova: '26.0.0',
      cpu: { vendor: 'GenuineIntel', flags: has('cpu') ? ['sse2'] : ['sse2', 'avx'] },
      ...(name !== 'filer' && { emulator: '/usr/bin/qemu-system-x86_64' }),
      memory: { total: 64_000, available: 1000 + self * 321 },
      clockOffset: has('clock') ? 400 : self * 0.01,
      ids: { nova: { uid: has('uid') ? 999 : 998, gid: 998 }, 'libvirt-qemu': { uid: 64055, gid: 994 } },
      started: { 'nova-compute': 1000 + self, libvirtd: 1000 + self },
      paths: {
        '/etc/nova/nova.conf': {
          type: 'file',
          mode: 416,
          uid: 0,
          gid: 0,
          modified: has('restart') ? 5000 : 500 + self,
        },
      },
      listening: ['0.0.0.0:22', `${has('loopback') ? '127.0.0.1' : '0.0.0.0'}:16509`, `0.0.0.0:${5900 + self}`],
      resolves: Object.fromEntries(all.map((p) => [p.name, p === next ? nextAt : [p.ip]])),
      reaches: Object.fromEntries(
        all.flatMap((p) =>
          p.name === name ? [] : [[`${p.ip}:16509`, has('blocked') && p === next ? 'filtered' : 'open']],
        ),
      ),
      certificates: {
        '/etc/pki/libvirt/servercert.pem': {
          names: [has('wild') ? '*.example.org' : '*.example.net'],
          notAfter: has('expired') ? 1_600_000_000 : 1_900_000_000 + self * 1000,
        },
      },
      firewall: {
        tools: ['nft'],
        ipv4: [
          [{ from: has('firewall') ? ['192.0.2.0/24'] : all.map((p) => p.ip), verdict: 'accept' }, { verdict: 'drop' }],
        ],
      },
      ssh: {
        known: all.flatMap((p) =>
          has('ssh-unknown') && p === next
            ? []
            : [`${p.name},${p.ip} ${keyOf(p, 'host')}`, `|1|${name}|x= ${keyOf(p, 'host')}`],
        ),
        keys: [keyOf({ name: has('ssh-refused') ? 'nobody' : name }, 'root')],
        authorized: { root: all.map((p) => keyOf(p, 'root')) },
        hostKeys: [keyOf({ name }, 'host')],
        ...{ client: [], server: [] },
      },
      instances: [{ name: `instance-${self}`, uuid: `${self}`, state: 'running', memory: 4096, disks: [] }],
    };
    const overSsh = faults.some((fault) => fault.startsWith('ssh'));
    const scheme = has('scheme') || overSsh ? `live_migration_scheme = ${overSsh ? 'ssh' : 'tls'}\n` : '';
    const files: Record<string, string> = {
      'etc/hosts': `127.0.0.1 localhost\n${peers.join('')}`,
      'etc/hostname': `${name}\n`,
      'etc/passwd': `root:x:0:0:root:/root:/bin/bash\nnova:x:${has('uid') ? 999 : 998}:998::/var/lib/nova:/bin/sh\n`,
      'facts.json': `${JSON.stringify(facts, undefined, 2)}\n`,
    };
    if (name === 'filer')
      files['etc/exports'] = `/nova ${nodes
        .filter((n) => !n.faults.includes('not-exported'))
        .map((n) => `${n.name}(rw,sync,no_root_squash,no_subtree_check)`)
        .join(' ')}\n`;
    else
      Object.assign(files, {
        'etc/nova/nova.conf': `[DEFAULT]\nmy_ip = ${has('foreign-my-ip') ? next.ip : ip}\nhost = ${has('host-name') ? 'localhost' : name}\ninstances_path = /var/lib/nova/instances\ncompute_driver = libvirt.LibvirtDriver\n[libvirt]\nvirt_type = kvm\n${scheme}live_migration_inbound_addr = ${ip}\n[vnc]\nserver_listen = ${ip}\nserver_proxyclient_address = ${ip}\n`,
        'etc/libvirt/libvirtd.conf': `listen_tls = 0\nlisten_tcp = ${has('no-listen') ? 0 : 1}\nauth_tcp = "${has('auth') ? 'sasl' : 'none'}"\n`,
        'etc/libvirt/qemu.conf': 'user = "libvirt-qemu"\n',
        'etc/fstab': `${has('other-storage') ? 'filer:/other' : 'filer:/nova'} /var/lib/nova/instances nfs4 rw,hard,_netdev 0 0\n`,
      });
    return {
      name,
      folder: `file:///cluster/${name}`,
      files: Object.entries(files).map(([path, text]) => ({
        ...fileOf(path, text),
        uri: `file:///cluster/${name}/${path}`,
      })),
    };
  });
  const sections = all.map(
    ({ name, ip }) => `[node ${name}]\naddress = ${ip}\nroles = ${name === 'filer' ? 'nfs' : 'compute'}\n`,
  );
  return { hosts, inventory: fileOf('livemig.ini', `release = zed\n\n${sections.join('\n')}`) };
}

const keyOf = ({ name }: Pick<Node, 'name'>, of: string): string =>
  `ssh-ed25519 SHA256:${createHash('sha256').update(`${of} ${name}`).digest('base64').slice(0, 43)}`;

/** What of a verdict is the same whatever the two nodes are called. */
const bare = (verdict: Verdict | null): unknown =>
  verdict && [verdict.state, verdict.reasons.map((r) => `${r.severity} ${r.finding.rule.id}`).sort()];

function cellOf({ groups, cells }: Matrix, source: string, destination: string): Verdict | null {
  const at = (name: string): number => groups.findIndex((group) => group.includes(name));
  return cells[at(source)]![at(destination)]!;
}

const same = (names: readonly string[]): Node[] =>
  names.map((name, i) => ({ name, ip: `10.0.0.${i + 1}`, faults: [] }));

describe('the matrix of a cluster', () => {
  test('equal nodes are one group, and their servers no row', async () => {
    const { groups, cells } = await matrixOf({ root: 'file:///cluster', ...clusterOf(same(['c1', 'c2', 'c3', 'c4'])) });
    assert.deepEqual(groups, [['c1', 'c2', 'c3', 'c4']]);
    assert.notEqual(cells[0]![0], null, 'a pair within the group was judged');
  });

  test('each fault parts the nodes that have it, or that it is about', async () => {
    for (const fault of FAULTS) {
      const nodes = same(['c1', 'c2', 'c3', 'c4', 'c5', 'c6']);
      nodes[1] = { ...nodes[1]!, faults: [fault] };
      const { groups } = await matrixOf({ root: 'file:///cluster', ...clusterOf(nodes) });
      assert.ok(
        groups.some((group) => group.includes('c2') && !group.includes('c1')),
        `${fault}: ${JSON.stringify(groups)}`,
      );
      assert.ok(groups.length <= 4 && groups.some((group) => group.length >= 3), `${fault}: ${JSON.stringify(groups)}`);
    }
  });

  test('who resolves no name of its own is like who resolves all, and a name may be one that every object has', async () => {
    const { hosts, inventory } = clusterOf(same(['c1', 'constructor', 'c3', 'c4', 'toString']));
    const selfless = hosts.map((host) => ({
      ...host,
      files: host.files.map((file) => {
        if (file.kind !== 'facts') return file;
        const facts = JSON.parse(file.text) as { resolves: Record<string, string[]> };
        const others = Object.entries(facts.resolves).filter(([name]) => name !== host.name);
        return { ...file, text: JSON.stringify({ ...facts, resolves: Object.fromEntries(others) }) };
      }),
    }));
    const { groups } = await matrixOf({ root: 'file:///cluster', hosts: selfless, inventory });
    assert.equal(Math.max(...groups.map((group) => group.length)), 5, JSON.stringify(groups));
  });

  test('what a group is told is what each pair of it would be told', async () => {
    const node = fc.record({
      name: fc.constantFrom(...Array.from({ length: 12 }, (_, i) => `c${i + 1}`)),
      faults: fc.subarray([...FAULTS], { maxLength: 1 }),
      address: fc.integer({ min: 1, max: 240 }),
    });
    let grouped = 0;
    await fc.assert(
      fc.asyncProperty(
        fc
          .uniqueArray(node, { selector: (n) => n.name, minLength: 3, maxLength: 4 })
          .filter((list) => new Set(list.map((n) => n.address)).size === list.length),
        fc.boolean(),
        async (list, plain) => {
          const nodes = list.map(({ name, address, faults }, i): Node => ({
            name,
            ip: `10.0.0.${address}`,
            faults: plain && i > 0 ? [] : faults,
          }));
          const { hosts, inventory } = clusterOf(nodes);
          const matrix = await matrixOf({ root: 'file:///cluster', hosts, inventory });
          grouped += matrix.groups.filter((g) => g.length > 1).length;
          const files = hosts.map((h) => ({ ...h, files: h.files.map((f) => withoutInstances(f)) }));
          const cluster = new Cluster({ root: 'file:///cluster', hosts: files, inventory, sharesInventory: true });
          for (const from of nodes)
            for (const to of nodes) {
              if (from === to) continue;
              const [source, destination] = [from, to].map((n) => cluster.hosts.find((h) => h.name === n.name)!);
              const alone = judge({ cluster, source: source! }, destination!);
              assert.deepEqual(
                bare(cellOf(matrix, from.name, to.name)),
                bare(alone),
                `${from.name} to ${to.name} in ${JSON.stringify(matrix.groups)}`,
              );
            }
        },
      ),
      { numRuns: 30 },
    );
    assert.ok(grouped > 10, `${grouped} groups`);
  });

  test('a finding stands on the line that it has in the file as it is, with the guests in it', async () => {
    const nodes = same(['c1', 'c2', 'c3']);
    nodes[0] = { ...nodes[0]!, faults: ['unresolved'] };
    const { hosts, inventory } = clusterOf(nodes);
    const { cells } = await matrixOf({ root: 'file:///cluster', hosts, inventory });
    const original = new Map(hosts.flatMap((h) => h.files.map((f) => [f.uri, f.text])));
    const found = cells.flat().flatMap((v) => v?.reasons ?? []);
    assert.ok(found.length > 0);
    for (const { finding } of found) {
      const { file, span } = finding;
      assert.equal(original.get(file.uri)?.slice(span.start, span.end), file.text.slice(span.start, span.end));
    }
  });
});

function withoutInstances(file: SourceFile): SourceFile {
  if (file.kind !== 'facts') return file;
  const facts = JSON.parse(file.text) as Record<string, unknown>;
  return { ...file, text: `${JSON.stringify({ ...facts, instances: [] }, undefined, 2)}\n` };
}
