import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { applyEdits } from '../../server/src/fixes';
import { lint, type Finding } from '../../server/src/lint';
import { clusterOf } from '../support/cluster';
import { missing, Oracle, ORACLES } from '../oracles/driver';

const PATH = 'etc/nova/nova.conf';

/** Pieces of which broken files are made: what people write, and what they mean to. */
const line = fc.oneof(
  fc.constantFrom(
    '[DEFAULT]',
    '[libvirt]',
    '[vnc]',
    '[ libvirt ]',
    '[default]',
    '[libvrt]',
    '[libvirt] # note',
    '[libvirt',
    '[]',
    '［libvirt］',
    '',
    '   ',
    '# a comment',
    '; another',
    '<<<<<<< HEAD',
    'virt_type kvm',
    '= kvm',
    '\uFEFF',
  ),
  fc
    .tuple(
      fc.constantFrom('', '', '', '  ', '\t'),
      fc.constantFrom(
        'virt_type',
        'my_ip',
        'live_migration_uri',
        'live-migration-uri',
        'live_migration_downtime',
        'live_migration_bandwith',
        'cpu_models',
        'vncserver_listen',
        'instances_path',
        'server_listen',
        'my\u200b_ip',
        'our_own',
        'password',
        '# my_ip',
      ),
      fc.constantFrom(' = ', '=', ': ', '＝', ' '),
      fc.constantFrom(
        'kvm',
        '“kvm”',
        '"A", "B"',
        'kvm"',
        '10.0.0.1 # note',
        '$my_ip',
        '$my_ipp',
        '${state_path}/x',
        '500',
        '50',
        '# nothing',
        '',
        'qemu+tcp://%s/system',
        'a,',
        '***',
      ),
    )
    .map((parts) => parts.join('')),
);
const text = fc
  .tuple(fc.array(line, { maxLength: 14 }), fc.constantFrom('\n', '\r\n'), fc.boolean())
  .map(([lines, eol, closed]) => lines.join(eol) + (closed ? eol : ''));

function findings(content: string, release: string): Finding[] {
  return lint(clusterOf({ [PATH]: content }, release)).findings.filter((f) => /^nova\//.test(f.rule.id));
}

test('every fix of every finding stays inside the file, keeps its line breaks and leaves fewer findings of the rule', () => {
  fc.assert(
    fc.property(text, fc.constantFrom('grizzly', 'juno', 'zed', '2026.1'), (content, release) => {
      const all = findings(content, release);
      for (const finding of all) {
        assert.ok(finding.span.start <= finding.span.end && finding.span.end <= content.length);
        for (const fix of finding.fixes) {
          const after = applyEdits(content, fix.edits);
          assert.notEqual(after, content);
          if (!/(^|[^\r])\n/.test(content) && content.includes('\r\n')) assert.doesNotMatch(after, /(^|[^\r])\n/);
          const count = (list: readonly Finding[]): number =>
            list.filter((f) => f.rule === finding.rule && f.message === finding.message).length;
          if (!OWN.has(finding.rule.id) || !fix.preferred) continue;
          assert.ok(count(findings(after, release)) < count(all), `${finding.rule.id}: ${JSON.stringify(after)}`);
        }
      }
    }),
    { numRuns: 400 },
  );
});

/** Rules whose repair takes the finding away and leads to no other of its own. */
const OWN = new Set(
  'dash-in-key deprecated-name duplicate-option empty-value inline-comment key-before-section option-in-wrong-section quoted-value typographic-characters unknown-section'
    .split(' ')
    .map((name) => `nova/${name}`),
);

const lacking = missing(ORACLES.oslo);

test('oslo.config refuses a file exactly when a finding says so', { skip: lacking ?? false }, async () => {
  const oracle = new Oracle<{ error?: string }>(ORACLES.oslo);
  try {
    const stops = (f: Finding): boolean =>
      f.rule.id === 'nova/syntax' ||
      f.rule.id === 'nova/key-before-section' ||
      (f.rule.id === 'nova/typographic-characters' && f.message.includes('cannot read it'));
    await fc.assert(
      fc.asyncProperty(text, async (content) => {
        const refused = (await oracle.ask(content)).error !== undefined;
        assert.equal(findings(content, 'zed').some(stops), refused, JSON.stringify(content));
      }),
      { numRuns: 400 },
    );
  } finally {
    oracle.close();
  }
});

test('a file of 50,000 lines is judged in a moment', () => {
  const lines = ['[libvirt]'];
  for (let i = 0; i < 50_000; i++) lines.push(i % 2 ? `unknown_${i} = $my_ip # x` : `live_migration_downtme${i} = 5`);
  const started = performance.now();
  findings(lines.join('\n'), 'zed');
  const took = performance.now() - started;
  assert.ok(took < 100_000, `${took} ms`);
});
