// What draining a node would do: destinations, order, and why something stays.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { planDrain, type DrainInput } from '../../server/src/migration/drain/plan';
import { verdictsFrom } from '../../server/src/migration/drain/verdicts';
import type { Instance } from '../../server/src/migration/driver';
import { judge } from '../../server/src/migration/preflight';
import type { MigrateOptions } from '../../server/src/migration/types';
import { clusterOf } from '../support/cluster';

const guest = (name: string, memory: number, more: Partial<Instance> = {}): Instance => ({
  ...{ uuid: `uuid-${name}`, name, node: 'a', state: 'running', memory, migrating: false },
  ...more,
});
const READY = { state: 'ready', reasons: [] } as const;
const input = (more: Partial<DrainInput>): DrainInput => ({
  ...{ node: 'a', instances: [], rooms: [], scheduler: false, verdict: () => READY },
  ...more,
});
const names = (plan: ReturnType<typeof planDrain>) =>
  plan.moves.map(({ instance, destination }) => `${instance.name} → ${destination ?? '?'}`);
const stays = (plan: ReturnType<typeof planDrain>) => plan.stay.map(({ instance, why }) => `${instance.name}: ${why}`);

describe('the plan of a drain', () => {
  test('small ones go first; each has the most room that is left', () => {
    const instances = [guest('large', 4000), guest('small', 500), guest('middle', 1000)];
    const rooms = [
      { node: 'b', free: 4500 },
      { node: 'c', free: 3000 },
    ];
    assert.deepEqual(names(planDrain(input({ instances, rooms }))), ['small → c', 'middle → c', 'large → b']);
  });

  test('a ready node goes before one with warnings, however little room it has', () => {
    const rooms = [
      { node: 'b', free: 9000 },
      { node: 'c', free: 1000 },
    ];
    const verdict: DrainInput['verdict'] = (_, node) => (node === 'b' ? { state: 'warnings', reasons: [] } : READY);
    const plan = planDrain(input({ instances: [guest('x', 600), guest('y', 600)], rooms, verdict }));
    assert.deepEqual(
      plan.moves.map((m) => [m.instance.name, m.destination, m.state]),
      [
        ['x', 'c', 'ready'],
        ['y', 'b', 'warnings'],
      ],
    );
  });

  test('where nova chooses, placement has the last word on room: for each, and together where all go to one', () => {
    const instances = [guest('large', 4000), guest('small', 500), guest('middle', 1000)];
    const plan = (placement: Record<string, number>, to?: string) =>
      planDrain(input({ instances, scheduler: true, placement: new Map(Object.entries(placement)), to }));
    const chosen = plan({ a: 9000, b: 1000, c: 600 });
    assert.deepEqual(names(chosen), ['small → ?', 'middle → ?']);
    assert.deepEqual(stays(chosen), ['large: placement has no room for its 4000 MiB: b has 1000, c has 600']);
    const named = plan({ b: 4700, c: 9000 }, 'b');
    assert.deepEqual(names(named), ['small → b', 'large → b']);
    assert.deepEqual(stays(named), ['middle: placement has no room for its 1000 MiB: b has 700']);
    for (const unknown of [{}, { b: 0, c: Infinity }]) assert.deepEqual(stays(plan(unknown)), []);
  });

  test('what stays says why', () => {
    const instances = [
      guest('off', 1, { state: 'shut off' }),
      guest('moving', 1, { migrating: true }),
      guest('huge', 64_000),
      guest('odd', 10),
    ];
    const rooms = [
      { node: 'b', free: 1000 },
      { node: 'c', free: 500 },
    ];
    const blocked = { state: 'blocked', reasons: [] } as const;
    const verdict: DrainInput['verdict'] = ({ name }) => (name === 'odd' ? blocked : READY);
    const unread = new Map([['d', 'Connection refused']]);
    const plan = planDrain(input({ instances, rooms, verdict, unread }));
    assert.deepEqual(names(plan), []);
    assert.deepEqual(stays(plan), [
      'huge: no room for its 64000 MiB after those that go before it: b has 1000, c has 500; not read: d',
      'moving: it is being migrated already',
      'odd: pre-flight says no: b, c; not read: d',
      'off: it is shut off: only a guest that runs moves live',
    ]);
    assert.deepEqual(stays(planDrain(input({ instances: [guest('x', 1)] }))), [
      'x: there is no other node that runs guests',
    ]);
  });

  test('disks that are copied take room, too: of each file system what those before leave, never more than is known', () => {
    const instances = [guest('large', 30), guest('middle', 20), guest('small', 10), guest('shared', 5)];
    const rooms = [
      { node: 'b', free: 1000, disks: new Map([['/', 100]]) },
      { node: 'c', free: 15, disks: new Map([['/', 9000]]) },
    ];
    const takes = (mib: number, on = '/') => ({ ...READY, copied: new Map([[on, mib]]) });
    const verdict: DrainInput['verdict'] = ({ name }) => (name === 'shared' ? READY : takes(60.5));
    const plan = planDrain(input({ instances, rooms, verdict }));
    assert.deepEqual(names(plan), ['shared → b', 'small → c', 'large → b']);
    assert.deepEqual(
      plan.moves.map(({ storage, disks }) => [storage, disks?.get('/')]),
      [
        [undefined, undefined],
        ['copy', 60.5],
        ['copy', 60.5],
      ],
    );
    assert.deepEqual(stays(plan), [
      'middle: no room for its 20 MiB after those that go before it: c has 15; ' +
        'no room for a copy of its disks after those that go before it: b has 39 of 61 MiB on /',
    ]);
    for (const free of [takes(9e9, '/other'), { ...READY, copied: new Map<string, number>() }])
      assert.deepEqual(stays(planDrain(input({ instances, rooms, verdict: () => free }))), []);
  });

  test('where a file of a disk is that is there already goes last', () => {
    const rooms = [
      { node: 'b', free: 9000 },
      { node: 'c', free: 100 },
    ];
    const verdict: DrainInput['verdict'] = (_, node) => (node === 'b' ? READY : { ...READY, copied: new Map() });
    const plan = planDrain(input({ instances: [guest('x', 60), guest('y', 60)], rooms, verdict }));
    assert.deepEqual(
      plan.moves.map((m) => [m.instance.name, m.destination, m.storage]),
      [
        ['x', 'c', 'copy'],
        ['y', 'b', undefined],
      ],
    );
  });

  test('to a node that was named, if it has room and nothing speaks against it', () => {
    const rooms = [
      { node: 'b', free: 100 },
      { node: 'c', free: 9000 },
    ];
    const plan = planDrain(input({ instances: [guest('x', 60), guest('y', 70)], rooms, to: 'b' }));
    assert.deepEqual(names(plan), ['y → b']);
    assert.match(stays(plan)[0]!, /^x: no room for its 60 MiB .*: b has 30$/);
    assert.match(stays(planDrain(input({ instances: [guest('x', 1)], rooms, to: 'z' })))[0]!, /z runs no guests/);
  });

  test("nova's scheduler chooses, unless no node at all is open or one was named", () => {
    const rooms = [
      { node: 'b', free: 1 },
      { node: 'c', free: 1 },
    ];
    const instances = [guest('x', 5000)];
    const one: DrainInput['verdict'] = (_, node) => (node === 'b' ? { state: 'blocked', reasons: [] } : READY);
    const none: DrainInput['verdict'] = () => ({ state: 'blocked', reasons: [] });
    assert.deepEqual(names(planDrain(input({ instances, rooms, scheduler: true, verdict: one }))), ['x → ?']);
    assert.deepEqual(stays(planDrain(input({ instances, rooms, scheduler: true, verdict: none }))), [
      'x: pre-flight says no: b, c',
    ]);
    const unread = new Map([['d', 'it is not in livemig.ini']]);
    const open = planDrain(input({ instances, rooms, scheduler: true, verdict: none, unread }));
    assert.deepEqual([names(open), open.moves[0]?.state], [['x → ?'], 'warnings']);
    assert.deepEqual(names(planDrain(input({ instances, rooms, scheduler: true, to: 'c' }))), ['x → c']);
    const named = planDrain(input({ instances, rooms, scheduler: true, verdict: none, unread, to: 'b' }));
    assert.deepEqual(stays(named), ['x: pre-flight says no: b']);
  });

  test('what nova holds stays; where it lets nothing go all stays', () => {
    const instances = [guest('x', 1, { held: 'nova has it as ERROR' }), guest('y', 1)];
    const plan = planDrain(input({ instances, scheduler: true }));
    assert.deepEqual([names(plan), stays(plan)], [['y → ?'], ['x: nova has it as ERROR']]);
    assert.deepEqual(stays(planDrain(input({ instances, scheduler: true, nowhere: 'nova has no other' }))), [
      'x: nova has it as ERROR',
      'y: nova has no other',
    ]);
  });

  test('never over a room; everything moves where it may, or stays with a reason', () => {
    const state = fc.constantFrom('running', 'running', 'running', 'paused', 'shut off', 'crashed');
    const one = fc.record({ memory: fc.option(fc.integer({ min: 0, max: 9000 })), state, migrating: fc.boolean() });
    const free = fc.option(fc.integer({ min: -600, max: 20_000 }));
    const verdicts = fc.array(fc.constantFrom('ready', 'warnings', 'blocked'), { minLength: 7, maxLength: 7 });
    fc.assert(
      fc.property(
        fc.array(one, { maxLength: 30 }),
        fc.array(free, { maxLength: 6 }),
        verdicts,
        fc.boolean(),
        fc.option(fc.constantFrom('n0', 'n1', 'n5')),
        (guests, frees, states, scheduler, to) => {
          const instances = guests.map(({ memory, ...rest }, i): Instance => ({
            ...{ uuid: String(i), name: `g${i}`, node: 'a', ...rest },
            ...(memory !== null && { memory }),
          }));
          const rooms = frees.map((f, i) => ({ node: `n${i}`, free: f ?? undefined }));
          const stateOf = ({ uuid }: Instance, node: string) => states[(Number(uuid) + Number(node.slice(1))) % 7]!;
          const plan = planDrain({
            ...{ node: 'a', instances, rooms, scheduler, to: to ?? undefined },
            verdict: (instance, node) => ({ state: stateOf(instance, node) as 'ready', reasons: [] }),
          });
          const all = [...plan.moves, ...plan.stay].map(({ instance }) => instance.uuid);
          assert.deepEqual([...all].sort(), instances.map((i) => i.uuid).sort());
          assert.ok(plan.stay.every(({ why }) => why !== ''));
          for (const { instance, destination } of plan.moves) {
            assert.ok(/running|paused/.test(instance.state) && !instance.migrating);
            if (destination === undefined) assert.ok(scheduler && to === null);
            else {
              if (to !== null) assert.equal(destination, to);
              if (!scheduler) assert.notEqual(stateOf(instance, destination), 'blocked');
            }
          }
          if (scheduler) return;
          for (const { node, free: most = Infinity } of rooms) {
            const sent = plan.moves.filter((m) => m.destination === node);
            const sum = sent.reduce((total, m) => total + (m.instance.memory ?? 0), 0);
            assert.ok(sent.length === 0 || sum <= most, `${sum} MiB to ${node}, which has ${most}`);
          }
        },
      ),
    );
  });
});

