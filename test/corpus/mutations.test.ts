import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { repair } from '../../server/src/cli/fix';
import { applyEdits, composeFixes } from '../../server/src/fixes';
import { lint, type Finding } from '../../server/src/lint';
import { Cluster, type ClusterInput } from '../../server/src/model/cluster';
import type { SourceFile } from '../../server/src/model/files';
import type { Edit } from '../../server/src/rules/rule';
import { DEFAULT_SETTINGS } from '../../server/src/settings';
import type { Span } from '../../server/src/syntax/types';
import { readCorpus, type Sample } from '../support/corpus';

/** Mulberry32: small, and the same everywhere. */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below);
  };
}

type Below = ReturnType<typeof random>;

const SCRAPS = [
  '=',
  ' ',
  '\t',
  '"',
  "'",
  '#',
  ';',
  '[',
  ']',
  '(',
  ')',
  ',',
  '\\',
  '$',
  '%s',
  '-',
  '\u00a0',
  '\u201c',
  '0',
  '::',
  '\r',
  '\n',
  '\ufeff',
  'é',
];

/** What editors, merges and cut-off copies do to files. */
const MUTATIONS: readonly ((text: string, below: Below, other: string) => string)[] = [
  (text, below) => splice(text, below, () => []),
  (text, below) => splice(text, below, (line) => [line, line]),
  (text, below) => {
    const lines = text.split('\n');
    const [a, b] = [below(lines.length), below(lines.length)];
    [lines[a], lines[b]] = [lines[b]!, lines[a]!];
    return lines.join('\n');
  },
  (text) => text.slice(0, text.length >> 1),
  (text, below) => text.slice(0, below(text.length + 1)),
  (text) => text.replaceAll('\n', '\r\n'),
  (text, below) => splice(text, below, (line) => [`  ${line}`]),
  (text, below) => splice(text, below, (line) => [`${line} # note`]),
  (text, below) => splice(text, below, (line) => [line.replace('=', '')]),
  (text, below) => splice(text, below, (line) => [line.replace(/[=:].*/, '=')]),
  (text, below) => splice(text, below, (line) => [line.replace(/\w(?=\w*\s*[=:])/, '')]),
  (text, below) => splice(text, below, (line) => [line.replace(/\d+/, String(below(100_000)))]),
  (text, below) => splice(text, below, (line) => [line.replace(/(?<==\s*)\S+/, '127.0.0.1')]),
  (text, below) => splice(text, below, (line) => [line.toUpperCase()]),
  (text, below) => {
    const at = below(text.length + 1);
    return text.slice(0, at) + SCRAPS[below(SCRAPS.length)]! + text.slice(at);
  },
  (text, below) => {
    const at = below(text.length + 1);
    return text.slice(0, at) + text.slice(at + 1 + below(4));
  },
  (text, below, other) => splice(text, below, (line) => [line, other.split('\n')[below(other.split('\n').length)]!]),
];

function splice(text: string, below: Below, change: (line: string) => string[]): string {
  const lines = text.split('\n');
  const at = below(lines.length);
  lines.splice(at, 1, ...change(lines[at]!));
  return lines.join('\n');
}

/** The sample with some of its files changed, as new objects. */
function mutate(sample: Sample, below: Below): ClusterInput {
  const { inventory } = sample.input;
  const files = [...sample.input.hosts.flatMap((h) => h.files), ...(inventory ? [inventory] : [])];
  const changed = new Map<SourceFile, SourceFile>();
  for (let n = 1 + below(3); n > 0; n--) {
    const file = files[below(files.length)]!;
    const twin = files.filter((f) => f.kind === file.kind)[0]!;
    let { text } = changed.get(file) ?? file;
    for (let m = 1 + below(2); m > 0; m--) text = MUTATIONS[below(MUTATIONS.length)]!(text, below, twin.text);
    changed.set(file, { ...file, text });
  }
  return {
    root: sample.input.root,
    hosts: sample.input.hosts.map((h) => ({ ...h, files: h.files.map((f) => changed.get(f) ?? f) })),
    inventory: inventory && below(3) > 0 ? (changed.get(inventory) ?? inventory) : undefined,
  };
}

function inside(span: Span, file: SourceFile, what: string): void {
  assert.ok(span.start >= 0 && span.start <= span.end && span.end <= file.text.length, `${what} outside ${file.uri}`);
}

/** What a message shows when a rule forgets one of its values; braces of a file's own text have other words in them. */
const UNFILLED =
  /\{(?:key|value|right|min|max|choices|meant|name|default|host|peer|other|path)\}|\bundefined\b|\bNaN\b|\[object /;

/** A finding's places lie in their files, and each of its fixes can be applied by itself and changes something. */
function checkFinding(finding: Finding): void {
  const { rule } = finding;
  inside(finding.span, finding.file, rule.id);
  assert.doesNotMatch(finding.message, UNFILLED, `${rule.id}: ${finding.message}`);
  for (const related of finding.related) inside(related.span, related.file, `${rule.id}, related`);
  for (const fix of finding.fixes) {
    const byFile = new Map<SourceFile, Edit[]>();
    for (const edit of fix.edits) {
      inside(edit.span, edit.file, `${rule.id}, fix`);
      byFile.set(edit.file, [...(byFile.get(edit.file) ?? []), edit]);
    }
    const after = [...byFile].map(([file, edits]) => [file, applyEdits(file.text, edits)] as const);
    assert.ok(
      after.some(([file, text]) => text !== file.text),
      `${rule.id}: "${fix.title}" changes nothing`,
    );
  }
}

const texts = (cluster: Cluster): string[] => [
  ...cluster.hosts.flatMap((h) => h.files.map((f) => f.text)),
  cluster.inventory?.file.text ?? '',
];

describe('damaged configurations', () => {
  let samples: Sample[] = [];
  before(async () => {
    samples = await readCorpus();
  });

  for (const seed of [1, 2, 3, 4]) {
    test(`seed ${seed}: no crash, no place outside a file, and repairs come to an end`, () => {
      const below = random(seed);
      for (let n = 0; n < 700; n++) {
        const sample = samples[below(samples.length)]!;
        const input = mutate(sample, below);
        const cluster = new Cluster(input);
        const where = `seed ${seed}, number ${n}, ${sample.name}`;
        try {
          const { findings } = lint(cluster);
          findings.forEach(checkFinding);
          for (const [file, edits] of composeFixes(findings)) applyEdits(file.text, edits);
          const fixed = repair(cluster, DEFAULT_SETTINGS);
          const left = lint(fixed);
          assert.deepEqual(
            [...composeFixes(left.findings).values()].flat().map((e) => `${e.file.uri} ${e.text}`),
            [],
          );
          assert.deepEqual(texts(repair(fixed, DEFAULT_SETTINGS)), texts(fixed));
        } catch (error) {
          throw new Error(`${where}: ${(error as Error).message}`, { cause: error });
        }
      }
    });
  }
});
