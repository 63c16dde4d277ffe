/** The examples of the rules on fstab, exports and hosts, and what the real programs make of them, before and after the repair. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { lint, type Finding } from '../../server/src/lint';
import type { Cluster } from '../../server/src/model/cluster';
import type { SourceFile } from '../../server/src/model/files';
import { RULES } from '../../server/src/rules/index';
import type { Example, Rule } from '../../server/src/rules/rule';
import { parseExports, parseFstab, parseHosts } from '../../server/src/syntax';
import type { ExportsAnswer, FstabAnswer, HostsAnswer } from '../oracles/compare';
import { GENERATOR, missing, Oracle, ORACLES, type OracleSpec } from '../oracles/driver';
import { clusterOf } from '../support/cluster';
import { lineOf } from '../support/place';

/** An example's files as they are given, or repaired. */
interface State {
  readonly rule: Rule;
  readonly title: string;
  readonly cluster: Cluster;
  readonly repaired: boolean;
  readonly findings: readonly Finding[];
}

function statesOf(rule: Rule, example: Example): State[] {
  const plain = Object.fromEntries(Object.entries(example.files).map(([p, t]) => [p, t.replace(/[⟦⟧]/g, '')]));
  const title = `${rule.id}: ${example.title ?? rule.title}`;
  const state = (files: Record<string, string>, repaired: boolean): State => {
    const cluster = clusterOf(files, example.release ?? '2026.1');
    return {
      rule,
      title: repaired ? `${title}, repaired` : title,
      cluster,
      repaired,
      findings: lint(cluster).findings,
    };
  };
  return [state(plain, false), ...(example.good ? [state({ ...plain, ...example.good }, true)] : [])];
}

const STATES = RULES.flatMap((rule) => rule.examples.flatMap((example) => statesOf(rule, example)));

/** Each text once: many examples share a file. */
function filesOf(kind: SourceFile['kind']): { readonly state: State; readonly file: SourceFile }[] {
  const all = new Map<string, { state: State; file: SourceFile }>();
  for (const state of STATES)
    for (const host of state.cluster.hosts)
      for (const file of host.filesOf(kind)) {
        const key = `${file.text}\0${[...marksIn(state, file, /./)].map((f) => f.rule.id).join()}`;
        if (!file.defect && !all.has(key)) all.set(key, { state, file });
      }
  return [...all.values()];
}

function marksIn({ findings }: State, file: SourceFile, id: RegExp): Finding[] {
  return findings.filter((f) => f.file === file && id.test(f.rule.id));
}

function program<Answer>(name: string, spec: OracleSpec, body: (oracle: Oracle<Answer>) => void): void {
  const lacking = missing(spec);
  const skip = lacking !== undefined && !process.env['CI'] ? { skip: lacking } : {};
  describe(name, skip, () => {
    if (skip.skip !== undefined) return;
    assert.equal(lacking, undefined, 'in CI every program has to be there');
    const oracle = new Oracle<Answer>(spec);
    after(() => oracle.close());
    body(oracle);
  });
}

program<FstabAnswer>(
  'libmount and findmnt drop the lines that fstab/syntax marks, and no other',
  ORACLES.fstab,
  (oracle) => {
    test('in every example', async () => {
      const files = filesOf('fstab');
      assert.ok(files.length > 150, `${files.length} files`);
      for (const { state, file } of files) {
        const ours = new Set(marksIn(state, file, /^fstab\/syntax$/).map((f) => lineOf(file.text, f.span.start)));
        const { badLines } = await oracle.ask(file.text);
        assert.deepEqual([...ours].sort(), [...badLines].sort(), `${state.title}\n${file.text}`);
      }
    });
  },
);

// ---- systemd --------------------------------------------------------------------------------------------------------

interface GeneratorAnswer {
  readonly rc: number;
  readonly complaints: string;
  readonly units: Readonly<Record<string, string>>;
  readonly waits: Readonly<Record<string, readonly string[]>>;
}