describe('verdicts of a whole node', () => {
  const cpu = (flags: string[]) => ({ vendor: 'GenuineIntel', model: 'x', flags });
  const guests = (count: number) =>
    Array.from({ length: count }, (_, i) => ({
      ...{ name: `instance-${i}`, uuid: `00000000-0000-0000-0000-${String(i).padStart(12, '0')}`, state: 'running' },
      ...{ memory: 1024, type: 'kvm', emulator: '/usr/bin/qemu-system-x86_64' },
      machine: i % 3 === 0 ? 'pc-i440fx-9.9' : 'pc-i440fx-7.2',
      ...(i % 5 === 0 && { hostDevices: ['pci 0000:3b:00.1'] }),
      disks: [{ device: 'disk', type: 'file', source: `/var/lib/nova/instances/${i}/disk`, format: 'qcow2' }],
    }));
  const NOVA = '[DEFAULT]\ncompute_driver = libvirt.LibvirtDriver\n[libvirt]\nvirt_type = kvm\n';
  const cluster = (count: number, nodes: number) => {
    const inventory = ['a', ...Array.from({ length: nodes }, (_, i) => `n${i}`)];
    const facts = (i: number) => ({
      ...{ hostname: `n${i}`, cpu: cpu(['vmx', 'sse']), memory: { total: 64_000, available: 32_000 } },
      ...{
        emulator: '/usr/bin/qemu-system-x86_64',
        machineTypes: ['pc-i440fx-7.2', ...(i % 2 ? ['pc-i440fx-9.9'] : [])],
      },
    });
    return clusterOf({
      'livemig.ini': inventory.map((n) => `[node ${n}]\nroles = compute\n`).join(''),
      'a/etc/nova/nova.conf': NOVA,
      'a/facts.json': JSON.stringify({ ...facts(1), hostname: 'a', instances: guests(count) }),
      ...Object.fromEntries(
        Array.from({ length: nodes }, (_, i) => [
          [`n${i}/etc/nova/nova.conf`, NOVA],
          [
            `n${i}/facts.json`,
            JSON.stringify({ ...facts(i), instances: guests(3).map((g) => ({ ...g, uuid: `${g.uuid}${i}` })) }),
          ],
        ]).flat() as [string, string][],
      ),
    });
  };

  test('are what pre-flight says of each instance alone', () => {
    const all = cluster(12, 3);
    const source = all.hosts.find((h) => h.name === 'a')!;
    const verdict = verdictsFrom(all, source);
    const seen = new Set<string>();
    for (const destination of all.hosts.filter((h) => h !== source))
      for (const { uuid } of source.facts!.instances!) {
        const alone = judge({ cluster: all, source, uuid }, destination);
        const { state, reasons } = verdict(uuid, destination);
        const said = (list: typeof reasons) =>
          list.map((r) => `${r.severity} ${r.finding.rule.id} ${r.finding.span.start}`).sort();
        assert.equal(state, alone.state);
        assert.deepEqual(said(reasons), said(alone.reasons));
        seen.add(`${state} ${reasons.length}`);
      }
    // Otherwise this would prove nothing.
    assert.deepEqual([...seen].sort(), ['ready 0', 'warnings 1', 'warnings 2']);
  });

  test('judge what the migrations ask for, too', () => {
    const all = clusterOf({
      'livemig.ini': '[node a]\nroles = compute\n[node b]\nroles = compute\n',
      'a/facts.json': JSON.stringify({ instances: guests(1) }),
      'b/facts.json': '{"paths": {"/etc/pki/qemu/ca-cert.pem": null}}',
    });
    const [source, destination] = ['a', 'b'].map((name) => all.hosts.find((h) => h.name === name)!);
    const rules = (options?: MigrateOptions) =>
      verdictsFrom(all, source!, options)(guests(1)[0]!.uuid, destination!).reasons.map((r) => r.finding.rule.id);
    assert.ok(!rules().includes('qemu/asked-tls-no-certs'));
    assert.ok(rules({ tls: true }).includes('qemu/asked-tls-no-certs'));
  });

  test('of 100 instances and 10 nodes cost one look at each pair of nodes', (t) => {
    const all = cluster(100, 10);
    const source = all.hosts.find((h) => h.name === 'a')!;
    const began = performance.now();
    const verdict = verdictsFrom(all, source);
    const others = all.hosts.filter((h) => h !== source);
    const judged = others.map((d) => source.facts!.instances!.map(({ uuid }) => verdict(uuid, d)));
    t.diagnostic(`${Math.round(performance.now() - began)} ms for ${judged.flat().length} verdicts`);
    // What is of all is the same object for all: it was judged once.
    const plain = judged[0]!.filter(
      ({ reasons }) => reasons.length === Math.min(...judged[0]!.map((j) => j.reasons.length)),
    );
    assert.ok(plain.length > 1 && plain.every(({ reasons }) => reasons === plain[0]!.reasons));
  });
});
