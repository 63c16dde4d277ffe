// Breaks every rule in turn, and asks its examples whether they notice: the rule switched off, and each of its fixes with
// an edit dropped, shifted by one character, or given another text. Usage: node scripts/mutate.mjs [RULE …]
// Prints a line for every mutation that no example notices, and lastly how many rules there are and how many had all of
// theirs caught. Exits with 1 when any was missed.
import { AssertionError } from 'node:assert';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { register } from 'tsx/cjs/api';

register();
const require = createRequire(import.meta.url);
const load = (path) => require(fileURLToPath(new URL(`../${path}`, import.meta.url)));
const { RULES } = load('server/src/rules/index.ts');
const { applyEdits } = load('server/src/fixes.ts');
const { checkExample } = load('test/support/examples.ts');

/** One character on; one back where that makes no difference, as for a line above one that begins alike. */
function shifted(edit) {
  const { file, span } = edit;
  const moved = (by) => ({ ...edit, span: { start: span.start + by, end: span.end + by } });
  const differs = (other) => applyEdits(file.text, [other]) !== applyEdits(file.text, [edit]);
  const on = moved(1);
  return [span.start > 0 && !differs(on) ? moved(-1) : on];
}

const MUTATIONS = {
  dropped: () => [],
  shifted,
  'with another text': (edit) => [{ ...edit, text: `${edit.text}~` }],
};

/** A copy of a rule whose complaints pass through `change`; undefined drops one. */
function altered(rule, change) {
  const check = (subject, report) =>
    rule.check(subject, (complaint) => {
      const changed = change(complaint);
      if (changed) report(changed);
    });
  return { ...rule, check };
}

/** A copy of a rule whose fixes of one key have other edits. */
function withEdits(rule, key, change) {
  return altered(rule, (complaint) => ({
    ...complaint,
    // Which fix is the preferred one is settled before, or a lost fix would promote its neighbour.
    fixes: settled(complaint).map((fix) => (fix.title === key ? { ...fix, edits: fix.edits.flatMap(change) } : fix)),
  }));
}

function settled({ fixes = [] }) {
  const real = fixes.filter((fix) => fix && fix.edits.length > 0);
  return real.map((fix) => ({ ...fix, preferred: fix.preferred ?? real.length === 1 }));
}

function caught(rule) {
  return rule.examples.some((example) => {
    try {
      checkExample(rule, example);
      return false;
    } catch (error) {
      // Edits that overlap are a RangeError of the one who applies them.
      if (error instanceof AssertionError || error instanceof RangeError) return true;
      throw error;
    }
  });
}

/** Most edits of one fix, by key, among all that the examples bring forth. */
function editsByKey(rule) {
  const most = new Map(Object.keys(rule.fixes ?? {}).map((key) => [key, 0]));
  const watched = altered(rule, (complaint) => {
    for (const { title, edits } of settled(complaint)) most.set(title, Math.max(most.get(title) ?? 0, edits.length));
    return complaint;
  });
  if (caught(watched)) throw new Error(`${rule.id}: its examples fail without any mutation`);
  return most;
}

/** What survives, in words; empty when the examples notice everything. */
function survivors(rule) {
  const out = [];
  const edits = editsByKey(rule);
  if (!caught(altered(rule, () => undefined))) out.push('switched off');
  for (const [key, count] of edits) {
    // No example applies it: what each of its edits does need not be asked.
    if (!caught(withEdits(rule, key, () => []))) {
      out.push(`fix ${key}`);
      continue;
    }
    for (let i = 0; i < count; i++) {
      for (const [name, change] of Object.entries(MUTATIONS)) {
        const mutated = withEdits(rule, key, (edit, at) => (at === i ? change(edit) : [edit]));
        if (!caught(mutated)) out.push(`fix ${key}, edit ${i + 1} ${name}`);
      }
    }
  }
  return out;
}

const wanted = process.argv.slice(2);
const rules = wanted.length > 0 ? RULES.filter((rule) => wanted.includes(rule.id)) : RULES;
let good = 0;
for (const rule of rules) {
  const missed = survivors(rule);
  for (const words of missed) console.log(`not caught: ${rule.id} ${words}`);
  if (missed.length === 0) good++;
}
console.log(`rules ${rules.length}, caught ${good}`);
process.exitCode = good === rules.length && rules.length > 0 ? 0 : 1;