/** As systemd-escape --path writes a mount point. */
function unitOf(point: string): string {
  const path = point.replace(/\/+/g, '/').replace(/^\/|\/$/g, '');
  const escape = (c: string): string => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`;
  return `${path === '' ? '-' : path.replace(/[^\w:./]/g, escape).replaceAll('/', '-')}.mount`;
}

/** The mount that a finding marks, in systemd's eyes. */
function seen(
  { file, span }: Finding,
  { units, waits }: GeneratorAnswer,
): { before: string; waited: readonly string[] } {
  const entry = parseFstab(file.text).entries.find((e) => e.span.start <= span.start && span.end <= e.span.end);
  assert.ok(entry, 'the finding marks an entry');
  const unit = unitOf(entry.file.value);
  assert.ok(units[unit] !== undefined, `${unit} is among ${Object.keys(units).join(' ')}`);
  return { before: /^Before=(.*)$/m.exec(units[unit])?.[1] ?? '', waited: waits[unit] ?? [] };
}

/** By rule what systemd does with what it marks, and where the entry belongs once it is repaired. */
const BOOT: Readonly<Record<string, (finding: Finding, answer: GeneratorAnswer) => boolean>> = {
  'fstab/nofail-unordered': (f, a) => {
    const { before, waited } = seen(f, a);
    return before === '' && !waited.includes('remote-fs.target.requires');
  },
  'fstab/noauto': (f, a) => seen(f, a).waited.length === 0,
  'fstab/netdev-block-cluster': (f, a) => seen(f, a).before === 'local-fs.target',
  'fstab/passno': (_, a) => /Checking was requested for/.test(a.complaints),
  'fstab/duplicate-mountpoint': (_, a) => a.rc !== 0 && /Duplicate entry/.test(a.complaints),
};
/** Types that systemd takes for local ones, as against those that the mount would refuse all the same. */
const CAPITALS = /The type .* does not exist: the mount fails, and systemd takes it for a local disk/;

program<GeneratorAnswer>("systemd's generator sees what the rules on fstab say of boot", GENERATOR, (oracle) => {
  for (const [id, holds] of Object.entries(BOOT))
    test(id, async () => {
      let marked = 0;
      for (const state of STATES) {
        for (const finding of state.findings) {
          if (finding.rule.id !== id) continue;
          marked++;
          assert.ok(holds(finding, await oracle.ask(finding.file.text)), `${state.title}\n${finding.file.text}`);
        }
      }
      assert.ok(marked > 0);
    });

  test('types in capitals come before local-fs.target', async () => {
    const wrong = STATES.flatMap((s) => s.findings.filter((f) => CAPITALS.test(f.message)));
    assert.ok(wrong.length > 0);
    for (const finding of wrong)
      assert.equal(seen(finding, await oracle.ask(finding.file.text)).before, 'local-fs.target', finding.file.text);
  });

  test('what fstab is repaired to is mounted from the network before remote-fs.target, and complained of by nobody', async () => {
    let count = 0;
    for (const state of STATES) {
      if (!state.repaired || !/^fstab\//.test(state.rule.id)) continue;
      for (const { file } of filesOfState(state, 'fstab')) {
        if (marksIn(state, file, /./).some((f) => f.severity !== 'info')) continue;
        const answer = await oracle.ask(file.text);
        assert.equal(answer.rc, 0, `${state.title}\n${answer.complaints}`);
        for (const entry of parseFstab(file.text).entries) {
          if (!/^(nfs4?|ceph|fuse\.ceph|glusterfs|ocfs2|gfs2)$/.test(entry.type.value)) continue;
          if (entry.optionList.some((o) => /^(nofail|noauto|bg|x-systemd\..*)$/.test(o.name))) continue;
          const unit = unitOf(entry.file.value);
          assert.match(answer.units[unit] ?? '', /^Before=remote-fs\.target$/m, `${state.title}\n${file.text}`);
          assert.deepEqual(answer.waits[unit], ['remote-fs.target.requires'], state.title);
          count++;
        }
      }
    }
    assert.ok(count > 30, `${count} entries`);
  });
});

function filesOfState(state: State, kind: SourceFile['kind']): { readonly file: SourceFile }[] {
  return state.cluster.hosts.flatMap((h) =>
    h
      .filesOf(kind)
      .filter((f) => !f.defect)
      .map((file) => ({ file })),
  );
}

// ---- exportfs -------------------------------------------------------------------------------------------------------

/** Options of later versions than the one that is asked. */
const NEWER = /\b(reexport|xprtsec)=/;
/** Mistakes that exportfs reads as something else without complaint, as the comparison of the parsers holds. */
const QUIET = new Set(['unterminated-quote', 'empty-path', 'carriage-return', 'path-too-long']);
/** What exportfs refuses to read. */
const REFUSED =
  /syntax error|unknown keyword|bad fsid|bad anonuid|bad anongid|unknown flavor|expected client|bad option/i;

program<ExportsAnswer>(
  'exportfs complains of what the rules on exports mark, and of nothing else',
  ORACLES.exports,
  (oracle) => {
    test('in every example', async () => {
      const files = filesOf('exports');
      assert.ok(files.length > 100, `${files.length} files`);
      for (const { state, file } of files) {
        if (NEWER.test(file.text) || parseExports(file.text).problems.some((p) => QUIET.has(p.code))) continue;
        const { stderr } = await oracle.ask(file.text);
        const told = (id: RegExp): boolean => marksIn(state, file, id).some((f) => f.severity !== 'info');
        const where = `${state.title}\n${file.text}\n${stderr}`;
        assert.equal(REFUSED.test(stderr), told(/^exports\/(syntax|unknown-option)$/), where);
        // Two brackets that a blank parts from their clients are two worlds, too; the blank is what is told.
        if (!told(/^exports\/space-before-options$/))
          assert.equal(/duplicated export entries/.test(stderr), told(/^exports\/duplicate$/), where);
        assert.equal(/Failed to stat [^/]/.test(stderr), told(/^exports\/relative-path$/), where);
      }
    });
  },
);

// ---- the resolver ---------------------------------------------------------------------------------------------------

program<HostsAnswer>('the resolver gives what the rules on hosts say', ORACLES.hosts, (oracle) => {
  const marked = (id: string): { readonly state: State; readonly finding: Finding }[] =>
    STATES.flatMap((state) => state.findings.filter((f) => f.rule.id === id).map((finding) => ({ state, finding })));
  const ask = async (file: SourceFile, name: string) => {
    const { found } = await oracle.ask(file.text, { names: [], details: [name] });
    return found?.[name] ?? { canonical: '', addresses: [] };
  };
  const word = ({ file, span }: Finding): string => file.text.slice(span.start, span.end);

  test("a name on somebody else's line has that one's name", async () => {
    const all = marked('hosts/not-own-address');
    assert.ok(all.length >= 2);
    for (const { finding } of all) {
      const { canonical } = await ask(finding.file, word(finding));
      assert.ok(canonical !== word(finding) && finding.message.includes(`calls itself ${canonical}`), canonical);
    }
  });

  test('the first name of the line is the full name', async () => {
    const all = marked('hosts/alias-order');
    assert.ok(all.length >= 2);
    for (const { finding } of all) assert.equal((await ask(finding.file, word(finding))).canonical, word(finding));
  });

  test('after the repair the full name is its own', async () => {
    let count = 0;
    for (const state of STATES) {
      if (!state.repaired || !/^hosts\/(not-own-address|alias-order)$/.test(state.rule.id)) continue;
      for (const host of state.cluster.hosts) {
        const file = host.first('hosts');
        const own = host.first('hostname')?.text.trim();
        if (
          !file ||
          own === undefined ||
          !parseHosts(file.text).entries.some((e) => e.names.some((n) => n.name === own))
        )
          continue;
        assert.match((await ask(file, own)).canonical, new RegExp(`^${own}\\b`), state.title);
        count++;
      }
    }
    assert.ok(count >= 3, `${count}`);
  });

  test('two addresses of a name are both given', async () => {
    const all = marked('hosts/duplicate-name');
    assert.ok(all.length > 0);
    for (const { finding } of all) {
      const line = parseHosts(finding.file.text).entries.find((e) => e.addressSpan.start === finding.span.start)!;
      const { addresses } = await ask(finding.file, line.names.at(-1)!.name);
      assert.ok(addresses.includes(word(finding)) && addresses[0] !== word(finding), addresses.join(' '));
    }
  });

  test('a name with IPv6 lines alone has no other address', async () => {
    const all = marked('hosts/ipv6-only-peer');
    assert.ok(all.length >= 2);
    for (const { finding } of all) {
      const line = parseHosts(finding.file.text).entries.find((e) => e.addressSpan.start === finding.span.start)!;
      const { addresses } = await ask(finding.file, line.names[0]!.name);
      assert.deepEqual(addresses, [word(finding)]);
    }
  });
});
