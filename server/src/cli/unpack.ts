import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readAnswer, type Answer } from '../fleet/collect/frames';
import { saveSnapshot, snapshotOf, wordsNamedBy } from '../fleet/snapshot';
import { FleetError, type Snapshot } from '../fleet/types';
import { printable } from './ask';
import { write } from './options';

/** What the collector said when it was run without words, and for those of `NODE.words`. */
const [FIRST, SECOND, WORDS] = ['.answer', '.asked', '.words'];

/**
 * `livemig unpack`: makes of gathered answers what `livemig snapshot` saves. Exit code 0 when all of them were whole, else 2.
 * @param out folder for a folder of each node; undefined to write `NODE.words` beside each answer instead, a line for each
 *   word by which the collector is to be asked for what the node's own files name
 */
export async function unpackCommand(answers: string, out: string | undefined): Promise<number> {
  let names;
  try {
    names = readdirSync(answers)
      .filter((name) => name.endsWith(FIRST))
      .sort();
  } catch (error) {
    process.stderr.write(`livemig: ${answers}: ${(error as Error).message}\n`);
    return 2;
  }
  if (names.length === 0) {
    process.stderr.write(`livemig: ${answers}: there is no NODE${FIRST} in it\n`);
    return 2;
  }
  let failed = 0;
  const say = (node: string, what: string) => process.stderr.write(`${printable(`${node}: ${what}`)}\n`);
  for (const name of names) {
    const node = name.slice(0, -FIRST.length);
    const place = path.join(answers, node);
    try {
      const first = answerIn(place + FIRST);
      if (out === undefined) askFor(place + WORDS, wordsOf(node, first));
      else {
        const { snapshot, whole } = unpacked(node, place, first);
        await saveSnapshot(out, snapshot);
        for (const { what, why } of snapshot.failures) say(node, `${what}: ${why}`);
        if (!whole) failed++;
      }
    } catch (error) {
      if (!(error instanceof FleetError)) throw error;
      say(node, error.message);
      failed++;
    }
  }
  if (out !== undefined) await write(`${names.length - failed} of ${names.length} nodes saved whole in ${out}\n`);
  return failed > 0 ? 2 : 0;
}

function unpacked(
  node: string,
  place: string,
  first: Answer,
): { readonly snapshot: Snapshot; readonly whole: boolean } {
  const wanted = wordsOf(node, first).length > 0;
  const second = wanted ? maybeAnswerIn(place + SECOND) : undefined;
  const cut = [first, ...(second ? [second] : [])].filter((a) => !a.whole);
  const failures = [
    ...cut.map(() => ({ what: 'the snapshot', why: 'was cut off: what came before is kept' })),
    ...(wanted && !second
      ? [{ what: 'what the files of the node name', why: `was not asked for: there is no ${node}${SECOND}` }]
      : []),
  ];
  const taken = Math.floor(statSync(place + FIRST).mtimeMs / 1000);
  const snapshot = snapshotOf(node, taken, second ? [first, second] : [first], failures);
  return { snapshot, whole: cut.length === 0 };
}

/** @throws FleetError of code `refused` for what is no answer of the collector */
function answerIn(file: string): Answer {
  const answer = readAnswer(readFileSync(file));
  if (answer.begun) return answer;
  throw new FleetError('refused', `${path.basename(file)} is no answer of the collector`);
}

function maybeAnswerIn(file: string): Answer | undefined {
  try {
    return answerIn(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function wordsOf(node: string, answer: Answer): readonly string[] {
  const files = answer.files.map(({ path: name, bytes, look }) => ({
    path: name,
    bytes,
    mode: look.mode,
    uid: look.uid,
    gid: look.gid,
  }));
  // Ansible puts variables of the node's environment into the words of a command.
  return wordsNamedBy(node, files).filter((word) => !/[$\n]/.test(word));
}

function askFor(file: string, words: readonly string[]): void {
  if (words.length === 0) rmSync(file, { force: true });
  else writeFileSync(file, words.map((w) => `${w}\n`).join(''), { mode: 0o600 });
}
